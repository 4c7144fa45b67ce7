package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// report writes the results as they come. It keeps the first error of a write, which the run
// returns at its end.
type report struct {
	to     io.Writer
	err    error
	judged []judgement
}

// line writes a line without the spaces at its end that tables produce.
func (r *report) line(format string, arguments ...any) {
	text := strings.TrimRight(fmt.Sprintf(format, arguments...), " ")
	if _, err := io.WriteString(r.to, text+"\n"); err != nil && r.err == nil {
		r.err = fmt.Errorf("writing the results: %w", err)
	}
}

// title begins a section.
func (r *report) title(format string, arguments ...any) {
	text := fmt.Sprintf(format, arguments...)
	r.line("")
	r.line("%s", text)
	r.line("%s", strings.Repeat("-", utf8.RuneCountInString(text)))
}

// doing reports progress on standard error. It is no part of the results.
func doing(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "… "+format+"\n", arguments...)
}

// table is text in columns. The first column and those whose head begins with "<" are aligned to
// the left.
type table struct {
	rows [][]string
}

func newTable(heads ...string) *table { return &table{rows: [][]string{heads}} }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) write(out *report) {
	heads := t.rows[0]
	left := make([]bool, len(heads))
	widths := make([]int, len(heads))
	for i, head := range heads {
		left[i] = i == 0 || strings.HasPrefix(head, "<")
		heads[i] = strings.TrimPrefix(head, "<")
	}
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if left[i] {
				line.WriteString(cell + padding + "  ")
			} else {
				line.WriteString(padding + cell + "  ")
			}
		}
		out.line("%s", line.String())
	}
}

// thousands writes a number with separators: 10,000,000.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return thousands(n) + " " + what + "s"
}

func number(value float64, decimals int) string { return strconv.FormatFloat(value, 'f', decimals, 64) }
