package repository_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxWidth is the maximum width of comments and Markdown, in columns.
const maxWidth = 100

// tabWidth is the width of a tab in front of a comment.
const tabWidth = 4

// TestWidthOfCommentsAndMarkdown verifies that comments in Go files and lines of Markdown are at
// most maxWidth columns wide, except tables, code blocks and lines with a URL.
func TestWidthOfCommentsAndMarkdown(t *testing.T) {
	files(t, func(name string, content []byte) {
		if strings.Contains(name, "/testdata/") {
			return
		}
		text := strings.ReplaceAll(string(content), "\r\n", "\n")
		var wide []int
		switch path.Ext(name) {
		case ".go":
			wide = wideComments(t, name, text)
		case ".md":
			wide = wideMarkdown(text)
		}
		for _, line := range wide {
			t.Errorf("%s:%d: wider than %d columns", name, line, maxWidth)
		}
	})
}

// wideComments returns the lines of a Go file with comments that are too wide. It ignores comments
// after code on the same line, directives, and the output of examples.
func wideComments(t *testing.T, name, text string) (wide []int) {
	t.Helper()
	fileSet := token.NewFileSet()
	file, err := parser.ParseFile(fileSet, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	if ast.IsGenerated(file) {
		return nil
	}
	lines := strings.Split(text, "\n")
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if output.MatchString(comment.Text) {
				break // the rest of the group is what the example prints
			}
			at := fileSet.Position(comment.Pos())
			if strings.TrimSpace(lines[at.Line-1][:at.Column-1]) != "" || directive.MatchString(comment.Text) {
				continue
			}
			for i := range strings.Count(comment.Text, "\n") + 1 {
				if line := at.Line + i; tooWide(lines[line-1]) {
					wide = append(wide, line)
				}
			}
		}
	}
	return wide
}

var (
	output    = regexp.MustCompile(`(?i)^//\s*(unordered )?output:`)
	directive = regexp.MustCompile(`^//[a-z]+:`)
)

// wideMarkdown returns the lines of a Markdown file that are too wide.
func wideMarkdown(text string) (wide []int) {
	code := false
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "```") {
			code = !code
		}
		if !code && !strings.HasPrefix(trimmed, "|") && tooWide(line) {
			wide = append(wide, i+1)
		}
	}
	return wide
}

func tooWide(line string) bool {
	return utf8.RuneCountInString(line)+(tabWidth-1)*strings.Count(line, "\t") > maxWidth && !strings.Contains(line, "://")
}

// avoided are words that have a standard term instead, with that term.
var avoided = []struct {
	word *regexp.Regexp
	term string
}{
	{regexp.MustCompile(`(?i)answer`), "response, or returns"},
	{regexp.MustCompile(`(?i)weather`), "faults, or fault injection"},
	{regexp.MustCompile(`(?i)manners|patience`), "retry, backoff or retry budget"},
	{regexp.MustCompile(`(?i)\bheal(s|ed|ing)?\b`), "retry, or recover"},
	{regexp.MustCompile(`(?i)behead`), "take the header"},
	{regexp.MustCompile(`(?i)\b(be|is|are|was|were|been) through with\b`), "be done with"},
	{regexp.MustCompile(`(?i)\b(go|goes|going|gone|went) on with\b`), "resume"},
	{regexp.MustCompile(`(?i)\bma(ke|kes|king|de) way\b`), "yield"},
	{regexp.MustCompile(`(?i)\blast word\b`), "runs last"},
	{regexp.MustCompile(`(?i)\bof the moment\b`), "current"},
}

// allowed are lines that may contain an avoided word.
var allowed = []struct{ file, line, why string }{}

// TestStandardTerms verifies that code, documents and the Makefile do not use the avoided words.
func TestStandardTerms(t *testing.T) {
	used := make([]bool, len(allowed))
	files(t, func(name string, content []byte) {
		checked := slices.Contains([]string{".go", ".md", ".yml", ".yaml"}, path.Ext(name)) || path.Base(name) == "Makefile" ||
			strings.HasPrefix(name, ".ci/")
		if !checked || name == "internal/repository/language_test.go" {
			return
		}
		number := 0
		for line := range strings.Lines(string(content)) {
			number++
			for _, a := range avoided {
				word := a.word.FindString(line)
				if word == "" {
					continue
				}
				i := slices.IndexFunc(allowed, func(entry struct{ file, line, why string }) bool {
					return entry.file == name && entry.line == strings.TrimSpace(line)
				})
				if i >= 0 {
					used[i] = true
					continue
				}
				t.Errorf("%s:%d: %q; the standard term is: %s", name, number, word, a.term)
			}
		}
	})
	for i, entry := range allowed {
		if !used[i] {
			t.Errorf("%s no longer contains the line that is allowed: %s", entry.file, entry.line)
		}
	}
}

// TestLanguageIsChecked verifies that the tests of this file find what they look for.
func TestLanguageIsChecked(t *testing.T) {
	long := strings.Repeat("long ", 20) + "x"
	code := "package p\n\n// " + long + "\n\n// https://" + long + "\n\n//nolint:" + long + "\nvar a int // " + long + "\n\n/*\n" + long +
		"\n*/\n\n// Output:\n// " + long + "\n\nvar b = `\n// " + long + "`\n"
	if got := wideComments(t, "p.go", code); !slices.Equal(got, []int{3, 11}) {
		t.Errorf("comments: lines %v", got)
	}
	if got := wideMarkdown("# A\n" + long + "\n| " + long + " |\n```sh\n" + long + "\n```\n[a](https://" + long + ")\n- " + long + "\n"); !slices.Equal(got, []int{2, 8}) {
		t.Errorf("Markdown: lines %v", got)
	}
	for text, want := range map[string]bool{
		"the Answer": true, "gone on with it": true, "no last word": true, "health": false, "made away": false, "of the moments": false,
	} {
		found := false
		for _, a := range avoided {
			found = found || a.word.MatchString(text)
		}
		if found != want {
			t.Errorf("%q: avoided %t", text, found)
		}
	}
}
