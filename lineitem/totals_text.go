package lineitem

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	errNotTotals   = errors.New("not an object of sums by currency")
	errSumRange    = errors.New("sum is out of range")
	errCurrencyTwo = errors.New("a currency occurs more than once")
	errSumTwo      = errors.New(`a sum has "sum" or "nulls" more than once`)
	errNulls       = errors.New("number of nulls is not a count")
)

// MarshalJSON implements [json.Marshaler]: an object with a number for each currency, with all
// digits. A currency with amounts that were null has an object instead, so that its sum is not
// taken for one of all rows: {"EUR":{"sum":12.5,"nulls":2},"USD":3}. Numbers of more than 17 digits
// lose some in programs that parse numbers as floating point, such as JavaScript; use [Totals.Text]
// for those.
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
		b = append(append(b, name...), ':')
		if nulls := t.Nulls(currency); nulls > 0 {
			b = fmt.Appendf(b, `{"sum":%s,"nulls":%d}`, t.Text(currency), nulls)
		} else {
			b = append(b, t.Text(currency)...)
		}
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
		name, _ := currency.(string) // a key always is
		sum, nulls, err := sumOfJSON(d)
		if err == nil {
			err = t.addText(name, sum, nulls)
		}
		if err != nil {
			return t, err
		}
	}
	_, err = d.Token()
	return t, err
}

// sumOfJSON reads a sum: a number, a string that contains one, null, which is zero, or an object
// with one of them and the number of nulls.
func sumOfJSON(d *json.Decoder) (sum string, nulls int64, err error) {
	token, err := d.Token()
	if err != nil {
		return "", 0, err
	}
	if token != json.Delim('{') {
		sum, err = sumText(token)
		return sum, 0, err
	}
	members := map[string]json.Token{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return "", 0, err
		}
		name, _ := key.(string) // a key always is
		if _, twice := members[name]; twice {
			return "", 0, errSumTwo
		}
		if members[name], err = d.Token(); err != nil {
			return "", 0, err
		}
		if name != "sum" && name != "nulls" {
			return "", 0, errNotTotals
		}
	}
	if _, err := d.Token(); err != nil {
		return "", 0, err
	}
	amount, has := members["sum"]
	if !has {
		return "", 0, errNotTotals
	}
	if count, has := members["nulls"]; has {
		number, is := count.(json.Number)
		if nulls, err = strconv.ParseInt(number.String(), 10, 64); !is || err != nil || nulls < 0 {
			return "", 0, errNulls
		}
	}
	sum, err = sumText(amount)
	return sum, nulls, err
}

func sumText(token json.Token) (string, error) {
	switch value := token.(type) {
	case json.Number:
		return value.String(), nil
	case string:
		return value, nil
	case nil:
		return "0", nil
	}
	return "", errNotTotals
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
		entry, nulls, err := cutNulls(entry)
		if err != nil {
			return opError("unmarshal totals", err)
		}
		i := strings.LastIndexByte(entry, ' ')
		if i < 0 || strings.Contains(entry, ",") {
			return opError("unmarshal totals", errors.New(`not a list of sums as in "EUR 12.5, USD 3"`))
		}
		if err := read.addText(entry[:i], entry[i+1:], nulls); err != nil {
			return opError("unmarshal totals", err)
		}
	}
	*t = read
	return nil
}

// cutNulls cuts the number of nulls off a sum as in "EUR 12.5 (2 null)".
func cutNulls(entry string) (sum string, nulls int64, err error) {
	sum, is := strings.CutSuffix(entry, " null)")
	i := strings.LastIndex(sum, " (")
	if !is || i < 0 {
		return entry, 0, nil
	}
	nulls, err = strconv.ParseInt(sum[i+2:], 10, 64)
	if err != nil || nulls < 1 || strconv.FormatInt(nulls, 10) != sum[i+2:] {
		return "", 0, errNulls
	}
	return sum[:i], nulls, nil
}

// addText adds a new currency with a sum of any number of digits.
func (t *Totals) addText(currency, text string, nulls int64) error {
	if _, ok := t.sums[currency]; ok {
		return errCurrencyTwo
	}
	coef, exp, err := parseSum(text)
	if err == nil {
		s := t.sum(currency)
		s.spill(exp, coef)
		s.nulls = nulls
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
