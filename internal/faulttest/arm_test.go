package faulttest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
)

// armRows are about Azure Resource Manager, and about files that Cost Management makes.
var armRows = []row{
	{"A01", "list without an end", []trial{
		listed("empty pages", 101, func(n int) string {
			return fmt.Sprintf(`{"value":[],"nextLink":"https://management.azure.com%s?page=%d"}`, customersPath, n)
		}),
		listed("pages of null", 101, func(n int) string {
			return fmt.Sprintf(`{"value":[null],"nextLink":"https://management.azure.com%s?page=%d"}`, customersPath, n)
		}),
		listed("the same page again", 2, func(int) string { return `{"value":[{"name":"c"}],"nextLink":"?page=1"}` }),
	}},
	{"A02", "page too long", []trial{listed("17 MiB", 1, func(int) string {
		return `{"value":[],"x":"` + strings.Repeat("x", 17<<20) + `"}`
	})}},
}

const (
	armAccount    = "aaaa0000-1111:bbbb2222-3333_2019-05-31"
	customersPath = "/providers/Microsoft.Billing/billingAccounts/" + armAccount + "/customers"
)

// resourceManager is an in-memory service with an account, and a client.
func resourceManager(t *testing.T) (*service, *costmgmt.Client) {
	t.Helper()
	s := serve(t, nil, 1, 10, 10)
	if err := s.SetAccount(billingtest.Account{Name: armAccount}); err != nil {
		t.Fatal(err)
	}
	c, err := costmgmt.NewClient(s.credential, &costmgmt.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: s.transport}})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// listed returns a trial with a list of which each page has the given body. It must end with an
// error after a number of requests.
func listed(name string, requests int, page func(n int) string) trial {
	return trial{name, apierror.ErrMalformed, "apierror.ErrMalformed", inBubble(func(t *testing.T) result {
		s, c := resourceManager(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		s.Script(billingtest.Step{On: billingtest.ARMCall, For: -1, Do: func(x *billingtest.Exchange, next func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
			if n++; n > requests {
				cancel() // or it would never end
			}
			return billingtest.Respond(http.StatusOK, nil, page(n))(x, next)
		}})
		var r result
		for _, err := range c.Customers(ctx, armAccount, nil) {
			r.err = err
		}
		s.wantClean(t)
		if n != requests {
			t.Errorf("%d requests, want %d", n, requests)
		}
		return r
	})}
}
