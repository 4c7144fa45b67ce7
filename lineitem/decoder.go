package lineitem

import (
	"reflect"
	"slices"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

// Decoder decodes single lines, for programs that split data into lines themselves. Use [Reader] to
// decode a file or stream. A Decoder caches the order of keys and repeated texts, so use one for
// many lines. It is not safe for concurrent use; give each goroutine its own.
type Decoder[T any] struct {
	rows rowDecoder
}

// rowDecoder decodes lines of one format into rows of one kind of type.
type rowDecoder interface {
	// decode decodes a line into a row that is zero. It returns the attribute that an error
	// concerns, if there is one.
	decode(line []byte, row target) (attribute string, err error)
	// replacements returns the number of texts with U+FFFD in place of invalid bytes.
	replacements() int64
	// dateParser returns what parses the dates of rows, nil if their type does.
	dateParser() *datetime.Dates
	// appendPresent appends one bit for each field of the plan that has a value in the last row.
	appendPresent(present []uint64) []uint64
	// unknown returns the attributes without a field that occurred.
	unknown() []string
}

// NewDecoder returns a decoder of JSON objects for rows of type T: a struct, which may have only
// some of the attributes as fields, a map with string keys, or a type with UnmarshalJSON. The error
// matches [ErrRowType] if T is another type or has a field of an unsupported type.
func NewDecoder[T any]() (*Decoder[T], error) {
	p, err := planFor(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	if d := newWholeDecoder(p); d != nil {
		return &Decoder[T]{d}, nil
	}
	return &Decoder[T]{newObjectDecoder(p)}, nil
}

// NewCSVDecoder returns a decoder of CSV records below a header. Columns are matched to fields by
// name like JSON keys, exactly first and then without regard to case, and columns without a field
// are skipped.
//
// The error matches [ErrRowType] as that of [NewDecoder], or is a [*DecodeError] without a position
// that matches [ErrCSV], [ErrDuplicate], or [ErrRowMismatch] if no column has a field other than
// Unknown and T has such fields.
func NewCSVDecoder[T any](header []byte) (*Decoder[T], error) {
	p, err := planFor(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	if rows := newWholeDecoder(p); rows != nil {
		names, err := columnNames(header)
		if err != nil {
			return nil, &DecodeError{Err: err}
		}
		return &Decoder[T]{&csvWholeDecoder{wholeDecoder: rows, names: names}}, nil
	}
	d, attribute, err := newCSVDecoder(p, header)
	if err != nil {
		return nil, &DecodeError{Attribute: attribute, Err: err}
	}
	return &Decoder[T]{d}, nil
}

// Decode decodes one line into row, which is overwritten completely. The line may be reused
// afterwards. An error is a [*DecodeError] without a position; row is then undefined.
func (d *Decoder[T]) Decode(line []byte, row *T) error {
	if attribute, err := d.decodeRow(line, row); err != nil {
		return &DecodeError{Attribute: attribute, Err: err}
	}
	return nil
}

// Replaced returns the number of texts so far in which invalid bytes or escapes were replaced with
// U+FFFD.
func (d *Decoder[T]) Replaced() int64 { return d.rows.replacements() }

// AppendPresent appends to present which attributes of T had a value in the last row that was
// decoded without an error: one bit for each attribute of [AttributesOf], in their order, 64 to an
// element from the lowest bit on, as many elements as [PresentWords] says. An attribute that is
// null or an empty text has no value, whatever its field is then.
func (d *Decoder[T]) AppendPresent(present []uint64) []uint64 { return d.rows.appendPresent(present) }

// Unknown returns the names of the attributes so far for which T has no field, in the order in
// which they occurred, 256 at most. It is nil for a T that decodes a row as one value.
func (d *Decoder[T]) Unknown() []string { return slices.Clip(d.rows.unknown()) }

// SetDateOrder says in which order the dates with slashes are that come next. It has no effect on
// rows whose type decodes them as one value, such as [Record].
func (d *Decoder[T]) SetDateOrder(o DateOrder) {
	if dates := d.rows.dateParser(); dates != nil {
		dates.Order = datetime.Order(o)
	}
}

// DateOrder returns the order that dates with slashes had so far, or [DateOrderUnspecified] if
// there was none that is a date in one order alone. Decoders that share the work on one file must
// find the same order.
func (d *Decoder[T]) DateOrder() DateOrder {
	if dates := d.rows.dateParser(); dates != nil {
		return DateOrder(dates.Found())
	}
	return DateOrderUnspecified
}

func (d *Decoder[T]) decodeRow(line []byte, row *T) (attribute string, err error) {
	var zero T
	*row = zero
	return d.rows.decode(line, targetOf(row))
}
