// Package cli has what the examples share as programs: help that says what they do, an error of a
// flag that is printed once, exit codes, signals, and progress for terminals and logs. To copy an
// example, replace it with what your programs use.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/term"

	"github.com/partnerbilling/sdk-go/apierror"
)

// Exit codes.
const (
	ExitOK          = 0
	ExitFailed      = 1
	ExitUsage       = 2 // a wrong flag or argument
	ExitInterrupted = 130
)

// Main runs a program and exits with its code. The program is described by about, which -h prints,
// and its first word is the program's name. An interrupt, a closed terminal, and a closed pipe
// cancel the context, so that nothing is left behind.
func Main(about string, run func(context.Context, *Call) error) {
	// With a handler, a write to a closed pipe returns an error instead of ending the process.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := Run(ctx, NewCall(about, os.Args[1:], os.Stdin, os.Stdout, os.Stderr), run)
	stop()
	os.Exit(code)
}

// Call is one call of a program.
type Call struct {
	// Flags are the program's flags. Parse parses them.
	Flags *flag.FlagSet
	// In is standard input.
	In io.Reader
	// Interactive says whether somebody can be asked a question on In.
	Interactive bool
	// Out is standard output. A write that fails cancels the context of the program.
	Out io.Writer
	// Progress is standard error.
	Progress *Progress

	about, name string
	args, next  []string
	out         *output
}

// NewCall returns a call with these arguments and files.
func NewCall(about string, args []string, in io.Reader, out, progress io.Writer) *Call {
	c := &Call{In: in, Progress: newProgress(progress), about: about, args: args}
	word, _, _ := strings.Cut(about, " ")
	c.name = strings.ToLower(word)
	c.Flags = flag.NewFlagSet(c.name, flag.ContinueOnError)
	c.Flags.SetOutput(io.Discard) // Run prints errors and help, each once
	c.out = &output{to: out, before: c.Progress.Clear, failed: func() {}}
	c.Out = c.out
	c.Interactive = isTerminal(in) && isTerminal(progress)
	return c
}

// Parse parses the flags. A program whose flags take no further arguments calls it once, before it
// does anything.
func (c *Call) Parse() error {
	err := c.Flags.Parse(c.args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return &usageError{err}
	case c.Flags.NArg() > 0:
		return Usagef("unexpected argument %q", c.Flags.Arg(0))
	}
	return nil
}

// IsSet says whether a flag was given.
func (c *Call) IsSet(name string) (set bool) {
	c.Flags.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

// Next says what to try next. Run prints it last, among the progress, and so not into a file with
// the results.
func (c *Call) Next(format string, values ...any) {
	c.next = append(c.next, "next: "+fmt.Sprintf(format, values...))
}

// usageError is an error of the caller's flags.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// Usagef returns an error about flags or arguments.
func Usagef(format string, values ...any) error {
	return &usageError{fmt.Errorf(format, values...)}
}

// Run runs a program, prints its error and what to try next, and returns the exit code.
func Run(ctx context.Context, c *Call, run func(context.Context, *Call) error) int {
	code := c.run(ctx, run)
	if c.out.Err() == nil { // otherwise nobody may be there to try it
		for _, text := range c.next {
			c.Progress.Line(text)
		}
	}
	return code
}

func (c *Call) run(ctx context.Context, run func(context.Context, *Call) error) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.out.failed = cancel
	err := run(ctx, c)
	c.Progress.End()
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help()
		return ExitOK
	case c.out.Err() != nil:
		if !errors.Is(c.out.Err(), syscall.EPIPE) { // who closed the pipe has read enough
			c.Progress.Line(c.name + ": " + c.out.Err().Error())
		}
		return ExitFailed
	case err == nil:
		return ExitOK
	case errors.As(err, new(*usageError)):
		c.Progress.Line(c.name + ": " + err.Error() + "; -h lists the flags")
		return ExitUsage
	case ctx.Err() != nil:
		c.Progress.Line("interrupted")
		return ExitInterrupted
	}
	c.Progress.Line(c.name + ": " + err.Error())
	if errors.Is(err, apierror.ErrUnauthenticated) {
		c.Progress.Line("Run az login --tenant YOUR-PARTNER-TENANT, or set AZURE_TENANT_ID,\nAZURE_CLIENT_ID and AZURE_CLIENT_SECRET.")
	}
	return ExitFailed
}

// exitCodes is the last part of the help.
var exitCodes = fmt.Sprintf("Exit codes: %d done, %d failed, %d wrong flag or argument, %d interrupted.", ExitOK, ExitFailed, ExitUsage, ExitInterrupted)

// help prints what the program does, its flags and exit codes, in 80 columns.
func (c *Call) help() {
	fmt.Fprintf(c.Out, "%s\n", strings.TrimSpace(c.about))
	first := true
	c.Flags.VisitAll(func(f *flag.Flag) {
		if first {
			fmt.Fprintf(c.Out, "\nFlags:\n")
			first = false
		}
		value, usage := flag.UnquoteUsage(f)
		switch f.DefValue {
		case "", "0", "false":
		default:
			usage += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(c.Out, "  %s\n", strings.TrimSpace("-"+f.Name+" "+value))
		for _, line := range wrapped(usage, 72) {
			fmt.Fprintf(c.Out, "        %s\n", line)
		}
	})
	fmt.Fprintf(c.Out, "\n%s\n", exitCodes)
}

// wrapped returns the lines of a text.
func wrapped(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// output is standard output.
type output struct {
	to     io.Writer
	before func() // called before each write
	failed func() // called when a write has failed

	mu  sync.Mutex
	err error
}

func (o *output) Write(p []byte) (int, error) {
	o.before()
	n, err := o.to.Write(p)
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.err == nil {
			o.err = err
			o.failed()
		}
	}
	return n, err
}

// Err returns the first error.
func (o *output) Err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

func isTerminal(file any) bool {
	f, ok := file.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
