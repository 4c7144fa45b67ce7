package main

import (
	"context"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// The three loops are written out instead of one generic function: this is what a user of the SDK
// writes.

// itemsFull reads every attribute of every row.
func itemsFull(d *dataset, o *manifest.ReadOptions) contender {
	return contender{
		name: "Items full", threads: procs(), goal: &goalFull,
		read: func(ctx context.Context) (result, error) {
			var rows int64
			var totals lineitem.Totals
			for item, err := range d.manifest.Items(ctx, o) {
				if err != nil {
					return result{}, err
				}
				totals.Add(item.BillingCurrency, item.BillingPreTaxTotal)
				rows++
			}
			return found(rows, &totals), nil
		},
	}
}

// itemsBasic reads the attributes of the basic set from the same blobs.
func itemsBasic(d *dataset) contender {
	return contender{
		name: "Items basic type", threads: procs(),
		read: func(ctx context.Context) (result, error) {
			var rows int64
			var totals lineitem.Totals
			for item, err := range manifest.As[lineitem.UsageBasic](d.manifest).Items(ctx, nil) {
				if err != nil {
					return result{}, err
				}
				totals.Add(item.BillingCurrency, item.BillingPreTaxTotal)
				rows++
			}
			return found(rows, &totals), nil
		},
	}
}

// threeColumns is a row type that a program declares.
type threeColumns struct {
	Customer string           `json:"CustomerId"`
	Currency string           `json:"BillingCurrency"`
	Total    lineitem.Decimal `json:"BillingPreTaxTotal"`
}

// itemsThree reads three attributes from the same blobs.
func itemsThree(d *dataset, o *manifest.ReadOptions) contender {
	return contender{
		name: "Items three columns", threads: procs(), goal: &goalThree,
		read: func(ctx context.Context) (result, error) {
			var rows int64
			var totals lineitem.Totals
			for item, err := range manifest.As[threeColumns](d.manifest).Items(ctx, o) {
				if err != nil {
					return result{}, err
				}
				totals.Add(item.Currency, item.Total)
				rows++
			}
			return found(rows, &totals), nil
		},
	}
}
