package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
)

const about = `Minimal prints the exact total of an invoice of your own for each currency. It
is the first example of the README, and calls Microsoft with
DefaultAzureCredential: environment variables, managed identity or az login.

  go run ./examples/minimal -invoice G016907411

Without an account, try go run ./examples/quickstart.

Flags:
  -invoice number
        number of the invoice, such as G016907411

Exit codes: 0 done, 1 failed, 2 wrong flag or argument, 130 interrupted.
`

// The help is not in main.go, which is the README's program as it is.
func init() {
	flag.Usage = func() {
		if slices.ContainsFunc(os.Args[1:], func(arg string) bool { return slices.Contains([]string{"-h", "--h", "-help", "--help"}, arg) }) {
			fmt.Print(about)
			return
		}
		fmt.Fprintln(os.Stderr, "-h says how to use minimal") // the error was printed
	}
}
