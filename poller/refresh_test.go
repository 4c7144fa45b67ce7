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

// storage serves one row to whoever brings the right signature, and refuses all others as Azure does.
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
	if _, err := io.WriteString(z, `{"PartnerId":"p"}`+"\n"); err != nil || z.Close() != nil {
		s.t.Error(err)
	}
	n := int64(body.Len())
	return &http.Response{StatusCode: 200, ContentLength: n, Body: io.NopCloser(&body), Request: r, Header: http.Header{
		"Etag": {`"0x1"`}, "Content-Length": {strconv.FormatInt(n, 10)}, "Accept-Ranges": {"bytes"},
	}}, nil
}

func TestReadingRefreshesTheSignature(t *testing.T) {
	for _, c := range []struct {
		name    string
		replies func(old, fresh string) []reply // after the operation has succeeded
		asked   []string
		want    error
	}{
		{"by the manifest's id", func(_, fresh string) []reply { return []reply{answer(200, fresh)} }, []string{manifestURL}, nil},
		{"by the operation, manifest gone", func(_, fresh string) []reply {
			return []reply{answer(410, ""), answer(200, `{"status":"succeeded","resourceLocation":`+fresh+`}`)}
		}, []string{manifestURL, operationURL}, nil},
		{"by the operation, manifest unchanged", func(old, fresh string) []reply {
			return []reply{answer(200, old), answer(200, `{"status":"succeeded","resourceLocation":`+fresh+`}`)}
		}, []string{manifestURL, operationURL}, nil},
		{"after an outage", func(_, fresh string) []reply {
			return []reply{answer(503, ""), answer(503, ""), answer(200, fresh)}
		}, []string{manifestURL, operationURL, manifestURL}, nil},
		{"not any more", func(_, _ string) []reply { return []reply{answer(410, "")} }, []string{manifestURL, operationURL, exportURL}, apierror.ErrExpired},
		{"operation without manifest", func(_, _ string) []reply {
			return []reply{answer(404, ""), answer(200, `{"status":"succeeded"}`), answer(400, "")}
		}, []string{manifestURL, operationURL, exportURL}, apierror.ErrExpired},
		{"by a new export", func(_, fresh string) []reply {
			return []reply{
				answer(410, ""), answer(410, ""), answer(503, ""), answer(202, "", "Location", againURL), running(), answer(503, ""),
				answer(200, `{"status":"succeeded","resourceLocation":`+fresh+`}`),
			}
		}, []string{manifestURL, operationURL, exportURL, exportURL, againURL, againURL, againURL}, nil},
		{"by the operation, manifest without a signature", func(_, fresh string) []reply {
			return []reply{answer(200, `{}`), answer(200, `{"status":"succeeded","resourceLocation":`+fresh+`}`)}
		}, []string{manifestURL, operationURL}, nil},
		{"by a new export, all unchanged", func(old, fresh string) []reply {
			return []reply{
				answer(200, old), answer(200, `{"status":"succeeded","resourceLocation":`+old+`}`), answer(202, "", "Location", againURL),
				answer(200, `{"status":"succeeded","resourceLocation":`+fresh+`}`),
			}
		}, []string{manifestURL, operationURL, exportURL, againURL}, nil},
		{"by a new export of other data", func(_, fresh string) []reply {
			other := strings.ReplaceAll(fresh, "RwDrn7fbiTXy6UULE", "other")
			return []reply{
				answer(410, ""), answer(410, ""), answer(202, "", "Location", againURL),
				answer(200, `{"status":"succeeded","resourceLocation":`+other+`}`),
			}
		}, []string{manifestURL, operationURL, exportURL, againURL}, manifest.ErrDataChanged},
		{"by a new export that fails", func(_, _ string) []reply {
			return []reply{
				answer(410, ""), answer(410, ""), answer(202, "", "Location", againURL),
				answer(200, `{"status":"failed","error":{"code":"5000","message":"No data available"}}`),
			}
		}, []string{manifestURL, operationURL, exportURL, againURL}, apierror.ErrNoData},
		{"by a new export elsewhere", func(_, _ string) []reply {
			return []reply{answer(410, ""), answer(410, ""), answer(202, "", "Location", "https://evil.example/")}
		}, []string{manifestURL, operationURL, exportURL}, apierror.ErrForeignLocation},
		{"foreign", func(_, _ string) []reply {
			return []reply{answer(404, ""), answer(200, `{"status":"succeeded","resourceLocation":"https://evil.example/"}`)}
		}, []string{manifestURL, operationURL}, apierror.ErrForeignLocation},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				old := manifestOf(t)
				fresh := strings.ReplaceAll(old, sasCanary, "fresh"+sasCanary)
				s := play(append([]reply{answer(200, `{"status":"succeeded","resourceLocation":`+old+`}`)}, c.replies(old, fresh)...)...)
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
				var asked []string
				for _, a := range s.asked[1:] {
					asked = append(asked, strings.TrimPrefix(strings.TrimPrefix(a, "GET "), "POST "))
				}
				if strings.Join(asked, "\n") != strings.Join(c.asked, "\n") {
					t.Errorf("asked %v", asked)
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
		p := resumedAt(t, service(t, play(answer(200, finished(t)), answer(503, ""))), manifest.Options{ClientOptions: azcore.ClientOptions{Transport: st}})
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

// Where it is not wanted, or not known, no export is asked for; nor a second one within an hour.
func TestNewExportsAreRare(t *testing.T) {
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
				s := play(answer(200, finished(t)), answer(410, ""))
				storage := manifest.Options{ClientOptions: azcore.ClientOptions{Transport: &storage{t: t, accepted: "fresh", hosts: map[string]int{}}}}
				at := service(t, s)
				c.options(&at)
				p := resumedAt(t, at, storage)
				if c.token != "" {
					begun, err := lro.Resume(at, c.token)
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
				for _, a := range s.asked {
					if strings.HasPrefix(a, "POST ") {
						posts++
					}
				}
				if posts != c.posts {
					t.Errorf("%d exports asked for, want %d", posts, c.posts)
				}
			})
		})
	}
}
