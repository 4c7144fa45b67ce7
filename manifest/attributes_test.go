package manifest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// rowsOf returns as many rows of JSON Lines; each is made of the attributes and its number.
func rowsOf(first, n int, attributes string) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"PartnerId":"p","SkuId":"%04d",%s}`+"\n", first+i, attributes)
	}
	return b.Bytes()
}

// of returns a manifest of blobs of rows of another type.
func of[T any](tb testing.TB, blobs ...[]byte) *manifest.Manifest[T] {
	tb.Helper()
	store := newStorage(tb)
	for i, b := range blobs {
		store.put(name(i), zipped(b))
	}
	o := &manifest.Options{}
	o.Transport = store
	m, err := manifest.Parse[T](store.json(token(time.Hour)), o)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// readAll reads a stream to its end or its error.
func readAll[T any](ctx context.Context, m *manifest.Manifest[T], o *manifest.ReadOptions) (r manifest.Report, rows int, err error) {
	s, err := m.NewStream(o)
	if err != nil {
		return r, 0, err
	}
	for _, failed := range s.All(ctx) {
		if failed != nil {
			return s.Report(), rows, failed
		}
		rows++
	}
	return s.Report(), rows, nil
}

// values returns how many rows had a value for an attribute, -1 if it is not in the report.
func values(r manifest.Report, attribute string) int64 {
	for _, a := range r.Attributes {
		if a.Name == attribute {
			return a.Values
		}
	}
	return -1
}

const (
	usageRow = `"InvoiceNumber":"G1","BillingPreTaxTotal":1.25,"BillingCurrency":"EUR"`
	lineRow  = `"InvoiceNumber":"G1","OrderId":"o","Subtotal":1,"Total":1.19,"Currency":"EUR"`
)

// A column of money that is renamed, missing, null or empty in every row is an error after the
// rows, and not a sum of zero.
func TestMoneyThatNeverCame(t *testing.T) {
	usage := func(from, to string) func(*manifest.ReadOptions) (manifest.Report, int, error) {
		rows := rowsOf(0, 3000, strings.Replace(usageRow, from, to, 1))
		return func(o *manifest.ReadOptions) (manifest.Report, int, error) {
			return readAll(t.Context(), of[lineitem.Usage](t, rows, rows), o)
		}
	}
	basic := func(from, to string) func(*manifest.ReadOptions) (manifest.Report, int, error) {
		rows := rowsOf(0, 3000, strings.Replace(usageRow, from, to, 1))
		return func(o *manifest.ReadOptions) (manifest.Report, int, error) {
			return readAll(t.Context(), of[lineitem.UsageBasic](t, rows, rows), o)
		}
	}
	line := func(from, to string) func(*manifest.ReadOptions) (manifest.Report, int, error) {
		rows := rowsOf(0, 3000, strings.Replace(lineRow, from, to, 1))
		return func(o *manifest.ReadOptions) (manifest.Report, int, error) {
			return readAll(t.Context(), of[lineitem.Reconciliation](t, rows, rows), o)
		}
	}
	for _, c := range []struct {
		name, attribute, unknown string // attribute "": no error
		read                     func(*manifest.ReadOptions) (manifest.Report, int, error)
	}{
		{"usage", "", "", usage("", "")},
		{"usage, total renamed", "BillingPreTaxTotal", "BillingPreTaxAmount", usage("BillingPreTaxTotal", "BillingPreTaxAmount")},
		{"usage, total null", "BillingPreTaxTotal", "", usage(":1.25", ":null")},
		{"usage, total empty", "BillingPreTaxTotal", "", usage(":1.25", `:""`)},
		{"usage, total missing", "BillingPreTaxTotal", "", usage(`"BillingPreTaxTotal":1.25,`, "")},
		{"usage, currency empty", "BillingCurrency", "", usage(`"EUR"`, `""`)},
		{"usage, currency null", "BillingCurrency", "", usage(`"EUR"`, `null`)},
		{"usage, currency renamed", "BillingCurrency", "BillingCurrencyCode", usage("BillingCurrency", "BillingCurrencyCode")},
		{"usage, zero", "", "", usage(":1.25", ":0")},
		{"basic usage", "", "", basic("", "")},
		{"basic usage, total renamed", "BillingPreTaxTotal", "BillingPreTaxAmount", basic("BillingPreTaxTotal", "BillingPreTaxAmount")},
		{"basic usage, with an attribute of the full set", "", "", basic(`"InvoiceNumber"`, `"MeterId":"m","InvoiceNumber"`)},
		{"lines", "", "", line("", "")},
		{"lines, subtotal renamed", "Subtotal", "SubTotalAmount", line("Subtotal", "SubTotalAmount")},
		{"lines, total missing", "Total", "", line(`"Total":1.19,`, "")},
		{"lines, total by its former name", "", "", line(`"Total"`, `"TotalForCustomer"`)},
		{"lines, currency renamed", "Currency", "Curr", line("Currency", "Curr")},
		{"lines before the invoice", "", "", line(`"InvoiceNumber":"G1","OrderId":"o","Subtotal":1,"Total":1.19`, `"InvoiceNumber":"","OrderId":"o","Subtotal":1`)},
		{"lines before the invoice, no subtotal", "Subtotal", "", line(`"InvoiceNumber":"G1","OrderId":"o","Subtotal":1,"Total":1.19`, `"OrderId":"o"`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			for what, o := range ways {
				r, rows, err := c.read(&o)
				if rows != 6000 || r.Counted != 6000 {
					t.Fatalf("%s: %d rows, %d counted, %v", what, rows, r.Counted, err)
				}
				if c.attribute == "" && err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				if c.unknown != "" && !slices.Equal(r.Unknown, []string{c.unknown}) || c.unknown == "" && len(r.Unknown) > 0 {
					t.Errorf("%s: unknown are %q; want %q", what, r.Unknown, c.unknown)
				}
				if values(r, "SkuId") != 6000 || values(r, "PublisherName") != 0 || !slices.Contains(r.Missing(), "PublisherName") {
					t.Errorf("%s: %+v", what, r.Attributes)
				}
				if c.attribute == "" {
					continue
				}
				wrong, ok := errors.AsType[*manifest.Error](err)
				if !ok || !errors.Is(err, manifest.ErrAttributeMissing) || wrong.Field != c.attribute || r.CheckAttributes() == nil {
					t.Fatalf("%s: %v; want that %s has no value", what, err, c.attribute)
				}
				if values(r, c.attribute) != 0 || !slices.Contains(r.Missing(), c.attribute) {
					t.Errorf("%s: %s is not missing in %+v", what, c.attribute, r.Attributes)
				}
				o.AllowMissing = true
				if _, _, err := c.read(&o); err != nil {
					t.Errorf("%s: allowed, and %v", what, err)
				}
			}
		})
	}
}

// A value that is missing in one row of a thousand is counted.
func TestValuesAreCounted(t *testing.T) {
	var rows []byte
	for i := range 5000 {
		attributes := usageRow
		switch i % 1000 {
		case 10:
			attributes = strings.Replace(usageRow, "1.25", "null", 1)
		case 20:
			attributes = `"BillingCurrency":"EUR"`
		}
		rows = append(rows, rowsOf(i, 1, attributes)...)
	}
	for what, o := range ways {
		r, _, err := readAll(t.Context(), of[lineitem.Usage](t, rows), &o)
		if err != nil || values(r, "BillingPreTaxTotal") != 4990 || values(r, "BillingCurrency") != 5000 || values(r, "InvoiceNumber") != 4995 {
			t.Errorf("%s: %v, %+v", what, err, r.Attributes)
		}
	}
}

// Zero rows are no error, nor is a part of an export.
func TestPartsAreReportedOnly(t *testing.T) {
	bare := strings.Replace(usageRow, "Total", "Amount", 1)
	if _, _, err := readAll(t.Context(), of[lineitem.Usage](t, nil, nil), nil); err != nil {
		t.Errorf("zero rows: %v", err)
	}
	m := of[lineitem.Usage](t, rowsOf(0, 10, bare), rowsOf(10, 10, usageRow))
	for _, b := range m.Blobs() {
		for _, err := range m.BlobItems(t.Context(), b, nil) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	one := of[lineitem.Usage](t, rowsOf(0, 10, bare))
	for _, err := range one.BlobItems(t.Context(), one.Blobs()[0], nil) {
		if err != nil {
			t.Fatal(err)
		}
	}

	var reports []manifest.Report
	for i := range 2 {
		part, err := m.Select(name(i))
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := readAll(t.Context(), part, nil)
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, r)
	}
	if err := reports[0].CheckAttributes(); !errors.Is(err, manifest.ErrAttributeMissing) {
		t.Errorf("%v", err)
	}
	whole := reports[0]
	if err := whole.Merge(&reports[1]); err != nil {
		t.Fatal(err)
	}
	if err := whole.CheckAttributes(); err != nil {
		t.Errorf("merged: %v", err)
	}
	if whole.Total.Rows != 20 || whole.Counted != 20 || len(whole.Blobs) != 2 || !whole.Total.Verified || values(whole, "BillingPreTaxTotal") != 10 ||
		!slices.Equal(whole.Unknown, []string{"BillingPreTaxAmount"}) {
		t.Errorf("merged: %+v", whole)
	}
	if len(reports[0].Blobs) != 1 || values(reports[0], "BillingPreTaxTotal") != 0 {
		t.Errorf("merging changed %+v", reports[0])
	}
	if err := whole.Merge(&reports[1]); !errors.Is(err, manifest.ErrSelection) {
		t.Errorf("the same blob twice: %v", err)
	}
	var total manifest.Report
	if err := errors.Join(total.Merge(&reports[0]), total.Merge(&reports[1]), total.CheckAttributes()); err != nil || total.Total != whole.Total {
		t.Errorf("%v, %+v", err, total)
	}
}

// A read that is resumed is judged as a whole: the one row with an amount comes before a
// checkpoint or after it, and each value is counted once wherever the read was stopped.
func TestResumedReadIsJudgedAsAWhole(t *testing.T) {
	bare := strings.Replace(usageRow, "Total", "Amount", 1)
	for _, at := range []int{-1, 0, 700, 2999} {
		var rows []byte
		for i := range 3000 {
			attributes := bare
			if i == at {
				attributes = usageRow
			}
			rows = append(rows, rowsOf(i, 1, attributes)...)
		}
		m := of[lineitem.Usage](t, rows)
		for what, o := range ways {
			read := 0
			for stop := 0; ; stop = 499 {
				s, err := m.NewStream(&o)
				if err != nil {
					t.Fatal(err)
				}
				var failed error
				n := 0
				for _, err := range s.All(t.Context()) {
					if failed = err; err != nil || n == stop {
						break
					}
					n++
				}
				if failed != nil || n < stop {
					if r := s.Report(); r.Counted != 3000 || values(r, "SkuId") != 3000 || !slices.Equal(r.Unknown, []string{"BillingPreTaxAmount"}) {
						t.Errorf("%s, row %d: %+v", what, at, r)
					}
					if missing := errors.Is(failed, manifest.ErrAttributeMissing); missing != (at < 0) {
						t.Errorf("%s, row %d: %v", what, at, failed)
					}
					break
				}
				c, err := s.Checkpoint()
				if err != nil {
					t.Fatal(err)
				}
				if read += n; c.Rows() != int64(read) {
					t.Fatalf("%d rows, and the checkpoint says %d", read, c.Rows())
				}
				if o.Resume, err = manifest.ParseCheckpoint(c.String()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// A checkpoint of a version that did not count is read, and says nothing about the rows before it.
func TestCheckpointWithoutCounts(t *testing.T) {
	m := of[lineitem.Record](t, rowsOf(0, 10, usageRow), rowsOf(10, 10, usageRow))
	s, err := m.NewStream(&manifest.ReadOptions{InOrder: true})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range s.All(t.Context()) {
		if n++; n == 15 {
			break
		}
	}
	c, err := s.Checkpoint() // a Record has no attributes of its own
	if err != nil {
		t.Fatal(err)
	}
	r, rows, err := readAll(t.Context(), manifest.As[lineitem.Usage](m), &manifest.ReadOptions{Resume: c, Require: []string{"MeterId"}})
	if err != nil || rows != 6 || r.Counted != 6 || r.Earlier != 14 {
		t.Errorf("%d rows, %+v, %v", rows, r, err)
	}
}

// A struct of the caller's own names what it needs by a tag or by an option.
func TestOwnStructRequires(t *testing.T) {
	type misspelled struct {
		Amount lineitem.Decimal `json:"BillingPreTaxTotl"`
	}
	type tagged struct {
		Amount lineitem.Decimal `json:"BillingPreTaxTotl" lineitem:"required"`
	}
	type conditional struct {
		Amount  lineitem.Decimal `json:"BillingPreTaxTotl" lineitem:"required=InvoiceNumber"`
		Invoice string           `json:"InvoiceNumber"`
	}
	rows := rowsOf(0, 10, usageRow)
	r, _, err := readAll(t.Context(), of[misspelled](t, rows), nil)
	if err != nil || !slices.Equal(r.Missing(), []string{"BillingPreTaxTotl"}) ||
		!slices.Equal(r.Unknown, []string{"BillingCurrency", "BillingPreTaxTotal", "InvoiceNumber", "PartnerId", "SkuId"}) {
		t.Errorf("%+v, %v", r, err)
	}
	if _, _, err = readAll(t.Context(), of[misspelled](t, rows), &manifest.ReadOptions{Require: []string{"BillingPreTaxTotl"}}); !errors.Is(err, manifest.ErrAttributeMissing) {
		t.Errorf("option: %v", err)
	}
	if _, _, err = readAll(t.Context(), of[tagged](t, rows), nil); !errors.Is(err, manifest.ErrAttributeMissing) {
		t.Errorf("tag: %v", err)
	}
	if _, _, err = readAll(t.Context(), of[conditional](t, rows), nil); !errors.Is(err, manifest.ErrAttributeMissing) {
		t.Errorf("condition that holds: %v", err)
	}
	if _, _, err = readAll(t.Context(), of[conditional](t, rowsOf(0, 10, `"InvoiceNumber":""`)), nil); err != nil {
		t.Errorf("condition that does not hold: %v", err)
	}
	if _, _, err = readAll(t.Context(), of[misspelled](t, rows), &manifest.ReadOptions{Require: []string{"Nonsense"}}); !errors.Is(err, lineitem.ErrRowType) {
		t.Errorf("an attribute without a field: %v", err)
	}
}

// Every loop of a read in parallel learns that a column never came.
func TestParallelMoneyThatNeverCame(t *testing.T) {
	rows := rowsOf(0, 2000, strings.Replace(usageRow, "Total", "Amount", 1))
	s, err := of[lineitem.Usage](t, rows, rows).NewStream(nil)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Parallel(t.Context(), 3, func(share *manifest.Share[lineitem.Usage]) error {
		var failed error
		for _, err := range share.All() {
			failed = err
		}
		if failed == nil {
			t.Error("a loop ended without an error")
		}
		return nil
	})
	if !errors.Is(err, manifest.ErrAttributeMissing) {
		t.Errorf("%v", err)
	}
}

// The columns of CSV are those of its header, and an empty field is no value.
func TestColumnsOfCSVThatNeverCame(t *testing.T) {
	type cost struct {
		Name   string           `json:"name"`
		Amount lineitem.Decimal `json:"amount" lineitem:"required"`
	}
	for _, c := range []struct {
		csv     string
		amounts int64
	}{
		{"name,amount\na,1\nb,\nc,2\n", 2},
		{"name,Amount\na,\nb,\"\"\nc,\"3\"\n", 1},
		{"name,amount\na,\nb,\"\"\n", 0},
		{"name,amounts\na,1\n", 0},
		{"name\na\n", 0},
	} {
		store := newReport(t).add("a.csv", []byte(c.csv))
		r, _, err := readAll(t.Context(), manifest.As[cost](store.manifest(nil)), nil)
		if values(r, "amount") != c.amounts || errors.Is(err, manifest.ErrAttributeMissing) != (c.amounts == 0) || c.amounts > 0 && err != nil {
			t.Errorf("%q: %v, %+v", c.csv, err, r.Attributes)
		}
	}
}

// What the row type of a dataset requires is required of a struct of the caller's, too, without a
// tag: an amount that the service renames is not a sum of zero.
func TestOwnStructOfADatasetRequires(t *testing.T) {
	type amount struct {
		Amount lineitem.Decimal `json:"billingpretaxtotal"`
	}
	type currency struct{ BillingCurrency string }
	type customer struct {
		Sku string `json:"SkuId"`
	}
	type charged struct {
		Total lineitem.Decimal `json:"TotalForCustomer"`
	}
	type invoiced struct {
		charged
		Invoice string `json:"invoicenumber"`
	}
	renamed := func(row, name string) []byte {
		return rowsOf(0, 10, strings.Replace(row, `"`+name+`"`, `"`+name+`New"`, 1))
	}
	usage, line := of[lineitem.Usage], of[lineitem.Reconciliation]
	for _, c := range []struct {
		name, missing string
		read          func(*manifest.ReadOptions) (manifest.Report, int, error)
	}{
		{"amount renamed", "billingpretaxtotal", reader[amount](t, usage(t, renamed(usageRow, "BillingPreTaxTotal")))},
		{"amount renamed, basic", "billingpretaxtotal", reader[amount](t, of[lineitem.UsageBasic](t, renamed(usageRow, "BillingPreTaxTotal")))},
		{"currency renamed", "BillingCurrency", reader[currency](t, usage(t, renamed(usageRow, "BillingCurrency")))},
		{"amount as ever", "", reader[amount](t, usage(t, rowsOf(0, 10, usageRow)))},
		{"no field", "", reader[customer](t, usage(t, renamed(usageRow, "BillingPreTaxTotal")))},
		{"dataset is not known", "", reader[amount](t, of[customer](t, renamed(usageRow, "BillingPreTaxTotal")))},
		{"no rows", "", reader[amount](t, usage(t, nil))},
		{"total renamed, with the invoice", "TotalForCustomer", reader[invoiced](t, line(t, renamed(lineRow, "Total")))},
		{"total renamed, before the invoice", "", reader[invoiced](t, line(t, rowsOf(0, 10, `"OrderId":"o","Subtotal":1,"Currency":"EUR"`)))},
		{"total renamed, its condition has no field", "", reader[charged](t, line(t, renamed(lineRow, "Total")))},
		{"total by its other name", "", reader[invoiced](t, line(t, rowsOf(0, 10, lineRow)))},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := c.read(nil)
			wrong, _ := errors.AsType[*manifest.Error](err)
			if c.missing == "" && err != nil || c.missing != "" && (!errors.Is(err, manifest.ErrAttributeMissing) || wrong.Field != c.missing) {
				t.Errorf("got %v; want %q missing", err, c.missing)
			}
			r, _, err := c.read(&manifest.ReadOptions{AllowMissing: true})
			if err != nil {
				t.Errorf("allowed, and %v", err)
			}
			for _, a := range r.Attributes {
				if a.Name == c.missing && !a.Required {
					t.Errorf("%+v is not required in the report", a)
				}
			}
		})
	}
}

// reader returns a function that reads the rows of a manifest as another type.
func reader[U, T any](t *testing.T, m *manifest.Manifest[T]) func(*manifest.ReadOptions) (manifest.Report, int, error) {
	return func(o *manifest.ReadOptions) (manifest.Report, int, error) {
		return readAll(t.Context(), manifest.As[U](m), o)
	}
}
