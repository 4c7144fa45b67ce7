package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed are the licenses whose only condition is that their text is passed on.
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}

// exceptions are modules with further licenses, each with the reason why it is allowed.
var exceptions = map[string][]string{
	// ISC without its one condition: the text need not be passed on.
	"github.com/woodsbury/decimal128": {"0BSD"},
	// A database of an example, which the SDK does not link. Their texts are lists of what
	// they contain: SQLite is in the public domain, a logo is named, and what is under the
	// MPL is, as its list says, compiled into nothing.
	"modernc.org/libc":   {unknown},
	"modernc.org/memory": {unknown},
	"modernc.org/sqlite": {unknown, "MPL-2.0"},
}

// unknown stands for an unknown license text, and for no license.
const unknown = "unknown"

// licenseFile matches the names of files that hold a license.
var licenseFile = regexp.MustCompile(`(?i)licen[cs]e|copying`)

// licenses lists what is linked with the modules in folders, and under which licenses.
func licenses(folders []string) (string, error) {
	var out strings.Builder
	var refused []error
	for _, folder := range folders {
		modules, err := linked(folder)
		if err != nil {
			return "", err
		}
		for _, m := range modules {
			if m.Main {
				fmt.Fprintf(&out, "linked with %s:\n", m.Path)
			}
		}
		for _, m := range modules {
			if m.Main {
				continue
			}
			found, err := m.licenses()
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&out, "  %-36s %s %s\n", strings.Join(found, ", "), m.Path, m.Version)
			for _, id := range found {
				if !slices.Contains(allowed, id) && !slices.Contains(exceptions[m.Path], id) {
					refused = append(refused, fmt.Errorf("%s %s: license %s: allowed are %s", m.Path, m.Version, id, strings.Join(allowed, ", ")))
				}
			}
		}
	}
	return out.String(), errors.Join(refused...)
}

// licenses are the SPDX names of all that is said in the folders of the linked packages
// and in those above them, up to the module's own.
func (m *module) licenses() ([]string, error) {
	var ids []string
	looked := make(map[string]bool)
	for _, folder := range m.folders {
		for !looked[folder] {
			looked[folder] = true
			here, err := licensesIn(folder)
			if err != nil {
				return nil, err
			}
			ids = append(ids, here...)
			if folder == m.Dir {
				// A package's license is that of its module unless it says otherwise, so the
				// module must have one.
				if len(here) == 0 {
					ids = append(ids, unknown)
				}
				break
			}
			folder = filepath.Dir(folder)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

func licensesIn(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, entry := range entries {
		if entry.IsDir() || !licenseFile.MatchString(entry.Name()) || filepath.Ext(entry.Name()) == ".go" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.Name())) //nolint:gosec // go list named the folder.
		if err != nil {
			return nil, err
		}
		scan := licensecheck.Scan(text)
		for _, match := range scan.Match {
			ids = append(ids, match.ID)
		}
		// A condition that somebody added to a known text is in the rest of it.
		if scan.Percent < 95 {
			ids = append(ids, unknown)
		}
	}
	return ids, nil
}
