package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
)

// runChild is the main function of a child process of the demo. It reads the invoice from the
// service that is described in the folder.
func runChild(ctx context.Context, folder string, out io.Writer) error {
	data, err := os.ReadFile(filepath.Join(folder, "service.json"))
	if err != nil {
		return err
	}
	var at endpoint
	if err := json.Unmarshal(data, &at); err != nil {
		return err
	}
	client, err := connect(at)
	if err != nil {
		return err
	}
	return collect(ctx, client, billingtest.DefaultInvoiceID, filepath.Join(folder, "export.token"), out)
}

// connect returns a client of a service on this machine.
func connect(at endpoint) (*billing.Client, error) {
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM([]byte(at.Certificate))
	o := &billing.ClientOptions{StorageHosts: []string{strings.TrimPrefix(at.URL, "https://")}}
	o.Transport = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}, DisableCompression: true,
	}}
	o.Cloud = cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
		billing.ServiceName: {Endpoint: at.URL, Audience: "https://graph.microsoft.com"},
	}}
	return billing.NewClient(issued(at.Token), o)
}

// issued is a credential with a fixed token.
type issued string

// GetToken implements azcore.TokenCredential.
func (t issued) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(t), ExpiresOn: time.Now().Add(time.Hour)}, nil
}
