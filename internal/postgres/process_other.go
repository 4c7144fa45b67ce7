//go:build !unix

package postgres

import (
	"errors"
	"syscall"
)

type owner struct{ user, group int }

var errUnsupported = errors.New("postgres: unsupported on this platform; run the tests on Linux or macOS")

func unprivileged() (*syscall.SysProcAttr, *owner, error) { return nil, nil, errUnsupported }

func kill(int) error { return errUnsupported }
