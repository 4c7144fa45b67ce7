package faulttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// The error of a bad line has the line, its offset and, where there is one, its attribute. Each
// trial checks them.
var lineRows = []row{
	{"J12", "amount or currency that never comes", []trial{
		{"as documented", nil, "", inBubble(func(t *testing.T) result { return amounts(t, "", "", nil) })},
		{"amount renamed", manifest.ErrAttributeMissing, "manifest.ErrAttributeMissing", inBubble(func(t *testing.T) result {
			return amounts(t, "BillingPreTaxTotal", "BillingPreTaxAmount", nil)
		})},
		{"amount null", manifest.ErrAttributeMissing, "manifest.ErrAttributeMissing", inBubble(func(t *testing.T) result { return amounts(t, ":1.25", ":null", nil) })},
		{"currency empty", manifest.ErrAttributeMissing, "manifest.ErrAttributeMissing", inBubble(func(t *testing.T) result { return amounts(t, `"EUR"`, `""`, nil) })},
		{"amount renamed, read stopped and resumed", manifest.ErrAttributeMissing, "manifest.ErrAttributeMissing", inBubble(func(t *testing.T) result {
			return amountsResumed(t, "BillingPreTaxTotal", "BillingPreTaxAmount", 0)
		})},
		{"amount renamed, own struct", manifest.ErrAttributeMissing, "manifest.ErrAttributeMissing", inBubble(ownAmounts)},
		{"amounts before the checkpoint alone", nil, "", inBubble(func(t *testing.T) result {
			return amountsResumed(t, "BillingPreTaxTotal", "BillingPreTaxAmount", 50)
		})},
		{"amount renamed, allowed", nil, "", inBubble(func(t *testing.T) result {
			return amounts(t, "BillingPreTaxTotal", "BillingPreTaxAmount", &manifest.ReadOptions{AllowMissing: true})
		})},
	}},
	{"J01", "long line, limit 16 MiB", []trial{
		{"15.9 MiB", nil, "", inBubble(func(t *testing.T) result { return longLine(t, 159<<20/10) })},
		{"16.1 MiB", lineitem.ErrLineTooLong, "lineitem.ErrLineTooLong", inBubble(func(t *testing.T) result { return longLine(t, 161<<20/10) })},
	}},
	{"J02", "line breaks and unusual characters", []trial{
		{"CRLF", nil, "", inBubble(func(t *testing.T) result {
			return three(t, "{\"n\":0}\r\n{\"n\":1}\r\n{\"n\":2}\r\n", nil).result
		})},
		{"16 MiB of blank lines", nil, "", inBubble(func(t *testing.T) result {
			const blank = 16 << 20
			s := serveBlob(t, 3, packed("{\"n\":0}\n"+strings.Repeat("\n", blank)+"{\"n\":1}\n \n{\"n\":2}\n"))
			r := readRows(t, s, func(row numbered, at lineitem.Position) {
				s.ledger.record(at, row.N)
				if want := []int64{1, blank + 2, blank + 4}[row.N]; at.Line != want || at.Offset != []int64{0, blank + 8, blank + 18}[row.N] {
					t.Errorf("row %d is at line %d, byte %d", row.N, at.Line, at.Offset)
				}
			})
			if n := r.report.Total.Blank; n != blank+1 {
				t.Errorf("%d blank lines are reported", n)
			}
			return r.result
		})},
		{"8 MiB of blank lines, faster than rows", nil, "", blankLines},
		{"blank", nil, "", inBubble(func(t *testing.T) result {
			r := three(t, "\n{\"n\":0}\n\n \t\r\n{\"n\":1}\n{\"n\":2}\n\n", nil)
			if n := r.report.Total.Blank; n != 4 {
				t.Errorf("%d blank lines are reported, want 4", n)
			}
			return r.result
		})},
		{"no final newline", nil, "", inBubble(func(t *testing.T) result {
			return three(t, "{\"n\":0}\n{\"n\":1}\n{\"n\":2}", nil).result
		})},
		{"byte order mark", nil, "", inBubble(func(t *testing.T) result {
			return three(t, "\ufeff{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n", nil).result
		})},
		{"U+2028", nil, "", inBubble(func(t *testing.T) result {
			return three(t, "{\"n\":0}\n{\"n\":1,\"pad\":\"a\u2028b\"}\n{\"n\":2}\n", func(pad string) bool { return pad == "a\u2028b" }).result
		})},
		{"NUL", lineitem.ErrSyntax, "lineitem.ErrSyntax", inBubble(func(t *testing.T) result {
			return badLine(t, "{\"n\":1,\"pad\":\"a\x00b\"}", "pad")
		})},
	}},
	{"J03", "last line truncated", []trial{
		{"in a string", lineitem.ErrSyntax, "lineitem.ErrSyntax", inBubble(func(t *testing.T) result {
			const whole = "{\"n\":0}\n{\"n\":1}\n"
			r := three(t, whole+`{"n":2,"pad":"abc`, nil)
			wantPosition(t, r.err, lineitem.Position{Blob: nameOfBlob, Line: 3, Offset: int64(len(whole))}, "pad")
			if n := r.ledger.rows(); n != 2 {
				t.Errorf("%d rows before the cut, want 2", n)
			}
			return r.result
		})},
	}},
	{"J04", "invalid characters: replaced and counted", []trial{
		{"invalid UTF-8", nil, "", inBubble(func(t *testing.T) result { return replaced(t, "no \xff text", "no \ufffd text") })},
		{"lone surrogate", nil, "", inBubble(func(t *testing.T) result { return replaced(t, `no \ud800 text`, "no \ufffd text") })},
	}},
	{"J05", "duplicate, unknown and differently cased keys", []trial{
		{"twice", lineitem.ErrDuplicate, "lineitem.ErrDuplicate", inBubble(func(t *testing.T) result {
			return badLine(t, `{"n":1,"pad":"1","pad":"1"}`, "pad")
		})},
		{"twice, other case", lineitem.ErrDuplicate, "lineitem.ErrDuplicate", inBubble(func(t *testing.T) result {
			return badLine(t, `{"n":1,"pad":"1","PAD":"2"}`, "pad")
		})},
		{"other case", nil, "", inBubble(func(t *testing.T) result {
			return three(t, "{\"n\":0}\n{\"N\":1,\"Pad\":\"as ever\"}\n{\"n\":2}\n", func(pad string) bool { return pad == "as ever" }).result
		})},
		{"unknown", nil, "", inBubble(unknownKey)},
	}},
	{"J06", "value of a decimal attribute", []trial{
		{"40 digits", lineitem.ErrInexact, "lineitem.ErrInexact", inBubble(func(t *testing.T) result {
			const digits = "0.123456789012345678901234567890123456789"
			// A field of raw JSON keeps all digits.
			if r, got := amount[json.RawMessage](t, digits); r.err != nil || string(got) != digits {
				t.Errorf("as text it is %s, %v", got, r.err)
			}
			r, _ := amount[lineitem.Decimal](t, digits)
			return r
		})},
		{"1e400", nil, "", inBubble(func(t *testing.T) result {
			r, got := amount[lineitem.Decimal](t, "1e400")
			if want, err := lineitem.NewDecimal(1, 400); err != nil || got.Cmp(want) != 0 {
				t.Errorf("got %v", got)
			}
			return r
		})},
		{"string 1.5", nil, "", inBubble(func(t *testing.T) result {
			r, got := amount[lineitem.Decimal](t, `"1.5"`)
			if got.String() != "1.5" {
				t.Errorf("got %v", got)
			}
			return r
		})},
		{"empty string", nil, "", inBubble(func(t *testing.T) result { return noAmount(t, `""`) })},
		{"null", nil, "", inBubble(func(t *testing.T) result { return noAmount(t, "null") })},
		{"true", lineitem.ErrNotNumber, "lineitem.ErrNotNumber", inBubble(func(t *testing.T) result {
			r, _ := amount[lineitem.Decimal](t, "true")
			return r
		})},
	}},
	{"J07", "hostile line: deeply nested, or with very many keys", []trial{
		{"depth 10001", lineitem.ErrSyntax, "lineitem.ErrSyntax", func(t *testing.T) result {
			return bounded(t, func() result {
				return badLine(t, `{"n":1,"other":`+strings.Repeat("[", 10_001)+strings.Repeat("]", 10_001)+"}", "other")
			})
		}},
		{"1e6 keys", nil, "", func(t *testing.T) result {
			line := manyKeys(1_000_000, "n", 1)
			return bounded(t, func() result { return three(t, "{\"n\":0}\n"+line+"\n{\"n\":2}\n", nil).result })
		}},
		{"1e5 keys, kept", nil, "", keysKept},
	}},
	{"J09", "line that is not exactly one object", []trial{
		{"two objects", lineitem.ErrSyntax, "lineitem.ErrSyntax", inBubble(func(t *testing.T) result { return badLine(t, `{"n":1}{"n":2}`, "") })},
		{"text after it", lineitem.ErrSyntax, "lineitem.ErrSyntax", inBubble(func(t *testing.T) result { return badLine(t, `{"n":1} and more`, "") })},
		{"comma after it", lineitem.ErrSyntax, "lineitem.ErrSyntax", inBubble(func(t *testing.T) result { return badLine(t, `{"n":1},`, "") })},
		{"array", lineitem.ErrNotObject, "lineitem.ErrNotObject", inBubble(func(t *testing.T) result { return badLine(t, `[{"n":1}]`, "") })},
		{"null", lineitem.ErrNotObject, "lineitem.ErrNotObject", inBubble(func(t *testing.T) result { return badLine(t, `null`, "") })},
	}},
	{"J10", "day with an offset, or in an unknown order", []trial{
		{"midnight, +02:00", nil, "", inBubble(func(t *testing.T) result { return usedOn(t, "2026-09-01T00:00:00+02:00") })},
		{"midnight, -08:00", nil, "", inBubble(func(t *testing.T) result { return usedOn(t, "2026-09-01T00:00:00-08:00") })},
		{"late, -08:00", lineitem.ErrDay, "lineitem.ErrDay", inBubble(func(t *testing.T) result { return usedOn(t, "2026-09-01T23:30:00-08:00") })},
		{"9/1/2026", lineitem.ErrDateOrder, "lineitem.ErrDateOrder", inBubble(func(t *testing.T) result { return usedOn(t, "9/1/2026") })},
		{"both orders", lineitem.ErrDateOrder, "lineitem.ErrDateOrder", inBubble(func(t *testing.T) result { return usedOn(t, "9/30/2026", "30/9/2026") })},
		{"both orders, one before the checkpoint", lineitem.ErrDateOrder, "lineitem.ErrDateOrder", inBubble(func(t *testing.T) result {
			return usedOnResumed(t, 0, "9/30/2026", "30/9/2026")
		})},
		{"another order is named after the checkpoint", lineitem.ErrDateOrder, "lineitem.ErrDateOrder", inBubble(func(t *testing.T) result {
			return usedOnResumed(t, lineitem.DateOrderDayFirst, "9/30/2026", "9/1/2026")
		})},
	}},
	{"J11", "attribute and its alias in one row", []trial{
		{"equal", nil, "", inBubble(func(t *testing.T) result { return perUnit(t, `"Unit":"1 Hour","UnitOfMeasure":"1 Hour"`) })},
		{"null and a value", nil, "", inBubble(func(t *testing.T) result { return perUnit(t, `"Unit":null,"UnitOfMeasure":"1 Hour"`) })},
		{"a value and null", nil, "", inBubble(func(t *testing.T) result { return perUnit(t, `"Unit":"1 Hour","UnitOfMeasure":null`) })},
		{"different", lineitem.ErrDuplicate, "lineitem.ErrDuplicate", inBubble(func(t *testing.T) result { return perUnit(t, `"Unit":"1 Hour","UnitOfMeasure":"1 GB"`) })},
		{"twice", lineitem.ErrDuplicate, "lineitem.ErrDuplicate", inBubble(func(t *testing.T) result { return perUnit(t, `"Unit":"1 Hour","Unit":"1 Hour"`) })},
	}},
	{"J08", "bad line 5 of 1e6, skip policy", []trial{
		{"skipped", nil, "", inBubble(skipped)},
	}},
}

