package lineitem

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// ErrSchema is returned for [SchemaOptions] that do not fit the row type, such as one that names an
// attribute for which there is no column, and for two columns of the same name.
var ErrSchema = errors.New("invalid schema")

// Column is a column of a [Schema].
type Column struct {
	// Name is the name of the column: that of the attribute, unless it was renamed. No other column
	// of the schema has that name, in any case.
	Name string
	// Attribute is the name of the attribute in the data.
	Attribute string
	// Kind is the kind of values.
	Kind Kind
	// Scale is the number of decimal places that a DECIMAL(38) must have, 0 unless Kind is
	// [KindDecimal]. It binds only formats in which a column has a scale, such as Parquet, Arrow
	// and SQL Server; a value with more places is an error there, see [Decimal.Unscaled]. Others
	// store all digits.
	Scale int
	// Currency is the name of the column with the currency of an amount, such as BillingCurrency
	// of BillingPreTaxTotal: the values of one currency can be summed. It is "" for what is no
	// amount, such as prices, rates and quantities, for an amount whose currency is not known, and
	// where the column of the currency was not chosen.
	Currency string
	// Doc says what the attribute means, as far as it is known, in a line of plain text.
	Doc string
}

// SchemaOptions choose and change the columns of a [Schema]. Names in them are those of attributes,
// exactly as in the tags of the row type; Unknown is the name of the column for a field Unknown.
type SchemaOptions struct {
	// Choose names the attributes that become columns, in the order of the columns. Nil: all, in
	// the order of the fields, Unknown last. For a [Record], which has no fields, it is required.
	Choose []string
	// Omit names attributes that do not become columns, instead of Choose.
	Omit []string
	// Rename has names of columns, by attribute.
	Rename map[string]string
	// Kinds has kinds of columns, by attribute. Every column can be [KindText]: then it has all
	// digits of a number, and a time in RFC 3339. Times can be a [KindDate], and dates a
	// [KindTime]; a text can be [KindJSON]. A column of a [Record] can be of any kind, and must be
	// named here unless the attribute is known.
	Kinds map[string]Kind
	// Scales has scales of decimal columns, by attribute, from 0 to [MaxPrecision]. Default: 24,
	// which is more than any known attribute has, with 14 digits before the decimal point.
	Scales map[string]int
}

// Schema describes rows of type T as a table: its columns, and the value of each column in a row.
// It is what code that writes rows into files and databases is written against, so that the code
// works for every row type. [SchemaOf] makes it. It is safe for concurrent use.
//
// A column is a field for an attribute, as the decoder sees the type: of the same name, also in an
// embedded struct, and not of an attribute that has no field. The kind follows from the field's
// type:
//
//	string                           KindText
//	JSONText, json.RawMessage        KindJSON
//	Decimal                          KindDecimal
//	time.Time                        KindTime, or KindDate for an attribute that is a day
//	int, int8 to int64, uint8 to 32  KindInt
//	uint, uint64                     KindDecimal with scale 0
//	float32, float64                 KindFloat
//	bool                             KindBool
//	with MarshalText                 KindText
//	others, such as maps and slices  KindJSON
//	Unknown                          KindJSON, one object with its keys sorted
//
// A pointer has the kind of what it points to, and a named type that of its underlying type unless
// it has methods to marshal it.
//
// Null is a nil pointer, a null [Decimal], the zero time, an empty text, a JSON null, and an
// Unknown without attributes. A field that is an int, a float or a bool is never null, and a
// *string that points to an empty text is that text.
type Schema[T any] struct {
	table *table
}

// SchemaOf returns the schema of a row type: a type of this package, costmgmt.CostDetail, a struct
// of the caller's, or [Record] with the columns that the options choose. Options may be nil.
//
// The error matches [ErrRowType] if rows of type T have no columns, or [ErrSchema] if the options
// do not fit them or two columns have the same name.
func SchemaOf[T any](o *SchemaOptions) (*Schema[T], error) {
	t, err := newTable(reflect.TypeFor[T](), o)
	if err != nil {
		return nil, err
	}
	return &Schema[T]{t}, nil
}

// Columns returns the columns. The methods that return values count them from 0.
func (s *Schema[T]) Columns() []Column { return slices.Clone(s.table.columns) }

