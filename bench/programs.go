package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// zcat is what inflating costs in a shell.
func zcat(files []string) contender {
	c := program(files, "zcat")
	c.goal = &goalZcat
	return c
}

// program is a decompressor that is run as a process over all files, one after the
// other, and whose output goes to nowhere. It ends with 0 only if every checksum was
// right.
func program(files []string, name string, options ...string) contender {
	c := contender{name: strings.Join(append([]string{name}, options...), " ") + " > /dev/null", threads: "1", proof: ended}
	path, err := exec.LookPath(name)
	if err != nil {
		c.skipped = name + " is not installed"
		return c
	}
	arguments := append(options, files...)
	c.read = func(ctx context.Context) (result, error) {
		//nolint:gosec // The programs are those of the main table, the files our own.
		cmd := exec.CommandContext(ctx, path, arguments...)
		var complaint strings.Builder
		cmd.Stderr = &complaint // and no Stdout, which is the null device
		if err := cmd.Run(); err != nil {
			return result{}, fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.String()))
		}
		return result{}, nil
	}
	return c
}
