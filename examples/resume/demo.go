package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// demo kills a child process while it waits for the export, and starts another, with an in-memory
// service that listens on this machine.
func demo(ctx context.Context, out io.Writer) (err error) {
	service := billingtest.NewServer(&billingtest.Options{RunningPolls: 4})
	if err := service.Add(billingtest.Export{InvoiceID: billingtest.DefaultInvoiceID, Rows: 20_000}); err != nil {
		return err
	}
	listener, err := service.Listen() //nolint:contextcheck // A listener ends with Close.
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, listener.Close()) }()
	folder, err := os.MkdirTemp("", "resume-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := describe(ctx, service, listener, folder); err != nil {
		return err
	}

	killed, err := start(ctx, folder, "running", out)
	if err != nil {
		return err
	}
	if !killed {
		return errors.New("the export succeeded before the process could be killed")
	}
	fmt.Fprintln(out, "killed; starting again")
	if _, err := start(ctx, folder, "", out); err != nil {
		return err
	}

	requests := 0
	for _, r := range service.Requests() {
		if r.Call == billingtest.ExportCall {
			requests++
		}
	}
	fmt.Fprintf(out, "export requests: %d\n", requests)
	return nil
}

// endpoint tells a child process how to connect to the in-memory service. A program that calls
// Microsoft does not need it.
type endpoint struct {
	URL, Certificate, Token string
}

func describe(ctx context.Context, service *billingtest.Server, listener *billingtest.Listener, folder string) error {
	token, err := service.Credential().GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	if err != nil {
		return err
	}
	data, err := json.Marshal(endpoint{URL: listener.URL, Certificate: string(listener.CertificatePEM), Token: token.Token})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "service.json"), data, 0o600)
}

// start runs this program as a child process and prints its output. If the output contains the
// given word, the process is killed.
func start(ctx context.Context, folder, word string, out io.Writer) (killed bool, err error) {
	program, err := os.Executable()
	if err != nil {
		return false, err
	}
	child := exec.CommandContext(ctx, program, "-child", folder) //nolint:gosec // This program itself.
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := child.Start(); err != nil {
		return false, err
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		fmt.Fprintln(out, lines.Text())
		if word != "" && strings.Contains(lines.Text(), word) {
			killed = true
			err = child.Process.Kill()
			break
		}
	}
	err = errors.Join(err, lines.Err())
	if waited := child.Wait(); !killed {
		err = errors.Join(err, waited)
	}
	return killed, err
}
