package manifest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// What a checkpoint begins with. Versions of this package that know no selections refuse the
// second.
const (
	checkpointPrefix = "partnerbilling-checkpoint."
	checkpointWhole  = checkpointPrefix + "v1." // of a whole export
	checkpointPart   = checkpointPrefix + "v2." // of a selection
)

// Checkpoint records how many rows of each blob of a [Stream] were delivered, as a text: for a
// file, or better for the database that the rows are written to, in the same transaction.
// [Stream.Checkpoint] makes it, in another process [ParseCheckpoint] reads it, and
// [ReadOptions.Resume] resumes from it.
//
// It identifies the data by the manifest's eTag and by the names of the blobs, the selection of
// [Manifest.Select] by the names in it, and the progress of each blob by a line, with a checksum of
// the text before the line, or some rows further. It counts in how many rows each attribute had a
// value, so that a resumed read is judged as a whole, and has the order of dates with slashes, of
// which a read has one. It holds no secret and no value of a row. A SAS is not part of it either:
// to resume, you need a manifest, which the operation returns as long as the service keeps it (see
// poller.Poller's ResumeToken), or else a new export of the same data.
//
// Blobs that were completed are not requested again. Those in progress are read again from their
// start, since gzip cannot be entered in the middle, but not decoded up to the checkpoint; the text
// before it must be the same.
type Checkpoint struct {
	state checkpointState
}

// checkpointState is the content of the text. Blobs are counted in the order of their names.
type checkpointState struct {
	ETag  string     `json:"eTag"`
	Names string     `json:"names"`          // hash of the names of all blobs of the export
	Part  string     `json:"part,omitempty"` // hash of the names of a selection
	Blobs int        `json:"blobs"`
	Rows  int64      `json:"rows"`
	Done  []byte     `json:"done,omitempty"` // a bit for each blob
	Open  []openBlob `json:"open,omitempty"`
	// Counted says how often each attribute came. Versions that do not count ignore it and write
	// none; neither do reads into rows without attributes of their own.
	Counted *counted `json:"counted,omitempty"`
	// Dates is the order that dates with slashes had, so that the rest of the read has no other.
	// Earlier versions ignore it and write none.
	Dates lineitem.DateOrder `json:"dates,omitempty"`
}

// openBlob is a blob that was delivered up to a line.
type openBlob struct {
	Blob   int   `json:"blob"`
	Line   int64 `json:"line"`
	Offset int64 `json:"offset"` // of the line in the text
	// How much of the text is known, and its sum: the text before the line and, where the line is
	// inside a block, the rest of the block as well.
	Known int64  `json:"known"`
	CRC   uint32 `json:"crc"`
}

// Rows returns how many rows were delivered.
func (c *Checkpoint) Rows() int64 { return c.state.Rows }

// String returns the text.
func (c *Checkpoint) String() string {
	data, err := json.Marshal(&c.state)
	if err != nil {
		return "" // unreachable: there are only numbers and strings
	}
	prefix := checkpointWhole
	if c.state.Part != "" {
		prefix = checkpointPart
	}
	return fmt.Sprintf("%s%s.%08x", prefix, base64.RawURLEncoding.EncodeToString(data), crc32.ChecksumIEEE(data))
}

// MarshalText returns the text.
func (c *Checkpoint) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText is [ParseCheckpoint].
func (c *Checkpoint) UnmarshalText(text []byte) error {
	parsed, err := ParseCheckpoint(string(text))
	if err == nil {
		*c = *parsed
	}
	return err
}

