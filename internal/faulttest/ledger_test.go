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
)

// numbered is the row of most trials: it knows its place in its blob, from 0.
type numbered struct {
	N   int64  `json:"n"`
	Pad string `json:"pad"`
}

// ledger knows which rows every blob has, and sees any that is lost, doubled, or out of
// turn. It may be used by several goroutines.
type ledger struct {
	mu     sync.Mutex
	have   map[string]int64 // rows of a blob
	next   map[string]int64
	faults []string
}

// newLedger expects so many rows of each blob, by its name in the manifest.
func newLedger(have map[string]int64) *ledger {
	return &ledger{have: have, next: map[string]int64{}}
}

// saw takes down a row.
func (l *ledger) saw(at lineitem.Position, n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if want := l.next[at.Blob]; n != want && len(l.faults) < 10 {
		l.faults = append(l.faults, fmt.Sprintf("blob %s: row %d where %d was due", at.Blob, n, want))
	}
	if n >= l.have[at.Blob] && len(l.faults) < 10 {
		l.faults = append(l.faults, fmt.Sprintf("blob %s: row %d of %d", at.Blob, n, l.have[at.Blob]))
	}
	l.next[at.Blob] = n + 1
}

// wrong lists what is wrong: with what came, and, where the reading ended well, with what
// did not come.
func (l *ledger) wrong(whole bool) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.faults
	for blob, n := range l.have {
		if whole && l.next[blob] != n {
			list = append(list, fmt.Sprintf("blob %s: %d of %d rows, and no error", blob, l.next[blob], n))
		}
	}
	return list
}

// rows is how many came.
func (l *ledger) rows() (n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, next := range l.next {
		n += next
	}
	return n
}

// lines makes so many numbered rows, each with a pad of so many bytes that hardly compress.
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

// zipped is a blob of such rows.
func zipped(rows, pad int) []byte { return pack(lines(rows, pad)) }

// pack is a gzip member of lines.
func pack(lines []string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for _, line := range lines {
		if _, err := io.WriteString(w, line+"\n"); err != nil {
			panic(err) // into memory
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// blobs makes the files of an export and the ledger that expects them: so many blobs of
// so many rows, each row a pad of so many bytes longer than its number.
func blobs(count, rows, pad int) ([]billingtest.File, *ledger) {
	data := zipped(rows, pad)
	files, have := make([]billingtest.File, count), make(map[string]int64, count)
	for i := range files {
		files[i] = billingtest.File{Name: fmt.Sprintf("part-%05d.json.gz", i), Raw: data}
		have[files[i].Name] = int64(rows)
	}
	return files, newLedger(have)
}
