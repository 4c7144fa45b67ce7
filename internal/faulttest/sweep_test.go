package faulttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// sweepRows change each attribute of the exports in every way, in all rows and in one of a
// thousand. What the reader then says is compared with what it must say, and so is the row.
var sweepRows = []row{
	{"J13", "any attribute renamed, null, left out or of another type", []trial{
		{"usage, full", nil, "", func(t *testing.T) result {
			return sweep(t, billingtest.Usage, beginUsage("full"), usageOf, "BillingPreTaxTotal", "BillingCurrency")
		}},
		{"usage, basic", nil, "", func(t *testing.T) result {
			return sweep(t, billingtest.Usage, asBasic[lineitem.UsageBasic](beginUsage("basic")), basicUsageOf, "BillingPreTaxTotal", "BillingCurrency")
		}},
		{"reconciliation, full", nil, "", func(t *testing.T) result {
			return sweep(t, billingtest.Reconciliation, beginLines("full"), lineOf, "Subtotal", "Total", "Currency")
		}},
		{"reconciliation, basic", nil, "", func(t *testing.T) result {
			return sweep(t, billingtest.Reconciliation, asBasic[lineitem.ReconciliationBasic](beginLines("basic")), basicLineOf, "Subtotal", "Total", "Currency")
		}},
	}},
}

// sum is what a program sums of a row.
type sum struct {
	currency, attribute string
	amount              lineitem.Decimal
}

func usageOf(r *lineitem.Usage) sum {
	return sum{r.BillingCurrency, "BillingPreTaxTotal", r.BillingPreTaxTotal}
}

func basicUsageOf(r *lineitem.UsageBasic) sum {
	return sum{r.BillingCurrency, "BillingPreTaxTotal", r.BillingPreTaxTotal}
}

func lineOf(r *lineitem.Reconciliation) sum { return sum{r.Currency, "Total", r.Total} }

func basicLineOf(r *lineitem.ReconciliationBasic) sum { return sum{r.Currency, "Total", r.Total} }

// begin requests an export and waits for it.
type begin[T any] func(t *testing.T, s *service) *manifest.Manifest[T]

func beginUsage(set billing.AttributeSet) begin[lineitem.Usage] {
	return func(t *testing.T, s *service) *manifest.Manifest[lineitem.Usage] {
		return exported(t, s, billing.BilledUsage{InvoiceID: request.InvoiceID, AttributeSet: set})
	}
}

func beginLines(set billing.AttributeSet) begin[lineitem.Reconciliation] {
	return func(t *testing.T, s *service) *manifest.Manifest[lineitem.Reconciliation] {
		return exported(t, s, billing.BilledReconciliation{InvoiceID: request.InvoiceID, AttributeSet: set})
	}
}

func asBasic[B, T any](full begin[T]) begin[B] {
	return func(t *testing.T, s *service) *manifest.Manifest[B] { return manifest.As[B](full(t, s)) }
}

