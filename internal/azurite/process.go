package azurite

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	startTimeout = time.Minute
	stopTimeout  = 10 * time.Second
)

// process is a running Azurite. It has no goroutine, which a leak check at the end of a test binary
// would report.
type process struct {
	host   string // host:port it listens on
	roots  *x509.CertPool
	folder string
	log    *os.File
	stdin  *os.File // write end of its standard input; the process exits when it is closed
	cmd    *exec.Cmd
}

// launch starts Azurite and waits until it listens.
func launch() (*process, error) {
	node, source, err := installation()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "azurite-")
	if err != nil {
		return nil, err
	}
	p := &process{folder: folder}
	if err := p.start(node, source); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	if err := p.awaitReady(); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// installation returns the node program and the folder of this package, in which Azurite is
// installed.
func installation() (node, source string, err error) {
	node, err = exec.LookPath("node")
	if err != nil {
		return "", "", errors.New("azurite: node not found on the PATH; install Node.js 20 or newer, then run: make test")
	}
	source, err = sourceFolder()
	if err != nil {
		return "", "", err
	}
	if _, err := os.Stat(filepath.Join(source, program)); err != nil {
		return "", "", errors.New("azurite: not installed; run make test, or at the top of the repository: npm ci --prefix internal/azurite")
	}
	return node, source, nil
}

// program is Azurite's blob service, relative to the folder of this package.
var program = filepath.Join("node_modules", "azurite", "dist", "src", "blob", "main.js")

// exitScript makes Azurite exit with the test binary.
const exitScript = "exit.js"

// sourceFolder returns the folder of this package. It searches from the working folder upwards,
// which for a test is the folder of its package, in any module of the repository.
func sourceFolder() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		folder := filepath.Join(at, "internal", "azurite")
		if _, err := os.Stat(filepath.Join(folder, exitScript)); err == nil {
			return folder, nil
		}
		up := filepath.Dir(at)
		if up == at {
			return "", errors.New("azurite: internal/azurite not found above the working folder; run the tests inside this repository")
		}
		at = up
	}
}

func (p *process) start(node, source string) (err error) {
	if p.roots, err = writeCertificate(p.folder); err != nil {
		return err
	}
	if p.log, err = os.Create(filepath.Join(p.folder, "log")); err != nil {
		return err
	}
	stdin, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer stdin.Close()
	p.stdin = write

	// Port 0: the operating system picks a free port, and Azurite prints it.
	//nolint:gosec // The program is node, and the arguments are constants and temporary files.
	cmd := exec.CommandContext(context.Background(), node,
		"--require", filepath.Join(source, exitScript), filepath.Join(source, program),
		"--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--disableProductStyleUrl",
		"--blobHost", "127.0.0.1", "--blobPort", "0", "--oauth", "basic",
		"--cert", filepath.Join(p.folder, certificateFile), "--key", filepath.Join(p.folder, keyFile))
	cmd.Env = append(os.Environ(), "AZURITE_FOLDER="+p.folder)
	cmd.Dir = p.folder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, p.log, p.log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("azurite: start: %w", err)
	}
	p.cmd = cmd
	return nil
}

var (
	listening = regexp.MustCompile(`successfully listens on https://(\S+)\n`)
	exited    = regexp.MustCompile(`(?m)^exit \d+$`)
)

// awaitReady waits until the log has the port.
func (p *process) awaitReady() error {
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(20 * time.Millisecond) {
		log, err := os.ReadFile(p.log.Name())
		if err != nil {
			return err
		}
		if m := listening.FindSubmatch(log); m != nil {
			p.host = string(m[1])
			return nil
		}
		if exited.Match(log) {
			return fmt.Errorf("azurite: start: process exited: %s", strings.TrimSpace(string(log)))
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("azurite: start: not listening after %v: %s", startTimeout, strings.TrimSpace(string(log)))
		}
	}
}

// stop stops the process and removes its files. It kills a process that does not exit in time.
func (p *process) stop() error {
	var errs []error
	if p.stdin != nil {
		errs = append(errs, p.stdin.Close())
	}
	if p.log != nil {
		errs = append(errs, p.log.Close())
	}
	if p.cmd != nil {
		// Killing fails if the process has already exited.
		timeout := time.AfterFunc(stopTimeout, func() { _ = p.cmd.Process.Kill() })
		errs = append(errs, p.cmd.Wait())
		timeout.Stop()
	}
	return errors.Join(append(errs, os.RemoveAll(p.folder))...)
}
