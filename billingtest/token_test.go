package billingtest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
)

// TestTokenOfAnotherAudience: a token for one service does not open another, as in production.
func TestTokenOfAnotherAudience(t *testing.T) {
	const (
		graphScope   = "https://graph.microsoft.com/.default"
		armScope     = "https://management.core.windows.net//.default"
		armHostScope = "https://management.azure.com/.default"
		storageScope = "https://storage.azure.com/.default"
		accountScope = "https://contoso.blob.core.windows.net/.default"
		accounts     = "https://management.azure.com/providers/Microsoft.Billing/billingAccounts?api-version=2024-04-01"
		operation    = graph + report + "operations/1"
	)
	for _, c := range []struct {
		address, scope string
		status         int
		code           string
	}{
		{operation, graphScope, 404, "NotFound"},
		{operation, armScope, 401, "InvalidAuthenticationToken"},
		{operation, armHostScope, 401, "InvalidAuthenticationToken"},
		{operation, storageScope, 401, "InvalidAuthenticationToken"},
		{accounts, armScope, 200, ""},
		{accounts, armHostScope, 200, ""},
		{accounts, graphScope, 401, "InvalidAuthenticationTokenAudience"},
		{accounts, storageScope, 401, "InvalidAuthenticationTokenAudience"},
		{accounts, accountScope, 401, "InvalidAuthenticationTokenAudience"},
	} {
		s := billingtest.NewServer(nil)
		token, err := s.Credential().GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{c.scope}})
		if err != nil {
			t.Errorf("%s: %v", c.scope, err)
			continue
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token.Token)
		response, object := send(t, s, r)
		e, _ := object["error"].(map[string]any)
		if code, _ := e["code"].(string); response.StatusCode != c.status || code != c.code {
			t.Errorf("a token for %s: status %d, %v; want %d, %s", c.scope, response.StatusCode, object, c.status, c.code)
		}
		if got := response.Header.Get("Www-Authenticate"); (c.status == 401) != strings.HasPrefix(got, "Bearer ") {
			t.Errorf("a token for %s: Www-Authenticate %q", c.scope, got)
		}
	}
}

// mixedUp is a credential whose tokens are for Graph, whatever is requested.
type mixedUp struct{ azcore.TokenCredential }

// GetToken implements azcore.TokenCredential.
func (m mixedUp) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return m.TokenCredential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
}

// TestMixedUpCredential: a credential for Graph in a client of Resource Manager fails.
func TestMixedUpCredential(t *testing.T) {
	s := billingtest.NewServer(nil)
	if err := s.SetAccount(billingtest.Account{}); err != nil {
		t.Fatal(err)
	}
	o := costmgmt.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: s}}
	client, err := costmgmt.NewClient(mixedUp{s.Credential()}, &o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.PartnerAccount(t.Context(), nil); !errors.Is(err, apierror.ErrUnauthenticated) || !strings.Contains(err.Error(), "wrong audience") {
		t.Errorf("error is %v", err)
	}
}
