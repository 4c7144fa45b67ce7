package faulttest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
)

// costRow is a row of a cost details report, with its number.
type costRow struct {
	N int64 `json:"quantity"`
}

// rowsOfReport is how many rows each of the two blobs of a report has.
const rowsOfReport = 200

// report serves a cost details report: blobs of CSV with links of their own. edit changes its
// manifest; it may be nil.
func report(t *testing.T, edit func(manifest map[string]any)) *service {
	t.Helper()
	lines := make([]string, rowsOfReport)
	for i := range lines {
		lines[i] = fmt.Sprintf(`{"InvoiceNumber":"G1","UsageDate":"2024-09-30T00:00:00Z","Quantity":%d}`, i)
	}
	s := serveExport(t, nil, billingtest.Export{InvoiceID: request.InvoiceID, Files: []billingtest.File{{Lines: lines}, {Lines: lines}}})
	if err := s.SetAccount(billingtest.Account{}); err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		s.script(billingtest.Step{On: billingtest.ARMCall, For: -1, Do: billingtest.EditJSON(func(o map[string]any) {
			if m, is := o["manifest"].(map[string]any); is {
				edit(m)
			}
		})})
	}
	return s
}

// readReport requests and reads the report of s.
func readReport(t *testing.T, s *service) (r result) {
	t.Helper()
	defer s.wantClean(t)
	client, err := costmgmt.NewClient(s.credential, &costmgmt.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: s.transport}})
	if err != nil {
		t.Fatal(err)
	}
	account, err := client.PartnerAccount(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := costmgmt.BeginCostDetails[costRow](t.Context(), client, costmgmt.AccountScope(account.Name), costmgmt.CostDetailsRequest{InvoiceID: request.InvoiceID}, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := p.PollUntilDone(t.Context(), nil)
	if err != nil {
		return result{err: err}
	}
	want := map[string]int64{}
	for _, b := range m.Blobs() {
		secrets.add(b.SAS.Reveal())
		want[b.Name] = rowsOfReport
	}
	r.ledger = newLedger(want)
	stream, err := m.NewStream(s.read)
	if err != nil {
		return result{err: err}
	}
	for row, err := range stream.All(t.Context()) {
		if err != nil {
			r.err = err
			break
		}
		r.ledger.record(stream.Position(), row.N)
	}
	return r
}

// linksOf returns the entries of a report's manifest.
func linksOf(m map[string]any) []map[string]any {
	var links []map[string]any
	for _, b := range m["blobs"].([]any) {
		links = append(links, b.(map[string]any))
	}
	return links
}

// damagedReport reads a report of which a byte changes on its way. Its blobs are not compressed, so
// the MD5 that storage sends is all that tells. If broken is set, the first connections break
// before that byte.
func damagedReport(t *testing.T, broken bool) result {
	t.Helper()
	s := report(t, nil)
	if broken {
		s.script(billingtest.Step{On: billingtest.BlobCall, For: 2, Do: billingtest.Cut(2000, billingtest.ErrClosed)})
	}
	s.transport = transport(func(req *http.Request) (*http.Response, error) {
		resp, err := s.Server.Do(req)
		if err != nil || !strings.HasSuffix(req.URL.Path, "part_1.csv") {
			return resp, err
		}
		resp.Body = &edition{ReadCloser: resp.Body, old: []byte(",150,"), text: []byte(",151,")}
		return resp, nil
	})
	r := readReport(t, s)
	if r.err != nil {
		r.ledger = nil // the MD5 comes after the rows, of which one is wrong
	}
	return r
}

// edition is a body in which a text is replaced by another of the same length.
type edition struct {
	io.ReadCloser
	old, text []byte
	all       []byte // as it is delivered
	err       error  // that ends it
}

// Read implements io.Reader.
func (r *edition) Read(p []byte) (int, error) {
	if r.err == nil {
		r.all, r.err = io.ReadAll(r.ReadCloser)
		r.all = bytes.ReplaceAll(r.all, r.old, r.text)
		if r.err == nil {
			r.err = io.EOF
		}
	}
	if len(r.all) == 0 {
		return 0, r.err
	}
	n := copy(p, r.all)
	r.all = r.all[n:]
	return n, nil
}
