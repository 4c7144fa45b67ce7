// Command touched says which test suites a change touches.
//
//	touched folder base suite=module[:package,...]...
//
// prints the names of the suites, one on each line, whose tests can be affected by what changed
// in the repository of folder since the commit base, changes that are not committed included: a
// file of the suite's module, or of a package that the suite imports. A suite that tests several
// modules is named once for each. Where base is empty or not known, these are all suites, and so
// they are where the build itself changed.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// everywhere are files and folders that affect all suites.
var everywhere = []string{"Makefile", "go.mod", "go.sum", "go.work", "go.work.sum", ".ci", "tools/touched"}

func main() {
	names, why, err := run(context.Background(), os.Args[1:])
	if err == nil {
		fmt.Fprintln(os.Stderr, why)
		_, err = os.Stdout.WriteString(strings.Join(names, "\n") + "\n")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// suite is a set of tests of one module.
type suite struct {
	name     string
	module   string // its folder, below the top
	packages []string
}

// run returns the names of the touched suites, and a sentence about the reason.
func run(ctx context.Context, args []string) (names []string, why string, err error) {
	if len(args) < 3 {
		return nil, "", errors.New("usage: touched folder base suite=module[:package,...]")
	}
	folder, base := args[0], args[1]
	var suites []suite
	for _, arg := range args[2:] {
		name, module, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, "", fmt.Errorf("touched: %q is not suite=module", arg)
		}
		s := suite{name: name, module: module, packages: []string{"./..."}}
		if before, packages, ok := strings.Cut(module, ":"); ok {
			s.module, s.packages = before, strings.Split(packages, ",")
		}
		suites = append(suites, s)
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if base == "" {
		return names, "touched: the commit to compare with is not known: all suites", nil
	}
	if _, err := output(ctx, folder, "git", "rev-parse", "--verify", "--quiet", base+"^{commit}"); err != nil {
		return names, "touched: there is no commit " + base + ": all suites", nil
	}
	changed, err := changes(ctx, folder, base)
	if err != nil {
		return nil, "", err
	}
	for _, file := range changed {
		if slices.ContainsFunc(everywhere, func(e string) bool { return file == e || strings.HasPrefix(file, e+"/") }) {
			return names, "touched: " + file + " changed since " + base + ": all suites", nil
		}
	}
	reasons := []string{fmt.Sprintf("touched: %d files changed since %s", len(changed), base)}
	names = nil
	for _, s := range suites {
		folders, err := s.folders(ctx, folder)
		if err != nil {
			return nil, "", err
		}
		i := slices.IndexFunc(changed, func(file string) bool { return s.includes(file, folders) })
		if i >= 0 && !slices.Contains(names, s.name) {
			names = append(names, s.name)
			reasons = append(reasons, s.name+": "+changed[i])
		}
	}
	return names, strings.Join(reasons, "\n\t"), nil
}

// changes returns the files that differ from those of a commit, by their paths below the top.
func changes(ctx context.Context, folder, base string) (files []string, err error) {
	for _, args := range [][]string{
		{"diff", "--name-only", "--no-renames", "-z", base},
		{"ls-files", "--others", "--exclude-standard", "-z"},
	} {
		listed, err := output(ctx, folder, "git", args...)
		if err != nil {
			return nil, err
		}
		files = append(files, strings.FieldsFunc(listed, func(r rune) bool { return r == 0 })...)
	}
	return files, nil
}

// folders returns the folders of the packages in this repository that the suite imports, by their
// paths below the top.
func (s *suite) folders(ctx context.Context, top string) (folders []string, err error) {
	args := append([]string{"list", "-deps", "-test", "-f", "{{if not .Standard}}{{.Dir}}{{end}}"}, s.packages...)
	listed, err := output(ctx, filepath.Join(top, s.module), "go", args...)
	if err != nil {
		return nil, err
	}
	top, err = filepath.Abs(top)
	if err == nil {
		top, err = filepath.EvalSymlinks(top)
	}
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(listed) {
		dir, err := filepath.EvalSymlinks(strings.TrimSpace(line))
		if err != nil {
			continue // an empty line
		}
		if below, err := filepath.Rel(top, dir); err == nil && filepath.IsLocal(below) {
			folders = append(folders, filepath.ToSlash(below))
		}
	}
	if len(folders) == 0 {
		return nil, fmt.Errorf("touched: %s has no package in %s", s.name, top)
	}
	return folders, nil
}

// includes reports whether a file is one of the suite's module or of one of the folders.
func (s *suite) includes(file string, folders []string) bool {
	if s.module != "." && strings.HasPrefix(file, path.Clean(s.module)+"/") {
		return true
	}
	dir, _, _ := strings.Cut(file, "/testdata/")
	if dir == file {
		dir = path.Dir(file)
	}
	return slices.Contains(folders, dir)
}

func output(ctx context.Context, folder, program string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, program, args...) //nolint:gosec // git and go.
	command.Dir = folder
	command.Env = append(os.Environ(), "GOWORK=off")
	listed, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("%s %s: %w: %s", program, strings.Join(args, " "), err, bytes.TrimSpace(exit.Stderr))
	}
	return string(listed), err
}
