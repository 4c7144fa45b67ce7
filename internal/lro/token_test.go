package lro_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/lro"
	"github.com/partnerbilling/sdk-go/internal/origin"
	"github.com/partnerbilling/sdk-go/internal/rest"
)

func text(data []byte, _ lro.Refresh) (string, error) { return string(data), nil }

// Tokens as the first version wrote them.
const (
	tokenUsage       = "partnerbilling-export.v1.eyJlbmRwb2ludCI6Imh0dHBzOi8vZ3JhcGgubWljcm9zb2Z0LmNvbS92MS4wIiwib3BlcmF0aW9uIjoiaHR0cHM6Ly9ncmFwaC5taWNyb3NvZnQuY29tL3YxLjAvcmVwb3J0cy9wYXJ0bmVycy9iaWxsaW5nL29wZXJhdGlvbnMvOWFiOWNiNTQtZDA3Zi00ZjUyLTllYTYtYTA5ZDdkZTUyYzE0Iiwia2luZCI6InVzYWdlIiwicmVxdWVzdCI6eyJhZGRyZXNzIjoiaHR0cHM6Ly9ncmFwaC5taWNyb3NvZnQuY29tL3YxLjAvcmVwb3J0cy9wYXJ0bmVycy9iaWxsaW5nL3VzYWdlL2JpbGxlZC9leHBvcnQiLCJib2R5Ijoie1wiaW52b2ljZUlkXCI6XCJHMDE2OTA3NDExXCIsXCJhdHRyaWJ1dGVTZXRcIjpcImZ1bGxcIn0ifX0"
	tokenCostDetails = "partnerbilling-export.v1.eyJlbmRwb2ludCI6Imh0dHBzOi8vbWFuYWdlbWVudC5henVyZS5jb20iLCJvcGVyYXRpb24iOiJodHRwczovL21hbmFnZW1lbnQuYXp1cmUuY29tOjQ0My9wcm92aWRlcnMvTWljcm9zb2Z0LkJpbGxpbmcvYmlsbGluZ0FjY291bnRzL2EvY29zdERldGFpbHNPcGVyYXRpb25SZXN1bHRzLzE_YXBpLXZlcnNpb249MjAyNS0wMy0wMSIsImtpbmQiOiJjb3N0ZGV0YWlscyJ9"
	tokenPriceSheet  = "partnerbilling-export.v1.eyJlbmRwb2ludCI6Imh0dHBzOi8vbWFuYWdlbWVudC5henVyZS5jb20iLCJvcGVyYXRpb24iOiJodHRwczovL21hbmFnZW1lbnQuYXp1cmUuY29tL29wZXJhdGlvbnMvMiIsImtpbmQiOiJwcmljZXNoZWV0In0"
)

// TestTokensOfEarlierVersions: they stay readable, and are written again with a checksum and the
// same content.
func TestTokensOfEarlierVersions(t *testing.T) {
	for name, c := range map[string]struct {
		token, endpoint, polled string
		decoder                 func(origin.Endpoint) lro.Decoder
	}{
		"usage": {
			tokenUsage, "https://graph.microsoft.com/v1.0",
			"https://graph.microsoft.com/v1.0/reports/partners/billing/operations/9ab9cb54-d07f-4f52-9ea6-a09d7de52c14",
			func(e origin.Endpoint) lro.Decoder { return lro.Graph{Endpoint: e} },
		},
		"costdetails": {
			tokenCostDetails, "https://management.azure.com",
			"https://management.azure.com:443/providers/Microsoft.Billing/billingAccounts/a/costDetailsOperationResults/1?api-version=2025-03-01",
			func(origin.Endpoint) lro.Decoder { return lro.CostDetails{} },
		},
		"pricesheet": {
			tokenPriceSheet, "https://management.azure.com",
			"https://management.azure.com/operations/2",
			func(origin.Endpoint) lro.Decoder { return lro.PriceSheet{} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := origin.Parse(c.endpoint)
			if err != nil {
				t.Fatal(err)
			}
			polled := ""
			s := lro.Service{Endpoint: e, Decoder: c.decoder(e), Kind: name, Reexport: name == "usage", Pipeline: pipeline(func(r *http.Request) (*http.Response, error) {
				polled = r.URL.String()
				return respond(r, 202, "")
			})}
			b, err := lro.Resume(s, c.token, nil)
			if err != nil {
				t.Fatal(err)
			}
			o := lro.New(b, text)
			if _, err := o.Poll(t.Context()); err != nil || polled != c.polled {
				t.Errorf("polled %s, %v", polled, err)
			}
			encoded := strings.TrimPrefix(c.token, "partnerbilling-export.v1.")
			content, err := base64.RawURLEncoding.DecodeString(encoded)
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("partnerbilling-export.v2.%s.%08x", encoded, crc32.ChecksumIEEE(content))
			again, err := o.ResumeToken()
			if err != nil || again != want {
				t.Errorf("written again as %s, %v", again, err)
			}
			if b, err = lro.Resume(s, again, nil); err != nil {
				t.Fatal(err)
			}
			o, polled = lro.New(b, text), ""
			if _, err := o.Poll(t.Context()); err != nil || polled != c.polled {
				t.Errorf("polled %s, %v", polled, err)
			}
			if third, err := o.ResumeToken(); err != nil || third != again {
				t.Errorf("written a third time as %s, %v", third, err)
			}
			// Whatever is changed in it, it is not taken for another operation.
			for i := range again {
				for _, c := range []byte("A9-_.") {
					if again[i] == c {
						continue
					}
					if _, err := lro.Resume(s, again[:i]+string(c)+again[i+1:], nil); !errors.Is(err, apierror.ErrResumeToken) {
						t.Fatalf("byte %d is %q: %v", i, c, err)
					}
				}
				if _, err := lro.Resume(s, again[:i], nil); !errors.Is(err, apierror.ErrResumeToken) {
					t.Fatalf("cut after %d bytes: %v", i, err)
				}
			}
		})
	}
}

