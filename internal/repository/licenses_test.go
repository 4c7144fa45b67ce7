package repository_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A dependency under a license that is not on the short list fails this test.
func TestLicensesOfTheSDKsDependencies(t *testing.T) {
	output, code := ends(t, top, linked(t), "licenses", ".")
	if code != 0 {
		t.Errorf("ended with %d:\n%s", code, output)
	}
	for _, path := range linkedModules(t) {
		if !strings.Contains(output, " "+path+" v") {
			t.Errorf("%s is not among:\n%s", path, output)
		}
	}
}

func TestForeignLicensesAreRefused(t *testing.T) {
	program := linked(t)
	mit := read(t, "LICENSE")
	const gpl = `This program is free software: you can redistribute it and/or modify
it under the terms of the GNU General Public License as published by
the Free Software Foundation, either version 3 of the License, or
(at your option) any later version.`
	cases := []struct {
		name    string
		files   map[string]string
		refused string // the message, if it is refused
	}{
		{"MIT", map[string]string{"LICENSE": mit}, ""},
		{"GPL", map[string]string{"LICENSE": gpl}, "example.com/foreign v1.0.0: license GPL-3.0-or-later"},
		{"GPL in a package", map[string]string{"LICENSE": mit, "part/COPYING": gpl}, "example.com/foreign v1.0.0: license GPL-3.0-or-later"},
		{"GPL in a package that is not linked", map[string]string{"LICENSE": mit, "other/COPYING": gpl}, ""},
		{"none", nil, "example.com/foreign v1.0.0: license unknown"},
		{"none but of a package", map[string]string{"part/LICENSE": mit}, "example.com/foreign v1.0.0: license unknown"},
		{"MIT with a condition", map[string]string{"LICENSE": mit + "\nWhoever earns money with the Software pays half of it to the author.\n"}, "example.com/foreign v1.0.0: license unknown"},
		{"not MIT but a program's", map[string]string{"license.go": "package foreign\n"}, "example.com/foreign v1.0.0: license unknown"},
		// The one exception is for one module.
		{"0BSD", map[string]string{"LICENSE": zeroBSD}, "example.com/foreign v1.0.0: license 0BSD"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			write(t, folder, "go.mod", "module example.com/own\n\ngo 1.26.0\n\nrequire example.com/foreign v1.0.0\n\nreplace example.com/foreign => ./foreign\n")
			write(t, folder, "own.go", "package own\n\nimport _ \"example.com/foreign/part\"\n")
			write(t, folder, "foreign/go.mod", "module example.com/foreign\n\ngo 1.26.0\n")
			write(t, folder, "foreign/part/part.go", "package part\n")
			for name, content := range c.files {
				write(t, folder, "foreign/"+name, content)
			}
			output, code := ends(t, folder, program, "licenses", ".")
			if refused := code == 1 && strings.Contains(output, c.refused); refused != (c.refused != "") || code > 1 {
				t.Errorf("ended with %d, want it to say %q:\n%s", code, c.refused, output)
			}
		})
	}
}

const zeroBSD = `BSD Zero Clause License

Copyright (c) 2026 Somebody

Permission to use, copy, modify, and/or distribute this software for any purpose with or
without fee is hereby granted.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS
SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE
AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT,
NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE
OF THIS SOFTWARE.
`

func TestBillOfMaterialsIsCompleteAndTheSameEveryTime(t *testing.T) {
	program := linked(t)
	output, code := ends(t, top, program, "sbom", ".", "v1.2.3")
	if code != 0 {
		t.Fatalf("ended with %d:\n%s", code, output)
	}
	if again, _ := ends(t, top, program, "sbom", ".", "v1.2.3"); again != output {
		t.Errorf("first\n%s\nthen\n%s", output, again)
	}
	type component struct {
		Name, Version, PURL  string
		Licenses, Properties []any
	}
	var bill struct {
		Metadata   struct{ Component component }
		Components []component
	}
	if err := json.Unmarshal([]byte(output), &bill); err != nil {
		t.Fatal(err)
	}
	if got := bill.Metadata.Component.PURL; got != "pkg:golang/github.com/partnerbilling/sdk-go@v1.2.3" {
		t.Errorf("it is the bill of %s", got)
	}
	var names []string
	sums := read(t, "go.sum")
	for _, c := range bill.Components {
		names = append(names, c.Name)
		if c.PURL != "pkg:golang/"+c.Name+"@"+c.Version || !strings.Contains(sums, c.Name+" "+c.Version+" h1:") || len(c.Licenses) == 0 || len(c.Properties) == 0 {
			t.Errorf("this component is incomplete, or not the one in go.sum: %+v", c)
		}
	}
	for _, path := range linkedModules(t) {
		if !slices.Contains(names, path) {
			t.Errorf("%s is not among %v", path, names)
		}
	}
}

// linked builds the program that lists what is linked.
func linked(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "linked.exe")
	if output, code := ends(t, filepath.Join(top, "tools"), "go", "build", "-o", program, "./linked"); code != 0 {
		t.Fatal(output)
	}
	return program
}

// linkedModules returns the modules that the SDK's packages need on this platform.
func linkedModules(t *testing.T) []string {
	t.Helper()
	output, code := ends(t, top, "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./...")
	if code != 0 {
		t.Fatal(output)
	}
	modules := strings.Fields(output)
	if len(modules) == 0 {
		t.Fatal("go list named no module")
	}
	slices.Sort(modules)
	return slices.Compact(modules)
}

// ends runs a program and returns its output and exit code.
func ends(t *testing.T, folder, program string, args ...string) (output string, code int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir = folder
	command.Env = append(os.Environ(), "GOWORK=off")
	said, err := command.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(said), command.ProcessState.ExitCode()
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
