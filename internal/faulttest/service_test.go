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

// service is one export of numbered rows on the service in memory, and how it is asked
// for and read.
type service struct {
	*billingtest.Server
	ledger *ledger

	transport  policy.Transporter // nil: the server itself, without sockets
	credential azcore.TokenCredential
	client     billing.ClientOptions
	begun      billing.BeginExportOptions
	wait       *poller.PollUntilDoneOptions
	read       *manifest.ReadOptions
	onRow      func(lineitem.Position) // in the loop's body
	onLost     func()                  // where a connection breaks
}

// request is what the trials ask for.
var request = billing.BilledUsage{InvoiceID: billingtest.DefaultInvoiceID}

// serve offers an export of so many blobs of so many rows, with pads of so many bytes.
func serve(t *testing.T, o *billingtest.Options, count, rows, pad int) *service {
	t.Helper()
	files, ledger := blobs(count, rows, pad)
	s := serveExport(t, o, billingtest.Export{InvoiceID: request.InvoiceID, Files: files})
	s.ledger = ledger
	return s
}

// serveExport offers an export, whose ledger the caller sets where it is about rows.
func serveExport(t *testing.T, o *billingtest.Options, e billingtest.Export) *service {
	t.Helper()
	s := &service{Server: billingtest.NewServer(o)}
	s.transport, s.credential = s.Server, secrets.watched(s.Server.Credential())
	if err := s.Add(e); err != nil {
		t.Fatal(err)
	}
	return s
}

// script makes things go wrong, in the order of the steps.
func (s *service) script(steps ...billingtest.Step) *service {
	s.Script(steps...)
	return s
}

// begin asks for the export.
func (s *service) begin(ctx context.Context) (*poller.Poller[lineitem.Usage], error) {
	o := s.client
	o.Transport = s.transport
	client, err := billing.NewClient(s.credential, &o)
	if err != nil {
		return nil, err
	}
	return billing.BeginExport(ctx, client, request, &s.begun)
}

// manifest asks for the export and waits for it.
func (s *service) manifest(ctx context.Context) (*manifest.Manifest[numbered], error) {
	p, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	m, err := p.PollUntilDone(ctx, s.wait)
	if err != nil {
		return nil, err
	}
	secrets.add(m.SAS.Reveal())
	return manifest.As[numbered](m), nil
}

// export does all of it: asks, waits, reads. It asserts what holds for every trial.
func (s *service) export(ctx context.Context, t *testing.T) result {
	t.Helper()
	r := s.all(ctx)
	s.tidy(t)
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
	stream, err := m.NewStream(s.read)
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
			s.ledger.saw(stream.Position(), row.N)
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

// tidy asserts what holds after every trial: every step of the script happened, no body is
// open, and nothing was sent that never may.
func (s *service) tidy(t *testing.T) {
	t.Helper()
	if err := s.ScriptDone(); err != nil {
		t.Errorf("the script was not played: %v", err)
	}
	for patience := 0; s.OpenBodies() != 0; patience++ {
		if patience == 200 {
			t.Errorf("%d bodies are open", s.OpenBodies())
			break
		}
		time.Sleep(10 * time.Millisecond) // on a socket, the server may not have noticed yet
	}
	for _, v := range s.Violations() {
		t.Errorf("violation: %s", v)
	}
}

// count is how many requests of a kind there were.
func (s *service) count(call billingtest.Call) (n int) {
	for _, r := range s.Requests() {
		if r.Call == call {
			n++
		}
	}
	return n
}
