// Command api compares the exported API of a module with what was committed and with what was
// released.
//
//	api check folder    fails where the API is not the one that the files of folder/api list, or
//	                    where a change since the latest release breaks programs
//	api update folder   writes the files of folder/api
//
// There is one file for each package that programs can import, with one symbol, field or method
// on each line, so that the diff of a change shows what it does to the API. Changes that break
// programs are listed in folder/api/except.txt, or the check fails.
package main

import (
	"context"
	"errors"
	"fmt"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	output, err := run(context.Background(), os.Args[1:])
	_, failed := os.Stdout.WriteString(output)
	if err := errors.Join(err, failed); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (string, error) {
	switch {
	case len(args) == 2 && args[0] == "check":
		return check(ctx, args[1])
	case len(args) == 2 && args[0] == "update":
		return update(ctx, args[1])
	}
	return "", errors.New("usage: api check folder | api update folder")
}

// module is the API of a module.
type module struct {
	path     string
	packages []*types.Package // those that programs can import
	version  string           // the version constant, "" if there is none
}

// load type-checks the module in a folder.
func load(ctx context.Context, folder string) (*module, error) {
	config := &packages.Config{
		Context: ctx,
		Mode:    packages.NeedName | packages.NeedTypes | packages.NeedModule | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile,
		Dir:     folder,
		Env:     append(os.Environ(), "GOWORK=off"),
	}
	all, err := packages.Load(config, "./...")
	if err != nil {
		return nil, fmt.Errorf("api: %s: %w", folder, err)
	}
	m := &module{}
	for _, p := range all {
		for _, e := range p.Errors {
			return nil, fmt.Errorf("api: %s: %w", p.PkgPath, e)
		}
		if p.Module != nil {
			m.path = p.Module.Path
		}
		elements := strings.Split(p.PkgPath, "/")
		switch {
		case p.PkgPath == m.path+"/internal/version":
			if c, ok := p.Types.Scope().Lookup("Version").(*types.Const); ok {
				m.version = strings.Trim(c.Val().String(), `"`)
			}
		case p.Name != "main" && !slices.Contains(elements, "internal"):
			m.packages = append(m.packages, p.Types)
		}
	}
	if len(m.packages) == 0 {
		return nil, fmt.Errorf("api: %s has no package that programs can import", folder)
	}
	return m, nil
}

// listings returns the content of each file that describes the API, by file name.
func (m *module) listings() map[string]string {
	files := make(map[string]string)
	for _, p := range m.packages {
		name := strings.ReplaceAll(strings.TrimPrefix(p.Path(), m.path+"/"), "/", "_")
		files[name+".txt"] = listing(p)
	}
	return files
}

func update(ctx context.Context, folder string) (said string, err error) {
	m, err := load(ctx, folder)
	if err != nil {
		return "", err
	}
	files := m.listings()
	committed, err := listed(folder)
	if err != nil {
		return "", err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if err := root.MkdirAll("api", 0o750); err != nil {
		return "", err
	}
	for _, name := range committed {
		if _, ok := files[name]; !ok {
			if err := root.Remove("api/" + name); err != nil {
				return "", err
			}
		}
	}
	for name, content := range files {
		if err := root.WriteFile("api/"+name, []byte(content), 0o644); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("api: wrote %d files\n", len(files)), nil
}

func check(ctx context.Context, folder string) (string, error) {
	m, err := load(ctx, folder)
	if err != nil {
		return "", err
	}
	if err := m.checkListings(folder); err != nil {
		return "", err
	}
	return m.checkRelease(ctx, folder)
}

// checkListings compares the API with the files of the folder api.
func (m *module) checkListings(folder string) error {
	files := m.listings()
	committed, err := listed(folder)
	if err != nil {
		return err
	}
	var differences []string
	for _, name := range committed {
		if _, ok := files[name]; !ok {
			differences = append(differences, "api/"+name+": there is no such package")
		}
	}
	for name, content := range files {
		old, err := os.ReadFile(filepath.Join(folder, "api", name)) //nolint:gosec // The folder is the caller's.
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		for _, line := range difference(string(old), content) {
			differences = append(differences, "api/"+name+": "+line)
		}
	}
	if len(differences) == 0 {
		return nil
	}
	slices.Sort(differences)
	return fmt.Errorf("%s\napi: the API is not the one in api/*.txt; if that is meant, run make api-update and commit the files", strings.Join(differences, "\n"))
}

// listed returns the names of the files in the folder api that describe packages.
func listed(folder string) (names []string, err error) {
	paths, err := filepath.Glob(filepath.Join(folder, "api", "*.txt"))
	for _, path := range paths {
		if name := filepath.Base(path); name != exceptions {
			names = append(names, name)
		}
	}
	return names, err
}

// difference returns the lines that only one of two texts has: "- " those of the first, "+ " those
// of the second.
func difference(from, to string) (lines []string) {
	split := func(s string) []string {
		return strings.Split(strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")), "\n")
	}
	a, b := split(from), split(to)
	for _, line := range a {
		if line != "" && !slices.Contains(b, line) {
			lines = append(lines, "- "+line)
		}
	}
	for _, line := range b {
		if line != "" && !slices.Contains(a, line) {
			lines = append(lines, "+ "+line)
		}
	}
	return lines
}
