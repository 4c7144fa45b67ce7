package billingtest_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// shapes are small exports of each shape, for each dataset that has it.
func shapes() map[string]billingtest.Export {
	exports := map[string]billingtest.Export{}
	for _, shape := range billingtest.PossibleShapeValues() {
		for name, e := range map[string]billingtest.Export{
			"usage":                {InvoiceID: invoice},
			"usage basic":          {CurrencyCode: "EUR", AttributeSet: "basic"},
			"reconciliation":       {Dataset: billingtest.Reconciliation, InvoiceID: invoice, Currencies: []string{"CHF", "INR"}},
			"reconciliation basic": {Dataset: billingtest.Reconciliation, AttributeSet: "basic"},
			"aggregated":           {Dataset: billingtest.AggregatedUsage, InvoiceID: invoice},
		} {
			if shape == billingtest.ShapeLongTags && e.Dataset != billingtest.Usage {
				continue
			}
			e.Rows, e.Shape = 200, shape
			exports[shape.String()+" "+name] = e
		}
	}
	return exports
}

// shapedRows returns the rows of a shape, each with the order of its attributes.
func shapedRows(t *testing.T, e billingtest.Export) [][]field {
	t.Helper()
	var rows [][]field
	for _, line := range allLines(t, e) {
		rows = append(rows, parse(t, line))
	}
	return rows
}

func usage(shape billingtest.Shape, rows int) billingtest.Export {
	return billingtest.Export{InvoiceID: invoice, Rows: rows, Blobs: 1, Shape: shape}
}

// names returns the attributes of a row, in their order.
func names(row []field) []string {
	var all []string
	for _, f := range row {
		all = append(all, f.name)
	}
	return all
}

func valueOf(row []field, name string) string {
	for _, f := range row {
		if f.name == name {
			return string(f.value)
		}
	}
	return ""
}

// distinctShare returns how many of the texts of an attribute are distinct: 1 is all of them.
func distinctShare(rows [][]field) map[string]float64 {
	seen, count := map[string]map[string]bool{}, map[string]float64{}
	for _, row := range rows {
		for _, f := range row {
			if f.value[0] != '"' {
				continue
			}
			if seen[f.name] == nil {
				seen[f.name] = map[string]bool{}
			}
			seen[f.name][string(f.value)] = true
			count[f.name]++
		}
	}
	for name := range count {
		count[name] = float64(len(seen[name])) / count[name]
	}
	return count
}

func TestShapesHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for i, shape := range billingtest.PossibleShapeValues() {
		if name := shape.String(); int(shape) != i || seen[name] || strings.ContainsAny(name, " ()") {
			t.Errorf("shape %d is %q", i, name)
		}
		seen[shape.String()] = true
	}
	if got := billingtest.Shape(99).String(); got != "Shape(99)" || !seen["left-out"] {
		t.Errorf("%q, %v", got, seen)
	}
}

// TestShapesKeepTheAttributes: what a shape does to a row does not change its types, the attributes
// that it may have, or their order, unless that is the shape.
func TestShapesKeepTheAttributes(t *testing.T) {
	for name, e := range shapes() {
		if e.Dataset == billingtest.AggregatedUsage {
			continue
		}
		t.Run(name, func(t *testing.T) {
			set := "full"
			if e.AttributeSet != "" {
				set = e.AttributeSet
			}
			want, types := table(t, e.Dataset.String(), set)
			for _, row := range shapedRows(t, e) {
				at, seen := -1, map[string]bool{}
				for _, f := range row {
					i := slices.Index(want, f.name)
					if i < 0 || seen[f.name] || i < at && e.Shape != billingtest.ShapeReordered {
						t.Fatalf("%s is not in the table, twice or out of order: %v", f.name, names(row))
					}
					at, seen[f.name] = i, true
					checkType(t, f, types[f.name])
				}
			}
		})
	}
}

