package lineitem

import (
	"bytes"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
)

// plainZeros is how many zeros are written before the exponent form is used.
const plainZeros = 40

// String returns all digits of d, "null" for null.
func (d Decimal) String() string {
	if !d.valid {
		return "null"
	}
	var buf [64]byte
	return string(d.append(buf[:0]))
}

// append appends d as a JSON number. It must not be called on null.
func (d Decimal) append(dst []byte) []byte {
	neg, coef, exp := d.parts()
	return appendScaled(dst, neg, coef.append(nil), exp)
}

// appendScaled writes digits × 10^exp.
func appendScaled(dst []byte, neg bool, digits []byte, exp int) []byte {
	if len(digits) == 1 && digits[0] == '0' {
		return append(dst, '0')
	}
	if neg {
		dst = append(dst, '-')
	}
	switch point := len(digits) + exp; {
	case exp > plainZeros || point < -plainZeros:
		dst = append(append(dst, digits...), 'E')
		if exp > 0 {
			dst = append(dst, '+')
		}
		return strconv.AppendInt(dst, int64(exp), 10)
	case exp >= 0:
		return append(append(dst, digits...), zeros(exp)...)
	case point > 0:
		dst = append(append(dst, digits[:point]...), '.')
		return append(dst, digits[point:]...)
	default:
		dst = append(append(dst, "0."...), zeros(-point)...)
		return append(dst, digits...)
	}
}

func zeros(n int) []byte { return bytes.Repeat([]byte{'0'}, n) }

func (u uint128) append(dst []byte) []byte {
	if u.hi == 0 {
		return strconv.AppendUint(dst, u.lo, 10)
	}
	const ten17 = 100_000_000_000_000_000
	high, low := u.divMod(ten17)
	dst = high.append(dst)
	start := len(dst)
	dst = strconv.AppendUint(dst, low+ten17, 10) // the leading 1 keeps the zeros
	return append(dst[:start], dst[start+1:]...)
}

// Format prints d for every verb of package fmt. %s and %v print all digits;
// %.2f and its like round to the nearest for the reader's eye and leave d alone.
func (d Decimal) Format(f fmt.State, verb rune) {
	switch verb {
	case 'e', 'E', 'f', 'F', 'g', 'G':
		if d.valid {
			d.n.Format(f, verb)
			return
		}
		fallthrough
	default:
		text := d.String()
		if verb == 'v' && f.Flag('#') {
			text = d.GoString()
		}
		if verb == 'q' {
			text = strconv.Quote(text)
		}
		if width, ok := f.Width(); ok {
			if f.Flag('-') {
				width = -width
			}
			text = fmt.Sprintf("%*s", width, text)
		}
		_, _ = f.Write([]byte(text)) // a fmt.State cannot fail
	}
}

// MarshalText returns all digits of d, no text for null.
func (d Decimal) MarshalText() ([]byte, error) {
	if !d.valid {
		return nil, nil
	}
	return d.append(nil), nil
}

// UnmarshalText reads what [ParseDecimal] reads.
func (d *Decimal) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Decimal{}
		return nil
	}
	v, err := parseDecimal(text)
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// MarshalJSON returns d as a JSON number with all its digits, or null.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if !d.valid {
		return []byte("null"), nil
	}
	return d.append(nil), nil
}

// UnmarshalJSON reads a JSON number, a string that holds one, null or "".
func (d *Decimal) UnmarshalJSON(data []byte) error {
	if len(data) == 0 {
		return ErrNotNumber
	}
	text, err := numberText(data)
	if err != nil {
		return err
	}
	return d.UnmarshalText([]byte(text))
}

// Value implements [driver.Valuer]: the digits as a string, nil for null.
func (d Decimal) Value() (driver.Value, error) {
	if !d.valid {
		return nil, nil
	}
	return d.String(), nil
}

// Scan implements database/sql's Scanner for text, integers and NULL. A float64
// is refused: it has lost digits already. Read such a column as text.
func (d *Decimal) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = Decimal{}
		return nil
	case string:
		return d.UnmarshalText([]byte(v))
	case []byte:
		return d.UnmarshalText(v)
	case int64:
		n, err := NewDecimal(v, 0)
		*d = n
		return err
	}
	return fmt.Errorf("lineitem: cannot scan %T into a Decimal: only text, integers and NULL are exact", src)
}

// Forms of a decomposed decimal, as database/sql defines them.
const (
	formFinite = 0
	formNaN    = 2
)

// Decompose returns the parts of d in the way of database/sql, through which
// other decimal packages take it: form 0, sign, big-endian coefficient and
// exponent. Null has form 2 (no number).
func (d Decimal) Decompose(buf []byte) (form byte, negative bool, coefficient []byte, exponent int32) {
	if !d.valid {
		return formNaN, false, nil, 0
	}
	return d.n.Decompose(buf)
}

var errForm = errors.New("lineitem: infinity is not a Decimal")

// Compose sets d from the parts that [Decimal.Decompose] returns. It returns
// [ErrInexact] where more than 34 digits are needed.
func (d *Decimal) Compose(form byte, negative bool, coefficient []byte, exponent int32) error {
	switch form {
	case formNaN:
		*d = Decimal{}
		return nil
	case formFinite:
	default:
		return errForm
	}
	coef, exp, err := fitBytes(coefficient, int(exponent))
	if err != nil {
		return err
	}
	v, err := compose(negative, coef, exp)
	if err != nil {
		return err
	}
	*d = v
	return nil
}
