package sqlsink

import (
	"fmt"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink"
)

// encoder makes the arguments of a statement of the values of a row. Most values are those of the
// row before: their arguments are used again, without an allocation.
type encoder[T any] struct {
	schema *lineitem.Schema[T]
	cells  []encoded
}

// form is how a value becomes an argument.
type form uint8

const (
	formText form = iota
	formDecimal
	formTimeText
	formTime
	formInt
	formFloat
	formBool
)

// encoded is a column and its last value.
type encoded struct {
	column  lineitem.Column
	form    form
	scaled  bool
	text    string
	decimal lineitem.Decimal
	time    time.Time
	arg     any // of the last value; nil: none yet
}

func newEncoder[T any](schema *lineitem.Schema[T], dialect Dialect) encoder[T] {
	e := encoder[T]{schema: schema}
	for _, c := range schema.Columns() {
		_, how := dialect.Column(c)
		e.cells = append(e.cells, encoded{column: c, form: formOf(c.Kind, how), scaled: how == BindScaled})
	}
	return e
}

func formOf(kind lineitem.Kind, how Binding) form {
	switch kind {
	case lineitem.KindDecimal:
		return formDecimal
	case lineitem.KindTime, lineitem.KindDate:
		if how == BindText {
			return formTimeText
		}
		return formTime
	case lineitem.KindText, lineitem.KindJSON:
		return formText
	case lineitem.KindInt, lineitem.KindFloat, lineitem.KindBool:
	}
	switch {
	case how == BindText:
		return formText
	case kind == lineitem.KindInt:
		return formInt
	case kind == lineitem.KindFloat:
		return formFloat
	default:
		return formBool
	}
}

// encode sets the arguments for a row, one for each column.
func (e *encoder[T]) encode(row *T, args []any) error {
	for i := range e.cells {
		c := &e.cells[i]
		switch c.form {
		case formText:
			text, ok := e.schema.Text(row, i)
			if !ok {
				args[i] = nil
				continue
			}
			if c.arg == nil || text != c.text {
				if strings.IndexByte(text, 0) >= 0 {
					return c.failed(errNUL)
				}
				c.text, c.arg = text, text
			}
			args[i] = c.arg
		case formDecimal:
			d := e.schema.Decimal(row, i)
			if d.IsNull() {
				args[i] = nil
				continue
			}
			if c.arg == nil || d != c.decimal {
				if c.scaled {
					if _, _, err := d.Unscaled(c.column.Scale); err != nil {
						return c.failed(err)
					}
				}
				c.decimal, c.arg = d, d.String()
			}
			args[i] = c.arg
		case formTimeText, formTime:
			at, ok := e.schema.Time(row, i)
			if !ok {
				args[i] = nil
				continue
			}
			if c.arg == nil || at != c.time {
				c.time, c.arg = at, at
				if c.form == formTimeText {
					c.arg, _ = e.schema.Text(row, i)
				}
			}
			args[i] = c.arg
		default:
			args[i] = e.scalar(c.form, row, i)
		}
	}
	return nil
}

// scalar returns an argument that is a number or a bool.
func (e *encoder[T]) scalar(f form, row *T, col int) any {
	var v any
	ok := false
	switch f {
	case formInt:
		v, ok = box(e.schema.Int(row, col))
	case formFloat:
		v, ok = box(e.schema.Float(row, col))
	default:
		v, ok = box(e.schema.Bool(row, col))
	}
	if !ok {
		return nil
	}
	return v
}

func box[V any](v V, ok bool) (any, bool) { return v, ok }

var errNUL = fmt.Errorf("text has a NUL byte: %w", sink.ErrValue)

// failed returns an error that has no value, because values are customer data.
func (c *encoded) failed(err error) error {
	return &lineitem.ValueError{Column: c.column.Name, Err: err}
}
