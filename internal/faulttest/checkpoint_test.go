package faulttest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// These rows are about reading that stops and is resumed, as after the process was killed.
var checkpointRows = []row{
	{"K01", "stopped at random rows, 30 times, and resumed", []trial{
		{"as they come", nil, "", inBubble(func(t *testing.T) result { return stopAndResume(t, manifest.ReadOptions{Concurrency: 4}) })},
		{"in order", nil, "", inBubble(func(t *testing.T) result {
			return stopAndResume(t, manifest.ReadOptions{Concurrency: 4, InOrder: true})
		})},
		{"several loops, one of them slow", nil, "", inBubble(slowLoop)},
		{"one worker", nil, "", inBubble(func(t *testing.T) result { return stopAndResume(t, manifest.ReadOptions{Concurrency: 1}) })},
		{"batches, as they come", nil, "", inBubble(func(t *testing.T) result {
			return stopAndResumeBatches(t, manifest.ReadOptions{Concurrency: 4})
		})},
		{"batches, in order", nil, "", inBubble(func(t *testing.T) result {
			return stopAndResumeBatches(t, manifest.ReadOptions{Concurrency: 4, InOrder: true})
		})},
	}},
	{"K02", "resumed with other data", []trial{
		{"eTag", manifest.ErrDataChanged, "manifest.ErrDataChanged", inBubble(func(t *testing.T) result {
			return resumed(t, func(e *billingtest.Export) {
				e.EditManifest = func(m map[string]any) { m["eTag"] = "another" }
			})
		})},
		{"one blob more", manifest.ErrDataChanged, "manifest.ErrDataChanged", inBubble(func(t *testing.T) result {
			return resumed(t, func(e *billingtest.Export) { e.Files, _ = blobs(3, longRows, 200) })
		})},
		{"row read before changed", manifest.ErrDataChanged, "manifest.ErrDataChanged", inBubble(func(t *testing.T) result {
			return resumed(t, func(e *billingtest.Export) {
				text := lines(longRows, 200)
				text[3] = strings.Replace(text[3], `"pad":"`, `"pad":"*`, 1)
				e.Files = twoMembers(e.Files, text)
			})
		})},
		{"rows missing", manifest.ErrDataChanged, "manifest.ErrDataChanged", inBubble(func(t *testing.T) result {
			return resumed(t, func(e *billingtest.Export) { e.Files, _ = blobs(2, 1500, 200) })
		})},
	}},
	{"K03", "resumed from a re-export of the same data", []trial{
		{"other location, other bytes", nil, "", inBubble(func(t *testing.T) result {
			return resumed(t, func(e *billingtest.Export) {
				e.Version = "203001010000"
				e.Files = twoMembers(e.Files, lines(longRows, 200))
			})
		})},
	}},
	{"K04", "checkpoint that is damaged, truncated or empty", []trial{
		{"each byte", manifest.ErrCheckpoint, "manifest.ErrCheckpoint", inBubble(damagedCheckpoints)},
		{"no eTag", manifest.ErrCheckpoint, "manifest.ErrCheckpoint", inBubble(func(t *testing.T) result {
			files, _ := blobs(1, 100, 50)
			s := serveExport(t, nil, billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: func(m map[string]any) { delete(m, "eTag") }})
			m, err := s.manifest(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			stream, err := m.NewStream(numberedRows(nil))
			if err != nil {
				t.Fatal(err)
			}
			_, err = stream.Checkpoint()
			return result{err: err}
		})},
		{"batch in one of several loops", manifest.ErrCheckpoint, "manifest.ErrCheckpoint", inBubble(func(t *testing.T) result {
			m, err := serve(t, nil, 1, 100, 50).manifest(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			stream, err := m.NewStream(numberedRows(nil))
			if err != nil {
				t.Fatal(err)
			}
			err = stream.Parallel(t.Context(), 2, func(rows *manifest.Share[numbered]) error {
				for b, err := range rows.Batches() {
					if err == nil {
						_, err = b.Checkpoint()
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
			return result{err: err}
		})},
	}},
}

// stopAndResume stops and resumes reading. It keeps a row only if it saved a checkpoint after it.
func stopAndResume(t *testing.T, o manifest.ReadOptions) result {
	s := serve(t, nil, 5, 6000, 100)
	m, err := s.manifest(t.Context())
	if err != nil {
		return result{err: err}
	}
	r := rand.New(rand.NewPCG(7, uint64(o.Concurrency)))
	type kept struct {
		at lineitem.Position
		n  int64
	}
	var rows []kept // as committed to a database
	stops := 0
	for again := true; again; {
		stream, err := m.NewStream(numberedRows(&o))
		if err != nil {
			return result{err: err, ledger: s.ledger}
		}
		var uncommitted []kept
		again = false
		save := func() {
			c, err := stream.Checkpoint()
			if err != nil {
				t.Fatal(err)
			}
			if o.Resume, err = manifest.ParseCheckpoint(c.String()); err != nil {
				t.Fatal(err)
			}
			rows, uncommitted = append(rows, uncommitted...), nil
		}
		left := r.IntN(2000)
		for row, err := range stream.All(t.Context()) {
			if err != nil {
				return result{err: err, ledger: s.ledger}
			}
			if r.IntN(300) == 0 {
				save()
			}
			if left--; left < 0 && stops < 30 {
				stops++
				again = true
				break
			}
			uncommitted = append(uncommitted, kept{stream.Position(), row.N})
		}
		if !again {
			save()
		}
	}
	for _, row := range rows {
		s.ledger.record(row.at, row.n)
	}
	s.wantClean(t)
	return result{ledger: s.ledger, note: fmt.Sprintf("%d stops", stops)}
}

// stopAndResumeBatches stops and resumes reading. It keeps the rows of a batch with the checkpoint
// of the batch, or neither, and then with the checkpoint of the stream.
func stopAndResumeBatches(t *testing.T, o manifest.ReadOptions) result {
	s := serve(t, nil, 5, 6000, 100)
	m, err := s.manifest(t.Context())
	if err != nil {
		return result{err: err}
	}
	r := rand.New(rand.NewPCG(8, uint64(o.Concurrency)))
	stops := 0
	for again := true; again; {
		stream, err := m.NewStream(numberedRows(&o))
		if err != nil {
			return result{err: err, ledger: s.ledger}
		}
		again = false
		for b, err := range stream.Batches(t.Context()) {
			if err != nil {
				return result{err: err, ledger: s.ledger}
			}
			if r.IntN(3) == 0 && stops < 30 {
				stops++
				again = true
				break
			}
			for i := range b.Rows {
				s.ledger.record(b.Position(i), b.Rows[i].N)
			}
			c, err := b.Checkpoint()
			if err != nil {
				t.Fatal(err)
			}
			if o.Resume, err = manifest.ParseCheckpoint(c.String()); err != nil {
				t.Fatal(err)
			}
		}
		if again && stops%2 == 0 { // it covers the batches whose bodies completed
			if o.Resume, err = stream.Checkpoint(); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.wantClean(t)
	return result{ledger: s.ledger, note: fmt.Sprintf("%d stops", stops)}
}

// slowLoop reads a blob in several loops. One stays in its first row, and a checkpoint is made when
// the others are far ahead. The rows of the slow loop must not count as processed.
func slowLoop(t *testing.T) result {
	s := serve(t, nil, 1, longRows, 100)
	m, err := s.manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := m.NewStream(numberedRows(nil))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	processed := map[int64]bool{}
	ahead := make(chan struct{})
	var from *manifest.Checkpoint
	enough := errors.New("enough")
	err = stream.Parallel(t.Context(), 3, func(rows *manifest.Share[numbered]) error {
		for row, err := range rows.All() {
			if err != nil {
				return err
			}
			if row.N == 0 {
				<-ahead
				return enough // row 0 is not processed
			}
			mu.Lock()
			processed[row.N] = true
			if len(processed) == 8000 {
				from, err = stream.Checkpoint()
				close(ahead)
			}
			stop := len(processed) >= 8000
			mu.Unlock()
			if err != nil || stop {
				return cmp.Or(err, enough)
			}
		}
		return nil
	})
	if !errors.Is(err, enough) {
		return result{err: err}
	}
	if stream, err = m.NewStream(numberedRows(&manifest.ReadOptions{Resume: from})); err != nil {
		return result{err: err}
	}
	for row, err := range stream.All(t.Context()) {
		if err != nil {
			return result{err: err}
		}
		processed[row.N] = true
	}
	if len(processed) != longRows {
		t.Errorf("%d rows of %d", len(processed), longRows)
	}
	s.wantClean(t)
	return result{}
}

// readHalf reads a part of an export and returns a checkpoint.
func readHalf(t *testing.T, s *service) *manifest.Checkpoint {
	t.Helper()
	m, err := s.manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := m.NewStream(numberedRows(&manifest.ReadOptions{Concurrency: 2}))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for row, err := range stream.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n > 9000 {
			break
		}
		s.ledger.record(stream.Position(), row.N)
	}
	c, err := stream.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// resumed reads half of an export, changes the export, and resumes.
func resumed(t *testing.T, change func(*billingtest.Export)) result {
	files, ledger := blobs(2, longRows, 200)
	e := billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: sameETag}
	s := serveExport(t, nil, e)
	s.ledger = ledger
	s.read = &manifest.ReadOptions{Resume: readHalf(t, s)}
	e.Files, _ = blobs(2, longRows, 200)
	change(&e)
	if err := s.Add(e); err != nil {
		t.Fatal(err)
	}
	return s.export(t.Context(), t)
}

// damagedCheckpoints parses a checkpoint with each byte removed or changed, and truncated at each
// byte.
func damagedCheckpoints(t *testing.T) result {
	s := serve(t, nil, 2, longRows, 200)
	text := readHalf(t, s).String()
	var last error
	for i := range len(text) {
		for _, bad := range []string{text[:i], text[:i] + text[i+1:], text[:i] + string(text[i]^1) + text[i+1:]} {
			c, err := manifest.ParseCheckpoint(bad)
			if err == nil {
				t.Errorf("%s was parsed as a checkpoint with %d rows", bad, c.Rows())
			}
			last = err
		}
	}
	return result{err: last}
}
