//go:build unix

package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// owner is the user who runs the server and owns its files.
type owner struct{ user, group int }

// unprivileged returns how processes are started as a user whom PostgreSQL accepts. The owner is
// nil if that is the user of this process. A session of their own keeps the interrupt of a terminal
// away from them: the guard ends them after the test binary has.
func unprivileged() (*syscall.SysProcAttr, *owner, error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{Setsid: true}, nil, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, nil, fmt.Errorf("postgres: start: %w; PostgreSQL does not run as root", err)
	}
	uid, err := strconv.ParseInt(nobody.Uid, 10, 64)
	if err != nil {
		return nil, nil, fmt.Errorf("postgres: start: user nobody: %w", err)
	}
	gid, err := strconv.ParseInt(nobody.Gid, 10, 64)
	if err != nil {
		return nil, nil, fmt.Errorf("postgres: start: user nobody: %w", err)
	}
	//nolint:gosec // IDs have 32 bits; macOS writes those of nobody as -2.
	credential := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return &syscall.SysProcAttr{Setsid: true, Credential: credential}, &owner{int(uid), int(gid)}, nil
}

// kill kills a server and the processes that it has started. It is stopped first, so that it
// neither starts another one nor recovers from the death of one. Only Linux lists the children of a
// process; elsewhere they end by themselves when they notice that the server has.
func kill(pid int) error {
	if err := signal(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	children, err := childrenOf(pid)
	for _, child := range children {
		err = errors.Join(err, signal(child, syscall.SIGKILL))
	}
	return errors.Join(err, signal(pid, syscall.SIGKILL))
}

// signal sends a signal to a process that may have ended.
func signal(pid int, s syscall.Signal) error {
	if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("postgres: signal: %w", err)
	}
	return nil
}

func childrenOf(parent int) (children []int, err error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // It is below /proc.
		if err != nil {
			continue // the process has ended
		}
		// PID (NAME) STATE PARENT …, where the name may have spaces and parentheses.
		line := string(text)
		fields := strings.Fields(line[strings.LastIndexByte(line, ')')+1:])
		if len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}
		children = append(children, pid)
	}
	return children, nil
}
