package billingtest

import (
	"errors"
	"fmt"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// Account is a partner's billing account in Azure Resource Manager. It has one billing profile. Its
// customers and their subscriptions are those of the exports.
type Account struct {
	Name        string // empty: a name like the real ones, with colons
	DisplayName string // empty: a made-up partner
	Invoices    []Invoice
}

// Invoice is an invoice, or another document, of an account.
type Invoice struct {
	Number   string
	Currency string // empty: DefaultCurrency
	Document string // empty: Invoice; CreditNote, VoidNote and others
	Status   string // empty: Due

	// Amount is the invoice's total. Empty: the sum of the rows of the reconciliation export of
	// this invoice, in the invoice's currency, plus Difference.
	Amount     string
	Difference string

	// Month is any time in the invoice's month. Zero: the month before the request.
	Month time.Time
}

// defaultAccount is the name of an account without one.
const defaultAccount = "7a1f2c3d-0b4e-5f60-8a91-b2c3d4e5f607:1c2d3e4f-5061-4728-93a4-b5c6d7e8f901_2019-05-31"

// DefaultProfile is the name of the account's one billing profile.
const DefaultProfile = "PARTNER-BP1-EUR"

// account is the state of Resource Manager.
type account struct {
	Account
	amounts    []string                 // of the invoices
	kept       map[string]*resource     // budgets and exports, by path in lower case
	policies   map[string]string        // viewCharges of customers, by ID in lower case
	operations map[string]*armOperation // by ID
}

func (a *account) id() string        { return pathAccounts + "/" + a.Name }
func (a *account) profileID() string { return a.id() + "/billingProfiles/" + DefaultProfile }

// SetAccount sets the billing account. The reconciliation exports of invoices without an Amount
// must have been added with [Server.Add] before.
func (s *Server) SetAccount(a Account) error {
	setDefault(&a.Name, defaultAccount)
	setDefault(&a.DisplayName, "Fabrikam Partner")
	made := &account{Account: a, kept: map[string]*resource{}, policies: map[string]string{}, operations: map[string]*armOperation{}}
	made.Invoices = append([]Invoice(nil), a.Invoices...)
	for i := range made.Invoices {
		amount, err := s.amountOf(&made.Invoices[i])
		if err != nil {
			return fmt.Errorf("billingtest: invoice %s: %w", made.Invoices[i].Number, err)
		}
		made.amounts = append(made.amounts, amount)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account = made
	return nil
}

// amountOf sets an invoice's defaults and returns its amount.
func (s *Server) amountOf(i *Invoice) (string, error) {
	setDefault(&i.Currency, DefaultCurrency)
	setDefault(&i.Document, "Invoice")
	setDefault(&i.Status, "Due")
	if i.Amount != "" {
		return i.Amount, nil
	}
	s.mu.Lock()
	offer := s.exports[Export{Dataset: Reconciliation, InvoiceID: i.Number}.address()]
	s.mu.Unlock()
	if offer == nil {
		return "", errors.New("no Amount and no reconciliation export; set Amount, or call Server.Add first")
	}
	truth, err := offer.export.Truth()
	if err != nil {
		return "", err
	}
	var total lineitem.Totals
	for _, part := range []string{truth.Sum(truth.Total, i.Currency), i.Difference} {
		if part == "" {
			continue
		}
		d, err := lineitem.ParseDecimal(part)
		if err != nil {
			return "", err
		}
		total.Add(i.Currency, d)
	}
	sum, err := total.Sum(i.Currency)
	if sum.IsNull() {
		return "0", err
	}
	return sum.String(), err
}
