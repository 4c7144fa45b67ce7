package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/partnerbilling/sdk-go/internal/csvheader"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// header is the first line of a blob of CSV.
type header struct {
	text []byte
	at   lineitem.Position
	err  error // why the line is no header of such rows
}

// takeHeader takes the header from the first block that has a line. Later blocks get it as well.
func (s *section) takeHeader(h *header, columns []string) *header {
	for i := 0; h == nil && i < s.block.Lines(); i++ {
		s.first++
		if line := s.block.Line(i); len(bytes.TrimSpace(line)) > 0 {
			h = &header{text: bytes.Clone(line), at: s.at(i)}
			h.err = checkHeader(h, columns)
		}
	}
	s.header = h
	return h
}

// checkHeader returns why a line is not a header that has one of the columns at least. Without
// columns, every header will do. Nothing of the line is in the error: it may be a row.
func checkHeader(h *header, columns []string) error {
	if err := csvheader.Check(h.text); err != nil {
		err = errtext.New(fmt.Sprintf("%v: %v", lineitem.ErrCSV, err), lineitem.ErrCSV, lineitem.ErrRowMismatch)
		return &lineitem.DecodeError{Position: h.at, Err: err}
	}
	isColumn := func(name string) bool {
		return slices.ContainsFunc(columns, func(column string) bool { return strings.EqualFold(name, column) })
	}
	if len(columns) > 0 && !slices.ContainsFunc(csvheader.Names(h.text), isColumn) {
		return &lineitem.DecodeError{Position: h.at, Err: lineitem.ErrRowMismatch}
	}
	return nil
}

// columnsOf returns the names of the columns of a struct that also takes all others, as
// costmgmt.CostDetail does. For every other type package lineitem itself refuses a header without a
// column of the type, or takes any, and there are none.
func columnsOf(t reflect.Type) (columns []string) {
	if t.Kind() != reflect.Struct {
		return nil
	}
	unknown, has := t.FieldByName("Unknown")
	if !has || unknown.Type != reflect.TypeFor[map[string]json.RawMessage]() {
		return nil
	}
	for field := range t.Fields() {
		if field.Anonymous {
			return nil // its columns may be in there
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			name = field.Name
		}
		if field.IsExported() && field.Name != "Unknown" {
			columns = append(columns, name)
		}
	}
	return columns
}
