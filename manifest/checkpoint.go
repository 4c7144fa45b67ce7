package manifest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/partnerbilling/sdk-go/internal/checksum"
	"github.com/partnerbilling/sdk-go/internal/lines"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// checkpointPrefix carries the version.
const checkpointPrefix = "partnerbilling-checkpoint.v1."

// Checkpoint is how far a [Stream] has come, as a text: for a file, or better for the
// database that the rows go to, in the same transaction. [Stream.Checkpoint] makes it, in
// another process [ParseCheckpoint] reads it, and [ReadOptions.Resume] goes on from it.
//
// It names the data by the manifest's eTag and by the names of the blobs, and says for
// each blob that was begun how many lines are through, with a checksum of the text before,
// or some rows further.
// There is nothing secret in it and nothing of the rows. A signature is not part of it
// either: going on takes a manifest, which the operation gives as long as the service
// keeps it (see poller.Poller's ResumeToken), or else a new export of the same data.
//
// Blobs that are through are not requested again. Those that were begun are read again
// from their start, since gzip knows no other way, but not decoded up to the checkpoint;
// what stands before it must be the same text.
type Checkpoint struct {
	state checkpointState
}

// checkpointState is what the text holds. Blobs are counted in the order of their names.
type checkpointState struct {
	ETag  string       `json:"eTag"`
	Names string       `json:"names"` // hash of all names
	Blobs int          `json:"blobs"`
	Rows  int64        `json:"rows"`
	Done  []byte       `json:"done,omitempty"` // a bit for each blob
	Open  []openedBlob `json:"open,omitempty"`
}

// openedBlob is a blob that is through up to a line.
type openedBlob struct {
	Blob   int   `json:"blob"`
	Line   int64 `json:"line"`
	Offset int64 `json:"offset"` // of the line in the text
	// How much of the text is known, and its sum. It is that before the line, and where the
	// line is in the middle of a block, the rest of the block as well.
	Known int64  `json:"known"`
	CRC   uint32 `json:"crc"`
}

// Rows is how many rows were through a loop.
func (c *Checkpoint) Rows() int64 { return c.state.Rows }

// String gives the text.
func (c *Checkpoint) String() string {
	data, err := json.Marshal(&c.state)
	if err != nil {
		return "" // which cannot be: there are only numbers and texts
	}
	return fmt.Sprintf("%s%s.%08x", checkpointPrefix, base64.RawURLEncoding.EncodeToString(data), crc32.ChecksumIEEE(data))
}

// MarshalText gives the text.
func (c *Checkpoint) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText is [ParseCheckpoint].
func (c *Checkpoint) UnmarshalText(text []byte) error {
	parsed, err := ParseCheckpoint(string(text))
	if err == nil {
		*c = *parsed
	}
	return err
}

// ParseCheckpoint reads the text of a checkpoint. An error matches [ErrCheckpoint]: the
// text is damaged, cut off (an empty text is no start), or from another version.
func ParseCheckpoint(text string) (*Checkpoint, error) {
	text = strings.TrimSpace(text)
	rest, ok := strings.CutPrefix(text, checkpointPrefix)
	switch {
	case !ok && strings.HasPrefix(text, "partnerbilling-checkpoint."):
		return nil, checkpointError("it was written by another version of this package")
	case !ok:
		return nil, checkpointError("this is no checkpoint")
	}
	encoded, sum, _ := strings.Cut(rest, ".")
	data, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || sum != fmt.Sprintf("%08x", crc32.ChecksumIEEE(data)) {
		return nil, checkpointError("it is damaged")
	}
	var c Checkpoint
	if err := json.Unmarshal(data, &c.state); err != nil || !c.state.sound() {
		return nil, checkpointError("it makes no sense")
	}
	return &c, nil
}

func checkpointError(reason string) error {
	return &Error{Field: "checkpoint", Reason: reason, Err: ErrCheckpoint}
}

// sound reports whether it could be the state of a stream at all.
func (s *checkpointState) sound() bool {
	if s.ETag == "" || s.Blobs < 0 || s.Rows < 0 || len(s.Done) > (s.Blobs+7)/8 || len(s.Open) > s.Blobs {
		return false
	}
	for i := range 8 * len(s.Done) {
		if i >= s.Blobs && s.done(i) {
			return false
		}
	}
	last := -1
	for _, o := range s.Open {
		if o.Blob <= last || o.Blob >= s.Blobs || s.done(o.Blob) || o.Line < 1 || o.Offset < 0 || o.Known < o.Offset {
			return false
		}
		last = o.Blob
	}
	return true
}

// done reports whether a blob is through.
func (s *checkpointState) done(blob int) bool {
	return blob/8 < len(s.Done) && s.Done[blob/8]>>(blob%8)&1 != 0
}