// ParseCheckpoint reads the text of a checkpoint. An error matches [ErrCheckpoint]: the text is
// empty, damaged, truncated, or from another version. An empty text is no checkpoint of the start:
// to read from the start, leave [ReadOptions.Resume] nil.
func ParseCheckpoint(text string) (*Checkpoint, error) {
	text = strings.TrimSpace(text)
	rest, isWhole := strings.CutPrefix(text, checkpointWhole)
	isPart := false
	if !isWhole {
		rest, isPart = strings.CutPrefix(text, checkpointPart)
	}
	switch {
	case isWhole || isPart:
	case text == "":
		return nil, checkpointError("it is empty; pass no checkpoint at the first start")
	case strings.HasPrefix(text, checkpointPrefix):
		return nil, checkpointError("it was written by another version of this package; resume with that version, or start over")
	default:
		return nil, checkpointError("it is not a checkpoint; start over")
	}
	encoded, sum, _ := strings.Cut(rest, ".")
	data, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || sum != fmt.Sprintf("%08x", crc32.ChecksumIEEE(data)) {
		return nil, checkpointError("it is damaged; start over")
	}
	var c Checkpoint
	if err := json.Unmarshal(data, &c.state); err != nil || !c.state.valid() || isPart != (c.state.Part != "") {
		return nil, checkpointError("it is malformed; start over")
	}
	return &c, nil
}

// partial is how far a batch of a blob was delivered.
type partial struct {
	blob int // index in the plan
	mark
}

// checkpoint returns how far the blobs were delivered, and the batch in delivery if it is not nil.
func (g *progress) checkpoint(now *partial) (*Checkpoint, error) {
	same := g.plan.export.same
	if g.plan.format != lineitem.FormatJSONLines || g.plan.judgment.isCSV() {
		return nil, checkpointError(noneOfCSV)
	}
	if same.eTag == "" {
		return nil, checkpointError("the manifest has no eTag, without which it cannot be verified that the data are the same")
	}
	c := &Checkpoint{checkpointState{ETag: same.eTag, Names: hashOf(same.names), Part: g.plan.part.part, Blobs: len(same.names), Dates: lineitem.DateOrder(g.plan.dates.Load())}}
	g.mu.Lock()
	defer g.mu.Unlock()
	c.state.Rows = g.plan.earlier
	behind := g.behind.clone()
	for i, b := range g.plan.blobs {
		m := g.marks[i].last
		c.state.Rows += m.rows
		if now != nil && now.blob == i {
			m = now.mark
			c.state.Rows += m.rows
			behind.add(m.rows, m.values, m.unknown)
		}
		switch sum := m.sum(); {
		case m.done:
			c.state.setDone(b.index)
		case m.at.line > 0:
			c.state.Open = append(c.state.Open, openBlob{Blob: b.index, Line: m.at.line, Offset: m.at.offset, Known: sum.Length, CRC: sum.CRC})
		}
	}
	if len(g.plan.attributes) > 0 {
		c.state.Counted = &counted{Of: hashOfAttributes(g.plan.attributes), Rows: behind.rows, Values: behind.values, Unknown: behind.unknown}
	}
	slices.SortFunc(c.state.Open, func(a, b openBlob) int { return a.Blob - b.Blob })
	return c, nil
}

// noneOfCSV says why: a checkpoint is inside of a blob, and the header is at its start.
const noneOfCSV = "CSV has no checkpoints; to repeat less after a failure, read blob by blob with Select"

func checkpointError(reason string) error {
	return &Error{Field: "checkpoint", Reason: reason, Err: ErrCheckpoint}
}

// valid reports whether it can be the state of a stream.
func (s *checkpointState) valid() bool {
	if s.ETag == "" || s.Blobs < 0 || s.Rows < 0 || len(s.Done) > (s.Blobs+7)/8 || len(s.Open) > s.Blobs || !s.Counted.valid(s.Rows) || !slices.Contains(lineitem.PossibleDateOrderValues(), s.Dates) {
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

// done reports whether a blob was completed.
func (s *checkpointState) done(blob int) bool {
	return blob/8 < len(s.Done) && s.Done[blob/8]>>(blob%8)&1 != 0
}

func (s *checkpointState) setDone(blob int) {
	for blob/8 >= len(s.Done) {
		s.Done = append(s.Done, 0)
	}
	s.Done[blob/8] |= 1 << (blob % 8)
}
