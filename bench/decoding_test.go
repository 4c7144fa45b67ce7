package main

import (
	"reflect"
	"testing"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// TestDecodersReadTheSameRows: every attribute of every row, beside the sums that each run checks.
func TestDecodersReadTheSameRows(t *testing.T) {
	for _, shape := range billingtest.PossibleShapeValues() {
		lines, err := linesOf(shaped(shape, 300, 1))
		if err != nil {
			t.Fatal(err)
		}
		full, err := lineitem.NewDecoder[lineitem.Usage]()
		if err != nil {
			t.Fatal(err)
		}
		three, err := lineitem.NewDecoder[threeColumns]()
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range lines {
			var want lineitem.Usage
			var wantThree threeColumns
			if err := full.Decode(line, &want); err != nil {
				t.Fatal(err)
			}
			if err := three.Decode(line, &wantThree); err != nil {
				t.Fatal(err)
			}
			for _, u := range unmarshalers {
				var got jsonUsage
				if err := u.unmarshal(line, &got); err != nil {
					t.Fatalf("%v, %s, row %d: %v", shape, u.name, i, err)
				}
				if got.UsageDate != "" { // a text, as they cannot decode a date without a time
					if got.Usage.UsageDate, err = lineitem.ParseTime(got.UsageDate); err != nil {
						t.Fatal(err)
					}
				}
				if !reflect.DeepEqual(got.Usage, want) {
					t.Fatalf("%v, %s, row %d:\n%+v\nwant\n%+v", shape, u.name, i, got.Usage, want)
				}
				var gotThree threeColumns
				if err := u.unmarshal(line, &gotThree); err != nil || gotThree != wantThree {
					t.Fatalf("%v, %s, row %d: %+v, %v; want %+v", shape, u.name, i, gotThree, err, wantThree)
				}
			}
		}
	}
}

func TestDecodingContendersFindTheTruth(t *testing.T) {
	for _, shape := range billingtest.PossibleShapeValues() {
		export := shaped(shape, 500, 1)
		truth, err := export.Truth()
		if err != nil {
			t.Fatal(err)
		}
		lines, err := linesOf(export)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range append(decodeFull(lines), decodeThree(lines)...) {
			r, err := c.read(t.Context())
			if err == nil {
				err = c.checkSums(r, truth.Rows, truth.Sums())
			}
			if err != nil {
				t.Errorf("%v: %v", shape, err)
			}
			if r.rows--; c.checkSums(r, truth.Rows, truth.Sums()) == nil {
				t.Errorf("%v: %s: a row less is not noticed", shape, c.name)
			}
		}
	}
}

func TestWorstShapeIsRecorded(t *testing.T) {
	r := &report{}
	b := byShape{goal: goal{limit: 2, atLeast: true}}
	for shape, measured := range map[billingtest.Shape]float64{billingtest.ShapeUnique: 3, billingtest.ShapeKinds: 1.5, billingtest.ShapeByDay: 2} {
		if _, verdict := b.judge(shape, b.goal, measured); (verdict == "met") != (measured >= 2) {
			t.Errorf("%v: %s", shape, verdict)
		}
	}
	b.record(r)
	if len(r.judged) != 1 || r.judged[0].about != "worst shape: kinds" || r.judged[0].measured != 1.5 || r.judged[0].met {
		t.Errorf("%+v", r.judged)
	}
	most := byShape{goal: goal{limit: 800}}
	most.judge(billingtest.ShapeLeftOut, goal{limit: 800}, 700)
	most.judge(billingtest.ShapeUnique, goal{limit: 1300}, 1290) // nearest to its limit
	most.judge(billingtest.ShapeKinds, goal{limit: 800}, 100)
	if most.record(r); r.judged[1].about != "worst shape: unique" || !r.judged[1].met {
		t.Errorf("%+v", r.judged[1])
	}
}
