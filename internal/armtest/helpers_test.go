package armtest_test

import (
	"iter"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"go.uber.org/goleak"

	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// account is the name of a billing account in the form of the service.
const account = "aaaa0000-1111:bbbb2222-3333_2019-05-31"

const accountPath = "/providers/Microsoft.Billing/billingAccounts/" + account

// responder responds with a value and status 200.
func responder[T any](value T) (r azfake.Responder[T], e azfake.ErrorResponder) {
	r.SetResponse(http.StatusOK, value, nil)
	return r, e
}

// client returns a client that sends its requests to transport.
func client(t *testing.T, transport policy.Transporter) *costmgmt.Client {
	t.Helper()
	o := &costmgmt.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: transport}}
	c, err := costmgmt.NewClient(&azfake.TokenCredential{}, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// transportFunc is a function that is a transporter.
type transportFunc func(*http.Request) (*http.Response, error)

// Do implements policy.Transporter.
func (f transportFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

// all reads a list up to its end or its error.
func all[T any](list iter.Seq2[T, error]) (items []T, err error) {
	for item, err := range list {
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
	return items, nil
}

func number(t *testing.T, text string) lineitem.Decimal {
	t.Helper()
	d, err := lineitem.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func on(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
