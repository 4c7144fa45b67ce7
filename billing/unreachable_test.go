package billing_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
)

// Whatever a transport fails with, the error names the host that was not reached, and once: behind
// a proxy, and with a dialer of the caller, the failure itself names another host or none.
func TestErrorsNameTheUnreachableHost(t *testing.T) {
	refused := errors.New("resolver is gone")
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, refused }}
	through := func(proxy string) policy.Transporter {
		address, err := url.Parse(proxy)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(address), DialContext: (&net.Dialer{Resolver: resolver}).DialContext}}
	}
	dialing := func(err error) policy.Transporter {
		return &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err }}}
	}
	for name, c := range map[string]struct {
		transport policy.Transporter
		want      string
	}{
		"resolver":      {&http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{Resolver: resolver}).DialContext}}, "lookup graph.microsoft.com"},
		"HTTP proxy":    {through("http://proxy.example:3128"), "lookup proxy.example"},
		"SOCKS5 proxy":  {through("socks5://proxy.example:1080"), "lookup proxy.example"},
		"dialer":        {dialing(errors.New("no route")), "no route"},
		"nameless":      {dialing(&net.DNSError{Err: "no such host", IsNotFound: true}), "no such host"},
		"of the caller": {transport(func(*http.Request) (*http.Response, error) { return nil, io.EOF }), "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := billing.NewClient(&fixed{token: canary}, &billing.ClientOptions{
				ClientOptions: azcore.ClientOptions{Transport: c.transport, Retry: policy.RetryOptions{MaxRetries: -1}},
			})
			if err != nil {
				t.Fatal(err)
			}
			err = beginning(billing.BilledUsage{InvoiceID: "G1"})(t.Context(), client)
			if !errors.Is(err, apierror.ErrUnavailable) || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "graph.microsoft.com") != 1 {
				t.Errorf("got %v", err)
			}
		})
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) Do(r *http.Request) (*http.Response, error) { return f(r) }

// A deadline that passes between two attempts is not the reason why there is no response.
func TestDeadlineNamesTheLastFailure(t *testing.T) {
	dns := func(*http.Request) (*http.Response, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "graph.microsoft.com", IsNotFound: true}
	}
	hang := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	for name, c := range map[string]struct {
		respond func(*http.Request) (*http.Response, error)
		want    string
	}{
		"DNS":              {dns, "context deadline exceeded; the last attempt failed: lookup graph.microsoft.com: no such host"},
		"DNS, then silent": {inTurn(dns, hang), "context deadline exceeded; the last attempt failed: lookup graph.microsoft.com: no such host"},
		"503":              {respond(503, nil, ""), "context deadline exceeded; the last attempt failed: graph.microsoft.com: HTTP status 503"},
		"silent":           {hang, "context deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				err := beginning(billing.BilledUsage{InvoiceID: "G1"})(ctx, retrying(t, &fixed{token: canary}, &wire{respond: c.respond}))
				if !errors.Is(err, context.DeadlineExceeded) || !strings.HasSuffix(err.Error(), c.want) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}
