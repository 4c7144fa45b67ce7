package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

const about = `Demo shows what a program does.

  go run ./examples/demo`

func program(_ context.Context, c *cli.Call) error {
	rows := c.Flags.Int("rows", 7, "number of `rows`, with a description that is longer than what fits into one line of a terminal")
	if err := c.Parse(); err != nil {
		return err
	}
	switch {
	case *rows == 0:
		return cli.Usagef("-rows must be positive")
	case *rows < 0:
		return errors.New("no rows")
	}
	fmt.Fprintln(c.Out, *rows, "rows")
	return nil
}

func TestExitCodesAndErrors(t *testing.T) {
	for args, want := range map[string]struct {
		code       int
		out, shown string
	}{
		"":         {cli.ExitOK, "7 rows\n", ""},
		"-what":    {cli.ExitUsage, "", "demo: flag provided but not defined: -what; -h lists the flags\n"},
		"-rows x":  {cli.ExitUsage, "", "demo: invalid value \"x\" for flag -rows: parse error; -h lists the flags\n"},
		"-rows 0":  {cli.ExitUsage, "", "demo: -rows must be positive; -h lists the flags\n"},
		"-rows -1": {cli.ExitFailed, "", "demo: no rows\n"},
		"more":     {cli.ExitUsage, "", "demo: unexpected argument \"more\"; -h lists the flags\n"},
	} {
		var out, shown bytes.Buffer
		code := cli.Run(t.Context(), cli.NewCall(about, strings.Fields(args), nil, &out, &shown), program)
		if code != want.code || out.String() != want.out || shown.String() != want.shown {
			t.Errorf("%q: exit %d\n%s\n%s", args, code, &out, &shown)
		}
	}
}

func TestHelpSaysWhatTheProgramDoes(t *testing.T) {
	var out, shown bytes.Buffer
	if code := cli.Run(t.Context(), cli.NewCall(about, []string{"-h"}, nil, &out, &shown), program); code != cli.ExitOK || shown.Len() > 0 {
		t.Errorf("exit %d\n%s", code, &shown)
	}
	if !strings.HasPrefix(out.String(), about+"\n") || !strings.Contains(out.String(), "\n  -rows rows\n") || !strings.Contains(out.String(), "(default 7)") || !strings.HasSuffix(out.String(), "\nExit codes: 0 done, 1 failed, 2 wrong flag or argument, 130 interrupted.\n") {
		t.Errorf("%s", &out)
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > 80 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}

func TestInterruptIsNoError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, shown bytes.Buffer
	code := cli.Run(ctx, cli.NewCall(about, nil, nil, &out, &shown), func(ctx context.Context, _ *cli.Call) error {
		return fmt.Errorf("reading: %w", ctx.Err())
	})
	if code != cli.ExitInterrupted || shown.String() != "interrupted\n" {
		t.Errorf("exit %d\n%s", code, &shown)
	}
}

// What to try next comes last, after an error, too.
func TestNextIsLast(t *testing.T) {
	for want, err := range map[string]error{"next: -more\n": nil, "demo: no rows\nnext: -more\n": errors.New("no rows")} {
		var out, shown bytes.Buffer
		cli.Run(t.Context(), cli.NewCall(about, nil, nil, &out, &shown), func(_ context.Context, c *cli.Call) error {
			c.Next("-%s", "more")
			return err
		})
		if shown.String() != want || out.Len() > 0 {
			t.Errorf("%s", &shown)
		}
	}
}

// An error is one line in a log, and fits a terminal.
func TestErrorFitsTheTerminal(t *testing.T) {
	failure := errors.New("sending: " + strings.Repeat("connection refused, ", 10) + "\nrun az login")
	for _, terminal := range []bool{false, true} {
		var shown bytes.Buffer
		c := cli.NewCall(about, nil, nil, nil, &shown)
		if terminal {
			c.Progress.AsTerminal(80)
		}
		cli.Run(t.Context(), c, func(context.Context, *cli.Call) error { return failure })
		if lines := strings.Count(shown.String(), "\n"); terminal && lines != 4 || !terminal && lines != 2 || !strings.HasSuffix(shown.String(), "\nrun az login\n") {
			t.Errorf("%d lines\n%s", lines, &shown)
		}
		for line := range strings.Lines(shown.String()) {
			if terminal && len(line) > 81 {
				t.Errorf("%d columns: %s", len(line), line)
			}
		}
	}
}

