package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// guard is a process that ends the server and removes its folder when the test binary exits without
// doing so, because it was killed or timed out.
type guard struct {
	cmd   *exec.Cmd
	stdin *os.File
}

// guardScript reads a line that dismisses it. When the test binary exits, in whatever way, the
// operating system closes the other end of standard input. The server may write for a moment after
// it was told to end, so that removing takes several attempts.
const guardScript = `read -r dismissed && exit 0
read -r pid <data/postmaster.pid && kill -QUIT "$pid"
for attempt in 1 2 3 4 5 6 7 8 9 10; do
	rm -rf "$1" && exit 0
	sleep 1
done
exit 1`

func newGuard(c *cluster) (*guard, error) {
	stdin, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer stdin.Close()
	//nolint:gosec // The script is a constant, and the folder temporary.
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", guardScript, "sh", c.folder)
	cmd.Dir, cmd.Stdin, cmd.SysProcAttr = c.folder, stdin, c.as
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("postgres: start: %w", err), write.Close())
	}
	return &guard{cmd: cmd, stdin: write}, nil
}

// dismiss ends the process, with nothing done.
func (g *guard) dismiss() error {
	_, err := io.WriteString(g.stdin, "dismissed\n")
	return errors.Join(err, g.stdin.Close(), g.cmd.Wait())
}
