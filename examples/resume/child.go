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

// takePart is a process of the demonstration: the collection, against the service that
// the folder describes.
func takePart(ctx context.Context, folder string, out io.Writer) error {
	data, err := os.ReadFile(filepath.Join(folder, "service.json"))
	if err != nil {
		return err
	}
	var at whereabouts
	if err := json.Unmarshal(data, &at); err != nil {
		return err
	}
	client, err := embedded(at)
	if err != nil {
		return err
	}
	return collect(ctx, client, billingtest.DefaultInvoiceID, filepath.Join(folder, "export.token"), out)
}

// embedded makes a client of a service on a socket of this machine.
func embedded(at whereabouts) (*billing.Client, error) {
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

// issued is a token as a credential.
type issued string

// GetToken implements azcore.TokenCredential.
func (t issued) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(t), ExpiresOn: time.Now().Add(time.Hour)}, nil
}