func exported[T any](t *testing.T, s *service, r billing.Request[T]) *manifest.Manifest[T] {
	t.Helper()
	o := s.client
	o.Transport = s.transport
	client, err := billing.NewClient(s.credential, &o)
	if err != nil {
		t.Fatal(err)
	}
	var p *poller.Poller[T]
	if p, err = billing.BeginExport(t.Context(), client, r, nil); err != nil {
		t.Fatal(err)
	}
	m, err := p.PollUntilDone(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	secrets.add(m.SAS().Reveal())
	return m
}

// sweeper reads an export again and again, each time with one attribute changed.
type sweeper[T any] struct {
	service    *service
	manifest   *manifest.Manifest[T]
	blob       string
	attributes []attribute
	sum        func(*T) sum
	shared     map[[2]int][]byte
	table      sweepTable
}

// sweep changes each attribute of a dataset that the service sends. Those that are required are
// named here, so that the reader's own list is tested.
func sweep[T any](t *testing.T, d billingtest.Dataset, open begin[T], sumOf func(*T) sum, required ...string) result {
	s := serveExport(t, atOnce(), billingtest.Export{Dataset: d, InvoiceID: request.InvoiceID, Rows: 1000, Blobs: 1})
	w := &sweeper[T]{service: s, manifest: open(t, s), sum: sumOf, shared: map[[2]int][]byte{}}
	w.blob = w.manifest.Blobs()[0].Name
	w.learn(t, required)
	swept := 0
	for i := range w.attributes {
		a := &w.attributes[i]
		if i%sweptEvery != 0 && !a.required {
			continue
		}
		swept++
		for j := range changes {
			for k := range scopes {
				outcome, wrong := w.try(t, a, &changes[j], &scopes[k])
				if wrong != nil {
					t.Errorf("%s %s %s: %s", a.name, changes[j].name, scopes[k].name, strings.Join(wrong, "; "))
					outcome = "WRONG"
				}
				w.table.add(a, &changes[j], &scopes[k], outcome)
			}
		}
	}
	s.wantClean(t)
	t.Log("\n" + w.table.String())
	return result{note: fmt.Sprintf("%d attributes, %d changes", swept, swept*len(changes)*len(scopes))}
}

// learn takes the attributes from the rows of the service, and their forms from the row type.
func (w *sweeper[T]) learn(t *testing.T, required []string) {
	t.Helper()
	forms := map[string]form{}
	for f := range reflect.TypeFor[T]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch f.Type.String() {
		case "string":
			forms[name] = textForm
		case "lineitem.JSONText":
			forms[name] = jsonForm
		case "lineitem.Qualifiers":
			forms[name] = listForm
		case "lineitem.Decimal":
			forms[name] = decimalForm
		case "time.Time":
			forms[name] = timeForm
		}
	}
	for row, err := range manifest.As[lineitem.Record](w.manifest).Items(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		for name := range row.All() {
			if slices.ContainsFunc(w.attributes, func(a attribute) bool { return a.name == name }) {
				continue // rows need not have all attributes
			}
			f, is := forms[name]
			if !is {
				t.Errorf("%s has no field", name)
			}
			w.attributes = append(w.attributes, attribute{name, f, slices.Contains(required, name), len(w.attributes)})
		}
	}
	if len(w.attributes) != len(forms) {
		t.Errorf("rows have %d attributes, and the type %d fields", len(w.attributes), len(forms))
	}
}

// seen is what a reader said of an export.
type seen struct {
	rows   int
	report manifest.Report
	err    error
	totals lineitem.Totals
	wrong  []string // rows that are not what they must be
}

// read reads the export. Of the rows, those that are changed are compared, and the one after them.
func (w *sweeper[T]) read(t *testing.T, a *attribute, c *change, in *scope) (r seen) {
	t.Helper()
	if err := w.service.ReplaceBlob(w.blob, &billingtest.File{Raw: in.body(w.attributes, a, c, w.shared)}); err != nil {
		t.Fatal(err)
	}
	stream, err := w.manifest.NewStream(&manifest.ReadOptions{Concurrency: in.concurrency})
	if err != nil {
		t.Fatal(err)
	}
	for item, err := range stream.All(t.Context()) {
		if err != nil {
			r.err = err
			break
		}
		s := w.sum(&item)
		r.totals.Add(s.currency, s.amount)
		if in.changed(r.rows) || in.changed(r.rows-1) {
			want := wantRow(w.attributes, r.rows, nil, nil)
			if in.changed(r.rows) {
				want = wantRow(w.attributes, r.rows, a, c)
			}
			r.wrong = append(r.wrong, differences(item, want)...)
		}
		r.rows++
	}
	r.report = stream.Report()
	return r
}