// three reads a blob of three rows, the second of which has the pad.
func three(t *testing.T, text string, pad func(string) bool) reading {
	t.Helper()
	s := serveBlob(t, 3, packed(text))
	return readRows(t, s, func(row numbered, at lineitem.Position) {
		s.ledger.record(at, row.N)
		if row.N == 1 && pad != nil && !pad(row.Pad) {
			t.Errorf("the text is %q", row.Pad)
		}
	})
}

// badLine reads a blob whose second line is no row.
func badLine(t *testing.T, line, attribute string) result {
	t.Helper()
	const first = "{\"n\":0}\n"
	r := three(t, first+line+"\n{\"n\":2}\n", nil)
	wantPosition(t, r.err, lineitem.Position{Blob: nameOfBlob, Line: 2, Offset: int64(len(first))}, attribute)
	if n := r.ledger.rows(); n != 1 {
		t.Errorf("%d rows before the bad one, want 1", n)
	}
	return r.result
}

// blankLines asserts that blank lines take less time than rows of the same length. Without being
// skipped where they are found, they take twice as much.
func blankLines(t *testing.T) result {
	const members = 8 // of 1 MiB, all the same, to save time
	blank := bytes.Repeat(packed(strings.Repeat("\n", 1<<20)), members)
	full := bytes.Repeat(packed(strings.Join(lines(6700, 140), "\n")+"\n"), members)
	// The shortest of several times is the one that others on the machine delayed least.
	shortest := func(data []byte) time.Duration {
		least := time.Hour
		for range 5 {
			s := serveBlob(t, 0, data)
			start := time.Now()
			r := readRows(t, s, func(numbered, lineitem.Position) {})
			least = min(least, time.Since(start))
			if r.err != nil {
				t.Fatal(r.err)
			}
		}
		return least
	}
	ofBlank, ofRows := shortest(blank), shortest(full)
	if 10*ofBlank > 7*ofRows {
		t.Errorf("blank lines took %v, and rows %v, want 0.7 of that at most", ofBlank, ofRows)
	}
	return result{note: fmt.Sprintf("blank lines: %.1f of the time of rows", float64(ofBlank)/float64(ofRows))}
}

