package lineitem_test

import (
	"bytes"
	"testing"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// shapeRows is the number of rows that each iteration of BenchmarkShape decodes.
const shapeRows = 30_000

// BenchmarkShape decodes rows of each shape with one decoder, all attributes and three of them. It
// profiles one shape at a time:
//
//	go test -run '^$' -bench 'Shape/left-out/full' -cpuprofile cpu.out ./lineitem
func BenchmarkShape(b *testing.B) {
	for _, shape := range billingtest.PossibleShapeValues() {
		b.Run(shape.String(), func(b *testing.B) {
			e := billingtest.Export{InvoiceID: "G016907411", Rows: shapeRows, Blobs: 1, Seed: 1, Shape: shape}
			e.Shuffled = shape != billingtest.ShapeByResource && shape != billingtest.ShapeByDay
			var text bytes.Buffer
			if err := e.WriteLines(&text, 0); err != nil {
				b.Fatal(err)
			}
			lines := bytes.SplitAfter(text.Bytes(), []byte{'\n'})
			lines = lines[:len(lines)-1]
			b.Run("full", func(b *testing.B) { decodeLines[lineitem.Usage](b, lines) })
			b.Run("three", func(b *testing.B) { decodeLines[threeColumns](b, lines) })
		})
	}
}

func decodeLines[T any](b *testing.B, lines [][]byte) {
	b.Helper()
	var size int64
	for _, line := range lines {
		size += int64(len(line))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		dec, err := lineitem.NewDecoder[T]()
		if err != nil {
			b.Fatal(err)
		}
		var row T
		for i, line := range lines {
			if err := dec.Decode(line, &row); err != nil {
				b.Fatalf("row %d: %v", i, err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(lines)), "ns/row")
}
