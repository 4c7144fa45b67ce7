// Package jsonl splits a text into lines and counts them. What a line means is not
// its matter.
package jsonl

import (
	"bytes"
	"errors"
	"io"
)

// ErrTooLong says that a line exceeds the limit.
var ErrTooLong = errors.New("line too long")

// mark is the byte order mark.
const mark = "\ufeff"

// startSize is the buffer that lines are found in; it grows with the longest line.
const startSize = 128 << 10

// Lines reads a text line by line. A byte order mark at its start is skipped.
type Lines struct {
	src io.Reader
	max int

	// buf[next:end] is what has been read and not been handed out; it has been searched
	// for a line's end up to searched.
	buf                 []byte
	next, searched, end int
	err                 error // of src; handed out after the lines before it

	number   int64 // of the line last returned, from 1
	offset   int64 // of its first byte in the text
	consumed int64 // bytes of the text before buf[next]
	started  bool
}

// NewLines reads from src. A line longer than limit bytes is an error.
func NewLines(src io.Reader, limit int) *Lines {
	return &Lines{src: src, max: limit}
}

// Next returns the next line without its end, CRLF or LF. It is valid until the next
// call. A last line without an end is returned only if the text ended cleanly,
// with io.EOF; before any other error it is taken for torn and left out. Errors are
// those of the source, as they are, and [ErrTooLong]; they are sticky.
func (l *Lines) Next() ([]byte, error) {
	for {
		if i := bytes.IndexByte(l.buf[l.searched:l.end], '\n'); i >= 0 {
			return l.take(l.searched+i, 1)
		}
		l.searched = l.end
		most := l.max
		if !l.started {
			most += len(mark)
		}
		if l.end-l.next > most {
			return l.tooLong()
		}
		if l.err != nil {
			if l.err == io.EOF && l.end > l.next { //nolint:errorlint // Readers return io.EOF itself.
				return l.take(l.end, 0)
			}
			return nil, l.err
		}
		l.fill()
	}
}

// take hands out the line that ends before buf[end], where an end of line of the
// given size stands.
func (l *Lines) take(end, newline int) ([]byte, error) {
	line := l.buf[l.next:end]
	l.offset = l.consumed
	if !l.started {
		l.started = true
		if len(line) >= len(mark) && string(line[:len(mark)]) == mark {
			line = line[len(mark):]
			l.offset += int64(len(mark))
		}
	}
	if len(line) > l.max {
		return l.tooLong()
	}
	l.consumed += int64(end + newline - l.next)
	l.next = end + newline
	l.searched = l.next
	l.number++
	if newline == 1 && len(line) > 0 && line[len(line)-1] == '\r' {
		line = line[:len(line)-1]
	}
	return line, nil
}

// tooLong ends the reading at a line over the limit, which is the one to name.
func (l *Lines) tooLong() ([]byte, error) {
	l.number++
	l.offset = l.consumed
	l.err = ErrTooLong
	l.next, l.searched, l.end = 0, 0, 0
	return nil, l.err
}

// fill reads more, after making room by moving what is left to the front and, where
// that is not enough, by doubling the buffer.
func (l *Lines) fill() {
	if l.next > 0 {
		copy(l.buf, l.buf[l.next:l.end])
		l.end -= l.next
		l.searched -= l.next
		l.next = 0
	}
	if l.end == len(l.buf) {
		grown := make([]byte, max(startSize, 2*len(l.buf)))
		copy(grown, l.buf[:l.end])
		l.buf = grown
	}
	for range 100 {
		n, err := l.src.Read(l.buf[l.end:])
		l.end += n
		l.err = err
		if n > 0 || err != nil {
			return
		}
	}
	l.err = io.ErrNoProgress
}

// Number returns the number of the line last returned, from 1; after [ErrTooLong] that
// of the line that was too long.
func (l *Lines) Number() int64 { return l.number }

// Offset returns where in the text that line starts, in bytes.
func (l *Lines) Offset() int64 { return l.offset }

// Bytes returns how much of the text the lines so far have taken.
func (l *Lines) Bytes() int64 { return l.consumed }
