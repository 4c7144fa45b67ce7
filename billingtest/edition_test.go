package billingtest_test

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// TestEditions: another edition has other quantities and amounts in some rows, and the truth is
// that of its rows.
func TestEditions(t *testing.T) {
	exports := kinds()
	maps.Copy(exports, shapes())
	for name, e := range exports {
		rows := [][]string{allLines(t, e)}
		blobs := [][]string{}
		for edition := range 3 {
			e.Edition = edition
			names, err := e.BlobNames()
			if err != nil {
				t.Fatal(err)
			}
			if blobs = append(blobs, names); edition == 0 {
				continue
			}
			rows = append(rows, allLines(t, e))
			truthIsThatOfTheRows(t, name, e, rows[edition])
			if again := allLines(t, e); !slices.Equal(again, rows[edition]) {
				t.Errorf("%s: edition %d has other rows each time", name, edition)
			}
		}
		for _, pair := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
			a, b := rows[pair[0]], rows[pair[1]]
			if len(a) != len(b) || slices.Equal(blobs[pair[0]], blobs[pair[1]]) {
				t.Fatalf("%s: %d and %d rows, blobs %v", name, len(a), len(b), blobs[pair[1]])
			}
			changed := 0
			for i := range a {
				if a[i] != b[i] {
					changed++
					differInAmounts(t, name, e, a[i], b[i])
				}
			}
			if n := len(a); changed < n/30 || changed > n/3 {
				t.Errorf("%s: %d of %d rows differ between editions %d and %d", name, changed, n, pair[0], pair[1])
			}
		}
	}
}

// truthIsThatOfTheRows compares the sums.
func truthIsThatOfTheRows(t *testing.T, name string, e billingtest.Export, lines []string) {
	t.Helper()
	truth, err := e.Truth()
	if err != nil {
		t.Fatal(err)
	}
	sum := rat(t, "0")
	for _, line := range lines {
		for _, f := range parse(t, line) {
			if f.name == truth.Total {
				sum.Add(sum, rat(t, string(f.value)))
			}
		}
	}
	want := rat(t, "0")
	for _, s := range truth.Sums() {
		want.Add(want, rat(t, s))
	}
	if sum.Cmp(want) != 0 || truth.Rows != int64(len(lines)) {
		t.Errorf("%s, edition %d: %d rows with a sum of %v; the truth is %d, %v", name, e.Edition, len(lines), sum, truth.Rows, want)
	}
}

// differInAmounts reports two versions of a row that differ in anything else.
func differInAmounts(t *testing.T, name string, e billingtest.Export, before, after string) {
	t.Helper()
	a, b := parse(t, before), parse(t, after)
	if len(a) != len(b) {
		t.Errorf("%s: %d and %d attributes", name, len(a), len(b))
		return
	}
	for i := range a {
		if a[i].name != b[i].name {
			t.Errorf("%s: %s became %s", name, a[i].name, b[i].name)
		}
		amount := strings.Contains(a[i].name, "Quantity") || strings.Contains(strings.ToLower(a[i].name), "total")
		if !amount && !bytes.Equal(a[i].value, b[i].value) {
			t.Errorf("%s, edition %d: %s is %s, and was %s", name, e.Edition, a[i].name, b[i].value, a[i].value)
		}
	}
}

// TestServerReplacesAnEdition: a new request has the new edition, an old operation the old one.
func TestServerReplacesAnEdition(t *testing.T) {
	s := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	e := billingtest.Export{InvoiceID: invoice, Rows: 100}
	var tags []string
	var operations []string
	for edition := range 2 {
		if e.Edition = edition; s.Add(e) != nil {
			t.Fatal("Add failed")
		}
		operations = append(operations, begin(t, s, "usage/billed/export", `{"invoiceId":"`+invoice+`"}`))
		m := manifestOf(t, finish(t, s, operations[edition]))
		tags = append(tags, as[string](t, m["eTag"]))
	}
	old := manifestOf(t, finish(t, s, operations[0]))
	if tags[0] == tags[1] || old["eTag"] != tags[0] || len(read(t, s, urlsOf(t, old)[0], "", http.StatusOK)) == 0 {
		t.Errorf("eTags %v, and then %v", tags, old["eTag"])
	}
	e.Edition = -1
	if err := s.Add(e); err == nil || !strings.Contains(err.Error(), "Edition -1 is below 0") {
		t.Errorf("%v", err)
	}
}
