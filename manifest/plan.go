package manifest

import (
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/partnerbilling/sdk-go/internal/blobread"
	"github.com/partnerbilling/sdk-go/internal/checksum"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/internal/lines"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// plan is what a stream is to read, and how. It does not change while the stream is read.
type plan struct {
	export   *export
	part     *selection
	options  ReadOptions
	format   lineitem.Format
	judgment *judgment // of the format; nil: it is known
	// attributes are those of the row type; none: it decodes a row as one value.
	attributes []lineitem.Attribute
	tally      tally // of the rows before the checkpoint
	blobs      []planned
	todo       []int // the blobs that were not done before the checkpoint
	earlier    int64 // rows before the checkpoint
	throttle   *blobread.Throttle
	dates      atomic.Int32 // the lineitem.DateOrder that dates had
}

// planned is one blob of a plan.
type planned struct {
	blobread.Blob
	rows  jsonscalar.Int // that the manifest promises
	empty bool           // it may have no bytes
	index int            // in the order of names
	from  mark           // where to begin
}

func newPlan(e *export, part *selection, attributes []lineitem.Attribute, o *ReadOptions) (*plan, error) {
	format, known, err := e.format()
	if err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	p := &plan{export: e, part: part, options: o.withDefaults(), format: format, blobs: make([]planned, len(part.blobs)), tally: newTally(len(attributes))}
	if p.attributes, err = require(attributes, p.options.Require); err != nil {
		return nil, err
	}
	if !slices.Contains(lineitem.PossibleDateOrderValues(), p.options.DateOrder) {
		return nil, fmt.Errorf("manifest: unsupported order of dates %v", p.options.DateOrder)
	}
	if !known {
		p.judgment, p.options.AllowPlain = new(judgment), true
	}
	// CSV is mostly not compressed, and its header tells it from an error page.
	p.options.AllowPlain = p.options.AllowPlain || format == lineitem.FormatCSV
	// A single blob keeps several workers busy, but no more than there are processors.
	if p.options.DateOrder == lineitem.DateOrderUnspecified && e.rooted == nil {
		p.options.DateOrder = lineitem.DateOrderMonthFirst // only Cost Management has blobs without a root
	}
	p.throttle = blobread.NewThrottle(min(p.options.Concurrency, max(len(p.blobs), runtime.GOMAXPROCS(0))))
	for i, b := range part.blobs {
		promised := &e.doc.Blobs[b]
		p.blobs[i] = planned{Blob: blobread.Blob{Name: promised.Name, Size: promised.Size, VerifyMD5: p.options.VerifyMD5}, rows: promised.Rows, index: e.rank[b]}
		p.blobs[i].empty = p.options.AllowEmpty || promised.Empty || promised.Size.Set || promised.Rows == jsonscalar.Int{Set: true}
	}
	if p.options.Resume != nil {
		if err := p.resume(&p.options.Resume.state); err != nil {
			return nil, err
		}
	}
	for i := range p.blobs {
		if !p.blobs[i].from.done {
			p.todo = append(p.todo, i)
		}
	}
	return p, nil
}

// agree reports whether dates with slashes that were decoded have the order of those before them.
// Decoders are several, and each knows its own rows only.
func (p *plan) agree(found lineitem.DateOrder) bool {
	return found == lineitem.DateOrderUnspecified || p.dates.CompareAndSwap(0, int32(found)) || p.dates.Load() == int32(found) //nolint:gosec // It is 1 or 2.
}

// otherData says what to do where a checkpoint is of other data.
const otherData = "the service has new data, or the checkpoint is of another export: " +
	"if it is of this one, delete the rows of this export and read it with Resume nil"

// resume makes the plan begin at a checkpoint.
func (p *plan) resume(state *checkpointState) error {
	same := p.export.same
	switch {
	case !state.valid():
		return checkpointError("it is the zero value; pass nil at the first start")
	case p.format != lineitem.FormatJSONLines:
		return checkpointError(noneOfCSV)
	case same.eTag != state.ETag:
		return &Error{Field: "eTag", Reason: fmt.Sprintf("it is %q, and the checkpoint is of data with %q; "+otherData,
			errtext.Clip(same.eTag, errtext.CodeLimit), errtext.Clip(state.ETag, errtext.CodeLimit)), Err: ErrDataChanged}
	case len(same.names) != state.Blobs || hashOf(same.names) != state.Names:
		return &Error{Field: "blobs", Reason: "they are not those of the checkpoint; " + otherData, Err: ErrDataChanged}
	case p.part.part != state.Part:
		return checkpointError("it is of another selection of the export's blobs; resume with the same names, or start over")
	}
	p.judgment = nil // a checkpoint is one of JSON Lines
	open := make(map[int]openBlob, len(state.Open))
	for _, o := range state.Open {
		open[o.Blob] = o
	}
	if order := p.options.DateOrder; order != state.Dates && order != lineitem.DateOrderUnspecified && state.Dates != lineitem.DateOrderUnspecified {
		return &Error{Field: "DateOrder", Reason: fmt.Sprintf("it is %v, and dates before the checkpoint were read as %v; resume with that, or start over", order, state.Dates), Err: lineitem.ErrDateOrder}
	}
	p.dates.Store(int32(state.Dates)) //nolint:gosec // It is 2 at most.
	p.earlier = state.Rows
	if c := state.Counted; c != nil && len(c.Values) == len(p.attributes) && c.Of == hashOfAttributes(p.attributes) {
		p.tally.add(c.Rows, c.Values, c.Unknown)
	}
	for i := range p.blobs {
		b := &p.blobs[i]
		if b.from.done = state.done(b.index); b.from.done {
			continue
		}
		if o, is := open[b.index]; is {
			b.from = mark{at: lineStart{o.Line, o.Offset}, read: checksum.Sum{CRC: o.CRC, Length: o.Known}}
			if o.Known-o.Offset > int64(p.options.MaxLineBytes)+lines.MaxBlock {
				return checkpointError("its lines are longer than MaxLineBytes; resume with the limit of the first read")
			}
		}
	}
	return nil
}
