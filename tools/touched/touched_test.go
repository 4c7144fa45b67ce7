package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The SDK of the tests has the packages a, which imports b, and c, e and f; the suite module
// imports a.
var tree = map[string]string{
	"go.mod":               "module example.com/m\n\ngo 1.26.0\n",
	"Makefile":             "all:\n",
	"README.md":            "text\n",
	"a/a.go":               "package a\n\nimport _ \"example.com/m/b\"\n",
	"b/b.go":               "package b\n",
	"b/testdata/deep/file": "data\n",
	"c/c.go":               "package c\n",
	"c/c_test.go":          "package c\n\nimport _ \"example.com/m/d\"\n",
	"d/d.go":               "package d\n",
	"e/e.go":               "package e\n",
	"f/f.go":               "package f\n",
	"suite/go.mod":         "module example.com/m/suite\n\ngo 1.26.0\n\nrequire example.com/m v0.0.0\n\nreplace example.com/m => ../\n",
	"suite/suite_test.go":  "package suite\n\nimport _ \"example.com/m/a\"\n",
}

func TestTouched(t *testing.T) {
	for _, c := range []struct{ name, base, change, want string }{
		{"nothing", "HEAD", "", ""},
		{"a text", "HEAD", "README.md", ""},
		{"imported", "HEAD", "a/a.go", "first"},
		{"imported by what is imported", "HEAD", "b/b.go", "first"},
		{"its test data", "HEAD", "b/testdata/deep/file", "first"},
		{"a new file", "HEAD", "b/new.go", "first"},
		{"the other", "HEAD", "c/c.go", "second"},
		{"imported by a test", "HEAD", "d/d.go", "second"},
		{"the module's own", "HEAD", "suite/README.md", "first"},
		{"a suite of two modules", "HEAD", "e/e.go", "third"},
		{"the workspace", "HEAD", "go.work", "first second third"},
		{"the build", "HEAD", "Makefile", "first second third"},
		{"the oldest commit", "HEAD^", "", "second"},
		{"no base", "", "", "first second third"},
		{"unknown base", strings.Repeat("0", 40), "", "first second third"},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := repository(t)
			if c.change != "" {
				write(t, folder, c.change, "package "+filepath.Base(filepath.Dir(c.change))+" // changed\n")
			}
			names, why, err := run(t.Context(), []string{folder, c.base, "first=suite", "second=.:./c", "third=.:./e", "third=.:./f"})
			if got := strings.Join(names, " "); err != nil || got != c.want {
				t.Errorf("got %q, want %q: %s, %v", got, c.want, why, err)
			}
		})
	}
}

func TestMistakesAreErrors(t *testing.T) {
	for _, args := range [][]string{{}, {".", "HEAD"}, {".", "", "suite"}, {repository(t), "HEAD", "first=none"}, {repository(t), "HEAD", "first=.:./none"}} {
		if names, why, err := run(t.Context(), args); err == nil {
			t.Errorf("%v: %v, %s", args, names, why)
		}
	}
}

// repository returns the folder of a new repository with two commits, the second of which
// changes c.
func repository(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, content := range tree {
		write(t, folder, name, content)
	}
	git(t, folder, "init", "-q")
	git(t, folder, "add", ".")
	git(t, folder, "commit", "-q", "-m", "first")
	write(t, folder, "c/c.go", "package c // second\n")
	git(t, folder, "commit", "-q", "-a", "-m", "second")
	return folder
}

func write(t *testing.T, folder, name, content string) {
	t.Helper()
	path := filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func git(t *testing.T, folder string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", append([]string{"-C", folder, "-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false"}, args...)...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, output)
	}
}
