// Package csvheader tells the header of a CSV file from what else may be in its place: the error
// page of a proxy, or a record of a file without a header. Taken for a header, the first would be
// read as rows, and of the second a row would be missing.
package csvheader

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// byteOrderMark may precede the header.
var byteOrderMark = []byte("\ufeff")

// binary are the first bytes of files that are no text.
var binary = []struct{ start, name string }{
	{"PK\x03\x04", "a ZIP archive"}, {"PAR1", "a Parquet file"}, {"%PDF", "a PDF file"},
}

// value matches numbers, dates and GUIDs.
var value = regexp.MustCompile(`^(?:[+-]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?` +
	`|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?:[T ].*)?` +
	`|(?i:\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?))$`)

// First returns the first line of a text that is not blank, without its line ending, and its
// number and offset. The text may be cut.
func First(text []byte) (line []byte, number, offset int64) {
	for number = 1; ; number++ {
		line, rest, more := bytes.Cut(text, []byte("\n"))
		if !more || len(bytes.TrimSpace(line)) > 0 {
			return line, number, offset
		}
		offset += int64(len(line)) + 1
		text = rest
	}
}

// Check returns why a line, without its line ending, cannot be a header; nil if it can be one. The
// text has nothing of the line.
func Check(line []byte) error {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, byteOrderMark))
	for _, b := range binary {
		if bytes.HasPrefix(line, []byte(b.start)) {
			return errors.New("it is " + b.name)
		}
	}
	switch {
	case bytes.HasPrefix(line, []byte("<")):
		return errors.New("it is a page of HTML or XML, as a proxy may send instead of a file")
	case bytes.HasPrefix(line, []byte("{")), bytes.HasPrefix(line, []byte("[")):
		return errors.New("it is JSON")
	case bytes.IndexByte(line, 0) >= 0:
		return errors.New("it is no text in UTF-8")
	}
	names, separator := split(line)
	switch {
	case separator == '\r':
		return errors.New("its lines end in a carriage return alone; a line feed must follow")
	case separator != 0:
		return errors.New("its fields are not separated by commas, but by semicolons or tabs")
	}
	if slices.ContainsFunc(names, value.MatchString) {
		return errors.New("the first line is a record; the header is missing")
	}
	return nil
}

// split returns the fields of a line, and a character outside of quotes that a header in CSV does
// not have: a carriage return or, in a single field, a semicolon or a tab.
func split(line []byte) (names []string, other byte) {
	quoted, begin := false, 0
	for i, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			names, begin = append(names, name(line[begin:i])), i+1
		case c == '\r', other == 0 && (c == ';' || c == '\t'):
			other = c
		}
	}
	if names = append(names, name(line[begin:])); other != '\r' && len(names) > 1 {
		other = 0
	}
	return names, other
}

func name(field []byte) string {
	text := strings.TrimSpace(string(field))
	if len(text) > 1 && text[0] == '"' {
		text = strings.ReplaceAll(strings.TrimSuffix(text[1:], `"`), `""`, `"`)
	}
	return strings.TrimSpace(text)
}
