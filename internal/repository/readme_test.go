package repository_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/internal/benchtable"
)

// documents are the texts for users.
var documents = []string{
	"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "RELEASING.md", "docs/decimals.md", "docs/reconciliation.md",
}

// Code in the README and in a guide is code of the examples, which are compiled, linted and run.
func TestSnippetsAreCodeOfTheExamples(t *testing.T) {
	var code []string
	files(t, func(path string, content []byte) {
		if (strings.HasPrefix(path, "examples/") || strings.HasPrefix(path, "lineitem/example_")) && strings.HasSuffix(path, ".go") {
			code = append(code, unindented(string(content)))
		}
	})
	for _, document := range []string{"README.md", "docs/reconciliation.md"} {
		snippets := regexp.MustCompile("(?ms)^```go\n(.*?)^```").FindAllStringSubmatch(read(t, document), -1)
		if len(snippets) == 0 || len(code) == 0 {
			t.Fatalf("%s: %d snippets, %d files of examples", document, len(snippets), len(code))
		}
		for _, snippet := range snippets {
			if !containsAny(code, unindented(snippet[1])) {
				t.Errorf("%s: this is in no example:\n%s", document, snippet[1])
			}
		}
	}
}

func TestFreshMachineNeedsTwoCommands(t *testing.T) {
	block := regexp.MustCompile("(?s)On a fresh machine:\n\n```sh\n(.*?)```").FindStringSubmatch(read(t, "README.md"))
	if block == nil {
		t.Fatal("the README does not say what to do on a fresh machine")
	}
	var commands []string
	for line := range strings.Lines(block[1]) {
		command, _, _ := strings.Cut(line, "#")
		commands = append(commands, strings.TrimSpace(command))
	}
	if got := strings.Join(commands, "; "); got != "go run ./examples/quickstart; make test" {
		t.Errorf("got %s", got)
	}
	if !strings.Contains(read(t, ".ci/run"), "\nmake test\n") {
		t.Error(".ci/run does not run make test")
	}
	if !strings.Contains(read(t, ".github/workflows/ci.yml"), "- run: .ci/run\n") {
		t.Error("the workflow does not run .ci/run")
	}
}

// The README's tables are those of the committed results, line by line.
func TestBenchmarksOfTheREADMEAreTheCommittedResults(t *testing.T) {
	readme := read(t, "README.md")
	want, err := benchtable.Insert(readme, read(t, "bench/results.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if readme == want {
		return
	}
	got, lines := strings.Split(readme, "\n"), strings.Split(want, "\n")
	for i := range min(len(got), len(lines)) {
		if got[i] != lines[i] {
			t.Fatalf("README.md:%d is\n%s\nwant\n%s\nwrite the tables with: cd bench && go run . -readme ../README.md", i+1, got[i], lines[i])
		}
	}
	t.Fatalf("the README has %d lines, want %d", len(got), len(lines))
}

func TestDocumentsNameWhatIsThere(t *testing.T) {
	code := regexp.MustCompile("(?s)```.*?```|`[^`]*`")
	link := regexp.MustCompile(`\]\(([^)#]+)\)`)
	program := regexp.MustCompile(`go run \./(\S+?)[\s` + "`" + `]`)
	target := regexp.MustCompile("(?m)(?:`|^)make ([a-z]+)\\b")
	makefile := read(t, "Makefile")
	for _, document := range documents {
		text := read(t, document)
		var files []string
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			if !strings.Contains(m[1], "://") {
				files = append(files, filepath.Join(filepath.Dir(document), m[1])) // as a browser resolves it
			}
		}
		for _, m := range program.FindAllStringSubmatch(text, -1) {
			files = append(files, m[1])
		}
		for _, file := range files {
			if _, err := os.Stat(filepath.Join(top, file)); err != nil {
				t.Errorf("%s: %v", document, err)
			}
		}
		for _, m := range target.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s: the Makefile has no %s", document, m[1])
			}
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(top, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(content), "\r\n", "\n")
}

// unindented removes leading tabs: a snippet may be indented less than its code.
func unindented(code string) string {
	var b strings.Builder
	for line := range strings.Lines(code) {
		b.WriteString(strings.TrimLeft(line, "\t"))
	}
	return b.String()
}

func containsAny(texts []string, part string) bool {
	for _, text := range texts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
