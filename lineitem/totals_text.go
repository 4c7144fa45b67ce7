package lineitem

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	errNotTotals   = errors.New("not an object of sums by currency")
	errSumRange    = errors.New("sum is out of range")
	errCurrencyTwo = errors.New("a currency occurs more than once")
)

// MarshalJSON implements [json.Marshaler]: an object with a number for each currency, with all
// digits. Numbers of more than 17 digits lose some in programs that parse numbers as floating
// point, such as JavaScript; use [Totals.Text] for those.
func (t Totals) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, currency := range t.Currencies() {
		if !utf8.ValidString(currency) {
			return nil, errors.New("lineitem: marshal totals: a currency is not valid UTF-8")
		}
		name, err := json.Marshal(currency)
		if err != nil {
			return nil, opError("marshal totals", err)
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, name...), ':'), t.Text(currency)...)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON implements [json.Unmarshaler]. It accepts what [Totals.MarshalJSON] returns, with
// numbers or strings that contain a number, and null, which is an empty Totals. A currency that
// occurs twice is an error. The previous content is replaced; copies of t keep theirs.
func (t *Totals) UnmarshalJSON(data []byte) error {
	read, err := totalsOfJSON(data)
	if err != nil {
		return opError("unmarshal totals", err)
	}
	*t = read
	return nil
}

func totalsOfJSON(data []byte) (t Totals, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	switch token, err := d.Token(); {
	case err != nil:
		return t, err
	case token == nil:
		return t, nil
	case token != json.Delim('{'):
		return t, errNotTotals
	}
	for d.More() {
		currency, err := d.Token()
		if err != nil {
			return t, err
		}
		value, err := d.Token()
		if err != nil {
			return t, err
		}
		name, _ := currency.(string) // a key always is
		switch value := value.(type) {
		case json.Number:
			err = t.addText(name, value.String())
		case string:
			err = t.addText(name, value)
		case nil:
			t.Add(name, Decimal{})
		default:
			err = errNotTotals
		}
		if err != nil {
			return t, err
		}
	}
	_, err = d.Token()
	return t, err
}

// MarshalText implements [encoding.TextMarshaler]: the text of [Totals.String]. It fails for a
// currency with a comma, which [Totals.UnmarshalText] could not read.
func (t Totals) MarshalText() ([]byte, error) {
	for currency := range t.sums {
		if strings.Contains(currency, ",") {
			return nil, errors.New("lineitem: marshal totals: a currency contains a comma; use JSON")
		}
	}
	return []byte(t.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]. It accepts the text of [Totals.String]. The
// previous content is replaced; copies of t keep theirs.
func (t *Totals) UnmarshalText(text []byte) error {
	var read Totals
	for entry := range strings.SplitSeq(string(text), ", ") {
		if len(text) == 0 {
			break
		}
		i := strings.LastIndexByte(entry, ' ')
		if i < 0 || strings.Contains(entry, ",") {
			return opError("unmarshal totals", errors.New(`not a list of sums as in "EUR 12.5, USD 3"`))
		}
		if err := read.addText(entry[:i], entry[i+1:]); err != nil {
			return opError("unmarshal totals", err)
		}
	}
	*t = read
	return nil
}

// addText adds a new currency with a sum of any number of digits.
func (t *Totals) addText(currency, text string) error {
	if _, ok := t.sums[currency]; ok {
		return errCurrencyTwo
	}
	coef, exp, err := parseSum(text)
	if err == nil {
		t.sum(currency).spill(exp, coef)
	}
	return err
}

// Limits of a sum, so that a short text such as 1e999999999 cannot take much memory: what the sum
// of 10^20 decimals can have.
const (
	maxSumText = maxExponent - minExponent + 2*maxDigits
	maxSumSize = maxExponent + maxDigits + 20
)

// parseSum parses a JSON number of any number of digits.
func parseSum(text string) (coef *big.Int, exp int, err error) {
	if len(text) > maxSumText {
		return nil, 0, errSumRange
	}
	if text == "" || text[0] != '-' && (text[0] < '0' || text[0] > '9') || scanNumber([]byte(text), 0) != len(text) {
		return nil, 0, ErrNotNumber
	}
	digits := text
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		if exp, err = strconv.Atoi(text[i+1:]); err != nil {
			return nil, 0, errSumRange
		}
		digits = text[:i]
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	coef, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return nil, 0, ErrNotNumber
	}
	if coef.Sign() == 0 {
		return coef, 0, nil
	}
	if exp < minExponent-maxSumText || exp > maxSumSize {
		return nil, 0, errSumRange
	}
	exp -= len(fraction)
	if exp < minExponent || exp+len(whole)+len(fraction) > maxSumSize {
		return nil, 0, errSumRange
	}
	return coef, exp, nil
}

// compare compares two sums exactly.
func (s *sum) compare(o *sum) int {
	a, aExp := s.total()
	b, bExp := o.total()
	scale := func(v *big.Int, by int) *big.Int {
		return new(big.Int).Mul(v, new(big.Int).Exp(ten, big.NewInt(int64(by)), nil))
	}
	if aExp > bExp {
		return scale(a, aExp-bExp).Cmp(b)
	}
	return a.Cmp(scale(b, bExp-aExp))
}
