package manifest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"hash/maphash"
	"io"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// service makes an export on the service in memory, and returns its manifest.
func service[T any](t *testing.T, e billingtest.Export) (*billingtest.Server, *manifest.Manifest[T]) {
	t.Helper()
	s := billingtest.NewServer(&billingtest.Options{RunningPolls: -1, CacheBytes: -1})
	if err := s.Add(e); err != nil {
		t.Fatal(err)
	}
	const exports = "https://graph.microsoft.com/v1.0/reports/partners/billing/usage/billed/export"
	resp, _ := graph(t, s, http.MethodPost, exports, `{"invoiceId":"`+e.InvoiceID+`","attributeSet":"full"}`)
	var operation struct {
		Status           string
		ResourceLocation json.RawMessage
	}
	for operation.Status != "succeeded" {
		_, body := graph(t, s, http.MethodGet, resp.Header.Get("Location"), "")
		if err := json.Unmarshal(body, &operation); err != nil {
			t.Fatal(err)
		}
	}
	o := &manifest.Options{}
	o.Transport = s
	m, err := manifest.Parse[T](operation.ResourceLocation, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, m
}

func graph(t *testing.T, s *billingtest.Server, method, url, body string) (*http.Response, []byte) {
	t.Helper()
	token, err := s.Credential().GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %d, %v", method, url, resp.StatusCode, err)
	}
	return resp, data
}

// liveHeap samples what the collector finds alive until stop is called, which returns
// the most that was ever found.
func liveHeap() (stop func() uint64) {
	quit, most := make(chan struct{}), make(chan uint64)
	go func() {
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		peak := uint64(0)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			peak = max(peak, sample[0].Value.Uint64())
			select {
			case <-tick.C:
			case <-quit:
				most <- peak
				return
			}
		}
	}()
	return func() uint64 { close(quit); return <-most }
}

// columns is what the row that a program would declare for a sum per customer has.
type columns struct {
	Customer string           `json:"CustomerId"`
	Currency string           `json:"BillingCurrency"`
	Total    lineitem.Decimal `json:"BillingPreTaxTotal"`
}

// hashed is a row with the hash of its whole text beside the columns.
type hashed struct {
	columns
	hash uint64
}

var (
	hashSeed = maphash.MakeSeed()
	decoders = sync.Pool{New: func() any {
		d, err := lineitem.NewDecoder[columns]()
		if err != nil {
			panic(err)
		}
		return d
	}}
)

func (h *hashed) UnmarshalJSON(data []byte) error {
	h.hash = maphash.Bytes(hashSeed, data)
	d, _ := decoders.Get().(*lineitem.Decoder[columns])
	defer decoders.Put(d)
	return d.Decode(data, &h.columns)
}