func (s *checkpointState) setDone(blob int) {
	for blob/8 >= len(s.Done) {
		s.Done = append(s.Done, 0)
	}
	s.Done[blob/8] |= 1 << (blob % 8)
}

// hashOf stands for the names of an export's blobs.
func hashOf(names []string) string {
	h := sha256.New()
	for _, n := range names {
		_, _ = fmt.Fprintf(h, "%d %s\n", len(n), n) // a hash takes all that is written
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Checkpoint tells how far the stream has come. What counts is a row whose loop body has
// completed: in the body, the row that is there does not count yet, and comes again in a
// stream that resumes; after the loop, the one in whose body it was left. So no row is
// lost, whatever happens. For every row exactly once, write rows and checkpoint in one
// transaction, and make the checkpoint at the beginning of a body, or after the loop:
//
//	for item, err := range stream.All(ctx) {
//		if err != nil {
//			return err
//		}
//		if n++; n%10_000 == 0 {
//			... save stream.Checkpoint() and commit: all rows before item ...
//		}
//		... write item ...
//	}
//	... save stream.Checkpoint() and commit: all rows ...
//
// It is meant to be called in the goroutine that ranges, or in one of those of
// [Stream.Parallel]. There, rows count when the batch that they are part of is through,
// some hundreds; those of it that were through come again.
//
// The error matches [ErrCheckpoint]: the manifest has no eTag, without which nobody could
// say later whether the data are still the same, or it is a report in CSV.
func (s *Stream[T]) Checkpoint() (*Checkpoint, error) {
	if s.source.origin.eTag == "" {
		return nil, checkpointError("the manifest has no eTag, so that it could not be told whether the data are still the same")
	}
	if s.format != lineitem.FormatJSONLines {
		return nil, checkpointError("the rows have a header, which the rest of a blob does not have")
	}
	names := s.source.origin.names
	c := &Checkpoint{checkpointState{ETag: s.source.origin.eTag, Names: hashOf(names), Blobs: len(names)}}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.state.Rows = s.report.Earlier
	for i := range s.blobs {
		m, index := s.marks[i].last, s.index(i)
		c.state.Rows += m.rows
		sum := m.sum()
		if b := s.cursor.batch; b != nil && b.blob == i {
			m.at, sum = s.cursor.due(), b.sum()
			c.state.Rows += int64(s.cursor.row)
		}
		switch {
		case m.done:
			c.state.setDone(index)
		case m.at.line > 0:
			c.state.Open = append(c.state.Open, openedBlob{Blob: index, Line: m.at.line, Offset: m.at.offset, Known: sum.Length, CRC: sum.CRC})
		}
	}
	slices.SortFunc(c.state.Open, func(a, b openedBlob) int { return a.Blob - b.Blob })
	return c, nil
}

// index is a blob's in the order of names.
func (s *Stream[T]) index(blob int) int {
	i, _ := slices.BinarySearch(s.source.origin.names, s.blobs[blob].Name)
	return i
}

// resume makes the stream begin at a checkpoint.
func (s *Stream[T]) resume(from *Checkpoint) error {
	state, origin := &from.state, s.source.origin
	switch {
	case !state.sound():
		return checkpointError("it is empty")
	case s.format != lineitem.FormatJSONLines:
		return checkpointError("a report in CSV cannot be gone on with")
	case origin.eTag != state.ETag:
		return &Error{Field: "eTag", Reason: fmt.Sprintf("it is %q, and the checkpoint is of data with %q; start over", clip(origin.eTag), clip(state.ETag)), Err: ErrDataChanged}
	case len(origin.names) != state.Blobs || hashOf(origin.names) != state.Names:
		return &Error{Field: "blobs", Reason: "they are not those of the checkpoint; start over", Err: ErrDataChanged}
	}
	open := make(map[int]openedBlob, len(state.Open))
	for _, o := range state.Open {
		open[o.Blob] = o
	}
	s.report.Earlier = state.Rows
	s.todo = s.todo[:0]
	for i := range s.blobs {
		index := s.index(i)
		if state.done(index) {
			s.marks[i].last.done = true
			s.report.Blobs[i].Verified = true
			s.done++
			continue
		}
		if o, is := open[index]; is {
			s.marks[i].last = mark{at: start{o.Line, o.Offset}, read: checksum.Sum{CRC: o.CRC, Length: o.Known}}
			if o.Known-o.Offset > int64(s.options.MaxLineBytes)+lines.MaxBlock {
				return checkpointError("its lines are longer than MaxLineBytes")
			}
		}
		s.todo = append(s.todo, i)
	}
	return nil
}
