package manifest

import (
	"bytes"
	"fmt"

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
func (s *section) takeHeader(h *header) *header {
	for i := 0; h == nil && i < s.block.Lines(); i++ {
		s.first++
		if line := s.block.Line(i); len(bytes.TrimSpace(line)) > 0 {
			h = &header{text: bytes.Clone(line), at: s.at(i)}
			h.err = checkHeader(h)
		}
	}
	s.header = h
	return h
}

// checkHeader returns why a line cannot be a header, whatever the row type is. Nothing of the line
// is in the error: it may be a row.
func checkHeader(h *header) error {
	err := csvheader.Check(h.text)
	if err == nil {
		return nil
	}
	err = errtext.New(fmt.Sprintf("%v: %v", lineitem.ErrCSV, err), lineitem.ErrCSV, lineitem.ErrRowMismatch)
	return &lineitem.DecodeError{Position: h.at, Err: err}
}
