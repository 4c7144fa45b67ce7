package faulttest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// service is an export of numbered rows on the in-memory service, with the options to request and
// read it.
type service struct {
	*billingtest.Server
	ledger *ledger

	transport  policy.Transporter // nil: the server itself, without sockets
	credential azcore.TokenCredential
	client     billing.ClientOptions
	begun      billing.BeginExportOptions
	wait       *poller.PollUntilDoneOptions
	read       *manifest.ReadOptions
	onRow      func(lineitem.Position) // in the loop body
	onBreak    func()                  // when a connection breaks
}

// request is the request of the trials.
var request = billing.BilledUsage{InvoiceID: billingtest.DefaultInvoiceID}

// serve serves an export of count blobs of numbered rows with a pad.
func serve(t *testing.T, o *billingtest.Options, count, rows, pad int) *service {
	t.Helper()
	files, ledger := blobs(count, rows, pad)
	s := serveExport(t, o, billingtest.Export{InvoiceID: request.InvoiceID, Files: files})
	s.ledger = ledger
	return s
}

// serveExport serves an export. The caller sets the ledger, if the trial checks rows.
func serveExport(t *testing.T, o *billingtest.Options, e billingtest.Export) *service {
	t.Helper()
	s := &service{Server: billingtest.NewServer(o)}
	s.transport, s.credential = s.Server, secrets.watched(s.Server.Credential())
	if err := s.Add(e); err != nil {
		t.Fatal(err)
	}
	return s
}

// script adds steps to the script.
func (s *service) script(steps ...billingtest.Step) *service {
	s.Script(steps...)
	return s
}

// begin requests the export.
func (s *service) begin(ctx context.Context) (*poller.Poller[lineitem.Usage], error) {
	o := s.client
	o.Transport = s.transport
	client, err := billing.NewClient(s.credential, &o)
	if err != nil {
		return nil, err
	}
	return billing.BeginExport(ctx, client, request, &s.begun)
}

// manifest requests the export and waits for it.
func (s *service) manifest(ctx context.Context) (*manifest.Manifest[numbered], error) {
	p, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	m, err := p.PollUntilDone(ctx, s.wait)
	if err != nil {
		return nil, err
	}
	secrets.add(m.SAS().Reveal())
	return manifest.As[numbered](m), nil
}

// export requests, waits for and reads the export, and asserts what holds for every trial.
func (s *service) export(ctx context.Context, t *testing.T) result {
	t.Helper()
	r := s.all(ctx)
	s.wantClean(t)
	return r
}

func (s *service) all(ctx context.Context) result {
	m, err := s.manifest(ctx)
	if err != nil {
		return result{err: err, ledger: s.ledger}
	}
	return s.rows(ctx, m)
}

// rows reads an export.
func (s *service) rows(ctx context.Context, m *manifest.Manifest[numbered]) result {
	stream, err := m.NewStream(numberedRows(s.read))
	if err != nil {
		return result{err: err, ledger: s.ledger}
	}
	r := result{ledger: s.ledger}
	for row, err := range stream.All(ctx) {
		if err != nil {
			r.err = err
			break
		}
		if s.ledger != nil {
			s.ledger.record(stream.Position(), row.N)
		}
		if s.onRow != nil {
			s.onRow(stream.Position())
		}
	}
	report := stream.Report()
	if r.err == nil && !report.Total.Verified {
		r.err = errors.New("no error, but not every blob is verified")
	}
	if report.Total.Reopened > 0 {
		r.note = fmt.Sprintf("%d re-opens", report.Total.Reopened)
	}
	return r
}

// wantClean asserts what holds after every trial: every step of the script was applied, no body is
// open, and there are no violations.
func (s *service) wantClean(t *testing.T) {
	t.Helper()
	if err := s.ScriptDone(); err != nil {
		t.Errorf("the script was not applied: %v", err)
	}
	for tries := 0; s.OpenBodies() != 0; tries++ {
		if tries == 200 {
			t.Errorf("%d bodies are open", s.OpenBodies())
			break
		}
		time.Sleep(10 * time.Millisecond) // on a socket, the server may not have noticed yet
	}
	for _, v := range s.Violations() {
		t.Errorf("violation: %s", v)
	}
}

// count returns the number of requests of a kind.
func (s *service) count(call billingtest.Call) (n int) {
	for _, r := range s.Requests() {
		if r.Call == call {
			n++
		}
	}
	return n
}
