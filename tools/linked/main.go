// Command linked says what a program gets with a module of this repository: which other
// modules, and under which licenses.
//
//	linked licenses folder...        lists the licenses, and fails where one is not allowed
//	linked sbom folder [version]     writes the bill of materials, in CycloneDX's JSON
//
// Modules that only tests, benchmarks and tools need are in neither.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	output, err := run(os.Args[1:])
	_, failed := os.Stdout.WriteString(output)
	if err := errors.Join(err, failed); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) (string, error) {
	switch {
	case len(args) >= 2 && args[0] == "licenses":
		return licenses(args[1:])
	case len(args) == 2 && args[0] == "sbom":
		return sbom(args[1], "")
	case len(args) == 3 && args[0] == "sbom":
		return sbom(args[1], args[2])
	}
	return "", errors.New("usage: linked licenses folder... | linked sbom folder [version]")
}
