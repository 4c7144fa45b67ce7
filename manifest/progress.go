package manifest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// progressEvery is the shortest time between two calls of OnProgress.
const progressEvery = 100 * time.Millisecond

// progress is what was delivered of a stream to its consumers.
type progress struct {
	plan *plan

	calling sync.Mutex // held while OnBadLine or OnProgress runs
	told    time.Time  // when OnProgress was last called

	mu     sync.Mutex
	report Report
	tally  tally   // of the attributes of the rows that were delivered
	done   int     // blobs that were delivered completely
	marks  []marks // how far each blob was delivered
	behind tally   // of the attributes of the rows before the marks
}

func newProgress(p *plan) *progress {
	g := &progress{plan: p, marks: make([]marks, len(p.blobs)), done: len(p.blobs) - len(p.todo)}
	g.report = Report{Blobs: make([]BlobReport, len(p.blobs)), Earlier: p.earlier}
	for i, b := range p.blobs {
		g.report.Blobs[i] = BlobReport{Name: b.Name, Verified: b.from.done}
		g.marks[i].last = b.from
	}
	g.tally, g.behind = p.tally.clone(), p.tally.clone()
	return g
}

// total returns the report as it is.
func (g *progress) total() Report {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := Report{Blobs: slices.Clone(g.report.Blobs), Total: g.sum(), Earlier: g.report.Earlier, Admitted: slices.Clone(g.plan.export.admitted)}
	r.Unknown, r.Counted = slices.Clone(g.tally.unknown), g.tally.rows
	for i, a := range g.plan.attributes {
		r.Attributes = append(r.Attributes, lineitem.AttributeCount{Attribute: a, Values: g.tally.values[i]})
	}
	return r
}

// sum returns the total of the blobs. The caller holds mu.
func (g *progress) sum() BlobReport {
	total := BlobReport{Verified: true}
	for i := range g.report.Blobs {
		total.add(&g.report.Blobs[i])
	}
	return total
}

// delivery is how much of a batch was delivered.
type delivery struct {
	rows, skipped int
	complete      bool     // all of it
	values        []int64  // by attribute: rows that have a value
	unknown       []string // attributes that came and have no field
}

// account adds a batch, as far as it was delivered. The error says that the blob is complete, but
// does not have the number of rows that the manifest promises.
func (g *progress) account(s *section, d delivery, blank, replaced int64) error {
	g.mu.Lock()
	r := &g.report.Blobs[s.blob]
	r.Rows += int64(d.rows)
	r.Skipped += int64(d.skipped)
	r.Blank += blank
	r.Replaced += replaced
	if s.report.Bytes >= r.Bytes { // loops that share a blob may deliver out of order
		r.Size, r.Bytes, r.Reopened = s.report.Size, s.report.Bytes, s.report.Reopened
		r.ContentEncoding = s.report.ContentEncoding
	}
	g.tally.add(int64(d.rows), d.values, d.unknown)
	var err error
	if d.complete {
		m := &g.marks[s.blob]
		end := s.until
		end.rows, end.unknown = int64(d.rows), d.unknown
		if end.values = d.values; s.number != m.next {
			end.values = slices.Clone(d.values) // the batch will be used for other rows
		}
		if m.add(s.number, end, &g.behind); m.last.done {
			if err = g.verify(s.blob, r); err == nil {
				r.Verified = true
				g.done++
			}
		}
	}
	g.mu.Unlock()
	g.tell(false)
	return err
}

// verify compares the rows of a complete blob with those promised.
func (g *progress) verify(blob int, r *BlobReport) error {
	promised := g.plan.blobs[blob].rows
	if got := r.Rows + r.Skipped; promised.Set && got != promised.Value {
		return &ReadError{Blob: r.Name, Offset: r.Bytes, Err: ErrIncomplete, Reason: fmt.Sprintf("it has %d rows, and the manifest promises %d; run the export again", got, promised.Value)}
	}
	return nil
}

// bad calls OnBadLine. It returns nil if the line is to be skipped.
func (g *progress) bad(e *lineitem.DecodeError) error {
	if g.plan.options.OnBadLine == nil {
		return e
	}
	g.calling.Lock()
	defer g.calling.Unlock()
	if err := g.plan.options.OnBadLine(e); !errors.Is(err, io.EOF) {
		return err
	}
	return e // io.EOF would say that the data was read to its end
}

// tell calls OnProgress, if it is time to.
func (g *progress) tell(last bool) {
	if g.plan.options.OnProgress == nil {
		return
	}
	g.calling.Lock()
	defer g.calling.Unlock()
	now := time.Now()
	if !last && now.Sub(g.told) < progressEvery {
		return
	}
	g.told = now
	g.mu.Lock()
	total, done := g.sum(), g.done
	g.mu.Unlock()
	g.plan.options.OnProgress(Progress{
		Rows: total.Rows, Bytes: total.Bytes, TotalBytes: total.Size,
		BlobsDone: done, Blobs: len(g.plan.blobs),
	})
}

// finish verifies that every blob of a stream was delivered, and that it had what is required.
func (g *progress) finish() error {
	if g.done != len(g.plan.blobs) {
		return fmt.Errorf("manifest: %w: %d of %d blobs were read", ErrIncomplete, g.done, len(g.plan.blobs))
	}
	if err := g.judge(); err != nil {
		return err
	}
	g.tell(true)
	return nil
}

// judge returns the error for a whole export in which a required attribute never came. A part of
// one may lack it.
func (g *progress) judge() error {
	if g.plan.options.AllowMissing || g.plan.part.chosen {
		return nil
	}
	r := g.total()
	return r.CheckAttributes()
}
