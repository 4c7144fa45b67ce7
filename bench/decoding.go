package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"time"

	"github.com/bytedance/sonic"
	jsonv2 "github.com/go-json-experiment/json"
	gojson "github.com/goccy/go-json"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// The indexes in unmarshalers of those that the SDK's decoder is compared with.
const (
	bySonic = iota
	byGoccy
)

// unmarshalers are the other decoders. They decode into the same struct, and the amounts decode
// themselves from the digits of the text. encoding/json/v2 is the module from which the standard
// library has it: there it exists only with GOEXPERIMENT=jsonv2.
var unmarshalers = []struct {
	name      string
	unmarshal func(line []byte, row any) error
}{
	bySonic: {"sonic", sonic.Unmarshal},
	byGoccy: {"goccy", func(line []byte, row any) error { return gojson.Unmarshal(line, row) }},
	{"encoding/json", json.Unmarshal},
	{"json/v2", func(line []byte, row any) error { return jsonv2.Unmarshal(line, row) }},
}

// shaped describes rows of a shape, shuffled where the shape is not an order of rows.
func shaped(shape billingtest.Shape, rows, blobs int) billingtest.Export {
	export := shuffled(rows, blobs)
	export.Shape = shape
	export.Shuffled = shape != billingtest.ShapeByResource && shape != billingtest.ShapeByDay
	return export
}

// decoding measures decoding without reading and inflating: lines in memory, on one processor, in
// processor time. Each pass over the rows begins with a new decoder of the SDK, so that it never
// sees a row again; a read of an export keeps its decoders for all rows.
func decoding(ctx context.Context, s *settings, out *report) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	full := newDecodingTable(goalDecodeFull, "the faster of sonic and goccy")
	three := newDecodingTable(goalDecodeThree, "sonic")
	for _, shape := range billingtest.PossibleShapeValues() {
		if err := decodeShape(ctx, s, shape, full, three); err != nil {
			return fmt.Errorf("%v: %w", shape, err)
		}
	}
	remark := fmt.Sprintf("%s of each shape, MB of JSON per second of processor time; median of %d", plural(s.decodeRows, "row"), s.shapeRounds)
	full.write(out, "Decoding alone, all attributes", remark)
	three.write(out, "Decoding alone, three columns", remark)
	return nil
}

// decodeShape measures all decoders on the rows of a shape, in turns, and adds a line to each
// table.
func decodeShape(ctx context.Context, s *settings, shape billingtest.Shape, full, three *decodingTable) error {
	export := shaped(shape, s.decodeRows, 1)
	truth, err := export.Truth()
	if err != nil {
		return err
	}
	lines, err := linesOf(export)
	if err != nil {
		return err
	}
	contenders := append(decodeFull(lines), decodeThree(lines)...)
	timings, err := rounds(ctx, "decoding "+shape.String(), s.shapeRounds, contenders, func(i int, r result) error {
		return contenders[i].checkSums(r, truth.Rows, truth.Sums())
	})
	if err != nil {
		return err
	}
	size := 0
	for _, line := range lines {
		size += len(line)
	}
	all, few := timings[:len(timings)/2], timings[len(timings)/2:]
	rival := all[1+bySonic]
	if all[1+byGoccy].median() < rival.median() {
		rival = all[1+byGoccy]
	}
	full.add(shape, size, len(lines), all, rival)
	three.add(shape, size, len(lines), few, few[1+bySonic])
	return nil
}

// linesOf returns the rows of an export of one blob.
func linesOf(export billingtest.Export) ([][]byte, error) {
	var text bytes.Buffer
	if err := export.WriteLines(&text, 0); err != nil {
		return nil, err
	}
	lines := bytes.SplitAfter(text.Bytes(), []byte{'\n'})
	return lines[:len(lines)-1], nil
}

// decodeFull returns the decoders of all attributes, that of the SDK first.
func decodeFull(lines [][]byte) []contender {
	contenders := []contender{decodeSDK(lines, func(totals *lineitem.Totals, row *lineitem.Usage) {
		totals.Add(row.BillingCurrency, row.BillingPreTaxTotal)
	})}
	for _, u := range unmarshalers {
		contenders = append(contenders, contender{name: u.name, cpu: true, read: func(context.Context) (result, error) {
			var totals lineitem.Totals
			var row jsonUsage
			for _, line := range lines {
				row = jsonUsage{}
				if err := u.unmarshal(line, &row); err != nil {
					return result{}, err
				}
				totals.Add(row.BillingCurrency, row.BillingPreTaxTotal)
			}
			return found(int64(len(lines)), &totals), nil
		}})
	}
	return contenders
}

// decodeThree returns the decoders of three columns, that of the SDK first.
func decodeThree(lines [][]byte) []contender {
	contenders := []contender{decodeSDK(lines, func(totals *lineitem.Totals, row *threeColumns) {
		totals.Add(row.Currency, row.Total)
	})}
	for _, u := range unmarshalers {
		contenders = append(contenders, contender{name: u.name, cpu: true, read: func(context.Context) (result, error) {
			var totals lineitem.Totals
			var row threeColumns
			for _, line := range lines {
				row = threeColumns{}
				if err := u.unmarshal(line, &row); err != nil {
					return result{}, err
				}
				totals.Add(row.Currency, row.Total)
			}
			return found(int64(len(lines)), &totals), nil
		}})
	}
	return contenders
}

func decodeSDK[T any](lines [][]byte, add func(*lineitem.Totals, *T)) contender {
	return contender{name: "SDK", cpu: true, read: func(context.Context) (result, error) {
		dec, err := lineitem.NewDecoder[T]()
		if err != nil {
			return result{}, err
		}
		var totals lineitem.Totals
		var row T
		for _, line := range lines {
			if err := dec.Decode(line, &row); err != nil {
				return result{}, err
			}
			add(&totals, &row)
		}
		return found(int64(len(lines)), &totals), nil
	}}
}

// decodingTable has a line for each shape.
type decodingTable struct {
	*table
	outcome byShape
}

func newDecodingTable(g goal, rival string) *decodingTable {
	heads := []string{"shape", "bytes/row", "SDK"}
	for _, u := range unmarshalers {
		heads = append(heads, u.name)
	}
	return &decodingTable{table: newTable(append(heads, "SDK / "+rival, "goal", "<")...), outcome: byShape{goal: g}}
}

// add compares the first of the timings with one of the others.
func (t *decodingTable) add(shape billingtest.Shape, size, rows int, timings []timing, rival timing) {
	cells := []string{shape.String(), thousands(size / rows)}
	for _, each := range timings {
		cells = append(cells, number(megabytesPerSecond(int64(size), each.median()), 0))
	}
	ratio := rival.over(timings[0])
	cell, verdict := t.outcome.judge(shape, t.outcome.goal, ratio)
	t.table.add(append(cells, number(ratio, 2), cell, verdict)...)
}

func (t *decodingTable) write(out *report, title, remark string) {
	out.title("%s", title)
	out.line("%s", remark)
	out.line("")
	t.table.write(out)
	t.outcome.record(out)
}

func megabytesPerSecond(bytes int64, took time.Duration) float64 {
	return float64(bytes) / 1e6 / took.Seconds()
}