func longLine(t *testing.T, size int) result {
	const first, head, tail = "{\"n\":0}\n", `{"n":1,"pad":"`, `"}`
	pad := strings.Repeat("x", size-len(head)-len(tail))
	r := three(t, first+head+pad+tail+"\n{\"n\":2}\n", func(got string) bool { return got == pad })
	if r.err != nil {
		wantPosition(t, r.err, lineitem.Position{Blob: nameOfBlob, Line: 2, Offset: int64(len(first))}, "")
	}
	return r.result
}

// replaced reads a text that is none in full.
func replaced(t *testing.T, written, want string) result {
	r := three(t, "{\"n\":0,\"pad\":\"\\ud83d\\ude00 ü\"}\n{\"n\":1,\"pad\":\""+written+"\"}\n{\"n\":2}\n", func(pad string) bool { return pad == want })
	if n := r.report.Total.Replaced; n != 1 {
		t.Errorf("%d texts are reported as replaced, want 1", n)
	}
	return r.result
}

// unknownKey reads an attribute that its type does not know: a struct of one's own is not
// bothered, and the SDK's rows keep it.
func unknownKey(t *testing.T) result {
	s := serveBlob(t, 0, packed(`{"CustomerId":"c","BillingPreTaxTotal":1,"BillingCurrency":"EUR","new":{"a":[1]}}`))
	s.ledger = nil
	r := readRows(t, s, func(row lineitem.Usage, _ lineitem.Position) {
		if row.CustomerID != "c" || string(row.Unknown["new"]) != `{"a":[1]}` {
			t.Errorf("the row is %+v", row)
		}
	})
	if r.err != nil || r.report.Total.Rows != 1 {
		t.Errorf("%d rows, %v", r.report.Total.Rows, r.err)
	}
	return three(t, "{\"n\":0}\n{\"n\":1,\"new\":{\"a\":[1]}}\n{\"n\":2}\n", nil).result
}

