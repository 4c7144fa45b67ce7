package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestResultsAreNotWrittenFromATreeWithChanges(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"clean", "", ""},
		{"only the results", "bench/results.txt", ""},
		{"a change", "code.go", "the working tree has changes: M code.go; commit them first"},
		{"a new file", "bench/new.go", "the working tree has changes: ?? bench/new.go"},
		{"an ignored file", "ignored", ""},
		{"results of another folder", "results.txt", "?? results.txt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			top := repository(t)
			if c.file != "" {
				write(t, top, c.file, "changed\n")
			}
			t.Chdir(filepath.Join(top, "bench"))
			switch err := requireCleanTree(t.Context(), "results.txt"); {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// A refused run measures nothing and leaves the results of the run before as they are.
func TestRefusedRunKeepsTheResults(t *testing.T) {
	top := repository(t)
	write(t, top, "code.go", "changed\n")
	t.Chdir(filepath.Join(top, "bench"))
	err := run(t.Context(), []string{"-quick", "-o", "results.txt"}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "commit them first") {
		t.Error(err)
	}
	if content, err := os.ReadFile("results.txt"); err != nil || string(content) != "results\n" {
		t.Errorf("%q, %v", content, err)
	}
}

func TestResultsNeedACommit(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := run(t.Context(), []string{"-quick", "-o", "results.txt"}, io.Discard); err == nil || !strings.Contains(err.Error(), "cannot tell which commit is measured") {
		t.Error(err)
	}
}

func TestRevisionTellsOfChanges(t *testing.T) {
	top := repository(t)
	t.Chdir(top)
	if got := revision(t.Context()); !strings.HasPrefix(got, "commit ") || strings.Contains(got, "changes") {
		t.Errorf("got %q", got)
	}
	write(t, top, "code.go", "changed\n")
	if got := revision(t.Context()); !strings.HasSuffix(got, " with changes") {
		t.Errorf("got %q", got)
	}
}

// repository returns the top of a new repository with a folder bench that holds results.
func repository(t *testing.T) (top string) {
	t.Helper()
	top = t.TempDir()
	write(t, top, "code.go", "package code\n")
	write(t, top, ".gitignore", "/ignored\n")
	write(t, top, "bench/results.txt", "results\n")
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"commit", "-q", "-m", "first"}} {
		command := exec.CommandContext(t.Context(), "git", append([]string{"-C", top, "-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, output)
		}
	}
	return top
}

func write(t *testing.T, top, name, content string) {
	t.Helper()
	path := filepath.Join(top, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
