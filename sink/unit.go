package sink

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/internal/errtext"
)

// AllCurrencies is the currency of a [Unit] that has the rows of all currencies, such as a cost
// details report of a month.
const AllCurrencies = "all"

// Unit names the rows that a load replaces as a whole: an export, or what was computed from one.
// Either Invoice is set, or Month and Currency. Periods that mean other data later, such as the
// current month, are no names: write the month.
type Unit struct {
	// Dataset names the kind of rows, such as billed_usage. Use one for each kind of export: rows
	// of different datasets are in different tables. It is the name of the view unless options say
	// otherwise, and consists of letters, digits and underscores.
	Dataset string
	// Scope is whose rows they are, such as the ID of a tenant or billing account, where a database
	// has those of several. It may be empty.
	Scope string
	// Invoice is the number of the invoice, such as G016907411.
	Invoice string
	// Month is the calendar month of rows that are not part of an invoice: 2026-10.
	Month string
	// Currency is the currency of the rows of a Month, such as EUR, or [AllCurrencies].
	Currency string
}

// maxKey is the maximum length of a key, which databases limit.
const maxKey = 250

var (
	datasetForm  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,49}$`)
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
)

// Check returns an error that matches [ErrUnit] if the unit is not a name for rows.
func (u Unit) Check() error {
	if reason := u.wrong(); reason != "" {
		return fmt.Errorf("sink: %w: %s", ErrUnit, reason)
	}
	return nil
}

func (u Unit) wrong() string {
	switch {
	case !datasetForm.MatchString(u.Dataset):
		return fmt.Sprintf("dataset %q: up to 50 letters, digits and underscores are needed, such as billed_usage", errtext.Clip(u.Dataset, errtext.CodeLimit))
	case u.Invoice == "" && u.Month == "":
		return "it has neither an invoice nor a month"
	case u.Invoice != "" && (u.Month != "" || u.Currency != ""):
		return "it has an invoice, and a month or a currency; an invoice is enough"
	case relative(u.Invoice):
		return fmt.Sprintf("invoice %q means another one later; write its number", u.Invoice)
	case relative(u.Month):
		return fmt.Sprintf("month %q means another one later; write the month as 2026-10", u.Month)
	case len(u.Key()) > maxKey:
		return fmt.Sprintf("it is longer than %d bytes", maxKey)
	case u.Invoice != "":
		return ""
	}
	if _, err := time.Parse("2006-01", u.Month); err != nil {
		return fmt.Sprintf("month %q: write it as 2026-10", errtext.Clip(u.Month, errtext.CodeLimit))
	}
	if u.Currency != AllCurrencies && !currencyForm.MatchString(u.Currency) {
		return fmt.Sprintf("currency %q: write it as EUR, or AllCurrencies", errtext.Clip(u.Currency, errtext.CodeLimit))
	}
	return ""
}

// relative reports whether a name depends on when it is used.
func relative(name string) bool {
	return strings.EqualFold(name, "current") || strings.EqualFold(name, "last")
}

// Key returns the text that identifies the unit in a ledger, such as
// billed_usage/invoice/G016907411 or unbilled_usage/month/2026-10/EUR.
func (u Unit) Key() string {
	parts := []string{u.Dataset}
	if u.Scope != "" {
		parts = append(parts, "scope", u.Scope)
	}
	if u.Invoice != "" {
		parts = append(parts, "invoice", u.Invoice)
	} else {
		parts = append(parts, "month", u.Month, u.Currency)
	}
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

// String returns the key.
func (u Unit) String() string { return u.Key() }