// Hash returns a text of 35 characters that identifies the columns: their names, order, attributes,
// kinds and scales. It is the same for equal schemas in every process and version.
func (s *Schema[T]) Hash() string {
	var text []byte
	for _, c := range s.table.columns {
		text = fmt.Appendf(text, "%q %q %v %d\n", c.Name, c.Attribute, c.Kind, c.Scale)
	}
	sum := sha256.Sum256(text)
	return "v1-" + hex.EncodeToString(sum[:16])
}

// Check returns a [*ValueError] for the first value that its column cannot have: an attribute of a
// [Record] that is not of the column's kind, or a field whose own MarshalText or MarshalJSON fails.
// Other row types, such as all others of this package, cannot have such a value and are not looked
// at.
//
// Call it before the values of rows are used: such a value counts as null in the methods below.
func (s *Schema[T]) Check(rows []T) error {
	var text []byte
	for i := range rows {
		for _, col := range s.table.fallible {
			var err error
			if text, _, err = s.table.access[col].append(text[:0], targetOf(&rows[i])); err != nil {
				return &ValueError{Row: i, Column: s.table.columns[col].Name, Err: err}
			}
		}
	}
	return nil
}

// Text returns the value of a column of any kind as text, and false for null. Decimals have all
// their digits, times are RFC 3339 in UTC, and dates 2006-01-02. The text of a field that is a text
// is returned without copying it.
func (s *Schema[T]) Text(row *T, col int) (v string, ok bool) {
	a := &s.table.access[col]
	if a.form == formText && a.pointers == 0 {
		v = *targetOf(row).text(a.offset)
		return v, v != ""
	}
	return a.text(targetOf(row))
}

// AppendText appends what Text returns, and nothing for null, for which it returns false.
func (s *Schema[T]) AppendText(dst []byte, row *T, col int) ([]byte, bool) {
	start := len(dst)
	dst, ok, err := s.table.access[col].append(dst, targetOf(row))
	if !ok || err != nil {
		return dst[:start], false
	}
	return dst, true
}

// Decimal returns the value of a column of [KindDecimal]. Like the methods below, it panics if the
// column is of another kind.
func (s *Schema[T]) Decimal(row *T, col int) Decimal {
	d, err := s.table.of(col, KindDecimal, KindDecimal).decimal(targetOf(row))
	if err != nil {
		return Decimal{}
	}
	return d
}

// Time returns the value of a column of [KindTime] or [KindDate], in UTC, and false for null.
func (s *Schema[T]) Time(row *T, col int) (v time.Time, ok bool) {
	v, ok, _ = s.table.of(col, KindTime, KindDate).time(targetOf(row))
	return v, ok
}

// Int returns the value of a column of [KindInt], and false for null.
func (s *Schema[T]) Int(row *T, col int) (v int64, ok bool) {
	v, ok, _ = s.table.of(col, KindInt, KindInt).int(targetOf(row))
	return v, ok
}

// Float returns the value of a column of [KindFloat], and false for null.
func (s *Schema[T]) Float(row *T, col int) (v float64, ok bool) {
	v, ok, _ = s.table.of(col, KindFloat, KindFloat).float(targetOf(row))
	return v, ok
}

// Bool returns the value of a column of [KindBool], and false as the second result for null.
func (s *Schema[T]) Bool(row *T, col int) (v, ok bool) {
	v, ok, _ = s.table.of(col, KindBool, KindBool).bool(targetOf(row))
	return v, ok
}

// ValueError is the error for a value that a table cannot have, such as a decimal with more places
// than its column. Its text has the position, column and cause, and never the value, because values
// are customer data. [Schema.Check] and the packages that write rows return it.
type ValueError struct {
	// Position is where the row is in the data. It is zero where rows come without positions.
	Position
	// Row is the index of the row in the slice of rows.
	Row int
	// Column is the name of the column.
	Column string
	// Err is the cause.
	Err error
}

// Error returns "lineitem: value of blob:line (byte n): column name: cause", with the index of the
// row where there is no position.
func (e *ValueError) Error() string {
	at := fmt.Sprintf("row %d", e.Row)
	if e.Line > 0 {
		at = fmt.Sprintf("%v (byte %d)", e.Position, e.Offset)
	}
	return fmt.Sprintf("lineitem: value of %s: column %q: %v", at, e.Column, e.Err)
}

// Unwrap returns the cause.
func (e *ValueError) Unwrap() error { return e.Err }
