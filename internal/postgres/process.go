package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	startTimeout = time.Minute
	stopTimeout  = 30 * time.Second

	// longestSocket is the length of a socket's path that every system accepts.
	longestSocket = 100
	socketName    = ".s.PGSQL.5432"

	// superuser is the user whom initdb creates, and the name of the database that it creates.
	superuser = "postgres"
)

// cluster is a data folder and the processes of its server. It has no goroutine, which a leak check
// at the end of a test binary would report.
type cluster struct {
	folder   string // holds the socket, the data and the log
	programs string
	settings []string
	env      []string
	as       *syscall.SysProcAttr
	// faultyDisk says whether the file diskSwitch has an effect.
	faultyDisk bool

	guard *guard
	cmd   *exec.Cmd // nil while the server does not run
	// alive is at its end when all processes of the server have ended: each of them has inherited
	// the other end of the pipe, and none writes.
	alive *os.File
}

// launch creates a cluster, starts its server and waits until that accepts connections.
func launch(options *Options) (*cluster, error) {
	programs, err := installation()
	if err != nil {
		return nil, err
	}
	as, owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	folder, err := newFolder(owner)
	if err != nil {
		return nil, err
	}
	c := &cluster{folder: folder, programs: programs, settings: options.Settings, as: as, env: environment()}
	if err := c.create(owner, options); err != nil {
		return nil, errors.Join(err, c.remove())
	}
	if err := c.start(); err != nil {
		return nil, errors.Join(err, c.remove())
	}
	return c, nil
}

// newFolder creates a folder whose path is short enough for a socket and which the server's user
// can enter.
func newFolder(owner *owner) (string, error) {
	for _, parent := range []string{os.TempDir(), "/tmp"} {
		parent, err := filepath.EvalSymlinks(parent)
		if err != nil {
			continue
		}
		if len(parent)+len("/postgres-1234567890/")+len(socketName) > longestSocket || owner != nil && !openToAll(parent) {
			continue
		}
		folder, err := os.MkdirTemp(parent, "postgres-")
		if err == nil && owner != nil {
			err = os.Chown(folder, owner.user, owner.group)
		}
		return folder, err
	}
	return "", errors.New("postgres: start: no temporary folder has a path of fewer than 66 bytes that the server's user can enter; set TMPDIR")
}

// environment returns that of this process without what programs of PostgreSQL read from it.
func environment() []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "PG") && !strings.HasPrefix(variable, "LC_") {
			env = append(env, variable)
		}
	}
	return append(env, "LC_ALL=C", "TZ=UTC")
}

// create makes the data folder.
func (c *cluster) create(owner *owner, options *Options) (err error) {
	if owner != nil && !openToAll(filepath.Join(c.programs, "bin")) {
		to := filepath.Join(c.folder, "programs")
		if err := copyInstallation(c.programs, to, owner); err != nil {
			return err
		}
		c.programs = to
	}
	if c.guard, err = newGuard(c); err != nil {
		return err
	}
	// A crash of the operating system may damage data that are not synced; tests do not cause one.
	initdb := c.command("initdb", "-D", c.data(), "-U", superuser, "-A", "trust", "-E", "UTF8",
		"--no-locale", "--no-sync", "--no-instructions")
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("postgres: initdb: %w: %s", err, strings.TrimSpace(string(output)))
	}
	if options.FaultyDisk {
		library, err := buildFullDisk(c.folder)
		if err != nil {
			return err
		}
		c.faultyDisk = true
		c.env = append(c.env, "LD_PRELOAD="+library, "FULL_DISK_FOLDER="+c.data(), "FULL_DISK_SWITCH="+c.diskSwitch())
	}
	return nil
}

func (c *cluster) data() string       { return filepath.Join(c.folder, "data") }
func (c *cluster) socket() string     { return filepath.Join(c.folder, socketName) }
func (c *cluster) logFile() string    { return filepath.Join(c.folder, "log") }
func (c *cluster) diskSwitch() string { return filepath.Join(c.folder, "disk-full") }

// command returns a program of PostgreSQL, to be run as the server's user.
func (c *cluster) command(name string, args ...string) *exec.Cmd {
	//nolint:gosec // The program is one of the installation, and the arguments are a test's.
	cmd := exec.CommandContext(context.Background(), filepath.Join(c.programs, "bin", name), args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = c.folder, c.env, c.as
	return cmd
}

// start starts the server on the data that are there, and waits until it accepts connections.
func (c *cluster) start() error {
	log, err := os.OpenFile(c.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	alive, inherited, err := os.Pipe()
	if err != nil {
		return err
	}

	args := []string{"-D", c.data(), "-k", c.folder, "-c", "listen_addresses=", "-c", "fsync=off"}
	for _, setting := range c.settings {
		args = append(args, "-c", setting)
	}
	cmd := c.command("postgres", args...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = log, log, []*os.File{inherited}
	err = cmd.Start()
	err = errors.Join(err, inherited.Close()) // only the server holds it
	if err != nil {
		return errors.Join(fmt.Errorf("postgres: start: %w", err), alive.Close())
	}
	c.cmd, c.alive = cmd, alive
	return c.awaitReady()
}

// awaitReady waits until the server responds to a query.
func (c *cluster) awaitReady() error {
	for deadline := time.Now().Add(startTimeout); ; {
		_, err := c.query(superuser, "SELECT 1")
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("postgres: start: no response after %v: %w; its log: %s", startTimeout, err, c.logTail())
		}
		ended, err := c.awaitEnd(20 * time.Millisecond)
		if err != nil {
			return err
		}
		if ended {
			return fmt.Errorf("postgres: start: process exited: %s", c.logTail())
		}
	}
}

// awaitEnd waits for the end of all processes of the server, and reports whether they have ended.
func (c *cluster) awaitEnd(timeout time.Duration) (ended bool, err error) {
	if err := c.alive.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return false, err
	}
	_, err = c.alive.Read(make([]byte, 1))
	switch {
	case errors.Is(err, io.EOF):
		return true, nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return false, nil
	}
	return false, fmt.Errorf("postgres: wait for the server: %w", err)
}

// end waits until the server has ended, after it was told to. It kills a server that does not.
func (c *cluster) end() error {
	ended, err := c.awaitEnd(stopTimeout)
	if err == nil && !ended {
		err = fmt.Errorf("postgres: stop: still running after %v: %s", stopTimeout, c.logTail())
	}
	if err != nil {
		err = errors.Join(err, kill(c.cmd.Process.Pid))
	}
	_ = c.cmd.Wait() // a server that was killed or has crashed exits with an error
	err = errors.Join(err, c.alive.Close())
	c.cmd, c.alive = nil, nil
	return err
}

// stop ends the server. Connections are closed and transactions rolled back.
func (c *cluster) stop() error {
	if c.cmd == nil {
		return nil
	}
	// It fails if the server has already ended.
	_ = c.cmd.Process.Signal(os.Interrupt)
	return c.end()
}

// kill ends all processes of the server at once, without letting them do anything more.
func (c *cluster) kill() error {
	if c.cmd == nil {
		return nil
	}
	return errors.Join(kill(c.cmd.Process.Pid), c.end())
}

// remove ends the server and removes the folder.
func (c *cluster) remove() error {
	err := c.stop()
	if c.guard != nil {
		err = errors.Join(err, c.guard.dismiss())
	}
	return errors.Join(err, os.RemoveAll(c.folder))
}

// logTail returns the end of the server's log.
func (c *cluster) logTail() string {
	const most = 4 << 10
	log, err := os.ReadFile(c.logFile())
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(log[max(0, len(log)-most):]))
}
