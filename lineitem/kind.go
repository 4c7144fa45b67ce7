package lineitem

import "fmt"

// Kind is the kind of values in a [Column].
type Kind uint8

const (
	// KindText is text, in UTF-8.
	KindText Kind = iota + 1
	// KindJSON is the text of a JSON value. That of attributes which customers write, such as Tags,
	// is as the service sent it and may be invalid: store it as text unless you check it.
	KindJSON
	// KindDecimal is an exact decimal number with the scale of the column.
	KindDecimal
	// KindTime is an instant, in UTC.
	KindTime
	// KindDate is a calendar day. A value is a time on that day in UTC.
	KindDate
	// KindInt is an integer of 64 bits.
	KindInt
	// KindFloat is a floating point number of 64 bits, which only a field of such a type has.
	KindFloat
	// KindBool is true or false.
	KindBool
)

// PossibleKindValues returns the possible values for the Kind type.
func PossibleKindValues() []Kind {
	return []Kind{KindText, KindJSON, KindDecimal, KindTime, KindDate, KindInt, KindFloat, KindBool}
}

// String returns the kind's name without the type's: "Decimal".
func (k Kind) String() string {
	switch k {
	case KindText:
		return "Text"
	case KindJSON:
		return "JSON"
	case KindDecimal:
		return "Decimal"
	case KindTime:
		return "Time"
	case KindDate:
		return "Date"
	case KindInt:
		return "Int"
	case KindFloat:
		return "Float"
	case KindBool:
		return "Bool"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}