// money is a row with an amount.
type money[T any] struct {
	N      int64 `json:"n"`
	Amount T     `json:"BillingPreTaxTotal"`
}

// amount reads a blob whose second row has the value as its amount. It asserts of an error
// that it says where, and does not give the value away.
func amount[T any](t *testing.T, value string) (result, T) {
	t.Helper()
	const first, last = "{\"n\":0,\"BillingPreTaxTotal\":0.1}\n", "{\"n\":2,\"BillingPreTaxTotal\":-3}\n"
	s := serveBlob(t, 3, packed(first+`{"n":1,"BillingPreTaxTotal":`+value+"}\n"+last))
	var got T
	r := readRows(t, s, func(row money[T], at lineitem.Position) {
		s.ledger.record(at, row.N)
		if row.N == 1 {
			got = row.Amount
		}
	})
	if r.err != nil {
		wantPosition(t, r.err, lineitem.Position{Blob: nameOfBlob, Line: 2, Offset: int64(len(first))}, "BillingPreTaxTotal")
		if strings.Contains(printed(r.err), value) {
			t.Errorf("the error shows the value: %v", r.err)
		}
	}
	return r.result, got
}

// noAmount reads a value that must be null and not zero.
func noAmount(t *testing.T, value string) result {
	t.Helper()
	r, got := amount[lineitem.Decimal](t, value)
	if !got.IsNull() {
		t.Errorf("%s is %v, want null", value, got)
	}
	return r
}

