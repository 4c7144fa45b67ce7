package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
)

// floor inflates the blobs with klauspost/compress, as a program without this SDK would, and
// discards the result. Changes of the SDK do not affect it. It is no lower limit: the SDK has an
// inflater of its own, which may be faster. As many goroutines as there are processors take one
// blob after the other; a blob is inflated on one processor.
func floor(d *dataset) contender {
	return inflating("floor: inflate only", d, func() func([]byte) (int64, error) {
		var z gzip.Reader
		return func(blob []byte) (int64, error) {
			if err := z.Reset(bytes.NewReader(blob)); err != nil {
				return 0, err
			}
			return io.Copy(io.Discard, &z)
		}
	})
}

// inflating inflates the blobs; inflater is called once for each goroutine.
func inflating(name string, d *dataset, inflater func() func(blob []byte) (int64, error)) contender {
	return contender{
		name: name, threads: procs(), proof: inflated,
		read: func(ctx context.Context) (result, error) {
			var next, total atomic.Int64
			errs := make([]error, min(runtime.GOMAXPROCS(0), len(d.blobs)))
			var workers sync.WaitGroup
			for w := range errs {
				workers.Go(func() {
					inflate := inflater()
					for errs[w] == nil && ctx.Err() == nil {
						i := int(next.Add(1)) - 1
						if i >= len(d.blobs) {
							return
						}
						var n int64
						n, errs[w] = inflate(d.blobs[i])
						total.Add(n)
					}
				})
			}
			workers.Wait()
			return result{bytes: total.Load()}, errors.Join(append(errs, ctx.Err())...)
		},
	}
}

func procs() string { return strconv.Itoa(runtime.GOMAXPROCS(0)) }
