package main

import (
	"bufio"
	"bytes"
	stdgzip "compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/bytedance/sonic"
	gojson "github.com/goccy/go-json"
	"github.com/klauspost/compress/gzip"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// jsonUsage is lineitem.Usage for packages that follow encoding/json: they cannot decode a date
// without a time of day as a time.Time. Amounts are exact in all of them, as a Decimal decodes
// itself from the digits of the text.
type jsonUsage struct {
	lineitem.Usage
	UsageDate string
}

// naive is the program that everyone writes first: the standard library, one blob after the other.
func naive(d *dataset) contender {
	return contender{
		name: "naive: compress/gzip, encoding/json", threads: "1", goal: &goalNaive,
		read: func(ctx context.Context) (result, error) {
			var rows int64
			var totals lineitem.Totals
			for _, blob := range d.blobs {
				z, err := stdgzip.NewReader(bytes.NewReader(blob))
				if err != nil {
					return result{}, err
				}
				for dec := json.NewDecoder(z); ctx.Err() == nil; rows++ {
					var row jsonUsage
					err := dec.Decode(&row)
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						return result{}, err
					}
					totals.Add(row.BillingCurrency, row.BillingPreTaxTotal)
				}
			}
			return found(rows, &totals), ctx.Err()
		},
	}
}

// goccy is the same program with faster packages for JSON and gzip. Decoding line by line is faster
// than its Decoder.
func goccy(d *dataset) contender {
	return contender{
		name: "goccy/go-json", threads: "1",
		read: func(ctx context.Context) (result, error) {
			return byLine(ctx, d, func(line []byte, row *jsonUsage) error { return gojson.Unmarshal(line, row) })
		},
	}
}

// withSonic is the same with another package for JSON. Decoding line by line is faster than its
// Decoder, too; its ConfigFastest makes no difference on these rows.
func withSonic(d *dataset) contender {
	name := "bytedance/sonic"
	if sonic.APIKind != sonic.UseSonicJSON {
		name += " (IS encoding/json HERE)"
	}
	return contender{
		name: name, threads: "1",
		read: func(ctx context.Context) (result, error) {
			return byLine(ctx, d, func(line []byte, row *jsonUsage) error { return sonic.Unmarshal(line, row) })
		},
	}
}

// longestLine is many times as long as the lines that the generator makes.
const longestLine = 1 << 20

func byLine(ctx context.Context, d *dataset, decode func(line []byte, row *jsonUsage) error) (result, error) {
	var rows int64
	var totals lineitem.Totals
	for _, blob := range d.blobs {
		z, err := gzip.NewReader(bytes.NewReader(blob))
		if err != nil {
			return result{}, err
		}
		for lines := bufio.NewReaderSize(z, longestLine); ctx.Err() == nil; rows++ {
			line, err := lines.ReadSlice('\n')
			if errors.Is(err, io.EOF) && len(line) == 0 {
				break
			}
			if err != nil {
				return result{}, err
			}
			var row jsonUsage
			if err := decode(line, &row); err != nil {
				return result{}, err
			}
			totals.Add(row.BillingCurrency, row.BillingPreTaxTotal)
		}
	}
	return found(rows, &totals), ctx.Err()
}