// broken is a pipe whose reader has gone, or a full disk.
type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

func TestOutputThatCannotBeWrittenEndsTheProgram(t *testing.T) {
	for want, why := range map[string]error{"": syscall.EPIPE, "demo: no space left on device\n": syscall.ENOSPC} {
		var shown bytes.Buffer
		code := cli.Run(t.Context(), cli.NewCall(about, nil, nil, broken{why}, &shown), func(ctx context.Context, c *cli.Call) error {
			c.Next("-more")
			fmt.Fprintln(c.Out, "a row")
			<-ctx.Done()
			return ctx.Err()
		})
		if code != cli.ExitFailed || shown.String() != want {
			t.Errorf("%v: exit %d\n%s", why, code, &shown)
		}
	}
}

func TestUpdatedLineFitsTheTerminal(t *testing.T) {
	for _, width := range []int{1, 20, 41, 80, 132} {
		var shown bytes.Buffer
		c := cli.NewCall(about, nil, nil, nil, &shown)
		c.Progress.AsTerminal(width)
		for blobs := range 21 {
			c.Progress.Reading(manifest.Progress{BlobsDone: blobs, Blobs: 20, Rows: int64(blobs) * 5e8, Bytes: int64(blobs) * 1e11})
		}
		c.Progress.End()
		if strings.Count(shown.String(), "\n") != 1 {
			t.Errorf("%q", &shown)
		}
		for line := range strings.SplitSeq(strings.TrimSpace(shown.String()), "\r") {
			if len(line) >= max(width, 2) {
				t.Errorf("%d columns of %d: %q", len(line), width, line)
			}
		}
		if bar := strings.Repeat("#", 15) + "] 20 of 20 blobs, 10,000,000,000 rows"; width >= 80 && !strings.Contains(shown.String(), bar) {
			t.Errorf("no %q in %q", bar, &shown)
		}
	}
}

// Results on the same terminal replace the updated line.
func TestResultsReplaceTheUpdatedLine(t *testing.T) {
	var screen bytes.Buffer
	c := cli.NewCall(about, nil, nil, &screen, &screen)
	c.Progress.AsTerminal(80)
	c.Progress.Step("reading", "1 of 2", 1, 2)
	fmt.Fprintln(c.Out, "a row")
	if _, after, found := strings.Cut(screen.String(), " 1 of 2\r"); !found || !strings.HasSuffix(after, " \ra row\n") {
		t.Errorf("%q", &screen)
	}
}

func TestPlainLinesElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown bytes.Buffer
		c := cli.NewCall(about, nil, nil, nil, &shown)
		for blobs := range 21 {
			time.Sleep(300 * time.Millisecond)
			c.Progress.Reading(manifest.Progress{BlobsDone: blobs, Blobs: 20})
		}
		if lines := strings.Count(shown.String(), "\n"); lines != 6 || strings.Contains(shown.String(), "\r") || !strings.HasSuffix(shown.String(), "20 of 20 blobs, 0 rows, 0.0 MB\n") {
			t.Errorf("%d lines\n%s", lines, &shown)
		}
	})
}

// A service that reports no status has accepted the request.
func TestWaitingWithoutStatus(t *testing.T) {
	var shown bytes.Buffer
	c := cli.NewCall(about, nil, nil, nil, &shown)
	for _, status := range []string{"", "", "running"} {
		c.Progress.Waiting(poller.Operation{Status: status})
	}
	if want := "waiting: accepted\nwaiting: running\n"; shown.String() != want {
		t.Errorf("got %q, want %q", shown.String(), want)
	}
}

func TestGrouped(t *testing.T) {
	for number, want := range map[string]string{
		"0": "0", "999": "999", "1000": "1,000", "-1234567.8901": "-1,234,567.8901", "-123": "-123", "": "",
	} {
		if got := cli.Grouped(number); got != want {
			t.Errorf("Grouped(%q) = %q, want %q", number, got, want)
		}
	}
}