// TestShapesDifferInTheirTextsAlone: the amounts of the shapes that change only texts are those of
// the default.
func TestShapesDifferInTheirTextsAlone(t *testing.T) {
	plain, err := usage(billingtest.ShapeDefault, 600).Truth()
	if err != nil {
		t.Fatal(err)
	}
	others := []billingtest.Shape{billingtest.ShapeUniform, billingtest.ShapeByResource}
	for _, shape := range billingtest.PossibleShapeValues() {
		truth, err := usage(shape, 600).Truth()
		if err != nil {
			t.Fatal(err)
		}
		if same := maps.Equal(truth.Sums(), plain.Sums()); same == slices.Contains(others, shape) {
			t.Errorf("%v: sums %v, those of the default are %v", shape, truth.Sums(), plain.Sums())
		}
	}
}

func TestShapeUniform(t *testing.T) {
	e := usage(billingtest.ShapeUniform, 4000)
	truth, err := e.Truth()
	if err != nil {
		t.Fatal(err)
	}
	if most, least := truth.Customers[0].Rows, truth.Customers[len(truth.Customers)-1].Rows; len(truth.Customers) != 8 || most > 2*least {
		t.Errorf("%d customers with %d to %d rows; want 8 of equal size", len(truth.Customers), least, most)
	}
	rows := shapedRows(t, e)
	// In other shapes the meter determines its name and category, and the group is in the URI.
	categories := map[string]map[string]bool{}
	for _, row := range rows {
		meter := valueOf(row, "MeterId")
		if categories[meter] == nil {
			categories[meter] = map[string]bool{}
		}
		categories[meter][valueOf(row, "MeterCategory")] = true
	}
	for meter, with := range categories {
		if len(with) < 5 {
			t.Errorf("meter %s has categories %v only", meter, with)
		}
	}
	for name, share := range distinctShare(rows) {
		if share > 0.5 {
			t.Errorf("%.0f %% of %s are distinct", 100*share, name)
		}
	}
	e.Customers = 3
	if truth, err = e.Truth(); err != nil || len(truth.Customers) != 3 {
		t.Errorf("%d customers, %v; want 3", len(truth.Customers), err)
	}
}

func TestShapeByResource(t *testing.T) {
	for _, e := range []billingtest.Export{usage(billingtest.ShapeByResource, 3000), {Dataset: billingtest.Reconciliation, InvoiceID: invoice, Rows: 3000, Shape: billingtest.ShapeByResource}} {
		resource, day := "ResourceURI", "UsageDate"
		if e.Dataset == billingtest.Reconciliation {
			resource, day = "OrderId", "OrderDate"
		}
		seen, customer := map[string]bool{}, ""
		rows := shapedRows(t, e)
		for i := 0; i < len(rows); i += 30 {
			id := valueOf(rows[i], resource)
			if seen[id] {
				t.Fatalf("row %d: resource %s again", i, id)
			}
			seen[id] = true
			if c := valueOf(rows[i], "CustomerId"); c < customer {
				t.Errorf("row %d: customer %s after %s", i, c, customer)
			} else {
				customer = c
			}
			for d, row := range rows[i : i+30] {
				if got := valueOf(row, resource); got != id {
					t.Fatalf("row %d: resource %s, want %s", i+d, got, id)
				}
				if got := valueOf(row, day)[9:11]; got != twoDigits(d+1) {
					t.Fatalf("row %d: day %s, want %d", i+d, got, d+1)
				}
			}
		}
	}
}

func twoDigits(n int) string { return strconv.Itoa(n/10) + strconv.Itoa(n%10) }

func TestShapeUnique(t *testing.T) {
	for _, e := range []billingtest.Export{usage(billingtest.ShapeUnique, 3000), {Dataset: billingtest.Reconciliation, InvoiceID: invoice, Rows: 3000, Shape: billingtest.ShapeUnique}} {
		for name, share := range distinctShare(shapedRows(t, e)) {
			repeats := strings.HasSuffix(name, "Date") || strings.HasSuffix(name, "Currency") || name == "CustomerId" || name == "CustomerName"
			// OrderDate has a time of day and hardly repeats.
			if repeats == (share == 1) && name != "OrderDate" {
				t.Errorf("%.1f %% of %s are distinct", 100*share, name)
			}
		}
	}
}

