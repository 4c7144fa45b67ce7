package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// harness runs the storage emulator of the tests in this program. It is a testing.TB with the
// methods that the emulator calls; the others are nil.
type harness struct {
	testing.TB

	ctx      context.Context //nolint:containedctx // A testing.TB stores its context, too.
	cleanups []func()
	failed   error
}

// Helper does nothing.
func (h *harness) Helper() {}

// Context returns the context of the run.
func (h *harness) Context() context.Context { return h.ctx }

// Cleanup registers a function to be called at the end.
func (h *harness) Cleanup(do func()) { h.cleanups = append(h.cleanups, do) }

// Errorf records a failure.
func (h *harness) Errorf(format string, arguments ...any) {
	h.failed = errors.Join(h.failed, fmt.Errorf(format, arguments...))
}

// Fatal records a failure and ends the goroutine, as in a test.
func (h *harness) Fatal(arguments ...any) {
	h.Errorf("%s", fmt.Sprint(arguments...))
	runtime.Goexit()
}

// Fatalf is Fatal with a format.
func (h *harness) Fatalf(format string, arguments ...any) {
	h.Errorf(format, arguments...)
	runtime.Goexit()
}

// azuriteModules is where Azurite is installed, relative to the folder in which this program runs.
var azuriteModules = filepath.Join("..", "internal", "azurite", "node_modules")

// withHarness runs do in a goroutine of its own, which Fatal can end, and then what
// has to be cleaned up. Where Node.js or Azurite is not installed it says so
// and runs nothing.
func withHarness(ctx context.Context, do func(*harness) error) (missing string, err error) {
	if _, err := exec.LookPath("node"); err != nil {
		return "Node.js 20 or newer is not installed", nil
	}
	if _, err := os.Stat(azuriteModules); err != nil {
		return "run npm ci --prefix internal/azurite --ignore-scripts", nil
	}
	h := &harness{ctx: ctx}
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer func() {
			for _, cleanup := range slices.Backward(h.cleanups) {
				cleanup()
			}
		}()
		err = do(h)
	}()
	<-over
	return "", errors.Join(err, h.failed)
}
