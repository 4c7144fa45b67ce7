package lineitem

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"math/big"
	"reflect"
)

// Value implements [driver.Valuer]: all digits as a string, or nil for null. It makes a Decimal an
// argument of every database/sql driver. A database converts the text to the type of the column,
// exactly where that has enough digits.
//
// There is deliberately no Decompose method: database/sql would pass such a type to the driver as
// it is, without calling Value, and most drivers reject it.
func (d Decimal) Value() (driver.Value, error) {
	if !d.valid {
		return nil, nil
	}
	return d.String(), nil
}

// Scan implements [database/sql.Scanner] for NULL, text, integers, and the decimal types of
// drivers, which have a Decompose method or both String and Float64. A float32 or float64 is an
// error, since it has lost digits already; select such a column as text.
func (d *Decimal) Scan(src any) error {
	v, err := scanned(src)
	if err != nil {
		return opError("scan decimal", err)
	}
	*d = v
	return nil
}

func scanned(src any) (v Decimal, err error) {
	switch src := src.(type) {
	case nil:
		return Decimal{}, nil
	case string:
		return v, v.parse([]byte(src))
	case []byte:
		return v, v.parse(src)
	case Decimal:
		return src, nil
	case decomposer:
		return composeForm(src.Decompose(nil))
	}
	r := reflect.ValueOf(src)
	if r.Kind() == reflect.Pointer && r.IsNil() {
		return Decimal{}, nil
	}
	switch src := src.(type) {
	case *big.Int:
		return composeBytes(src.Sign() < 0, src.Bytes(), 0)
	case interface {
		fmt.Stringer
		Float64() float64
	}:
		return v, v.parse([]byte(src.String()))
	}
	switch {
	case r.CanInt():
		return NewDecimal(r.Int(), 0)
	case r.CanUint():
		return compose(false, uint128{lo: r.Uint()}, 0)
	case r.Kind() == reflect.String: // such as json.Number
		return v, v.parse([]byte(r.String()))
	}
	return v, fmt.Errorf("unsupported type %T; select the column as text", src)
}

// decomposer is how database/sql and decimal packages exchange numbers.
type decomposer interface {
	Decompose(buf []byte) (form byte, negative bool, coefficient []byte, exponent int32)
}

// Forms of a decomposed decimal, as database/sql defines them.
const (
	formFinite   = 0
	formInfinite = 1
)

var (
	errInfinite = errors.New("infinity is not supported")
	errNaN      = errors.New("NaN is not supported")
)

func composeForm(form byte, negative bool, coefficient []byte, exponent int32) (Decimal, error) {
	switch form {
	case formFinite:
		return composeBytes(negative, coefficient, int(exponent))
	case formInfinite:
		return Decimal{}, errInfinite
	}
	return Decimal{}, errNaN
}
