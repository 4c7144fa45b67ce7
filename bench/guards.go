package main

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// guards measures the cost of checking every response, watching every read for a stall, accounting
// for every row, and being able to resume: it compares with a read of the same rows from the same
// storage by the same number of goroutines, with the same inflater and decoder, but straight from
// azblob's response bodies.
func guards(ctx context.Context, s *settings, out *report) error {
	d, err := s.data(ctx)
	if err != nil {
		return err
	}
	contenders := []contender{parallelFull(d), unguarded(d)}
	timings, err := rounds(ctx, "guards", 2*s.rounds, contenders, func(i int, r result) error { return contenders[i].check(r, d) })
	if err != nil {
		return err
	}
	out.title("What the guards cost")
	out.line("%v; times in seconds, median of %d", d, 2*s.rounds)
	out.line("")
	t := newTable("contender", "median", "min – max", "with / without", "<goal", "<")
	with, span := timings[0].cells(time.Second, 3)
	ratio := timings[0].over(timings[1])
	goal, verdict := out.judge(goalGuards, "Parallel full", ratio)
	t.add("Parallel full", with, span, number(ratio, 3), goal, verdict)
	without, span := timings[1].cells(time.Second, 3)
	t.add(contenders[1].name, without, span, "", "", "")
	t.write(out)
	return nil
}

// unguarded reads without package manifest.
func unguarded(d *dataset) contender {
	return contender{
		name: "azblob's body, lineitem.Reader", threads: procs(),
		read: func(ctx context.Context) (result, error) {
			var next atomic.Int64
			var mu sync.Mutex
			var rows int64
			var totals lineitem.Totals
			var errs []error
			var workers sync.WaitGroup
			for range runtime.GOMAXPROCS(0) {
				workers.Go(func() {
					var n int64
					var part lineitem.Totals
					var err error
					for i := int(next.Add(1)) - 1; i < len(d.manifest.Blobs()) && err == nil; i = int(next.Add(1)) - 1 {
						err = d.readUnguarded(ctx, d.manifest.Blobs()[i].Name, func(item *lineitem.Usage) {
							part.Add(item.BillingCurrency, item.BillingPreTaxTotal)
							n++
						})
					}
					mu.Lock()
					defer mu.Unlock()
					rows += n
					totals.Merge(&part)
					errs = append(errs, err)
				})
			}
			workers.Wait()
			return found(rows, &totals), errors.Join(errs...)
		},
	}
}

func (d *dataset) readUnguarded(ctx context.Context, name string, each func(*lineitem.Usage)) (err error) {
	client, err := blob.NewClientWithNoCredential(d.manifest.Info().RootDirectory+"/"+name+"?"+d.manifest.SAS().Reveal(),
		&blob.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: d.transport}})
	if err != nil {
		return err
	}
	resp, err := client.DownloadStream(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	r := lineitem.NewReader[lineitem.Usage](resp.Body, nil)
	for item := new(lineitem.Usage); ; {
		switch err := r.Read(item); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		each(item)
	}
}
