package costmgmt_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/costmgmt"
)

// pages is a transport with a list that never ends.
type pages struct {
	page     func(n int) string // the body, in which LINK is replaced by the next link
	pad      string             // of each link
	requests int
}

// Do implements policy.Transporter.
func (p *pages) Do(req *http.Request) (*http.Response, error) {
	p.requests++
	next := fmt.Sprintf("https://management.azure.com%s?page=%d&%s", req.URL.Path, p.requests, p.pad)
	body := strings.ReplaceAll(p.page(p.requests), "LINK", next)
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Request: req, ContentLength: int64(len(body)),
		Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

// TestListsWithoutEnd: only so many pages without elements are requested in a row, and what links
// were followed takes little memory.
func TestListsWithoutEnd(t *testing.T) {
	empty := &pages{page: func(int) string { return `{"value":[],"nextLink":"LINK"}` }}
	got, err := all(client(t, empty).Customers(t.Context(), account, nil))
	if !errors.Is(err, apierror.ErrMalformed) || !strings.Contains(err.Error(), "100 pages in a row without elements") || len(got) != 0 || empty.requests != 101 {
		t.Errorf("empty pages: %d requests, %v", empty.requests, err)
	}
	empty = &pages{page: func(int) string {
		return `{"properties":{"nextLink":"LINK","columns":[{"name":"Cost"}],"rows":[]}}`
	}}
	query := costmgmt.Query{Timeframe: costmgmt.TimeframeMonthToDate, Sums: map[string]string{"Cost": "Cost"}}
	if _, err := all(client(t, empty).Query(t.Context(), costmgmt.AccountScope(account), query, nil)); !errors.Is(err, apierror.ErrMalformed) || empty.requests != 101 {
		t.Errorf("empty pages of a query: %d requests, %v", empty.requests, err)
	}
	// Pages that are empty now and then are fine.
	sparse := &pages{page: func(n int) string {
		switch {
		case n == 500:
			return `{"value":[{"name":"last"}]}`
		case n%100 == 0:
			return `{"value":[{"name":"c"}],"nextLink":"LINK"}`
		}
		return `{"value":[],"nextLink":"LINK"}`
	}}
	if got, err := all(client(t, sparse).Customers(t.Context(), account, nil)); err != nil || len(got) != 5 {
		t.Errorf("sparse pages: %d customers, %v", len(got), err)
	}
	long := &pages{pad: strings.Repeat("x", 64<<10), page: func(int) string { return `{"value":[{"name":"c"}],"nextLink":"LINK"}` }}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for _, err := range client(t, long).Customers(t.Context(), account, nil) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 500 {
			runtime.GC()
			runtime.ReadMemStats(&after)
			break
		}
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("500 links of 64 KiB take %d KiB", grown>>10)
	}
}

// TestLongPage: a page has a limit that is far below that of a report.
func TestLongPage(t *testing.T) {
	read := 0
	c := client(t, policyTransport(func(req *http.Request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader(`{"value":[],"x":"`), readerFunc(func(p []byte) (int, error) {
			read += len(p)
			return copy(p, strings.Repeat("x", len(p))), nil
		}))
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: req, ContentLength: -1, Body: io.NopCloser(body)}, nil
	}))
	_, err := all(c.Customers(t.Context(), account, nil))
	if !errors.Is(err, apierror.ErrMalformed) || !strings.Contains(err.Error(), "longer than 16777216 bytes") || read > 40<<20 {
		t.Errorf("%d bytes were read, %v", read, err)
	}
}

// TestRelativeLinks: a link without a host is relative to the page that has it.
func TestRelativeLinks(t *testing.T) {
	for link, want := range map[string]string{
		"?skip=2":                             accountPath + "/customers?skip=2",
		"customers?skip=2":                    accountPath + "/customers?skip=2",
		"../other/x":                          "/providers/Microsoft.Billing/billingAccounts/other/x?",
		"/providers/x?skip=2":                 "/providers/x?skip=2",
		"https://management.azure.com/x?a=b":  "/x?a=b",
		"//management.azure.com/x?a=b#anchor": "/x?a=b",
	} {
		s := serve(t, ok(`{"value":[{"name":"c1"}],"nextLink":"`+link+`"}`), ok(`{"value":[{"name":"c2"}]}`))
		got, err := all(client(t, s).Customers(t.Context(), account, nil))
		if err != nil || len(got) != 2 {
			t.Errorf("%s: %d customers, %v", link, len(got), err)
			continue
		}
		if r := s.requests[1]; r.path+"?"+r.query != want {
			t.Errorf("%s: requested %s?%s, want %s", link, r.path, r.query, want)
		}
	}
}

// readerFunc is a function that is a reader.
type readerFunc func([]byte) (int, error)

// Read implements io.Reader.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
