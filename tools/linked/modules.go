package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// module is a linked module.
type module struct {
	Path, Version, Dir, Sum string

	// Main is true of the module in the requested folder.
	Main bool

	// folders are the folders of its linked packages.
	folders []string

	// needs are the paths of the modules that these packages import.
	needs []string
}

// linked lists the modules whose packages end up in a program that imports everything
// in folder, by path. Packages differ from system to system: all systems count, so that
// the list is the same wherever it is made.
func linked(folder string) ([]*module, error) {
	byPath := make(map[string]*module)
	for _, system := range []string{"linux", "windows", "darwin"} {
		for _, processor := range []string{"amd64", "arm64"} {
			packages, err := list(folder, "GOOS="+system, "GOARCH="+processor)
			if err != nil {
				return nil, err
			}
			for _, p := range packages {
				add(byPath, p, packages)
			}
		}
	}
	var modules []*module
	for _, m := range byPath {
		for _, names := range []*[]string{&m.folders, &m.needs} {
			slices.Sort(*names)
			*names = slices.Compact(*names)
		}
		modules = append(modules, m)
	}
	slices.SortFunc(modules, func(a, b *module) int { return strings.Compare(a.Path, b.Path) })
	return modules, nil
}

func add(byPath map[string]*module, p *goPackage, packages map[string]*goPackage) {
	if p.Module == nil {
		return // Go's own
	}
	m, ok := byPath[p.Module.Path]
	if !ok {
		m = p.Module
		byPath[m.Path] = m
	}
	m.folders = append(m.folders, p.Dir)
	for _, path := range p.Imports {
		if needed := packages[path]; needed != nil && needed.Module != nil && needed.Module.Path != m.Path {
			m.needs = append(m.needs, needed.Module.Path)
		}
	}
}

// goPackage is what go list prints about a package.
type goPackage struct {
	ImportPath, Dir string
	Imports         []string
	Module          *module
}

func list(folder string, platform ...string) (map[string]*goPackage, error) {
	command := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,Imports,Module", "./...") //nolint:noctx // It ends by itself, and nobody waits less long.
	command.Dir = folder
	command.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=1")
	command.Env = append(command.Env, platform...)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list in %s: %w", folder, err)
	}
	packages := make(map[string]*goPackage)
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		p := new(goPackage)
		switch err := decoder.Decode(p); {
		case errors.Is(err, io.EOF):
			return packages, nil
		case err != nil:
			return nil, fmt.Errorf("go list in %s: %w", folder, err)
		}
		packages[p.ImportPath] = p
	}
}
