package billingtest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Dataset is the kind of rows of an export.
type Dataset int

// The datasets. Usage and Reconciliation are billed (InvoiceID) or unbilled (BillingPeriod and
// CurrencyCode).
const (
	Usage           Dataset = iota // daily rated usage, 55 attributes
	Reconciliation                 // invoice reconciliation, 47 attributes
	AggregatedUsage                // billed aggregated usage, with invented attributes: the real ones are not published
)

// String returns the dataset's name in the paths of the service.
func (d Dataset) String() string {
	switch d {
	case Usage:
		return "usage"
	case Reconciliation:
		return "reconciliation"
	case AggregatedUsage:
		return "aggregatedUsage"
	default:
		return "unknown dataset"
	}
}

// Identifiers of the exports of a server before the first [Server.Add], and defaults of the fields
// of [Export].
const (
	DefaultInvoiceID     = "G016907411"
	DefaultBillingPeriod = "current"
	DefaultCurrency      = "EUR"
	DefaultRows          = 10_000
)

// Export describes an export: how it is requested and what it contains. Equal descriptions always
// have the same bytes.
//
// An export with an InvoiceID is billed. One without is unbilled, and is requested by BillingPeriod
// and CurrencyCode. Rows are generated unless Lines or Files is set.
type Export struct {
	Dataset Dataset

	InvoiceID     string // billed: number of the invoice, such as G016907411
	BillingPeriod string // unbilled: "current" or "last"; empty: current
	CurrencyCode  string // unbilled: the partner's billing currency; empty: the first of Currencies

	// AttributeSet is "full" or "basic" and applies to the methods of Export and to Server.Prepare.
	// A server uses the attribute set of the request instead. Empty: full.
	AttributeSet string

	Rows       int      // generated rows; 0: DefaultRows, negative: none
	Blobs      int      // blobs they are spread over; 0: 4, negative: none
	Seed       uint64   // another seed generates other data
	Customers  int      // customers of the partner, a few of them with most of the rows; 0: 200, or 8 in ShapeUniform
	Currencies []string // billing currencies; each customer has one; nil: CurrencyCode, or DefaultCurrency
	Shuffled   bool     // rows of all customers mixed; default: sorted by customer
	Shape      Shape    // what the rows look like; the zero value is ShapeDefault
	Level      int      // deflate level 1 to 9; 0: 1

	// Edition numbers the editions of the data, as when the service corrects a month that was
	// exported before. Another edition has another eTag and other names of blobs, and about a tenth
	// of its generated rows have another quantity than in edition 0, with the amounts that depend
	// on it. Everything else in its rows is the same. Truth and TruthBy are of the edition.
	Edition int

	Lines []string // exactly these lines instead of generated rows; non-nil and empty: no rows
	Files []File   // exactly these blobs instead of Lines and generated rows; non-nil and empty: no blobs

	// Version is the timestamp in the directory's name, such as 202410080713. Another version of
	// the same data has another directory and other blob ETags, but the same eTag of the manifest.
	// Empty: derived from Seed.
	Version string

	// EditManifest and EditOperation, if set, change the JSON object of a manifest or operation
	// each time it is sent. A manifest inside an operation is passed to EditManifest, too. They are
	// called concurrently.
	EditManifest  func(manifest map[string]any)
	EditOperation func(operation map[string]any)
}

// File is one blob with given content.
type File struct {
	Name  string   // empty: a name as Spark gives them
	Lines []string // compressed, one line each
	Raw   []byte   // non-nil: sent as it is, instead of Lines
}

// Billed reports whether the export belongs to an invoice.
func (e Export) Billed() bool { return e.InvoiceID != "" }

// normal returns the export with its defaults set, or an error if it is invalid.
func (e Export) normal() (Export, error) {
	e.Currencies = slices.Clone(e.Currencies)
	if e.CurrencyCode != "" && len(e.Currencies) == 0 {
		e.Currencies = []string{e.CurrencyCode}
	}
	if len(e.Currencies) == 0 {
		e.Currencies = []string{DefaultCurrency}
	}
	if !e.Billed() {
		setDefault(&e.BillingPeriod, DefaultBillingPeriod)
		setDefault(&e.CurrencyCode, e.Currencies[0])
	}
	setDefault(&e.AttributeSet, "full")
	setDefault(&e.Level, 1)
	if e.Shape == ShapeUniform {
		setDefault(&e.Customers, 8)
		e.Shuffled = true
	}
	setDefault(&e.Customers, 200)
	setDefault(&e.Rows, DefaultRows)
	e.Rows = max(e.Rows, 0)
	if e.Blobs == 0 {
		e.Blobs = 4
		if e.Lines != nil {
			e.Blobs = 1
		}
	}
	e.Blobs = max(e.Blobs, 0)
	if e.Blobs == 0 {
		e.Rows, e.Lines = 0, nil
	}
	e.AttributeSet = strings.ToLower(e.AttributeSet)
	return e, e.check()
}