// dated is a row with a day.
type dated struct {
	N    int64     `json:"n"`
	Date time.Time `json:"UsageDate"`
}

// usedOn reads a row for each date, which must keep its day.
func usedOn(t *testing.T, dates ...string) result {
	t.Helper()
	var text strings.Builder
	for i, date := range dates {
		fmt.Fprintf(&text, "{\"n\":%d,\"UsageDate\":%q}\n", i, date)
	}
	s := serveBlob(t, int64(len(dates)), packed(text.String()))
	return readRows(t, s, func(row dated, at lineitem.Position) {
		s.ledger.record(at, row.N)
		if want := dates[row.N]; want[4] == '-' && row.Date.Format(time.DateOnly) != want[:len(time.DateOnly)] {
			t.Errorf("%s is read as %v", want, row.Date)
			silentWrong++
		}
	}).result
}

// usedOnResumed reads two rows of September, of which the second is an error, and resumes after the
// first.
func usedOnResumed(t *testing.T, order lineitem.DateOrder, first, second string) (r result) {
	t.Helper()
	s := serveBlob(t, 2, packed(fmt.Sprintf("{\"n\":0,\"UsageDate\":%q}\n{\"n\":1,\"UsageDate\":%q}\n", first, second)))
	defer s.wantClean(t)
	r.ledger = s.ledger
	m, err := s.manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var checkpoint *manifest.Checkpoint
	for range 2 {
		stream, err := manifest.As[dated](m).NewStream(numberedRows(&manifest.ReadOptions{Resume: checkpoint, DateOrder: order}))
		if checkpoint == nil {
			stream, err = manifest.As[dated](m).NewStream(numberedRows(nil))
		}
		if err != nil {
			return result{err: err, ledger: s.ledger}
		}
		r.err = nil
		for row, err := range stream.All(t.Context()) {
			if r.err = err; err != nil {
				break
			}
			s.ledger.record(stream.Position(), row.N)
			if row.Date.Month() != time.September {
				t.Errorf("row %d is read as %v", row.N, row.Date)
				silentWrong++
			}
		}
		if checkpoint, err = stream.Checkpoint(); err != nil || s.ledger.rows() == 0 {
			t.Fatalf("%v, %d rows", err, s.ledger.rows())
		}
	}
	if r.err == nil {
		silentWrong++
	}
	return r
}

// perUnit reads a row whose unit must be 1 Hour.
func perUnit(t *testing.T, attributes string) result {
	t.Helper()
	s := serveBlob(t, 1, packed(`{"n":0,`+attributes+"}\n"))
	return readRows(t, s, func(row struct {
		N    int64 `json:"n"`
		Unit string
	}, at lineitem.Position,
	) {
		s.ledger.record(at, row.N)
		if row.Unit != "1 Hour" {
			t.Errorf("%s is read as %q", attributes, row.Unit)
			silentWrong++
		}
	}).result
}

// bounded asserts that reading takes the memory of a few lines at most.
func bounded(t *testing.T, read func() result) (r result) {
	t.Helper()
	grown := heapGrowth(func() { r = read() })
	if grown > 96<<20 {
		t.Errorf("the heap grew by %d MiB, want 96 at most", grown>>20)
	}
	return r
}

