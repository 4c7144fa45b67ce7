package main

import (
	"context"
	"fmt"
	"math/big"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// contender is one way to read the data.
type contender struct {
	name    string
	threads string // how many it keeps busy, for the table
	proof   proof
	goal    *goal // of the main table, if there is one
	cpu     bool  // measured in processor time, which other programs hardly affect
	read    func(ctx context.Context) (result, error)
	skipped string // why it cannot run here; empty: it can
}

// proof is how much of its result shows that a contender has read everything.
type proof int

const (
	exact    proof = iota // rows, and the sum to the last digit
	inexact               // rows, and a sum through float64, right in its first digits
	counted               // rows
	inflated              // the number of inflated bytes
	ended                 // nothing but that it found no error
)

func (p proof) String() string {
	switch p {
	case exact:
		return "exact"
	case inexact:
		return "not exact: float64"
	case counted:
		return "no sum: rows counted"
	case inflated:
		return "no rows: bytes counted"
	default:
		return "no rows: checksums only"
	}
}

// result is what a contender found.
type result struct {
	rows  int64
	sums  map[string]string // BillingPreTaxTotal by currency, as decimal text
	bytes int64             // inflated
}

// found converts totals to a result.
func found(rows int64, totals *lineitem.Totals) result {
	sums := map[string]string{}
	for _, currency := range totals.Currencies() {
		sums[currency] = totals.Text(currency)
	}
	return result{rows: rows, sums: sums}
}

// check compares what a contender found with what the generator decided.
func (c *contender) check(r result, d *dataset) error {
	switch c.proof {
	case ended:
		return nil
	case inflated:
		if r.bytes != d.plain {
			return fmt.Errorf("%s: inflated %d bytes of %d", c.name, r.bytes, d.plain)
		}
		return nil
	default:
		return c.checkSums(r, d.truth.Rows, d.truth.Sums())
	}
}

func (c *contender) checkSums(r result, rows int64, want map[string]string) error {
	if r.rows != rows {
		return fmt.Errorf("%s: read %d rows of %d", c.name, r.rows, rows)
	}
	if c.proof == counted {
		return nil
	}
	if len(r.sums) != len(want) {
		return fmt.Errorf("%s: %d currencies, want %d", c.name, len(r.sums), len(want))
	}
	for currency, text := range want {
		if !c.same(r.sums[currency], text) {
			return fmt.Errorf("%s: the sum is %s %s, want %s", c.name, currency, r.sums[currency], text)
		}
	}
	return nil
}

// tolerance is the relative error of a contender that cannot be exact: nine digits are right.
var tolerance = big.NewRat(1, 1_000_000_000)

// same compares as fractions, which represent every decimal exactly.
func (c *contender) same(text, want string) bool {
	a, ok := new(big.Rat).SetString(text)
	b, known := new(big.Rat).SetString(want)
	if !ok || !known {
		return false
	}
	if c.proof == exact {
		return a.Cmp(b) == 0
	}
	difference := new(big.Rat).Sub(a, b)
	allowed := new(big.Rat).Mul(b, tolerance)
	return difference.Abs(difference).Cmp(allowed.Abs(allowed)) <= 0
}
