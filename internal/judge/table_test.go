package judge_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// table has a row for each call.
var table [][3]string

// TestMain prints the table after the tests.
func TestMain(m *testing.M) {
	code := m.Run()
	text := "CLIENT\tCALL\tOUTCOME\n"
	for _, row := range table {
		text += strings.Join(row[:], "\t") + "\n"
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, err := io.WriteString(w, text)
	if err = errors.Join(err, w.Flush()); err != nil {
		code = 1
	}
	os.Exit(code)
}

// judge runs calls of one client and records their outcomes.
type judge struct {
	t      *testing.T
	client string
}

// call makes a call. The outcome says what was read.
func (j judge) call(name string, do func() (outcome string, err error)) {
	j.t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
		outcome, err := do()
		if err != nil {
			t.Error(err)
			outcome = "FAILED: " + strings.Join(strings.Fields(err.Error()), " ")
			outcome = outcome[:min(len(outcome), 120)]
		}
		table = append(table, [3]string{j.client, name, outcome})
	})
}

// refused makes a call that the service rejects with a status and a code.
func (j judge) refused(name string, status int, code string, do func() error) {
	j.call(name, func() (string, error) {
		err := do()
		var failed *azcore.ResponseError
		if !errors.As(err, &failed) || failed.StatusCode != status || failed.ErrorCode != code {
			return "", fmt.Errorf("error is %w; want status %d, %s", err, status, code)
		}
		return refusal(status, code), nil
	})
}

// refusal is the outcome of a call that is rejected as it should be.
func refusal(status int, code string) string {
	if status == http.StatusNotImplemented {
		return "501, not implemented, as intended"
	}
	return fmt.Sprintf("%d %s, as intended", status, code)
}

// service is the in-memory service on a listener.
type service struct {
	*billingtest.Server
	listener *billingtest.Listener
}

// The exports of the service, and the sums that are expected of them.
var (
	usage = billingtest.Export{InvoiceID: billingtest.DefaultInvoiceID, Rows: 4000, Customers: 60}
	lines = billingtest.Export{Dataset: billingtest.Reconciliation, InvoiceID: billingtest.DefaultInvoiceID, Rows: 400, Customers: 60}
)

const account = "aaaa0000-1111:bbbb2222-3333_2019-05-31"

const (
	accountPath = "/providers/Microsoft.Billing/billingAccounts/" + account
	profilePath = accountPath + "/billingProfiles/" + billingtest.DefaultProfile
)

// serve starts the service. At the end of the test it must have seen no violation.
func serve(t *testing.T) service {
	t.Helper()
	s := billingtest.NewServer(&billingtest.Options{ContentMD5: true})
	err := errors.Join(
		s.Add(usage, lines, billingtest.Export{Rows: 300}, billingtest.Export{Dataset: billingtest.Reconciliation, Rows: 200}),
		s.SetAccount(billingtest.Account{Name: account, Invoices: []billingtest.Invoice{{Number: billingtest.DefaultInvoiceID}, {Number: "G2", Amount: "-12.5", Document: "CreditNote"}}}),
	)
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if v := s.Violations(); len(v) > 0 || s.OpenBodies() != 0 {
			t.Errorf("violations %v, %d bodies left open", v, s.OpenBodies())
		}
	})
	return service{s, l}
}

// same compares a number with what is expected.
func same[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s: %v, want %v", what, got, want)
	}
	return nil
}

// value returns what a pointer points to, or the zero value.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