func (e Export) check() error {
	var errs []error
	failIf := func(invalid bool, format string, arguments ...any) {
		if invalid {
			errs = append(errs, fmt.Errorf("billingtest: Export."+format, arguments...))
		}
	}
	failIf(e.Dataset < Usage || e.Dataset > AggregatedUsage, "Dataset %d does not exist", e.Dataset)
	failIf(e.Dataset == AggregatedUsage && !e.Billed(), "InvoiceID is missing; aggregated usage is always billed")
	failIf(e.Billed() && e.BillingPeriod != "", "BillingPeriod and InvoiceID exclude each other")
	failIf(!e.Billed() && e.BillingPeriod != "current" && e.BillingPeriod != "last", "BillingPeriod %q is neither current nor last", e.BillingPeriod)
	failIf(e.AttributeSet != "full" && e.AttributeSet != "basic", "AttributeSet %q is neither full nor basic", e.AttributeSet)
	failIf(e.Shape < 0 || int(e.Shape) >= len(shapeNames), "Shape %d does not exist", int(e.Shape))
	failIf(e.Shape.sorted() && e.Shuffled, "Shuffled and Shape %v exclude each other", e.Shape)
	failIf(e.Shape == ShapeLongTags && e.Dataset != Usage, "Shape %v is for usage; %v has no tags", e.Shape, e.Dataset)
	failIf(e.Customers < 1, "Customers %d is below 1", e.Customers)
	failIf(e.Edition < 0, "Edition %d is below 0", e.Edition)
	failIf(e.Level < 1 || e.Level > 9, "Level %d is not in 1 to 9", e.Level)
	for _, currency := range e.Currencies {
		failIf(len(currency) != 3 || strings.ToUpper(currency) != currency, "Currencies has %q; want ISO 4217 codes such as EUR", currency)
	}
	return errors.Join(errs...)
}

// setDefault gives a zero field its default.
func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// address identifies what a request names. It is the same for both attribute sets.
func (e Export) address() string {
	if e.Billed() {
		return e.Dataset.String() + "/billed/" + strings.ToUpper(e.InvoiceID)
	}
	return e.Dataset.String() + "/unbilled/" + e.BillingPeriod + "/" + strings.ToUpper(e.CurrencyCode)
}

// year and month are the billing period. They are fixed, so that rows do not depend on the clock.
const year = 2024

func (e Export) month() int {
	if e.BillingPeriod == "current" {
		return 10
	}
	return 9
}

// identity is the seed of everything that changes with the data.
func (e Export) identity() uint64 {
	h := hash(e.Seed, e.address(), strings.Join(e.Currencies, " "), fmt.Sprint(e.Rows, e.Blobs, e.Customers, e.Shuffled))
	if e.Shape != ShapeDefault {
		h = hash(h, e.Shape.String())
	}
	if e.Edition > 0 {
		h = hash(h, "edition "+strconv.Itoa(e.Edition))
	}
	for _, line := range e.Lines {
		h = hash(h, line)
	}
	for _, file := range e.Files {
		h = hash(h, file.Name, string(file.Raw))
		h = hash(h, file.Lines...)
	}
	return h
}

// defaultExports are the exports of a server before the first Add: one of each of the five kinds,
// with the zero value of all that need not be set.
func defaultExports() []Export {
	return []Export{
		{Dataset: Usage, InvoiceID: DefaultInvoiceID},
		{Dataset: Usage, CurrencyCode: DefaultCurrency},
		{Dataset: Reconciliation, InvoiceID: DefaultInvoiceID},
		{Dataset: Reconciliation, CurrencyCode: DefaultCurrency},
		{Dataset: AggregatedUsage, InvoiceID: DefaultInvoiceID},
	}
}