// TestLongAddress: the token of every operation that is begun can be used, and an operation of
// which it could not is refused at once.
func TestLongAddress(t *testing.T) {
	for length, usable := range map[int]bool{100: true, 12 << 10: true, 16 << 10: true, 17 << 10: false, 100 << 10: false} {
		address := root + "/operations/1?x="
		address += strings.Repeat("&", length-len(address))
		s := lro.Service{Endpoint: endpoint(t), Decoder: lro.PriceSheet{}, Request: rest.Op{Name: "test: request"}, Reexport: true, Pipeline: pipeline(func(r *http.Request) (*http.Response, error) {
			resp, err := respond(r, 202, "")
			resp.Header.Set("Location", address)
			return resp, err
		})}
		b, err := lro.Begin(t.Context(), s, request(t.Context(), t, http.MethodPost, root+"/x"))
		if !usable {
			if !errors.Is(err, apierror.ErrMalformed) {
				t.Errorf("%d bytes: %v", length, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		o := lro.New(b, text)
		token, err := o.ResumeToken()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := lro.Resume(s, token, nil); err != nil {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
}

// TestTakeUp: an operation is found by its ID, its URL or its path, on the endpoint alone.
func TestTakeUp(t *testing.T) {
	const id = "9ab9cb54-d07f-4f52-9ea6-a09d7de52c14"
	const address = root + "/reports/partners/billing/operations/" + id
	for operation, want := range map[string]string{
		id:                                 address,
		" " + id + "\n":                    address,
		address:                            address,
		"/v1.0/x/7":                        "https://host.example/v1.0/x/7",
		"a/b?c":                            root + "/reports/partners/billing/operations/a%2Fb%3Fc",
		"":                                 "",
		"..":                               "",
		"https://evil.example/op":          "",
		"http://host.example/op":           "",
		"//evil.example/op":                "",
		"https://host.example:8443/op":     "",
		"https://host.example@evil.test/x": "",
		"mailto://host.example/":           "",
	} {
		polled := ""
		s := lro.Service{Endpoint: endpoint(t), Decoder: lro.Graph{Endpoint: endpoint(t)}, Pipeline: pipeline(func(r *http.Request) (*http.Response, error) {
			polled = r.URL.String()
			return respond(r, 202, "")
		})}
		b, err := lro.TakeUp(s, operation, nil)
		if want == "" {
			if !errors.Is(err, apierror.ErrForeignLocation) {
				t.Errorf("%q: %v", operation, err)
			}
			continue
		}
		o := lro.New(b, text)
		if _, pollErr := o.Poll(t.Context()); err != nil || pollErr != nil || polled != want {
			t.Errorf("%q: polled %s, %v, %v", operation, polled, err, pollErr)
		}
	}
}

// TestResultOfAnyType: the result is what the function that parses it returns, once.
func TestResultOfAnyType(t *testing.T) {
	s := lro.Service{Endpoint: endpoint(t), Decoder: lro.PriceSheet{}, Request: rest.Op{Name: "test: request"}, Pipeline: pipeline(func(r *http.Request) (*http.Response, error) {
		return respond(r, 200, `{"downloadUrl":"https://h/b?sig=x"}`)
	})}
	b, err := lro.Begin(t.Context(), s, request(t.Context(), t, http.MethodPost, root+"/x"))
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	o := lro.New(b, func(data []byte, refresh lro.Refresh) (int, error) {
		if calls++; calls == 1 {
			return 0, errors.New("invalid")
		}
		if refresh != nil {
			t.Error("a price sheet cannot be refreshed")
		}
		return len(data), nil
	})
	if _, err := o.Result(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "poller: operation: invalid") {
		t.Errorf("%v", err)
	}
	for range 2 {
		if n, err := o.PollUntilDone(t.Context(), lro.WaitOptions{}); err != nil || n != len("https://h/b?sig=x") || calls != 2 {
			t.Errorf("%d, %v after %d calls", n, err, calls)
		}
	}
	if _, err := o.ResumeToken(); err == nil {
		t.Error("there is a resume token, and no operation")
	}
}

// TestZeroOperation has errors and does not panic.
func TestZeroOperation(t *testing.T) {
	var o lro.Operation[string]
	_, pollErr := o.Poll(t.Context())
	_, resultErr := o.Result(t.Context())
	_, waitErr := o.PollUntilDone(context.Background(), lro.WaitOptions{})
	_, tokenErr := o.ResumeToken()
	if pollErr == nil || resultErr == nil || waitErr == nil || tokenErr == nil || o.Done() {
		t.Errorf("%v, %v, %v, %v, %v", pollErr, resultErr, waitErr, tokenErr, o.Done())
	}
}