// manyKeys returns a row with one known key and many unknown ones.
func manyKeys(unknown int, key string, value any) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"%s":%v`, key, value)
	for i := range unknown {
		fmt.Fprintf(&b, `,"k%d":%d`, i, i%10)
	}
	b.WriteString("}")
	return b.String()
}

// keysKept reads many unknown keys into a row that keeps them in a map.
func keysKept(t *testing.T) result {
	const unknown = 100_000
	s := serveBlob(t, 0, packed(manyKeys(unknown, "CustomerId", `"c","BillingPreTaxTotal":1,"BillingCurrency":"EUR"`)))
	s.ledger = nil
	var r reading
	grown := heapGrowth(func() {
		r = readRows(t, s, func(row lineitem.Usage, _ lineitem.Position) {
			if len(row.Unknown) != unknown {
				t.Errorf("%d keys", len(row.Unknown))
			}
		})
	})
	if grown > 64<<20 {
		t.Errorf("the heap grew by %d MiB, want 64 at most", grown>>20)
	}
	if r.report.Total.Rows != 1 {
		t.Errorf("%d rows", r.report.Total.Rows)
	}
	r.note = fmt.Sprintf("kept: heap +%d MiB", grown>>20)
	return r.result
}

func skipped(t *testing.T) result {
	const rows, before = 999_999, 4
	var b strings.Builder
	offset := 0
	for i := range rows {
		if i == before {
			offset = b.Len()
			b.WriteString("{\"n\":oops}\n")
		}
		fmt.Fprintf(&b, "{\"n\":%d}\n", i)
	}
	s := serveBlob(t, rows, packed(b.String()))
	calls := 0
	s.read = &manifest.ReadOptions{OnBadLine: func(e *lineitem.DecodeError) error {
		calls++
		wantPosition(t, e, lineitem.Position{Blob: nameOfBlob, Line: before + 1, Offset: int64(offset)}, "n")
		return nil
	}}
	r := readRows(t, s, recordRows(s))
	if total := r.report.Total; calls != 1 || total.Skipped != 1 || total.Rows != rows {
		t.Errorf("%d calls of OnBadLine, report %+v, want one line skipped", calls, total)
	}
	r.note = fmt.Sprintf("%d rows, 1 report", r.report.Total.Rows)
	return r.result
}

// usageRows returns lines of usage; those from one on have another text in place of a part.
func usageRows(rows, changed int, from, to string) string {
	var b strings.Builder
	for i := range rows {
		line := fmt.Sprintf(`{"PartnerId":"p","Quantity":%d,"BillingPreTaxTotal":1.25,"BillingCurrency":"EUR"}`+"\n", i)
		if i >= changed {
			line = strings.Replace(line, from, to, 1)
		}
		b.WriteString(line)
	}
	return b.String()
}

// amounts reads usage in which a part of every row is another.
func amounts(t *testing.T, from, to string, o *manifest.ReadOptions) result {
	const rows = 1000
	s := serveBlob(t, rows, packed(usageRows(rows, 0, from, to)))
	s.read = o
	r := readRows(t, s, recordUsage(t, s))
	if n := s.ledger.rows(); n != rows {
		t.Errorf("%d rows, want %d", n, rows)
	}
	return r.result
}

// ownAmounts reads rows without amounts as a struct whose field for them has no tag of its own.
func ownAmounts(t *testing.T) result {
	type row struct {
		Amount   lineitem.Decimal `json:"BillingPreTaxTotal"`
		Quantity int64
	}
	const rows = 1000
	s := serveBlob(t, rows, packed(usageRows(rows, 0, "BillingPreTaxTotal", "BillingPreTaxAmount")))
	return readRows(t, s, func(r row, at lineitem.Position) { s.ledger.record(at, r.Quantity) }).result
}

// amountsResumed is amounts from a row on, and the read is stopped at row 100 and resumed.
func amountsResumed(t *testing.T, from, to string, changed int) result {
	const rows = 1000
	s := serveBlob(t, rows, packed(usageRows(rows, changed, from, to)))
	m, err := s.manifest(t.Context())
	if err != nil {
		return result{err: err, ledger: s.ledger}
	}
	record, n := recordUsage(t, s), 0
	stopped, err := manifest.As[lineitem.Usage](m).NewStream(nil)
	if err != nil {
		return result{err: err, ledger: s.ledger}
	}
	for row, err := range stopped.All(t.Context()) {
		if n++; err != nil || n > 100 {
			break
		}
		record(row, stopped.Position())
	}
	checkpoint, err := stopped.Checkpoint()
	if err != nil {
		return result{err: err, ledger: s.ledger}
	}
	s.read = &manifest.ReadOptions{Resume: checkpoint}
	rest, err := manifest.As[lineitem.Usage](m).NewStream(s.read)
	if err != nil {
		return result{err: err, ledger: s.ledger}
	}
	for row, err := range rest.All(t.Context()) {
		if err != nil {
			return result{err: err, ledger: s.ledger}
		}
		record(row, rest.Position())
	}
	return result{ledger: s.ledger}
}

// recordUsage records usage by its quantity, which is its number.
func recordUsage(t *testing.T, s *service) func(lineitem.Usage, lineitem.Position) {
	return func(row lineitem.Usage, at lineitem.Position) {
		n, err := strconv.ParseInt(row.Quantity.String(), 10, 64)
		if err != nil {
			t.Error(err)
		}
		s.ledger.record(at, n)
	}
}
