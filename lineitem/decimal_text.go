package lineitem

import (
	"fmt"
	"strconv"
)

// plainZeros is the number of zeros beyond which numbers are written with an exponent.
const plainZeros = 40

// String returns all digits of d, or "null".
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
	var digits [2 * maxDigits]byte
	return appendScaled(dst, neg, coef.append(digits[:0]), exp)
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

func zeros(n int) string { return mostZeros[:n] }

const mostZeros = "0000000000000000000000000000000000000000" // plainZeros of them

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

// Format implements [fmt.Formatter]. %s and %v print all digits; verbs with a precision, such as
// %.2f, print a rounded number with that many places, zeros included. They round half to even, as
// [RoundingModeHalfEven]; for another mode, call [Decimal.Round] first.
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
		_, _ = f.Write([]byte(text)) // writing to a fmt.State does not fail
	}
}

// MarshalText implements [encoding.TextMarshaler]: all digits of d, or no text for null.
func (d Decimal) MarshalText() ([]byte, error) {
	if !d.valid {
		return nil, nil
	}
	return d.append(nil), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]. It accepts what [ParseDecimal] accepts.
func (d *Decimal) UnmarshalText(text []byte) error {
	return opError("unmarshal decimal", d.parse(text))
}

// parse sets d to the number in text, or to null if there is no text.
func (d *Decimal) parse(text []byte) (err error) {
	var v Decimal
	if len(text) > 0 {
		v, err = parseDecimal(text)
	}
	if err == nil {
		*d = v
	}
	return err
}

// MarshalJSON implements [json.Marshaler]: a number with all digits of d, or null.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if !d.valid {
		return []byte("null"), nil
	}
	return d.append(nil), nil
}

// UnmarshalJSON implements [json.Unmarshaler]. It accepts a number, a string that contains a
// number, null and "".
func (d *Decimal) UnmarshalJSON(data []byte) error {
	return opError("unmarshal decimal", d.parseJSON(data))
}

func (d *Decimal) parseJSON(data []byte) error {
	if len(data) == 0 {
		return ErrNotNumber
	}
	text, err := numberText(data)
	if err != nil {
		return err
	}
	return d.parse([]byte(text))
}
