package main

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/partnerbilling/sdk-go/internal/gunzip"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// parallelFull reads every attribute of every row with as many consumers as there are processors.
func parallelFull(d *dataset) contender {
	return contender{
		name: "Parallel full", threads: procs(),
		read: func(ctx context.Context) (result, error) {
			s, err := d.manifest.NewStream(nil)
			if err != nil {
				return result{}, err
			}
			var mu sync.Mutex
			var rows int64
			var totals lineitem.Totals
			err = s.Parallel(ctx, 0, func(share *manifest.Share[lineitem.Usage]) error {
				var n int64
				var part lineitem.Totals
				for item, err := range share.All() {
					if err != nil {
						return err
					}
					part.Add(item.BillingCurrency, item.BillingPreTaxTotal)
					n++
				}
				mu.Lock()
				defer mu.Unlock()
				rows += n
				totals.Merge(&part)
				return nil
			})
			return found(rows, &totals), err
		},
	}
}

// ownInflate is the floor with the inflater of the SDK. The rest of a read is downloading, decoding
// and the loop body.
func ownInflate(d *dataset) contender {
	return inflating("inflate only, as the SDK does", d, func() func([]byte) (int64, error) {
		r := gunzip.NewReader(nil, true)
		return func(blob []byte) (int64, error) {
			r.Reset(bytes.NewReader(blob), true)
			return io.Copy(io.Discard, r)
		}
	})
}
