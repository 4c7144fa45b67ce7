package lineitem_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// TestErrorTexts holds the texts that users paste into a search engine.
func TestErrorTexts(t *testing.T) {
	read := func(format lineitem.Format, o lineitem.ReaderOptions, lines ...string) error {
		o.Blob, o.Format = "may.json", format
		r := lineitem.NewReader[cost](strings.NewReader(strings.Join(lines, "\n")+"\n"), &o)
		var row cost
		for {
			if err := r.Read(&row); err != nil {
				return err
			}
		}
	}
	json := func(line string) error { return read(lineitem.FormatJSONLines, lineitem.ReaderOptions{}, line) }
	csv := func(lines ...string) error { return read(lineitem.FormatCSV, lineitem.ReaderOptions{}, lines...) }
	header := "invoiceId,date,costInBillingCurrency"
	one, large := decimal(t, "1"), decimal(t, nines)
	second := func(_ any, err error) error { return err }
	for _, tc := range []struct {
		err  error
		want string
	}{
		{
			json(`{"invoiceId":"secret`),
			"lineitem: decode may.json:1 (byte 0): attribute invoiceId: invalid JSON",
		},
		{
			json(`["secret"]`),
			"lineitem: decode may.json:1 (byte 0): not a JSON object",
		},
		{
			json(`{"invoiceId":1,"invoiceID":2}`),
			"lineitem: decode may.json:1 (byte 0): attribute invoiceId: duplicate attribute",
		},
		{
			json(`{"costInBillingCurrency":"secret"}`),
			"lineitem: decode may.json:1 (byte 0): attribute costInBillingCurrency: invalid decimal number",
		},
		{
			json(`{"costInBillingCurrency":{}}`),
			"lineitem: decode may.json:1 (byte 0): attribute costInBillingCurrency: value has the wrong type",
		},
		{
			json(`{"date":"secret"}`),
			"lineitem: decode may.json:1 (byte 0): attribute date: unsupported date format (supported are 2006-01-02, 2006-01-02T15:04:05Z, 1/2/2006 and variants)",
		},
		{
			json(`{"costInBillingCurrency":1e9999}`),
			"lineitem: decode may.json:1 (byte 0): attribute costInBillingCurrency: number has more than 34 significant digits or is out of range",
		},
		{
			read(lineitem.FormatJSONLines, lineitem.ReaderOptions{MaxLineBytes: 64}, strings.Repeat(" ", 100)),
			"lineitem: decode may.json:1 (byte 0): line is longer than MaxLineBytes",
		},
		{
			read(lineitem.FormatJSONLines, lineitem.ReaderOptions{RequireGzip: true}, "{}"),
			"lineitem: decode may.json:1 (byte 0): not gzip data",
		},
		{
			csv(header, "secret,"),
			"lineitem: decode may.json:2 (byte 37): wrong number of fields: header has 3, record has 2",
		},
		{
			csv(header, "secret,,,,"),
			"lineitem: decode may.json:2 (byte 37): wrong number of fields: header has 3, record has 5",
		},
		{
			csv(header, `,,,x"`),
			"lineitem: decode may.json:2 (byte 37): wrong number of fields: header has 3, record has at least 4",
		},
		{
			csv(header, `sec"ret,,`),
			"lineitem: decode may.json:2 (byte 37): attribute invoiceId: invalid CSV: unexpected or missing quote",
		},
		{
			csv(strings.Repeat("a,", 5000)),
			"lineitem: decode may.json:1 (byte 0): invalid CSV: header has more than 4096 columns",
		},
		{
			errReading[lineitem.Usage](t, `{"a":1}`),
			"lineitem: decode line 1 (byte 0): attributes do not match the row type; use the type of the export's dataset",
		},
		{
			second(record(t, `{"n":[]}`).Decimal("n")),
			"lineitem: attribute n: value has the wrong type",
		},
		{
			second(record(t, `{"n":"secret"}`).Time("n")),
			"lineitem: attribute n: unsupported date format (supported are 2006-01-02, 2006-01-02T15:04:05Z, 1/2/2006 and variants)",
		},
		{
			second(large.Add(decimal(t, "0.1"))),
			"lineitem: add: number has more than 34 significant digits or is out of range",
		},
		{
			second(large.Sub(decimal(t, "0.1"))),
			"lineitem: subtract: number has more than 34 significant digits or is out of range",
		},
		{
			second(large.Mul(large)),
			"lineitem: multiply: number has more than 34 significant digits or is out of range",
		},
		{
			second(one.Quo(decimal(t, "3"), 40, lineitem.RoundingModeDown)),
			"lineitem: divide: number has more than 34 significant digits or is out of range; use fewer places",
		},
		{
			second(one.Quo(decimal(t, "0"), 2, lineitem.RoundingModeDown)),
			"lineitem: divide: division by zero",
		},
		{
			second(one.Round(2, 0)),
			"lineitem: round: unsupported rounding mode RoundingMode(0); use one such as RoundingModeHalfUp",
		},
		{
			second(lineitem.ParseDecimal("secret")),
			"lineitem: parse decimal: invalid decimal number",
		},
		{
			second(lineitem.ParseTime("secret")),
			"lineitem: parse time: unsupported date format (supported are 2006-01-02, 2006-01-02T15:04:05Z, 1/2/2006 and variants)",
		},
		{
			new(lineitem.Decimal).Scan(1.5),
			"lineitem: scan decimal: unsupported type float64; select the column as text",
		},
		{
			second(lineitem.NewDecoder[chan int]()),
			"lineitem: unsupported row type: chan int: not a struct, a map with string keys or a type with UnmarshalJSON",
		},
		{
			second(lineitem.NewDecoder[struct{ C chan int }]()),
			"lineitem: unsupported row type: struct { C chan int }: field C: unsupported field type chan int",
		},
		{
			decodeCost(t, `{"costInBillingCurrency":"secret"}`),
			"lineitem: decode: attribute costInBillingCurrency: invalid decimal number",
		},
	} {
		if tc.err == nil || tc.err.Error() != tc.want {
			t.Errorf("got  %v\nwant %s", tc.err, tc.want)
		}
	}
	if !errors.Is(csv(header, `sec"ret,,`), lineitem.ErrCSV) || !errors.Is(csv(strings.Repeat("a,", 5000)), lineitem.ErrCSV) {
		t.Error("an error for CSV does not match ErrCSV")
	}
}

func record(t *testing.T, line string) (r lineitem.Record) {
	t.Helper()
	if err := r.UnmarshalJSON([]byte(line)); err != nil {
		t.Fatal(err)
	}
	return r
}

func decodeCost(t *testing.T, line string) error {
	t.Helper()
	d, err := lineitem.NewDecoder[cost]()
	if err != nil {
		t.Fatal(err)
	}
	return d.Decode([]byte(line), new(cost))
}
