package lines_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/partnerbilling/sdk-go/internal/lines"
)

// TestSkipBlank: blank lines are counted, and every other line is where it is without SkipBlank.
func TestSkipBlank(t *testing.T) {
	for _, text := range []string{
		"", "\n", "\n\n\n", "a", "a\n", "\na\n\nb\n", " \n\t\r\na\r\n \r\nb \n  ", "\ufeff\n\na\n", "\r\r\n\rb\n", "a\n    \nb\n",
		strings.Repeat("\n", 300_000) + "a\n" + strings.Repeat(" \n", 200_000) + "b\n",
		strings.Repeat("a\n\n", 5_000), strings.Repeat(" ", 300_000) + "\na\n", "a\n" + strings.Repeat(" ", 300_000),
	} {
		skipsBlank(t, text, false)
	}
	for _, text := range []string{"\n\"a\n\n\nb\"\n\n\"c\"\n", "a,\"\n\n\",b\n\n\nc\n", "\"\n", "\n\"\n\n", "\"a\"\n \n\"b\n \n\"\n"} {
		skipsBlank(t, text, true)
	}
}

func FuzzSkipBlank(f *testing.F) {
	for _, s := range []string{"a\n\nb\r\n\r\n\nc", "\ufeff\n a\n \n", "\n\n\n", "\"\n\n\"\n\n"} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(skipsBlank)
}

// skipsBlank compares the lines of a text with and without SkipBlank.
func skipsBlank(t *testing.T, text string, quoted bool) {
	t.Helper()
	type line struct {
		text           string
		number, offset int64
	}
	read := func(src io.Reader, skip bool) (found []line, blank int, end line, err error) {
		blocks := lines.NewBlocks(src, 1<<20)
		blocks.Quoted, blocks.SkipBlank = quoted, skip
		for b := new(lines.Block); ; {
			err = blocks.Next(b)
			blank += b.Blank()

			for i := range b.Lines() {
				if skip && b.Offset(i) < end.offset {
					t.Fatalf("%.40q: line %d starts before the end of the block before", text, b.Number(i))
				}
				if strings.Trim(string(b.Line(i)), " \t\r") == "" {
					blank++
				} else {
					found = append(found, line{string(b.Line(i)), b.Number(i), b.Offset(i)})
				}
			}
			end = line{number: b.Number(b.Lines()), offset: b.Offset(b.Lines())}
			if err != nil {
				return found, blank, end, err
			}
		}
	}
	want, wantBlank, wantEnd, wantErr := read(strings.NewReader(text), false)
	for _, src := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text))} {
		got, blank, end, err := read(src, true)
		if !slices.Equal(got, want) || blank != wantBlank || end != wantEnd || !errors.Is(err, wantErr) {
			t.Fatalf("%.40q: %d lines, %d blank, end %+v, %v; want %d, %d, %+v, %v", text, len(got), blank, end, err, len(want), wantBlank, wantEnd, wantErr)
		}
	}
}

func BenchmarkBlocks(b *testing.B) {
	for name, line := range map[string]string{"rows": strings.Repeat("x", 999) + "\n", "blank": "\n", "spaces": " \n", "CRLF": "\r\n"} {
		text := strings.Repeat(line, 8<<20/len(line))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				blocks := lines.NewBlocks(strings.NewReader(text), 1<<20)
				blocks.SkipBlank = true
				for block := new(lines.Block); ; {
					if err := blocks.Next(block); errors.Is(err, io.EOF) {
						break
					}
				}
			}
		})
	}
}

// TestBlankLinesAreCheap: blank lines do not make blocks small, each of which costs the reader and
// its consumers more than the lines in it.
func TestBlankLinesAreCheap(t *testing.T) {
	for _, line := range []string{"\n", "\r\n", " \n"} {
		blocks := lines.NewBlocks(strings.NewReader(strings.Repeat(line, 8<<20/len(line))), 1<<20)
		blocks.SkipBlank = true
		n, blank := 0, 0
		for b := new(lines.Block); ; n++ {
			err := blocks.Next(b)
			blank += b.Blank()
			if errors.Is(err, io.EOF) {
				break
			}
		}
		if n > 300 || blank != 8<<20/len(line) {
			t.Errorf("%q: %d blocks, %d lines", line, n, blank)
		}
	}
}
