package main

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/klauspost/compress/gzip"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// tablesBlobs is the number of blobs that are read at once, and of decoders at most, while the
// tables of the decoders are full.
const tablesBlobs = 16

// tables measures the live heap over rows that are made to fill what the decoders remember: each
// attribute has many long values, which come three times in a blob, and in all blobs. How many
// decoders a read has depends on the machine, so that as many decoders as there can be are measured
// alone, too. The same read of rows that are as long, in which no value comes twice and none is
// remembered, shows how much of its heap is not tables.
func tables(ctx context.Context, s *settings, out *report) error {
	out.title("Live heap with full tables")
	t := newTable("what", "<values", "median, MiB", "most", "samples", "goal", "<")
	full, err := filledDecoders[lineitem.Usage](s.tableRows)
	if err != nil {
		return err
	}
	three, err := filledDecoders[threeColumns](s.tableRows)
	if err != nil {
		return err
	}
	for _, each := range []struct {
		what string
		heap float64
	}{{"decoders of all attributes", full}, {"decoders of three columns", three}} {
		what := fmt.Sprintf("%d %s", tablesBlobs, each.what)
		cell, verdict := out.judge(goalTables, what, each.heap)
		t.add(what, "repeated", "", number(each.heap, 2), "", cell, verdict)
	}
	for _, way := range []struct {
		values          string
		distinct, times int
		same            bool // in all blobs
	}{{"repeated", s.tableRows, 3, true}, {"unique", s.tableRows, 1, false}} {
		doing("tables: generating rows with %s values", way.values)
		d, err := serveFilling(ctx, way.distinct, way.times, way.same)
		if err != nil {
			return err
		}
		for _, c := range []contender{
			itemsFull(d, &manifest.ReadOptions{Concurrency: tablesBlobs}),
			itemsThree(d, &manifest.ReadOptions{Concurrency: tablesBlobs}),
		} {
			doing("tables: %s, values %s", c.name, way.values)
			rows := int64(way.distinct * way.times * tablesBlobs)
			samples, err := watchHeap(ctx, &c, func(r result) error {
				return c.checkSums(r, rows, map[string]string{"EUR": strconv.FormatInt(rows, 10)})
			}, s.sampling)
			if err != nil {
				return err
			}
			median, most := samples[len(samples)/2], samples[len(samples)-1]
			var cell, verdict string
			what := fmt.Sprintf("%s, %d blobs", c.name, tablesBlobs)
			if way.same {
				cell, verdict = out.judge(goalTables, what+", most", most)
			}
			t.add(what, way.values, number(median, 2), number(most, 2), thousands(len(samples)), cell, verdict)
		}
	}
	t.write(out)
	return nil
}

// filledDecoders returns the most live heap of decoders while they decode the rows of fillingOrder.
func filledDecoders[T any](rows int) (mebibytes float64, err error) {
	doing("tables: filling %s", plural(tablesBlobs, "decoder"))
	const sampled = 64 // rows between two samples
	runtime.GC()
	before, most := liveHeap(), uint64(0)
	var decoders [tablesBlobs]*lineitem.Decoder[T]
	for i := range decoders {
		if decoders[i], err = lineitem.NewDecoder[T](); err != nil {
			return 0, err
		}
	}
	var line []byte
	for i, n := range fillingOrder(rows) {
		line = fillingRow(line[:0], n)
		for _, dec := range decoders {
			var row T
			if err := dec.Decode(line, &row); err != nil {
				return 0, err
			}
		}
		if i%sampled == 0 {
			runtime.GC()
			most = max(most, liveHeap())
		}
	}
	runtime.KeepAlive(decoders)
	return (float64(most) - float64(before)) / (1 << 20), nil
}

// fillingOrder returns the numbers of the rows that fill tables. Each row comes three times, then a
// few come again and again, and then more of them. What a decoder does with values depends on how
// often they come.
func fillingOrder(rows int) []int {
	var order []int
	for n := range rows {
		order = append(order, n, n, n)
	}
	for _, few := range []int{rows / 64, rows / 8, rows / 2} {
		for i := range max(4*few, rows) {
			order = append(order, rows+i%max(few, 1))
		}
	}
	return order
}

// serveFilling serves blobs of distinct rows, each several times: the same rows in all blobs, or
// others in each.
func serveFilling(ctx context.Context, distinct, times int, same bool) (*dataset, error) {
	export := billingtest.Export{InvoiceID: invoice}
	for i := range tablesBlobs {
		first := 0
		if !same {
			first = i * distinct
		}
		if i > 0 && same {
			export.Files = append(export.Files, export.Files[0])
		} else {
			blob, err := fillingBlob(first, distinct, times)
			if err != nil {
				return nil, err
			}
			export.Files = append(export.Files, billingtest.File{Raw: blob})
		}
		export.Files[i].Name = fmt.Sprintf("part-%05d.json.gz", i)
	}
	server := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	if err := server.Add(export); err != nil {
		return nil, err
	}
	client, err := billing.NewClient(server.Credential(), &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: server}})
	if err != nil {
		return nil, err
	}
	p, err := billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: export.InvoiceID}, nil)
	if err != nil {
		return nil, err
	}
	d := &dataset{export: export, transport: server}
	d.manifest, err = p.PollUntilDone(ctx, nil)
	return d, err
}

// fillingBlob has rows from a number on, each of them several times.
func fillingBlob(first, distinct, times int) ([]byte, error) {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	var row []byte
	for n := range distinct {
		row = fillingRow(row[:0], first+n)
		for range times {
			if _, err := z.Write(row); err != nil {
				return nil, err
			}
		}
	}
	err = z.Close()
	return packed.Bytes(), err
}

// The texts of a row that fills tables: most are short enough for every table, one in sixteen is
// longer than most texts of an export. Some attributes are unknown, and two have names of their own
// in each row.
const (
	fillingText = 400
	longerText  = 4000
	unknown     = 16
)

// fillingRow appends row n. No value of it, but currency and total, is in another row.
func fillingRow(b []byte, n int) []byte {
	text := func(i int) string {
		length := fillingText
		if i%16 == 0 {
			length = longerText
		}
		return `"` + strings.Repeat("x", length) + strconv.Itoa(n) + `"`
	}
	b = append(b, '{')
	row := reflect.TypeFor[lineitem.Usage]()
	for i := range row.NumField() {
		name, _, _ := strings.Cut(row.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		value := text(i)
		switch kind := row.Field(i).Type; {
		case name == "BillingCurrency":
			value = `"EUR"`
		case name == "BillingPreTaxTotal":
			value = "1"
		case kind == reflect.TypeFor[lineitem.Decimal]():
			value = "1234567890123456.0" + strconv.Itoa(n)
		case kind.Kind() != reflect.String:
			value = fmt.Sprintf(`"2024-09-01T00:00:00.%07dZ"`, n)
		}
		b = fmt.Appendf(b, `"%s":%s,`, name, value)
	}
	for i := range unknown {
		b = fmt.Appendf(b, `"Unknown%d":%s,`, i, text(i))
	}
	return fmt.Appendf(b, `"Once%d":%s,"Last%d":1}`+"\n", n, text(1), n)
}
