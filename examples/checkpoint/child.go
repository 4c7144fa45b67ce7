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

// whereabouts is what a process of the demonstration must know of the embedded service. A
// program that talks to Microsoft needs nothing of the kind.
type whereabouts struct {
	URL, Certificate, Token string
}

// takePart is a process of the demonstration: the load, against the service that the
// folder describes.
func takePart(ctx context.Context, folder, file string) error {
	data, err := os.ReadFile(filepath.Join(folder, "service.json"))
	if err != nil {
		return err
	}
	var at whereabouts
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

// issued is a token as a credential.
type issued string

// GetToken implements azcore.TokenCredential.
func (t issued) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(t), ExpiresOn: time.Now().Add(time.Hour)}, nil
}
