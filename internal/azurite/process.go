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

// process is one running Azurite. It owns no goroutine, so that a leak check at the
// end of a test binary does not see it.
type process struct {
	host   string // host:port it listens on
	roots  *x509.CertPool
	folder string
	log    *os.File
	leash  *os.File // our end of its standard input: closed, it ends
	cmd    *exec.Cmd
}

// launch starts Azurite and returns when it listens.
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

// installation finds the node program and the folder of this package, which holds
// Azurite, or says what is missing and how to get it.
func installation() (node, source string, err error) {
	node, err = exec.LookPath("node")
	if err != nil {
		return "", "", errors.New("azurite needs Node.js 20 or newer and finds no node on the PATH; install it, then run: make test")
	}
	source, err = sourceFolder()
	if err != nil {
		return "", "", err
	}
	if _, err := os.Stat(filepath.Join(source, program)); err != nil {
		return "", "", errors.New("azurite is not installed; run make test, or from the top of the repository: npm ci --prefix internal/azurite")
	}
	return node, source, nil
}

// program is Azurite's blob service within the folder of this package.
var program = filepath.Join("node_modules", "azurite", "dist", "src", "blob", "main.js")

// sourceFolder looks upwards from the working folder, which for a test is the folder
// of its package, in whichever module of the repository.
func sourceFolder() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		folder := filepath.Join(at, "internal", "azurite")
		if _, err := os.Stat(filepath.Join(folder, "leash.js")); err == nil {
			return folder, nil
		}
		up := filepath.Dir(at)
		if up == at {
			return "", errors.New("internal/azurite is in no folder above the working folder: azurite runs for the tests of this repository only")
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
	stdin, leash, err := os.Pipe()
	if err != nil {
		return err
	}
	defer stdin.Close()
	p.leash = leash

	// Port 0: the operating system picks a free one, and Azurite prints it.
	//nolint:gosec // The program is node, and the arguments are ours.
	cmd := exec.CommandContext(context.Background(), node,
		"--require", filepath.Join(source, "leash.js"), filepath.Join(source, program),
		"--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--disableProductStyleUrl",
		"--blobHost", "127.0.0.1", "--blobPort", "0",
		"--cert", filepath.Join(p.folder, certificateFile), "--key", filepath.Join(p.folder, keyFile))
	cmd.Env = append(os.Environ(), "AZURITE_FOLDER="+p.folder)
	cmd.Dir = p.folder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, p.log, p.log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting azurite: %w", err)
	}
	p.cmd = cmd
	return nil
}

var (
	listening = regexp.MustCompile(`successfully listens on https://(\S+)\n`)
	ended     = regexp.MustCompile(`(?m)^exit \d+$`)
)

// awaitReady reads the log until it names the port.
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
		if ended.Match(log) {
			return fmt.Errorf("azurite ended instead of starting; it said: %s", strings.TrimSpace(string(log)))
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("azurite does not listen after %v; it said: %s", startTimeout, strings.TrimSpace(string(log)))
		}
	}
}

// stop ends the process, gently first, and leaves nothing behind.
func (p *process) stop() error {
	var errs []error
	if p.leash != nil {
		errs = append(errs, p.leash.Close())
	}
	if p.log != nil {
		errs = append(errs, p.log.Close())
	}
	if p.cmd != nil {
		// A process that is gone already cannot be killed, which is as good.
		impatience := time.AfterFunc(stopTimeout, func() { _ = p.cmd.Process.Kill() })
		errs = append(errs, p.cmd.Wait())
		impatience.Stop()
	}
	return errors.Join(append(errs, os.RemoveAll(p.folder))...)
}