func TestShapeEscaped(t *testing.T) {
	all := lines(t, usage(billingtest.ShapeEscaped, 2000), 0)
	for _, want := range []string{`\u00f6`, `\"`, `\/`, `\\`, `\n`, `\t`, `\ud83d\ude80`, "ö", "🚀", "株", "א", "ب", "한", "ไ", "€"} {
		n := 0
		for _, line := range all {
			if strings.Contains(line, want) {
				n++
			}
		}
		if n < len(all)/4 {
			t.Errorf("%s is in %d of %d rows", want, n, len(all))
		}
	}
	// A text is spelled in one of three ways.
	ways := map[string]int{}
	for _, line := range all {
		if !utf8.ValidString(line) {
			t.Fatalf("not UTF-8: %q", line)
		}
		for _, f := range parse(t, line) {
			text := string(f.value)
			if f.name != "ResourceURI" {
				continue
			}
			var decoded string
			if err := json.Unmarshal(f.value, &decoded); err != nil || !strings.ContainsFunc(decoded, func(r rune) bool { return r > '~' }) {
				t.Fatalf("%s: %v", text, err)
			}
			switch {
			case strings.ContainsFunc(text, func(r rune) bool { return r > '~' }):
				ways["UTF-8"]++
			case strings.Contains(text, `\/`):
				ways["slashes"]++
			default:
				ways["ASCII"]++
			}
		}
	}
	for _, way := range []string{"UTF-8", "slashes", "ASCII"} {
		if ways[way] < len(all)/6 {
			t.Errorf("%d of %d texts are %s", ways[way], len(all), way)
		}
	}
	share := distinctShare(shapedRows(t, usage(billingtest.ShapeEscaped, 2000)))
	for _, name := range []string{"ProductName", "ResourceGroup", "CreditType"} {
		if share[name] < 0.95 {
			t.Errorf("%.0f %% of %s are distinct", 100*share[name], name)
		}
	}
}

func TestShapeReordered(t *testing.T) {
	rows := shapedRows(t, usage(billingtest.ShapeReordered, 600))
	orders, first := map[string]bool{}, map[string]bool{}
	for i, plain := range shapedRows(t, usage(billingtest.ShapeDefault, 600)) {
		orders[strings.Join(names(rows[i]), " ")] = true
		first[rows[i][0].name] = true
		byName := func(a, b field) int { return strings.Compare(a.name, b.name) }
		slices.SortFunc(plain, byName)
		slices.SortFunc(rows[i], byName)
		if !slices.EqualFunc(rows[i], plain, func(a, b field) bool { return a.name == b.name && string(a.value) == string(b.value) }) {
			t.Fatalf("row %d has not the attributes of the default", i)
		}
	}
	if len(orders) != len(rows) || len(first) < 50 {
		t.Errorf("%d orders of %d rows; %d attributes are first", len(orders), len(rows), len(first))
	}
}

func TestShapeLeftOut(t *testing.T) {
	rows := shapedRows(t, usage(billingtest.ShapeLeftOut, 2000))
	sets, count, members := map[string]bool{}, map[string]int{}, 0
	for _, row := range rows {
		sets[strings.Join(names(row), " ")] = true
		members += len(row)
		for _, f := range row {
			count[f.name]++
		}
	}
	plain := 0
	for _, row := range shapedRows(t, usage(billingtest.ShapeDefault, 2000)) {
		plain += len(row)
	}
	if share := float64(members) / float64(plain); share < 0.45 || share > 0.55 {
		t.Errorf("%.0f %% of the attributes are left, want half", 100*share)
	}
	if len(sets) < len(rows)*99/100 {
		t.Errorf("%d sets of attributes in %d rows", len(sets), len(rows))
	}
	for name, n := range count {
		if n == len(rows) && !slices.Contains([]string{
			"CustomerId", "CustomerName", "BillingCurrency", "PricingCurrency", "UnitPrice", "Quantity", "BillingPreTaxTotal", "PricingPreTaxTotal",
			"EffectiveUnitPrice", "PCToBCExchangeRate", "PartnerEarnedCreditPercentage", "CreditPercentage",
		}, name) {
			t.Errorf("%s is in all rows", name)
		}
	}
}

