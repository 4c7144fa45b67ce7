package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const money = `package money

import "io"

// Limit is exported.
const Limit = 3

// Kind is exported.
type Kind string

// KindA is exported.
const KindA Kind = "a"

// Account is exported.
type Account[T any] struct {
	Name string ` + "`json:\"name\"`" + `
	io.Writer
	balance T
}

// Book is exported.
func (a *Account[T]) Book(amount T) error { a.balance = amount; return nil }

func (a Account[T]) hidden() {}

// Reader is exported.
type Reader interface {
	Read(p []byte) (int, error)
	hidden()
}

// Alias is exported.
type Alias = Kind

// Open is exported.
func Open(name string) *Account[int] { return nil }

func hidden() {}
`

const listed1 = `package money // import "example.com/m/money"
const KindA Kind = "a"
const Limit untyped int = 3
func Open(name string) *Account[int]
type Account[T any] struct
type Account[T any] struct, Name string ` + "`json:\"name\"`" + `
type Account[T any] struct, embedded io.Writer
type Account[T any] struct, unexported fields
func (*Account) Book(amount T) error
func (Account) Write(p []byte) (n int, err error)
type Alias = Kind
type Kind string
type Reader interface
type Reader interface, Read(p []byte) (int, error)
type Reader interface, unexported methods
`

func TestListing(t *testing.T) {
	folder := newModule(t)
	if _, err := update(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	if got := read(t, folder, "api/money.txt"); got != listed1 {
		t.Errorf("got\n%s\nwant\n%s", got, listed1)
	}
	if entries, err := os.ReadDir(filepath.Join(folder, "api")); err != nil || len(entries) != 1 {
		t.Errorf("api holds %v, %v", entries, err)
	}
}

func TestChangesAreReported(t *testing.T) {
	for _, c := range []struct{ name, file, old, new, want string }{
		{"nothing", "", "", "", ""},
		{"inside", "money/money.go", "func hidden() {}", "func hidden() int { return 1 }", ""},
		{"value", "money/money.go", "Limit = 3", "Limit = 4", "+ const Limit untyped int = 4"},
		{"added", "money/money.go", "func hidden() {}", "// Close is new.\nfunc Close() {}", "+ func Close()"},
		{"removed", "money/money.go", "func Open(", "func open(", "- func Open(name string) *Account[int]"},
		{"tag", "money/money.go", `json:"name"`, `json:"title"`, "- type Account[T any] struct, Name string"},
		{"package", "money/sub/sub.go", "", "// Package sub is new.\npackage sub\n", "api/money_sub.txt: + package sub"},
		{"internal package", "internal/sub/sub.go", "", "// Package sub is new.\npackage sub\n\n// X is new.\nconst X = 1\n", ""},
		{"file of no package", "api/other.txt", "", "package other\n", "api/other.txt: there is no such package"},
		{"exception without a release", "api/except.txt", "", "money.Open: removed\n", "no release is known"},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := newModule(t)
			if _, err := update(t.Context(), folder); err != nil {
				t.Fatal(err)
			}
			edit(t, folder, c.file, c.old, c.new)
			expect(t, folder, c.want)
		})
	}
}

func TestIncompatibleChangesSinceTheReleaseAreReported(t *testing.T) {
	const removed = "./money.Open: removed"
	for _, c := range []struct{ name, file, old, new, version, except, want string }{
		{"nothing", "", "", "", "v1.2.3", "", ""},
		{"added", "money/money.go", "func hidden() {}", "// Close is new.\nfunc Close() {}", "v1.2.3", "", ""},
		{"removed", "money/money.go", "func Open(", "func open(", "v1.2.3", "", "api: since v1.2.3: " + removed},
		{"removed and listed", "money/money.go", "func Open(", "func open(", "v1.2.3", "# the reason\n" + removed + "\n", ""},
		{"listed, not removed", "", "", "", "v1.2.3", removed + "\n", "which is no change since v1.2.3"},
		{"a minor version that breaks", "money/money.go", "func Open(", "func open(", "v1.3.0", removed + "\n", "v1.3.0 cannot follow v1.2.3"},
		{"a major version that breaks", "money/money.go", "func Open(", "func open(", "v2.0.0", removed + "\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := newModule(t)
			for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"commit", "-q", "-m", "first"}, {"tag", "v1.2.3"}, {"tag", "v1.1.0"}, {"commit", "-q", "--allow-empty", "-m", "second"}, {"tag", "v9.0.0-rc.1"}, {"commit", "-q", "--allow-empty", "-m", "third"}, {"tag", "v9.9.9"}} {
				gitIn(t, folder, args...)
			}
			edit(t, folder, c.file, c.old, c.new)
			edit(t, folder, "internal/version/version.go", "v1.2.3", c.version)
			edit(t, folder, "api/except.txt", "", c.except)
			if _, err := update(t.Context(), folder); err != nil {
				t.Fatal(err)
			}
			expect(t, folder, c.want)
		})
	}
}

func TestVersionThatMayBreak(t *testing.T) {
	for _, c := range []struct {
		older, newer string
		want         bool
	}{
		{"v0.1.0", "v0.2.0", true},
		{"v0.1.0", "v0.1.1", false},
		{"v0.9.0", "v1.0.0", true},
		{"v1.0.0", "v1.10.0", false},
		{"v1.9.0", "v2.0.0", true},
	} {
		if got := mayBreak(c.older, c.newer); got != c.want {
			t.Errorf("%s after %s: %v", c.newer, c.older, got)
		}
	}
}

// newModule writes a module into a new folder.
func newModule(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	edit(t, folder, "go.mod", "", "module example.com/m\n\ngo 1.26.0\n")
	edit(t, folder, "money/money.go", "", money)
	edit(t, folder, "internal/version/version.go", "", "package version\n\n// Version is the version.\nconst Version = \"v1.2.3\"\n")
	edit(t, folder, "cmd/cmd.go", "", "package main\n\nfunc main() {}\n")
	return folder
}

// expect runs the check, which must end with an error that holds want, or without one.
func expect(t *testing.T, folder, want string) {
	t.Helper()
	said, err := check(t.Context(), folder)
	switch {
	case want == "" && err != nil:
		t.Errorf("%s%v", said, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%s%v, want an error that holds %q", said, err, want)
	}
}

// edit replaces a text in a file. Without an old text it writes the file, or none if there is no
// new text either.
func edit(t *testing.T, folder, name, old, text string) {
	t.Helper()
	if name == "" || old == "" && text == "" {
		return
	}
	if old != "" {
		content := read(t, folder, name)
		if !strings.Contains(content, old) {
			t.Fatalf("%s holds no %q", name, old)
		}
		text = strings.Replace(content, old, text, 1)
	}
	path := filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, folder, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func gitIn(t *testing.T, folder string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", append([]string{"-C", folder, "-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"}, args...)...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, output)
	}
}
