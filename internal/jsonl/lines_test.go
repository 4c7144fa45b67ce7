package jsonl_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/partnerbilling/sdk-go/internal/jsonl"
)

// all reads every line and notes where each one stands.
func all(r io.Reader, limit int) (lines []string, numbers, offsets []int64, err error) {
	l := jsonl.NewLines(r, limit)
	for {
		line, err := l.Next()
		if err != nil {
			return lines, numbers, offsets, err
		}
		lines, numbers, offsets = append(lines, string(line)), append(numbers, l.Number()), append(offsets, l.Offset())
	}
}

func TestLines(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"a", []string{"a"}},
		{"a\n", []string{"a"}},
		{"a\n\n", []string{"a", ""}},
		{"a\r\nb\rc\r\n", []string{"a", "b\rc"}},
		{"a\r", []string{"a\r"}},
		{"\ufeffa\n\ufeffb\n", []string{"a", "\ufeffb"}},
		{"\ufeff", []string{""}},
		{strings.Repeat("x", 300_000) + "\ny", []string{strings.Repeat("x", 300_000), "y"}},
	} {
		for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
			lines, numbers, _, err := all(wrap(strings.NewReader(tc.in)), 1<<20)
			if !errors.Is(err, io.EOF) || strings.Join(lines, "|") != strings.Join(tc.want, "|") || len(lines) != len(tc.want) {
				t.Errorf("%.20q: %.20q, %v", tc.in, lines, err)
			}
			for i, n := range numbers {
				if n != int64(i+1) {
					t.Errorf("%.20q: line %d has number %d", tc.in, i+1, n)
				}
			}
		}
	}
}

func TestLineLimit(t *testing.T) {
	for _, tc := range []struct {
		in    string
		lines int
		err   error
	}{
		{"12345\n12345", 2, io.EOF},
		{"\ufeff12345\n12345", 2, io.EOF},
		{"12345\n123456\n1", 1, jsonl.ErrTooLong},
		{"12345\n123456", 1, jsonl.ErrTooLong},
		{"1\n" + strings.Repeat("x", 1<<20), 1, jsonl.ErrTooLong},
	} {
		l := jsonl.NewLines(iotest.OneByteReader(strings.NewReader(tc.in)), 5)
		n := 0
		var err error
		for {
			if _, err = l.Next(); err != nil {
				break
			}
			n++
		}
		if _, again := l.Next(); n != tc.lines || !errors.Is(err, tc.err) || !errors.Is(again, err) {
			t.Errorf("%.20q: %d lines, %v, then %v", tc.in, n, err, again)
		}
		if errors.Is(err, jsonl.ErrTooLong) && l.Number() != int64(tc.lines+1) {
			t.Errorf("%.20q: the long line has number %d", tc.in, l.Number())
		}
	}
}

// stuck is a reader that gives nothing and says nothing.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestReaderWithoutProgress(t *testing.T) {
	if _, _, _, err := all(stuck{}, 10); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v", err)
	}
}

// FuzzLines: lines and offsets do not depend on the pieces in which the text comes, and
// put together again they are the text.
func FuzzLines(f *testing.F) {
	for _, s := range []string{"a\nb\r\n\nc", "\ufeffa\n", "\n\n\n", "\r\n\r"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, _, offsets, err := all(bytes.NewReader(text), 1<<20)
		again, _, _, errAgain := all(iotest.OneByteReader(bytes.NewReader(text)), 1<<20)
		if !errors.Is(err, io.EOF) || !errors.Is(errAgain, io.EOF) || strings.Join(lines, "\n") != strings.Join(again, "\n") {
			t.Fatalf("%q: %q, %v and %q, %v", text, lines, err, again, errAgain)
		}
		for i, line := range lines {
			if at := offsets[i]; !bytes.HasPrefix(text[at:], []byte(line)) {
				t.Fatalf("%q: line %q does not stand at %d", text, line, at)
			}
		}
	})
}