func TestShapeKinds(t *testing.T) {
	// What the default leaves out at times is not counted: a kind is a set of all others.
	sets := map[string]int{}
	for _, row := range shapedRows(t, usage(billingtest.ShapeKinds, 3000)) {
		sets[strings.Join(slices.DeleteFunc(names(row), func(n string) bool { return slices.Contains(nullable, n) }), " ")]++
	}
	if len(sets) != 12 {
		t.Errorf("%d kinds of rows, want 12", len(sets))
	}
	for set, n := range sets {
		if n < 30 || len(strings.Fields(set)) < 15 {
			t.Errorf("%d rows of the kind %s", n, set)
		}
	}
}

func TestShapeByDay(t *testing.T) {
	for _, e := range []billingtest.Export{usage(billingtest.ShapeByDay, 5000), {Dataset: billingtest.Reconciliation, InvoiceID: invoice, Rows: 5000, Shape: billingtest.ShapeByDay}} {
		last, days := "", map[string]bool{}
		for i, row := range shapedRows(t, e) {
			day := valueOf(row, "UsageDate")
			if e.Dataset == billingtest.Reconciliation {
				day = valueOf(row, "OrderDate")
			}
			day = day[:11]
			days[day] = true
			if at := valueOf(row, "CustomerId") + day; at < last {
				t.Fatalf("row %d: %s after %s", i, at, last)
			} else {
				last = at
			}
		}
		if len(days) != 30 {
			t.Errorf("%d days, want 30", len(days))
		}
	}
}

func TestShapeLongTags(t *testing.T) {
	for _, set := range []string{"full", "basic"} {
		e := usage(billingtest.ShapeLongTags, 2000)
		e.AttributeSet = set
		tags := map[string]string{} // by resource
		short, long := 1<<20, 0
		for i, row := range shapedRows(t, e) {
			for _, name := range []string{"Tags", "AdditionalInfo"} {
				if name == "Tags" && set == "basic" {
					continue
				}
				value := valueOf(row, name)
				if len(value) < 500 || len(value) > 3000 {
					t.Fatalf("row %d: %s has %d bytes", i, name, len(value))
				}
				short, long = min(short, len(value)), max(long, len(value))
				var text string
				var object struct {
					ID    string
					Items []map[string]string
				}
				if err := json.Unmarshal([]byte(value), &text); err != nil {
					t.Fatal(err)
				}
				if err := json.Unmarshal([]byte(text), &object); err != nil || object.ID == "" || len(object.Items) < 3 {
					t.Fatalf("row %d: %v: %s", i, err, text)
				}
			}
			resource := valueOf(row, "ResourceURI")
			if before, ok := tags[resource]; ok && before != valueOf(row, "Tags") {
				t.Fatalf("row %d: other tags than before", i)
			}
			tags[resource] = valueOf(row, "Tags")
		}
		if short > 700 || long < 2600 {
			t.Errorf("texts of %d to %d bytes; want 500 to 3000", short, long)
		}
		if len(tags) > 1000 {
			t.Errorf("%d resources in 2000 rows", len(tags))
		}
	}
	rows := shapedRows(t, usage(billingtest.ShapeLongTags, 2000))
	if share := distinctShare(rows); share["AdditionalInfo"] != 1 || share["Tags"] > 0.6 {
		t.Errorf("%.2f of the texts of AdditionalInfo are distinct, and %.2f of the tags", share["AdditionalInfo"], share["Tags"])
	}
}
