package faulttest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// form is the form of the values of an attribute.
type form int

const (
	textForm form = iota
	jsonForm      // JSON in a text
	listForm      // an array of texts
	decimalForm
	timeForm
)

// attribute is an attribute of an export, in the order of the rows of the service.
type attribute struct {
	name     string
	form     form
	required bool
	index    int
}

// value returns the JSON of the attribute in a row. Some attributes repeat more than others.
func (a *attribute) value(row int) string {
	switch n := row % (a.index + 2); a.form {
	case decimalForm:
		return strconv.Itoa(n) + ".25"
	case timeForm:
		return fmt.Sprintf(`"2026-09-%02dT00:00:00Z"`, 1+n%28)
	case listForm:
		return `["AddOn"]`
	case jsonForm:
		return fmt.Sprintf(`"{\"n\":%d}"`, n)
	default:
		return fmt.Sprintf(`"%s %d"`, a.name, n)
	}
}

// change is something that happens to an attribute of a row. Without a value, the attribute has
// none, or none by its name.
type change struct {
	name    string
	value   string // JSON; "": left out
	renamed bool
}

var changes = []change{
	{name: "renamed", renamed: true},
	{name: "left out"},
	{name: "null", value: `null`},
	{name: "empty", value: `""`},
	{name: "number", value: `7.5`},
	{name: "text", value: `"no number"`},
	{name: "number in a text", value: `"7.5"`},
	{name: "array", value: `["x"]`},
}

// missing reports whether the attribute has no value then.
func (c *change) missing() bool {
	return c.renamed || c.value == "" || c.value == `null` || c.value == `""`
}

// newName is the name of an attribute that was renamed.
func (a *attribute) newName() string { return a.name + "New" }

// line returns the row as the service writes it, with an attribute changed; both may be nil.
func line(attributes []attribute, row int, changed *attribute, c *change) string {
	var b strings.Builder
	for i := range attributes {
		a := &attributes[i]
		name, value := a.name, a.value(row)
		switch {
		case a != changed:
		case c.renamed:
			name = a.newName()
		default:
			value = c.value
		}
		if value != "" {
			fmt.Fprintf(&b, `,%q:%s`, name, value)
		}
	}
	return "{" + b.String()[1:] + "}\n"
}

// wantRow returns the row as encoding/json writes it, by attribute.
func wantRow(attributes []attribute, row int, changed *attribute, c *change) map[string]string {
	want := map[string]string{}
	for i := range attributes {
		a := &attributes[i]
		switch {
		case a != changed:
			want[a.name] = a.value(row)
		case c.renamed:
			want["Unknown"] = fmt.Sprintf(`{%q:%s}`, a.newName(), a.value(row))
		case !c.missing():
			want[a.name] = a.accepted(c.value)
		}
	}
	return want
}

// accepted returns how a value that may be in the attribute is written by encoding/json.
func (a *attribute) accepted(value string) string {
	switch {
	case a.form == decimalForm:
		return strings.Trim(value, `"`)
	case a.form == listForm && value[0] == '"':
		return "[" + value + "]"
	case a.form != listForm && value[0] != '"':
		return strconv.Quote(value) // the text of a number, or of an array
	}
	return value
}

// refused returns the error for a value that cannot be in the attribute, and its name, or nil.
func (a *attribute) refused(c *change) (name string, want error) {
	if c.missing() {
		return "", nil
	}
	switch isText := c.value[0] == '"'; {
	case a.form == decimalForm && c.value[0] == '[', a.form == timeForm && !isText, a.form == listForm && c.value == `7.5`:
		return "ErrWrongType", lineitem.ErrWrongType
	case a.form == decimalForm && c.value == `"no number"`:
		return "ErrNotNumber", lineitem.ErrNotNumber
	case a.form == timeForm:
		return "ErrNotTime", lineitem.ErrNotTime
	}
	return "", nil
}

// scope is in which rows an attribute is changed.
type scope struct {
	name               string
	rows, first, count int // changed are count rows from the first on
	concurrency        int // of the reader
}

var scopes = []scope{
	{"in all rows", 8, 0, 8, 2},
	{fmt.Sprintf("in one of %d", sweptRows), sweptRows, sweptRows / 2, 1, 1},
}

// changed reports whether a row is changed.
func (s *scope) changed(row int) bool { return row >= s.first && row < s.first+s.count }

// body returns a blob with an attribute changed. Rows that are not changed are compressed once.
func (s *scope) body(attributes []attribute, a *attribute, c *change, shared map[[2]int][]byte) (data []byte) {
	for _, part := range [][2]int{{0, s.first}, {s.first, s.first + s.count}, {s.first + s.count, s.rows}} {
		var text strings.Builder
		from, to := part[0], part[1]
		if zipped := shared[part]; zipped != nil {
			data = append(data, zipped...)
			continue
		}
		for row := from; row < to; row++ {
			if s.changed(row) {
				text.WriteString(line(attributes, row, a, c))
			} else {
				text.WriteString(line(attributes, row, nil, nil))
			}
		}
		zipped := packed(text.String())
		if !s.changed(from) {
			shared[part] = zipped
		}
		data = append(data, zipped...)
	}
	return data
}