// differences returns how a row differs from what it must be.
func differences(item any, want map[string]string) (list []string) {
	data, err := json.Marshal(item)
	if err != nil {
		return []string{err.Error()}
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(data, &got); err != nil {
		return []string{err.Error()}
	}
	for name, value := range want {
		if string(got[name]) != value {
			list = append(list, fmt.Sprintf("%s is %s, want %s", name, got[name], value))
		}
	}
	if len(got) > len(want) {
		list = append(list, fmt.Sprintf("the row has %d attributes, want %d", len(got), len(want)))
	}
	return list
}

// try reads the export with an attribute changed. It returns what the reader said of it in short,
// and what is wrong with that.
func (w *sweeper[T]) try(t *testing.T, a *attribute, c *change, in *scope) (outcome string, wrong []string) {
	t.Helper()
	r := w.read(t, a, c, in)
	wrong = r.wrong
	must := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	if name, want := a.refused(c); want != nil {
		e, is := errors.AsType[*lineitem.DecodeError](r.err)
		must(errors.Is(r.err, want), "%v, want %s", r.err, name)
		must(is && e.Blob == w.blob && e.Line == int64(in.first)+1 && e.Attribute == a.name, "%v: want line %d of blob %s, attribute %s", r.err, in.first+1, w.blob, a.name)
		must(r.rows == in.first, "%d rows before the error, want %d", r.rows, in.first)
		must(!r.report.Total.Verified, "the report says that the blob was verified")
		return name, wrong
	}
	must(r.rows == in.rows && r.report.Counted == int64(in.rows), "%d rows, %d counted, want %d", r.rows, r.report.Counted, in.rows)
	values := int64(in.rows)
	if c.missing() {
		values -= int64(in.count)
	}
	for i := range r.report.Attributes {
		got := &r.report.Attributes[i]
		must(got.Name != a.name || got.Values == values, "%s has %d values in the report, want %d", got.Name, got.Values, values)
		must(got.Name == a.name || got.Values == int64(in.rows), "%s has %d values in the report, want %d", got.Name, got.Values, in.rows)
		must(got.Required == slices.Contains(w.required(), got.Name), "%s: required is %v", got.Name, got.Required)
	}
	must(slices.Contains(r.report.Missing(), a.name) == (values == 0), "missing are %q", r.report.Missing())
	var unknown []string
	if c.renamed {
		unknown = []string{a.newName()}
	}
	must(slices.Equal(r.report.Unknown, unknown), "unknown are %q, want %q", r.report.Unknown, unknown)
	w.checkTotals(a, c, in, &r, must)
	switch e, is := errors.AsType[*manifest.Error](r.err); {
	case values == 0 && a.required:
		must(is && errors.Is(r.err, manifest.ErrAttributeMissing) && e.Field == a.name, "%v, want ErrAttributeMissing of %s", r.err, a.name)
		outcome = "ErrAttributeMissing"
	case r.err != nil:
		must(false, "%v", r.err)
		return "error", wrong
	case !c.missing():
		return "accepted", wrong
	case values == 0:
		outcome = "missing in report"
	default:
		outcome = "counted in report"
	}
	if c.renamed {
		outcome += ", new name in report"
	}
	return outcome, wrong
}

// checkTotals asserts that amounts without a value are counted, and that those without a currency
// are not added to another.
func (w *sweeper[T]) checkTotals(a *attribute, c *change, in *scope, r *seen, must func(bool, string, ...any)) {
	var none T
	nulls, bare := int64(0), false
	for _, currency := range r.totals.Currencies() {
		nulls += r.totals.Nulls(currency)
		bare = bare || currency == ""
	}
	want := int64(0)
	if c.missing() && a.name == w.sum(&none).attribute {
		want = int64(in.count)
	}
	must(nulls == want, "Totals counts %d nulls, want %d", nulls, want)
	isCurrency := a.required && a.form == textForm
	must(bare == (isCurrency && c.missing()), "sums without a currency: %v", bare)
}

func (w *sweeper[T]) required() (names []string) {
	for i := range w.attributes {
		if w.attributes[i].required {
			names = append(names, w.attributes[i].name)
		}
	}
	return names
}

// sweepTable has what the reader said of each attribute.
type sweepTable struct {
	outcomes map[string]int
	names    []string            // of the attributes
	lines    map[string][]string // by name: an outcome and the changes that have it
}

// add adds the outcome of a change.
func (t *sweepTable) add(a *attribute, c *change, in *scope, outcome string) {
	if t.lines == nil {
		t.outcomes, t.lines = map[string]int{}, map[string][]string{}
	}
	t.outcomes[outcome]++
	if t.lines[a.name] == nil {
		t.names = append(t.names, a.name)
	}
	outcome = "  " + in.name + ": " + outcome + ": "
	for i, line := range t.lines[a.name] {
		if strings.HasPrefix(line, outcome) {
			t.lines[a.name][i] = line + ", " + c.name
			return
		}
	}
	t.lines[a.name] = append(t.lines[a.name], outcome+c.name)
}

// String returns the number of each outcome, and then the outcomes of the attributes. Those that
// have the same are together.
func (t *sweepTable) String() string {
	var b strings.Builder
	for _, outcome := range slices.Sorted(maps.Keys(t.outcomes)) {
		fmt.Fprintf(&b, "%5d %s\n", t.outcomes[outcome], outcome)
	}
	printed := map[string]bool{}
	for _, name := range t.names {
		if printed[name] {
			continue
		}
		var same []string
		for _, other := range t.names {
			if slices.Equal(t.lines[other], t.lines[name]) {
				same, printed[other] = append(same, other), true
			}
		}
		slices.Sort(t.lines[name])
		fmt.Fprintf(&b, "%d attributes: %s\n%s\n", len(same), strings.Join(same, ", "), strings.Join(t.lines[name], "\n"))
	}
	return b.String()
}
