package billingtest_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"maps"
	"math/big"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/billingtest"
)

const invoice = billingtest.DefaultInvoiceID

// kinds are small exports of each kind.
func kinds() map[string]billingtest.Export {
	return map[string]billingtest.Export{
		"usage":                   {InvoiceID: invoice, Rows: 2000},
		"usage basic":             {InvoiceID: invoice, Rows: 2000, AttributeSet: "basic"},
		"usage unbilled":          {CurrencyCode: "EUR", Rows: 2000, Shuffled: true},
		"usage in 4 currencies":   {InvoiceID: invoice, Rows: 2000, Currencies: []string{"EUR", "USD", "JPY", "SEK"}, Seed: 8},
		"reconciliation":          {Dataset: billingtest.Reconciliation, InvoiceID: invoice, Rows: 2000, Currencies: []string{"CHF", "INR"}},
		"reconciliation basic":    {Dataset: billingtest.Reconciliation, InvoiceID: invoice, Rows: 2000, AttributeSet: "basic"},
		"reconciliation unbilled": {Dataset: billingtest.Reconciliation, BillingPeriod: "last", Rows: 2000, Shuffled: true},
		"aggregated":              {Dataset: billingtest.AggregatedUsage, InvoiceID: invoice, Rows: 2000},
	}
}

// lines returns the rows of one blob as text.
func lines(t testing.TB, e billingtest.Export, blob int) []string {
	t.Helper()
	var buffer bytes.Buffer
	if err := e.WriteLines(&buffer, blob); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutSuffix(buffer.String(), "\n")
	if !ok {
		t.Fatalf("the blob does not end in a line feed: %q", text)
	}
	return strings.Split(text, "\n")
}

// allLines returns the rows of all blobs.
func allLines(t testing.TB, e billingtest.Export) []string {
	t.Helper()
	names, err := e.BlobNames()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := range names {
		all = append(all, lines(t, e, i)...)
	}
	return all
}

// field is an attribute of a row with its value as written.
type field struct {
	name  string
	value json.RawMessage
}

// parse parses a row with the standard library and keeps the order of the attributes.
func parse(t testing.TB, line string) []field {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(line))
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		t.Fatalf("not an object: %v: %s", err, line)
	}
	var fields []field
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		fields = append(fields, field{as[string](t, name), value})
	}
	if token, err := d.Token(); err != nil || token != json.Delim('}') || d.More() {
		t.Fatalf("no end: %v: %s", err, line)
	}
	return fields
}

