package lineitem_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// TestLoneCarriageReturn: it is part of a value between quotes only.
func TestLoneCarriageReturn(t *testing.T) {
	type cost struct {
		ID      string `json:"invoiceId"`
		Product string `json:"ProductName"`
		Unknown map[string]json.RawMessage
	}
	for record, want := range map[string]error{
		"G1,a\rb,c":            lineitem.ErrCSV,
		"G1\r,a,c":             lineitem.ErrCSV,
		"G1,a,c\rd":            lineitem.ErrCSV,
		"G1,\"a\rb\",\"c\rd\"": nil,
		"G1,a,c":               nil,
	} {
		text := "invoiceId,ProductName,new\r\n" + strings.Repeat(record+"\r\n", 3)
		_, err := readAll(t, lineitem.NewReader[cost](strings.NewReader(text), &lineitem.ReaderOptions{Format: lineitem.FormatCSV}))
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", record, err, want)
		}
		_, err = readAll(t, lineitem.NewReader[lineitem.Record](strings.NewReader(text), &lineitem.ReaderOptions{Format: lineitem.FormatCSV}))
		if !errors.Is(err, want) {
			t.Errorf("%q as Record: %v, want %v", record, err, want)
		}
	}
}
