package main

import (
	"os"

	"github.com/partnerbilling/sdk-go/internal/benchtable"
)

// resultsFile is where the committed results are.
const resultsFile = "results.txt"

// updateReadme writes the tables of the committed results into the README.
func updateReadme(name string) error {
	results, err := os.ReadFile(resultsFile)
	if err != nil {
		return err
	}
	//nolint:gosec // The README is the file that the caller names.
	before, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	after, err := benchtable.Insert(string(before), string(results))
	if err != nil {
		return err
	}
	//nolint:gosec // As above.
	return os.WriteFile(name, []byte(after), 0o600)
}