// table reads an attribute table: the names in order, and their types.
func table(t *testing.T, dataset, set string) (names []string, types map[string]string) {
	t.Helper()
	f, err := os.Open("testdata/" + dataset + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := slices.Index(rows[0], set)
	types = map[string]string{}
	for _, row := range rows[1:] {
		if row[column] == "y" {
			names = append(names, row[0])
			types[row[0]] = row[1]
		}
	}
	return names, types
}

// nullable are the attributes that a row may lack, because the service omits nulls.
var nullable = []string{
	"Tier2MpnId", "MeterRegion", "ServiceInfo1", "ServiceInfo2", "Tags", "AdditionalInfo", "BenefitOrderID", "BenefitID", "BenefitType",
	"MeterDescription", "ReservationOrderId", "SubscriptionStartDate", "SubscriptionEndDate",
}

func TestRowsHaveTheAttributesOfTheTables(t *testing.T) {
	unbilled := []string{"InvoiceNumber", "BenefitOrderID", "BenefitID"} // not in unbilled usage
	for name, e := range kinds() {
		if e.Dataset == billingtest.AggregatedUsage {
			continue
		}
		t.Run(name, func(t *testing.T) {
			set := "full"
			if e.AttributeSet != "" {
				set = e.AttributeSet
			}
			want, types := table(t, e.Dataset.String(), set)
			if e.Dataset == billingtest.Usage && !e.Billed() {
				want = slices.DeleteFunc(want, func(n string) bool { return slices.Contains(unbilled, n) })
			}
			seen := map[string]int{}
			all := allLines(t, e)
			for _, line := range all {
				at := -1
				for _, f := range parse(t, line) {
					i := slices.Index(want, f.name)
					if i <= at {
						t.Fatalf("%s is not in the table, or out of order: %s", f.name, line)
					}
					at = i
					seen[f.name]++
					checkType(t, f, types[f.name])
				}
			}
			for _, n := range want {
				if seen[n] == 0 || seen[n] < len(all) && !slices.Contains(nullable, n) {
					t.Errorf("%s is in %d of %d rows", n, seen[n], len(all))
				}
			}
		})
	}
}

// checkType asserts that a value has the JSON type of its attribute.
func checkType(t *testing.T, f field, kind string) {
	t.Helper()
	var text string
	isText := json.Unmarshal(f.value, &text) == nil
	switch {
	case kind == "decimal":
		if isText {
			t.Fatalf("%s is a string: %s", f.name, f.value)
		}
		rat(t, string(f.value))
	case f.name == "ProductQualifiers":
		var list []string
		if err := json.Unmarshal(f.value, &list); err != nil {
			t.Fatalf("%s is not an array of strings: %s", f.name, f.value)
		}
	case !isText:
		t.Fatalf("%s is not a string: %s", f.name, f.value)
	case kind == "json" && text != "" && !json.Valid([]byte(text)):
		t.Fatalf("%s is not JSON: %s", f.name, f.value)
	case kind == "datetime" && (len(text) < len("2024-10-01") || text[4] != '-' || text[7] != '-'):
		t.Fatalf("%s is not a date: %s", f.name, f.value)
	}
}

func rat(t testing.TB, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is not a number", text)
	}
	return r
}

