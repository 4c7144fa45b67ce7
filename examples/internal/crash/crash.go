// Package crash runs a demo's program again as a child process, and kills it. A child is never more
// than one line of output ahead of its parent, so that it cannot end before it is killed, however
// fast the machine is; and it ends when its parent does.
package crash

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// variable is the environment variable with the access to the in-memory service.
const variable = "BILLING_SERVICE"

// Run starts this program as a child process that uses the service of the listener. It passes each
// line of the child's output to the function; if that returns true, the child is killed.
func Run(ctx context.Context, l *billingtest.Listener, args []string, line func(string) bool) (killed bool, err error) {
	program, err := os.Executable()
	if err != nil {
		return false, err
	}
	child := exec.CommandContext(ctx, program, append([]string{"-child"}, args...)...) //nolint:gosec // This program itself.
	child.Env = append(os.Environ(), variable+"="+l.Access())
	var messages bytes.Buffer
	child.Stderr = &messages
	input, err := child.StdinPipe()
	if err != nil {
		return false, err
	}
	output, err := child.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := child.Start(); err != nil {
		return false, err
	}
	// Each byte allows the child to continue after a line.
	next := func() { _, _ = input.Write([]byte{'\n'}) } // fails if the child has ended, which Wait reports
	next()
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if killed = line(lines.Text()); killed {
			break
		}
		next()
	}
	if killed {
		if err := child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return killed, errors.Join(err, child.Wait())
		}
	}
	err = lines.Err()
	if waited := child.Wait(); waited != nil && !killed {
		err = errors.Join(err, fmt.Errorf("child process: %w: %s", waited, bytes.TrimSpace(messages.Bytes())))
	}
	return killed, err
}

// IsChild says whether this process is a child of the demo.
func IsChild() bool { return len(os.Args) > 1 && os.Args[1] == "-child" }

// Main is the main function of a child process.
func Main(run func(ctx context.Context, c *billingtest.Connection, args []string, out io.Writer) error) {
	// An interrupt at a terminal reaches parent and child; the parent ends both.
	signal.Ignore(os.Interrupt, syscall.SIGHUP)
	if err := child(run); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(run func(ctx context.Context, c *billingtest.Connection, args []string, out io.Writer) error) error {
	c, err := billingtest.Dial(os.Getenv(variable))
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	out := &paced{out: os.Stdout, allowed: make(chan struct{}), gone: ctx.Done()}
	go func() {
		for in := bufio.NewReader(os.Stdin); ; out.allowed <- struct{}{} {
			if _, err := in.ReadByte(); err != nil {
				cancel(errors.New("the parent process has ended"))
				return
			}
		}
	}()
	return run(ctx, c, os.Args[2:], out)
}

// paced waits after each line until the parent allows the next.
type paced struct {
	out     io.Writer
	allowed chan struct{}
	gone    <-chan struct{}
}

func (p *paced) Write(line []byte) (int, error) {
	n, err := p.out.Write(line)
	select {
	case <-p.allowed:
	case <-p.gone:
	}
	return n, err
}
