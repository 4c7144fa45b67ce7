package manifest

import (
	"bytes"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/partnerbilling/sdk-go/internal/lines"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// judgment is the format of an export whose manifest names one that this version does not know.
// The first blob that has text decides for all: decoders are shared between blobs.
type judgment struct {
	mu     sync.Mutex
	made   bool
	format lineitem.Format
}

// isCSV reports whether the export was found to be CSV.
func (j *judgment) isCSV() bool {
	if j == nil {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.format == lineitem.FormatCSV
}

// settle returns the format of a blob that begins with head, and why it cannot be read.
func (j *judgment) settle(head []byte) (f lineitem.Format, refused string) {
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))
	if len(head) == 0 {
		return f, "" // which has no rows in either format
	}
	switch {
	case head[0] == '{':
	case head[0] == '<', head[0] == '[', bytes.HasPrefix(head, []byte("PAR1")), bytes.IndexByte(head, 0) >= 0, !utf8.Valid(head[:len(head)-cutRune(head)]):
		return f, "its content is neither JSON Lines nor CSV"
	default:
		f = lineitem.FormatCSV
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.made && j.format != f {
		return f, "it has another format than the other blobs of the export"
	}
	j.made, j.format = true, f
	return f, ""
}

// cutRune returns how many bytes at the end are the beginning of a character.
func cutRune(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if b := text[len(text)-n]; utf8.RuneStart(b) {
			if !utf8.FullRune(text[len(text)-n:]) {
				return n
			}
			break
		}
	}
	return 0
}

// headSize is how much of a blob its format is judged by.
const headSize = 512

// judge finds out the format of the blob by its first bytes, which are then read as its others. An
// error of the blob comes with the lines.
func (r *reading) judge(limit int) error {
	head := make([]byte, 0, headSize)
	for len(head) < headSize {
		n, err := r.text.Read(head[len(head):headSize])
		if head = head[:len(head)+n]; err != nil {
			break // it comes again
		}
	}
	format, refused := r.judgment.settle(head)
	if refused != "" {
		return readError(r.text.Blob().Fail(ErrMalformed, refused))
	}
	r.lines = lines.NewBlocks(io.MultiReader(bytes.NewReader(head), r.text), limit)
	r.lines.Quoted, r.lines.SkipBlank = format == lineitem.FormatCSV, true
	return nil
}
