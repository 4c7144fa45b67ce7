package billing_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
)

// begun begins an export of ten rows and returns the service and the URL of the export's operation.
func begun(t *testing.T, o *billingtest.Options) (s *billingtest.Server, c *billing.Client, operation string) {
	t.Helper()
	s, c = service(t, o, "", billingtest.Export{InvoiceID: "G1", Rows: 10})
	p, err := billing.BeginExport(t.Context(), c, billing.BilledUsage{InvoiceID: "G1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	requests := s.Requests()
	return s, c, "https://graph.microsoft.com" + requests[len(requests)-1].Path
}

// posts counts the exports that were begun at a service.
func posts(s *billingtest.Server) (n int) {
	for _, r := range s.Requests() {
		if r.Method == http.MethodPost {
			n++
		}
	}
	return n
}

func TestContinueAnOperationByItsIDOrURL(t *testing.T) {
	for name, form := range map[string]func(url string) string{
		"URL":  func(url string) string { return url },
		"ID":   func(url string) string { return url[strings.LastIndexByte(url, '/')+1:] },
		"path": func(url string) string { return strings.TrimPrefix(url, "https://graph.microsoft.com") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c, operation := begun(t, nil)
				o := &billing.BeginExportOptions{Operation: form(operation), NoReexport: true}
				// The fields of the request are not needed, since it is never sent.
				p, err := billing.BeginExport(t.Context(), c, billing.BilledUsage{}, o)
				if err != nil {
					t.Fatal(err)
				}
				m, err := p.PollUntilDone(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				rows := 0
				for _, err := range m.Items(t.Context(), nil) {
					if err != nil {
						t.Fatal(err)
					}
					rows++
				}
				if rows != 10 || posts(s) != 1 {
					t.Errorf("%d rows, %d exports", rows, posts(s))
				}
				clean(t, s)
			})
		})
	}
}

// The request that is given with an operation is sent where the SAS has expired and the service has
// dropped the operation; and not with NoReexport.
func TestReexportOfAnOperationKnownByItsURL(t *testing.T) {
	for _, noReexport := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, c, operation := begun(t, &billingtest.Options{SASLifetime: time.Hour, OperationLifetime: 2 * time.Hour})
			o := &billing.BeginExportOptions{Operation: operation, NoReexport: noReexport}
			p, err := billing.BeginExport(t.Context(), c, billing.BilledUsage{InvoiceID: "G1"}, o)
			if err != nil {
				t.Fatal(err)
			}
			m, err := p.PollUntilDone(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * time.Hour)
			rows, failure := 0, error(nil)
			for _, err := range m.Items(t.Context(), nil) {
				if failure = err; err == nil {
					rows++
				}
			}
			if noReexport && (!errors.Is(failure, apierror.ErrExpired) || posts(s) != 1) || !noReexport && (failure != nil || rows != 10 || posts(s) != 2) {
				t.Errorf("NoReexport %v: %d rows, %d exports, %v", noReexport, rows, posts(s), failure)
			}
		})
	}
}

func TestOperationsThatAreNotTakenUp(t *testing.T) {
	w := &wire{respond: accepted}
	c := client(t, w, nil)
	for name, tc := range map[string]struct {
		options billing.BeginExportOptions
		want    error
	}{
		"other host":           {billing.BeginExportOptions{Operation: "https://evil.example/v1.0/reports/partners/billing/operations/7"}, apierror.ErrForeignLocation},
		"no TLS":               {billing.BeginExportOptions{Operation: "http://graph.microsoft.com/v1.0/op/7"}, apierror.ErrForeignLocation},
		"network path":         {billing.BeginExportOptions{Operation: "//evil.example/op"}, apierror.ErrForeignLocation},
		"blank":                {billing.BeginExportOptions{Operation: " \n"}, billing.ErrInvalidRequest},
		"climbing ID":          {billing.BeginExportOptions{Operation: ".."}, apierror.ErrForeignLocation},
		"with a resume token":  {billing.BeginExportOptions{Operation: "7", ResumeToken: "partnerbilling-export.v1.e30"}, billing.ErrInvalidRequest},
		"invalid resume token": {billing.BeginExportOptions{ResumeToken: "7"}, apierror.ErrResumeToken},
	} {
		_, err := billing.BeginExport(t.Context(), c, billing.BilledUsage{InvoiceID: "G1"}, &tc.options)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A re-export needs the request.
	if _, err := billing.BeginExport(t.Context(), c, billing.BilledUsage{}, &billing.BeginExportOptions{Operation: "7"}); !errors.Is(err, billing.ErrInvalidRequest) || !strings.Contains(err.Error(), "or set NoReexport") {
		t.Errorf("without a request: %v", err)
	}
	if _, err := billing.BeginExport(t.Context(), c, billing.BilledUsage{InvoiceID: "G0169-07411"}, nil); !errors.Is(err, billing.ErrInvalidRequest) || !strings.Contains(err.Error(), "only letters and digits") {
		t.Errorf("an invoice number with a hyphen: %v", err)
	}
	// A new export needs it anyway.
	if _, err := billing.BeginExport(t.Context(), c, billing.BilledUsage{}, nil); !errors.Is(err, billing.ErrInvalidRequest) || strings.Contains(err.Error(), "NoReexport") {
		t.Errorf("without a request: %v", err)
	}
	if len(w.sent) != 0 {
		t.Errorf("%d requests were sent", len(w.sent))
	}
}

// An operation that was never found may be misspelled; one that was found is gone.
func TestUnknownOperations(t *testing.T) {
	const notFound = `{"error":{"code":"NotFound","message":"none"}}`
	running := respond(200, nil, `{"id":"another","status":"running"}`)
	for name, tc := range map[string]struct {
		responses []func(*http.Request) (*http.Response, error)
		text      string
	}{
		"never found": {
			[]func(*http.Request) (*http.Response, error){respond(404, nil, notFound)},
			`poller: operation: no longer available (HTTP 404 NotFound "none"); check the ID of the operation; if it is right, begin a new export`,
		},
		"gone at once": {
			[]func(*http.Request) (*http.Response, error){respond(410, nil, notFound)},
			`poller: operation: no longer available (HTTP 410 NotFound "none"); begin a new export`,
		},
		"found before": {
			[]func(*http.Request) (*http.Response, error){running, respond(404, nil, notFound)},
			`poller: operation: no longer available (HTTP 404 NotFound "none"); begin a new export`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{}
				w.respond = func(r *http.Request) (*http.Response, error) {
					next := tc.responses[0]
					tc.responses = tc.responses[1:]
					return next(r)
				}
				p, err := billing.BeginExport(t.Context(), client(t, w, nil), billing.BilledUsage{}, &billing.BeginExportOptions{Operation: "7", NoReexport: true})
				if err != nil {
					t.Fatal(err)
				}
				_, err = p.PollUntilDone(t.Context(), nil)
				if !errors.Is(err, apierror.ErrExpired) || err.Error() != tc.text || len(tc.responses) != 0 {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestClientsThatNewClientDidNotReturn(t *testing.T) {
	for _, c := range []*billing.Client{nil, {}} {
		if _, err := billing.BeginExport(t.Context(), c, billing.BilledUsage{InvoiceID: "G1"}, nil); err == nil || !strings.Contains(err.Error(), "NewClient") {
			t.Errorf("%v", err)
		}
	}
}
