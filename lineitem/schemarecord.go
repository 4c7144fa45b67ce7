package lineitem

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

// attribute returns the JSON of an attribute of a Record, nil for null. In most data it is where it
// is in the row before.
func (a *access) attribute(row target) json.RawMessage {
	r := row.record()
	var raw json.RawMessage
	if a.index < len(r.attributes) && r.attributes[a.index].name == a.name {
		raw = r.attributes[a.index].value
	} else {
		raw = r.Raw(a.name)
	}
	if raw == nil || absent(raw) {
		return nil
	}
	return raw
}

// scalar returns the text of an attribute that is a number or a bool, "" for null.
func (a *access) scalar(row target) (string, error) {
	raw := a.attribute(row)
	if raw == nil {
		return "", nil
	}
	return numberText(raw)
}

func (a *access) appendAttribute(dst []byte, row target) (_ []byte, ok bool, err error) {
	raw := a.attribute(row)
	if raw == nil {
		return dst, false, nil
	}
	if !isString(raw) {
		return appendJSON(dst, raw), true, nil
	}
	text, err := looseText(raw)
	return append(dst, text...), err == nil, err
}

func (a *access) decimalOf(row target) (d Decimal, err error) {
	if raw := a.attribute(row); raw != nil {
		err = d.parseJSON(raw)
	}
	return d, err
}

func (a *access) timeOf(row target) (t time.Time, ok bool, err error) {
	raw := a.attribute(row)
	if raw == nil {
		return t, false, nil
	}
	text, err := timeText(raw)
	if err != nil {
		return t, false, err
	}
	var dates datetime.Dates
	t, err = dates.Parse([]byte(text), a.own == KindDate)
	return t, err == nil, err
}

func (a *access) intOf(row target) (n int64, ok bool, err error) {
	text, err := a.scalar(row)
	if text == "" || err != nil {
		return 0, false, err
	}
	n, err = strconv.ParseInt(text, 10, 64)
	if err = whole(text, numeric(err)); err != nil {
		return 0, false, err
	}
	return n, true, nil
}

func (a *access) floatOf(row target) (f float64, ok bool, err error) {
	text, err := a.scalar(row)
	if text == "" || err != nil {
		return 0, false, err
	}
	if f, err = parseFloat(text, 64); err != nil {
		return 0, false, err
	}
	return f, true, nil
}

func (a *access) boolOf(row target) (b, ok bool, err error) {
	text, err := a.scalar(row)
	if text == "" || err != nil {
		return false, false, err
	}
	b, err = parseBool(text)
	return b, err == nil, err
}
