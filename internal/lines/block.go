// Package lines splits text into blocks of whole lines and counts them. A line is a line of JSON,
// or a record of CSV, which continues after a line break inside quotes. The package does not parse
// either.
package lines

import "slices"

// Block is a piece of text that consists of whole lines. Its memory is reused when it is filled
// again.
type Block struct {
	text   []byte
	ends   []int32 // index after each line's end
	inner  []int32 // line breaks inside the lines up to each; empty if there can be none
	gaps   []gap   // blank lines that are not among the lines
	number int64   // of the first line, from 1
	offset int64   // of text in the whole text
}

// gap is a run of blank lines.
type gap struct {
	line  int   // that follows it; its index
	bytes int32 // of the run
	blank int   // lines of this gap and those before it
}

// Blank returns how many blank lines are not among the lines.
func (b *Block) Blank() int {
	if len(b.gaps) == 0 {
		return 0
	}
	return b.gaps[len(b.gaps)-1].blank
}

// before returns the bytes of the blank lines right before a line, and the number of all blank
// lines before it.
func (b *Block) before(line int) (bytes int32, blank int) {
	i, right := slices.BinarySearchFunc(b.gaps, line, func(g gap, line int) int { return g.line - line })
	switch {
	case right:
		return b.gaps[i].bytes, b.gaps[i].blank
	case i > 0:
		return 0, b.gaps[i-1].blank
	}
	return 0, 0
}

// skip takes blank lines out of the lines.
func (b *Block) skip(bytes int32, blank int) {
	total := b.Blank() + blank
	if last := len(b.gaps) - 1; last >= 0 && b.gaps[last].line == len(b.ends) {
		b.gaps[last].bytes += bytes
		b.gaps[last].blank = total
		return
	}
	b.gaps = append(b.gaps, gap{len(b.ends), bytes, total})
}

// Lines returns how many lines the block has.
func (b *Block) Lines() int { return len(b.ends) }

// Line returns a line without its line break, CRLF or LF. It is valid until the block is filled
// again.
func (b *Block) Line(i int) []byte {
	line := b.text[b.start(i):b.ends[i]]
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
		if n > 1 && line[n-2] == '\r' {
			line = line[:n-2]
		}
	}
	return line
}

// Number returns the number of a line in the whole text, from 1. A record of several lines has the
// number of its first.
func (b *Block) Number(i int) int64 {
	n := b.number + int64(i)
	if i > 0 && len(b.inner) > 0 {
		n += int64(b.inner[i-1])
	}
	if len(b.gaps) > 0 {
		_, blank := b.before(i)
		n += int64(blank)
	}
	return n
}

// Offset returns the byte offset of a line in the whole text. The index may be that of the line
// after the last.
func (b *Block) Offset(i int) int64 { return b.offset + int64(b.start(i)) }

// start returns the index in the block where a line, or the one after the last, starts.
func (b *Block) start(i int) (start int32) {
	if i > 0 {
		start = b.ends[i-1]
	}
	if len(b.gaps) > 0 {
		bytes, _ := b.before(i)
		start += bytes
	}
	return start
}
