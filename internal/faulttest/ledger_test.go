package faulttest

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"

	"github.com/klauspost/compress/gzip"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// numbered is the row type of most trials. N is the number of the row in its blob, from 0.
type numbered struct {
	N   int64  `json:"n"`
	Pad string `json:"pad"`
}

// numberedRows returns options that also admit the rows of the trials, which no dataset has.
func numberedRows(o *manifest.ReadOptions) *manifest.ReadOptions {
	var c manifest.ReadOptions
	if o != nil {
		c = *o
	}
	c.AllowUnknownAttributes = true
	return &c
}

// ledger records the rows that were delivered and detects lost, duplicate and misordered rows. It
// is safe for concurrent use.
type ledger struct {
	mu     sync.Mutex
	want   map[string]int64 // number of rows by blob
	next   map[string]int64 // next row by blob
	faults []string
}

// newLedger returns a ledger that expects a number of rows for each blob, by its name in the
// manifest.
func newLedger(want map[string]int64) *ledger {
	return &ledger{want: want, next: map[string]int64{}}
}

// record records a row.
func (l *ledger) record(at lineitem.Position, n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if want := l.next[at.Blob]; n != want && len(l.faults) < 10 {
		l.faults = append(l.faults, fmt.Sprintf("blob %s: got row %d, want row %d", at.Blob, n, want))
	}
	if n >= l.want[at.Blob] && len(l.faults) < 10 {
		l.faults = append(l.faults, fmt.Sprintf("blob %s: got row %d, the blob has %d rows", at.Blob, n, l.want[at.Blob]))
	}
	l.next[at.Blob] = n + 1
}

// problems returns what is wrong with the rows delivered and, if there was no error, which rows are
// missing.
func (l *ledger) problems(complete bool) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.faults
	for blob, n := range l.want {
		if complete && l.next[blob] != n {
			list = append(list, fmt.Sprintf("blob %s: %d of %d rows, and no error", blob, l.next[blob], n))
		}
	}
	return list
}

// rows returns the number of rows delivered.
func (l *ledger) rows() (n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, next := range l.next {
		n += next
	}
	return n
}

// lines returns numbered rows, each with a pad of random letters that hardly compress.
func lines(rows, pad int) []string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	r := rand.New(rand.NewPCG(uint64(rows), uint64(pad)))
	all := make([]string, rows)
	b := make([]byte, pad)
	for i := range all {
		for j := range b {
			b[j] = letters[r.IntN(len(letters))]
		}
		all[i] = fmt.Sprintf(`{"n":%d,"pad":"%s"}`, i, b)
	}
	return all
}

// zipped returns a blob of such rows.
func zipped(rows, pad int) []byte { return pack(lines(rows, pad)) }

// pack returns a gzip member of lines.
func pack(lines []string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for _, line := range lines {
		if _, err := io.WriteString(w, line+"\n"); err != nil {
			panic(err) // writing into memory does not fail
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// blobs returns the files of an export and their ledger: count blobs of numbered rows with a pad.
func blobs(count, rows, pad int) ([]billingtest.File, *ledger) {
	data := zipped(rows, pad)
	files, want := make([]billingtest.File, count), make(map[string]int64, count)
	for i := range files {
		files[i] = billingtest.File{Name: fmt.Sprintf("part-%05d.json.gz", i), Raw: data}
		want[files[i].Name] = int64(rows)
	}
	return files, newLedger(want)
}
