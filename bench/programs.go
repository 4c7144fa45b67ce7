package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// zcat measures inflating in a shell.
func zcat(files []string) contender {
	c := program(files, "zcat")
	c.goal = &goalZcat
	return c
}

// program is a decompressor that runs as a process on all files, one after the other, and whose
// output is discarded. It exits with 0 only if every checksum was right.
func program(files []string, name string, options ...string) contender {
	c := contender{name: strings.Join(append([]string{name}, options...), " ") + " > /dev/null", threads: "1", proof: ended}
	path, err := exec.LookPath(name)
	if err != nil {
		c.skipped = name + " is not installed"
		return c
	}
	arguments := append(options, files...)
	c.read = func(ctx context.Context) (result, error) {
		//nolint:gosec // The programs are those of the main table, the files were just written.
		cmd := exec.CommandContext(ctx, path, arguments...)
		var complaint strings.Builder
		cmd.Stderr = &complaint // Stdout stays nil, which is the null device
		if err := cmd.Run(); err != nil {
			return result{}, fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.String()))
		}
		return result{}, nil
	}
	return c
}