// hashOf is the sum of the hashes of all lines of an export, which does not depend on
// their order.
func hashOf(t *testing.T, e billingtest.Export) (sum uint64) {
	t.Helper()
	for i := range e.Blobs {
		r, w := io.Pipe()
		go func() { w.CloseWithError(e.WriteLines(w, i)) }()
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			sum += maphash.Bytes(hashSeed, lines.Bytes())
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return sum
}

// A million rows in 40 blobs come out as they were generated, and in the same small
// memory, however they are read. The race detector gets the same with fewer rows.
func TestMillionRows(t *testing.T) {
	e := billingtest.Export{Dataset: billingtest.Usage, InvoiceID: "G000000001", Rows: rowsInTest, Blobs: 40, Currencies: []string{"EUR", "USD", "INR"}}
	truth, err := e.Truth()
	if err != nil {
		t.Fatal(err)
	}
	generated := hashOf(t, e)
	server, m := service[hashed](t, e)
	for _, o := range []manifest.ReadOptions{{Concurrency: 1}, {Concurrency: 1, InOrder: true}, {Concurrency: 8}, {Concurrency: 8, InOrder: true}} {
		runtime.GC()
		stop := liveHeap()
		start := time.Now()
		s, err := m.NewStream(&o)
		if err != nil {
			t.Fatal(err)
		}
		var totals lineitem.Totals
		var sum uint64
		rows := int64(0)
		for r, err := range s.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			rows++
			totals.Add(r.Currency, r.Total)
			sum += r.hash
		}
		took, peak := time.Since(start), stop()
		t.Logf("%d at once, in order %t: %v, %.0f rows/s, live heap %.1f MiB",
			o.Concurrency, o.InOrder, took.Round(time.Millisecond), float64(rows)/took.Seconds(), float64(peak)/(1<<20))
		if rows != truth.Rows || sum != generated {
			t.Errorf("%+v: %d rows, hash %x, want %d and %x", o, rows, sum, truth.Rows, generated)
		}
		for currency, want := range truth.Sums() {
			if got := totals.Text(currency); !sameAmount(t, got, want) {
				t.Errorf("%+v: the sum is %s %s, want %s", o, currency, got, want)
			}
		}
		report := s.Report()
		for j, b := range report.Blobs {
			if b.Rows != truth.BlobRows[j] || !b.Verified {
				t.Errorf("%+v: report %+v, want %d rows", o, b, truth.BlobRows[j])
			}
		}
		if peak > 64<<20 {
			t.Errorf("%+v: the live heap reached %d MiB, want less than 64", o, peak>>20)
		}
	}
	if v := server.Violations(); len(v) > 0 || server.OpenBodies() != 0 {
		t.Errorf("violations %v, %d bodies open", v, server.OpenBodies())
	}
}

// sameAmount compares exact decimal texts; 1.50 is 1.5.
func sameAmount(t *testing.T, a, b string) bool {
	t.Helper()
	x, err := lineitem.ParseDecimal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := lineitem.ParseDecimal(b)
	if err != nil {
		t.Fatal(err)
	}
	return x.Cmp(y) == 0
}

// Memory stays flat also with the widest rows, and with a loop that is slower than
// its workers.
func TestMemoryWithWholeRows(t *testing.T) {
	e := billingtest.Export{Dataset: billingtest.Usage, InvoiceID: "G000000002", Rows: rowsInTest / 10, Blobs: 40}
	server, m := service[lineitem.Usage](t, e)
	for _, inOrder := range []bool{false, true} {
		runtime.GC()
		stop := liveHeap()
		rows := 0
		for _, err := range m.Items(t.Context(), &manifest.ReadOptions{Concurrency: 8, InOrder: inOrder}) {
			if err != nil {
				t.Fatal(err)
			}
			if rows++; rows%1000 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		peak := stop()
		t.Logf("in order %t: live heap %.1f MiB", inOrder, float64(peak)/(1<<20))
		if rows != e.Rows || peak > 64<<20 {
			t.Errorf("in order %t: %d rows with a live heap of %d MiB, want %d within 64", inOrder, rows, peak>>20, e.Rows)
		}
	}
	if n := server.OpenBodies(); n != 0 {
		t.Errorf("%d bodies are open", n)
	}
}

func TestLeavingALargeExport(t *testing.T) {
	e := billingtest.Export{Dataset: billingtest.Usage, InvoiceID: "G000000003", Rows: rowsInTest / 10, Blobs: 40}
	server, m := service[columns](t, e)
	for _, concurrency := range []int{1, 8} {
		o := &manifest.ReadOptions{Concurrency: concurrency}
		for range m.Items(t.Context(), o) {
			break
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was lost")
				}
			}()
			for range m.Items(t.Context(), o) {
				panic("oops")
			}
		}()
		ctx, cancel := context.WithCancel(t.Context())
		var last error
		for _, err := range m.Items(ctx, o) {
			last = err
			cancel()
		}
		cancel()
		if last == nil {
			t.Error("a canceled stream ended without an error")
		}
		if n := server.OpenBodies(); n != 0 {
			t.Errorf("%d workers: %d bodies are open", concurrency, n)
		}
	}
}
