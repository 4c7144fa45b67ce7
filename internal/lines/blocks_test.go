package lines_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/partnerbilling/sdk-go/internal/checksum"
	"github.com/partnerbilling/sdk-go/internal/lines"
)

// all reads every line with its number and offset. The last number and offset are those of the end.
func all(r io.Reader, limit int) (texts []string, numbers, offsets []int64, err error) {
	blocks := lines.NewBlocks(r, limit)
	for b := new(lines.Block); ; {
		if err := blocks.Next(b); err != nil {
			return texts, append(numbers, b.Number(0)), append(offsets, b.Offset(0)), err
		}
		for i := range b.Lines() {
			texts, numbers, offsets = append(texts, string(b.Line(i))), append(numbers, b.Number(i)), append(offsets, b.Offset(i))
		}
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
		{"\ufeff", nil},
		{strings.Repeat("x", 300_000) + "\ny", []string{strings.Repeat("x", 300_000), "y"}},
	} {
		for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
			texts, numbers, _, err := all(wrap(strings.NewReader(tc.in)), 1<<20)
			if !errors.Is(err, io.EOF) || strings.Join(texts, "|") != strings.Join(tc.want, "|") || len(texts) != len(tc.want) {
				t.Errorf("%.20q: %.20q, %v", tc.in, texts, err)
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
		texts int
		err   error
	}{
		{"12345\n12345", 2, io.EOF},
		{"\ufeff12345\n12345", 2, io.EOF},
		{"12345\n123456\n1", 1, lines.ErrTooLong},
		{"12345\n123456", 1, lines.ErrTooLong},
		{"1\n" + strings.Repeat("x", 1<<20), 1, lines.ErrTooLong},
	} {
		for _, src := range []io.Reader{strings.NewReader(tc.in), iotest.OneByteReader(strings.NewReader(tc.in))} {
			texts, numbers, offsets, err := all(src, 5)
			if len(texts) != tc.texts || !errors.Is(err, tc.err) {
				t.Errorf("%.20q: %d lines, %v", tc.in, len(texts), err)
			}
			if last := len(numbers) - 1; numbers[last] != int64(tc.texts+1) {
				t.Errorf("%.20q: the line that could not be read has number %d and offset %d", tc.in, numbers[last], offsets[last])
			}
		}
	}
}

// counting records what was read.
type counting struct {
	io.Reader
	read []byte
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read = append(c.read, p[:n]...)
	return n, err
}

// TestAhead: the text read from the source is that of the blocks and the text ahead of them.
func TestAhead(t *testing.T) {
	text := strings.Repeat("a line of some length\r\n\n", 30_000) + "the last"
	for _, broken := range []bool{false, true} {
		src := &counting{Reader: iotest.HalfReader(strings.NewReader(text))}
		if broken {
			src.Reader = io.MultiReader(src.Reader, strings.NewReader(strings.Repeat("x", 200)), iotest.ErrReader(errors.New("broken")))
		}
		blocks := lines.NewBlocks(src, 100)
		b := new(lines.Block)
		for blocks.Next(b) == nil {
			end := b.Offset(b.Lines())
			if got, want := blocks.Ahead(), checksum.Of(src.read[end:]); got != want {
				t.Fatalf("%v is ahead of %d of %d bytes, want %v", got, end, len(src.read), want)
			}
		}
	}
}

func TestErrorsAreSticky(t *testing.T) {
	blocks := lines.NewBlocks(strings.NewReader("1\n123456\n1\n"), 5)
	b := new(lines.Block)
	if err := blocks.Next(b); err != nil || b.Lines() != 1 {
		t.Fatalf("%d lines, %v", b.Lines(), err)
	}
	for range 3 {
		if err := blocks.Next(b); !errors.Is(err, lines.ErrTooLong) || b.Lines() != 0 || b.Number(0) != 2 || b.Offset(0) != 2 {
			t.Errorf("%d lines, number %d, offset %d, %v", b.Lines(), b.Number(0), b.Offset(0), err)
		}
	}
}

// TestIncompleteLine: before an error other than io.EOF, only whole lines are returned.
func TestIncompleteLine(t *testing.T) {
	broken := errors.New("broken")
	texts, _, _, err := all(io.MultiReader(strings.NewReader("1\n2\n3"), iotest.ErrReader(broken)), 5)
	if strings.Join(texts, "|") != "1|2" || !errors.Is(err, broken) {
		t.Errorf("%q, %v", texts, err)
	}
}

// TestManyLines: blocks are limited in bytes and in lines.
func TestManyLines(t *testing.T) {
	for _, line := range []string{"", "{}", strings.Repeat("x", 100), strings.Repeat("x", 5000)} {
		const texts = 20_000
		blocks := lines.NewBlocks(strings.NewReader(strings.Repeat(line+"\n", texts)), 1<<20)
		n := 0
		for b := new(lines.Block); ; {
			err := blocks.Next(b)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || b.Lines() == 0 || b.Lines() > 1024 || b.Lines()*len(line) > 256<<10 {
				t.Fatalf("a block of %d lines of %d bytes, %v", b.Lines(), len(line), err)
			}
			for i := range b.Lines() {
				if string(b.Line(i)) != line || b.Number(i) != int64(n+1) || b.Offset(i) != int64(n*(len(line)+1)) {
					t.Fatalf("line %d of %d bytes: number %d, offset %d", n+1, len(line), b.Number(i), b.Offset(i))
				}
				n++
			}
		}
		if n != texts {
			t.Errorf("%d lines of %d bytes", n, len(line))
		}
	}
}

// stuck is a reader that returns neither data nor an error.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestReaderWithoutProgress(t *testing.T) {
	if _, _, _, err := all(stuck{}, 10); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v", err)
	}
}

// FuzzLines: lines and offsets do not depend on the sizes of the reads, and reading can start at
// each line.
func FuzzLines(f *testing.F) {
	for _, s := range []string{"a\nb\r\n\nc", "\ufeffa\n", "\n\n\n", "\r\n\r"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		texts, _, offsets, err := all(bytes.NewReader(text), 1<<20)
		again, _, _, errAgain := all(iotest.OneByteReader(bytes.NewReader(text)), 1<<20)
		if !errors.Is(err, io.EOF) || !errors.Is(errAgain, io.EOF) || strings.Join(texts, "\n") != strings.Join(again, "\n") {
			t.Fatalf("%q: %q, %v and %q, %v", text, texts, err, again, errAgain)
		}
		for i, line := range texts {
			at := offsets[i]
			if !bytes.HasPrefix(text[at:], []byte(line)) {
				t.Fatalf("%q: line %q is not at offset %d", text, line, at)
			}
			rest := lines.NewBlocksAt(bytes.NewReader(text[at:]), 1<<20, int64(i+1), at)
			if b := new(lines.Block); rest.Next(b) != nil || string(b.Line(0)) != line || b.Number(0) != int64(i+1) || b.Offset(0) != at {
				t.Fatalf("%q: from offset %d: %q", text, at, b.Line(0))
			}
		}
	})
}