func TestRowsAreRealistic(t *testing.T) {
	e := billingtest.Export{InvoiceID: invoice, Rows: 8000, Blobs: 1}
	all := lines(t, e, 0)
	distinct := map[string]map[string]bool{}
	var bytesInAll, negative, zero, lost, exponents, long int
	for _, line := range all {
		bytesInAll += len(line)
		for _, f := range parse(t, line) {
			if distinct[f.name] == nil {
				distinct[f.name] = map[string]bool{}
			}
			distinct[f.name][string(f.value)] = true
			text := string(f.value)
			switch f.name {
			case "EffectiveUnitPrice", "UnitPrice":
				if strings.Contains(text, "E") {
					exponents++
				}
				if digits := len(strings.Trim(text, "0.")); digits >= 20 {
					long++
				}
				if v, err := strconv.ParseFloat(text, 64); err != nil || new(big.Rat).SetFloat64(v).Cmp(rat(t, text)) != 0 && strconv.FormatFloat(v, 'f', -1, 64) != text {
					lost++
				}
			case "BillingPreTaxTotal":
				switch {
				case text[0] == '-':
					negative++
				case text == "0":
					zero++
				}
			}
		}
	}
	if width := bytesInAll / len(all); width < 1700 || width > 2300 {
		t.Errorf("a row has %d bytes; want about 2000", width)
	}
	for name, least := range map[string]int{"negative totals": negative, "zero totals": zero, "values that float64 cannot hold": lost, "exponents": exponents, "20 digits": long} {
		if least < 30 {
			t.Errorf("%s: %d", name, least)
		}
	}
	for name, limits := range map[string][2]int{
		"CustomerId": {150, 200}, "MeterId": {20, 200}, "BillingCurrency": {1, 1}, "ResourceURI": {300, 8000}, "Tags": {30, 70}, "UsageDate": {28, 28},
		"BillingPreTaxTotal": {6000, 8000}, "PartnerId": {1, 1},
	} {
		if n := len(distinct[name]); n < limits[0] || n > limits[1] {
			t.Errorf("%s has %d different values; want %v", name, n, limits)
		}
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{"ü", "株", `\u00`, `\\\"`, `\"env\"`, `:"",`} {
		if !strings.Contains(text, want) {
			t.Errorf("no row contains %q", want)
		}
	}
}

func TestRowsAreSortedOrShuffled(t *testing.T) {
	changes := func(shuffled bool) int {
		e := billingtest.Export{InvoiceID: invoice, Rows: 3000, Blobs: 1, Shuffled: shuffled}
		n, last := 0, ""
		for _, line := range lines(t, e, 0) {
			_, after, _ := strings.Cut(line, `"CustomerId":"`)
			if id := after[:36]; id != last {
				if !shuffled && id < last {
					t.Fatalf("customer %s comes after %s", id, last)
				}
				n, last = n+1, id
			}
		}
		return n
	}
	if n := changes(false); n < 20 || n > 200 {
		t.Errorf("sorted: the customer changes %d times", n)
	}
	if n := changes(true); n < 1000 {
		t.Errorf("shuffled: the customer changes %d times only", n)
	}
}

func TestExportsAreDeterministic(t *testing.T) {
	exports := kinds()
	maps.Copy(exports, shapes())
	for name, e := range exports {
		first, again := allLines(t, e), allLines(t, e)
		if !slices.Equal(first, again) {
			t.Errorf("%s: rows are not deterministic", name)
		}
		e.Seed += 100
		if other := allLines(t, e); other[0] == first[0] {
			t.Errorf("%s: another seed has the same first row", name)
		}
	}
}

func TestInvalidExports(t *testing.T) {
	for want, e := range map[string]billingtest.Export{
		"Dataset 7":                           {Dataset: 7, InvoiceID: invoice},
		"aggregated usage is always billed":   {Dataset: billingtest.AggregatedUsage},
		"BillingPeriod and InvoiceID exclude": {InvoiceID: invoice, BillingPeriod: "last"},
		`BillingPeriod "next"`:                {BillingPeriod: "next"},
		`AttributeSet "all"`:                  {InvoiceID: invoice, AttributeSet: "all"},
		"Customers -1":                        {InvoiceID: invoice, Customers: -1},
		"Level 11":                            {InvoiceID: invoice, Level: 11},
		`Currencies has "eur"`:                {InvoiceID: invoice, Currencies: []string{"eur"}},
		"Shape 99 does not exist":             {InvoiceID: invoice, Shape: 99},
		"Shape by-day exclude":                {InvoiceID: invoice, Shape: billingtest.ShapeByDay, Shuffled: true},
		"Shape by-resource exclude":           {InvoiceID: invoice, Shape: billingtest.ShapeByResource, Shuffled: true},
		"reconciliation has no tags":          {Dataset: billingtest.Reconciliation, InvoiceID: invoice, Shape: billingtest.ShapeLongTags},
	} {
		if err := e.WriteBlob(&bytes.Buffer{}, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v; want %q", err, want)
		}
		if err := billingtest.NewServer(nil).Add(e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Add: error is %v; want %q", err, want)
		}
	}
	if err := (billingtest.Export{InvoiceID: invoice}).WriteLines(&bytes.Buffer{}, 4); err == nil {
		t.Error("blob 4 of 0 to 3 exists")
	}
}

func BenchmarkRows(b *testing.B) {
	for _, name := range []string{"usage", "usage basic", "reconciliation", "aggregated"} {
		e := kinds()[name]
		e.Rows, e.Blobs = 50_000, 1
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) { writeRows(b, e) })
	}
	for _, shape := range billingtest.PossibleShapeValues() {
		e := billingtest.Export{InvoiceID: invoice, Rows: 50_000, Blobs: 1, Shape: shape}
		b.Run(shape.String(), func(b *testing.B) { writeRows(b, e) })
	}
}

func writeRows(b *testing.B, e billingtest.Export) {
	b.Helper()
	var n counter
	for b.Loop() {
		n = 0
		if err := e.WriteLines(&n, 0); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(n))
	b.ReportMetric(float64(n)/float64(e.Rows), "B/row")
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
