package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
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

// endpoint tells a child process how to connect to the in-memory service. A program that calls
// Microsoft does not need it.
type endpoint struct {
	URL, Certificate, Token string
}

// runChild is the main function of a child process of the demo. It loads the invoice from the
// service that is described in the folder.
func runChild(ctx context.Context, folder, file string) error {
	data, err := os.ReadFile(filepath.Join(folder, "service.json"))
	if err != nil {
		return err
	}
	var at endpoint
	if err := json.Unmarshal(data, &at); err != nil {
		return err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM([]byte(at.Certificate))
	o := &billing.ClientOptions{StorageHosts: []string{strings.TrimPrefix(at.URL, "https://")}}
	o.Transport = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}, DisableCompression: true,
	}}
	o.Cloud = cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
		billing.ServiceName: {Endpoint: at.URL, Audience: "https://graph.microsoft.com"},
	}}
	client, err := billing.NewClient(issued(at.Token), o)
	if err != nil {
		return err
	}
	return loadInto(ctx, client, billingtest.DefaultInvoiceID, filepath.Join(folder, file), os.Stdout)
}

// issued is a credential with a fixed token.
type issued string

// GetToken implements azcore.TokenCredential.
func (t issued) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(t), ExpiresOn: time.Now().Add(time.Hour)}, nil
}
