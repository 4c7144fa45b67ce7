package poller_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/lro"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// storage serves one row to requests with the right SAS, and rejects all others as Azure does.
type storage struct {
	t        *testing.T
	accepted string
	hosts    map[string]int
}

func (s *storage) Do(r *http.Request) (*http.Response, error) {
	s.hosts[r.URL.Host]++
	if r.Header.Get("Authorization") != "" {
		s.t.Error("the bearer token reached storage")
	}
	if !strings.Contains(r.URL.RawQuery, "sig="+s.accepted) {
		return &http.Response{StatusCode: 403, Header: http.Header{"X-Ms-Error-Code": {"AuthenticationFailed"}}, Body: http.NoBody, Request: r}, nil
	}
	var body bytes.Buffer
	z := gzip.NewWriter(&body)
	if _, err := io.WriteString(z, `{"PartnerId":"p","BillingPreTaxTotal":1,"BillingCurrency":"EUR"}`+"\n"); err != nil || z.Close() != nil {
		s.t.Error(err)
	}
	n := int64(body.Len())
	return &http.Response{StatusCode: 200, ContentLength: n, Body: io.NopCloser(&body), Request: r, Header: http.Header{
		"Etag": {`"0x1"`}, "Content-Length": {strconv.FormatInt(n, 10)}, "Accept-Ranges": {"bytes"},
	}}, nil
}

func TestReadRefreshesTheSAS(t *testing.T) {
	for _, c := range []struct {
		name    string
		replies func(old, fresh string) []reply // after the operation has succeeded
		sent    []string
		want    error
	}{
		{"by the manifest's id", func(_, fresh string) []reply { return []reply{respond(200, fresh)} }, []string{manifestURL}, nil},
		{"by the operation, manifest gone", func(_, fresh string) []reply {
			return []reply{respond(410, ""), respond(200, `{"status":"succeeded","resourceLocation":`+fresh+`}`)}
		}, []string{manifestURL, operationURL}, nil},
		{"by the operation, manifest unchanged", func(old, fresh string) []reply {
			return []reply{respond(200, old), respond(200, `{"status":"succeeded","resourceLocation":`+fresh+`}`)}
		}, []string{manifestURL, operationURL}, nil},
		{"after an outage", func(_, fresh string) []reply {
			return []reply{respond(503, ""), respond(503, ""), respond(200, fresh)}
		}, []string{manifestURL, operationURL, manifestURL}, nil},
		{"not any more", func(_, _ string) []reply { return []reply{respond(410, "")} }, []string{manifestURL, operationURL, exportURL}, apierror.ErrExpired},
		{"operation without manifest", func(_, _ string) []reply {
			return []reply{respond(404, ""), respond(200, `{"status":"succeeded"}`), respond(400, "")}
		}, []string{manifestURL, operationURL, exportURL}, apierror.ErrExpired},
		{"by a new export", func(_, fresh string) []reply {
			return []reply{
				respond(410, ""), respond(410, ""), respond(503, ""), respond(202, "", "Location", againURL), running(), respond(503, ""),
				respond(200, `{"status":"succeeded","resourceLocation":`+fresh+`}`),
			}
		}, []string{manifestURL, operationURL, exportURL, exportURL, againURL, againURL, againURL}, nil},
		{"by the operation, manifest without a signature", func(_, fresh string) []reply {
			return []reply{respond(200, `{}`), respond(200, `{"status":"succeeded","resourceLocation":`+fresh+`}`)}
		}, []string{manifestURL, operationURL}, nil},
		{"by a new export, all unchanged", func(old, fresh string) []reply {
			return []reply{
				respond(200, old), respond(200, `{"status":"succeeded","resourceLocation":`+old+`}`), respond(202, "", "Location", againURL),
				respond(200, `{"status":"succeeded","resourceLocation":`+fresh+`}`),
			}
		}, []string{manifestURL, operationURL, exportURL, againURL}, nil},
		{"by a new export of other data", func(_, fresh string) []reply {
			other := strings.ReplaceAll(fresh, "RwDrn7fbiTXy6UULE", "other")
			return []reply{
				respond(410, ""), respond(410, ""), respond(202, "", "Location", againURL),
				respond(200, `{"status":"succeeded","resourceLocation":`+other+`}`),
			}
		}, []string{manifestURL, operationURL, exportURL, againURL}, manifest.ErrDataChanged},
		{"by a new export that fails", func(_, _ string) []reply {
			return []reply{
				respond(410, ""), respond(410, ""), respond(202, "", "Location", againURL),
				respond(200, `{"status":"failed","error":{"code":"5000","message":"No data available"}}`),
			}
		}, []string{manifestURL, operationURL, exportURL, againURL}, apierror.ErrNoData},
		{"by a new export elsewhere", func(_, _ string) []reply {
			return []reply{respond(410, ""), respond(410, ""), respond(202, "", "Location", "https://evil.example/")}
		}, []string{manifestURL, operationURL, exportURL}, apierror.ErrForeignLocation},
		{"foreign", func(_, _ string) []reply {
			return []reply{respond(404, ""), respond(200, `{"status":"succeeded","resourceLocation":"https://evil.example/"}`)}
		}, []string{manifestURL, operationURL}, apierror.ErrForeignLocation},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				old := manifestOf(t)
				fresh := strings.ReplaceAll(old, sasCanary, "fresh"+sasCanary)
				s := play(append([]reply{respond(200, `{"status":"succeeded","resourceLocation":`+old+`}`)}, c.replies(old, fresh)...)...)
				st := &storage{t: t, accepted: "fresh", hosts: map[string]int{}}
				p := resumedAt(t, service(t, s), manifest.Options{ClientOptions: azcore.ClientOptions{Transport: st}})
				m, err := p.PollUntilDone(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				rows, failure := 0, error(nil)
				for _, err := range m.Items(t.Context(), nil) {
					if failure = err; err == nil {
						rows++
					}
				}
				mustNotLeak(t, failure)
				if !errors.Is(failure, c.want) || c.want == nil && rows != 1 {
					t.Fatalf("%d rows, %v", rows, failure)
				}
				var sent []string
				for _, a := range s.sent[1:] {
					sent = append(sent, strings.TrimPrefix(strings.TrimPrefix(a, "GET "), "POST "))
				}
				if strings.Join(sent, "\n") != strings.Join(c.sent, "\n") {
					t.Errorf("sent %v", sent)
				}
				if len(s.hosts) != 1 || len(st.hosts) != 1 || s.hosts["graph.microsoft.com"] == 0 || st.hosts["adlsreconbuprodeastus201.blob.core.windows.net"] == 0 {
					t.Errorf("hosts reached: %v by Graph's pipeline, %v by storage's", s.hosts, st.hosts)
				}
			})
		})
	}
}

func TestRefreshEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &storage{t: t, accepted: "fresh", hosts: map[string]int{}}
		p := resumedAt(t, service(t, play(respond(200, finished(t)), respond(503, ""))), manifest.Options{ClientOptions: azcore.ClientOptions{Transport: st}})
		m, err := p.PollUntilDone(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		start := time.Now()
		for _, err = range m.Items(ctx, nil) {
		}
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		start = time.Now()
		for _, err = range m.Items(t.Context(), nil) {
		}
		if !errors.Is(err, manifest.ErrSAS) || time.Since(start) < 15*time.Minute || time.Since(start) > 17*time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// There is no re-export where it is not allowed or the request is unknown, nor a second one within
// an hour.
func TestReexportsAreRare(t *testing.T) {
	for _, c := range []struct {
		name    string
		options func(*lro.Service)
		token   string
		after   time.Duration // between two readings
		posts   int
	}{
		{"by default", func(*lro.Service) {}, "", time.Minute, 1},
		{"an hour later", func(*lro.Service) {}, "", time.Hour, 2},
		{"switched off", func(s *lro.Service) { s.Reexport = false }, "", 2 * time.Hour, 0},
		{"a token without request", func(*lro.Service) {}, tokenOf(`{"endpoint":"https://graph.microsoft.com/v1.0","operation":"` + operationURL + `","kind":"usage"}`), time.Hour, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := play(respond(200, finished(t)), respond(410, ""))
				storage := manifest.Options{ClientOptions: azcore.ClientOptions{Transport: &storage{t: t, accepted: "fresh", hosts: map[string]int{}}}}
				at := service(t, s)
				c.options(&at)
				p := resumedAt(t, at, storage)
				if c.token != "" {
					begun, err := lro.Resume(at, c.token, nil)
					if err != nil {
						t.Fatal(err)
					}
					p = poller.New[lineitem.Usage](begun, storage)
				}
				m, err := p.PollUntilDone(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				for range 2 {
					for _, err := range m.Items(t.Context(), nil) {
						if !errors.Is(err, manifest.ErrSAS) {
							t.Errorf("got %v", err)
						}
					}
					time.Sleep(c.after)
				}
				posts := 0
				for _, a := range s.sent {
					if strings.HasPrefix(a, "POST ") {
						posts++
					}
				}
				if posts != c.posts {
					t.Errorf("%d exports, want %d", posts, c.posts)
				}
			})
		})
	}
}
