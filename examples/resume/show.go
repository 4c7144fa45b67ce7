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

// show kills a collection in the middle and starts it again, with an embedded service
// on a socket.
func show(ctx context.Context, out io.Writer) (err error) {
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
		return errors.New("the export was done before it could be killed")
	}
	fmt.Fprintln(out, "killed, starting again")
	if _, err := start(ctx, folder, "", out); err != nil {
		return err
	}

	asked := 0
	for _, r := range service.Requests() {
		if r.Call == billingtest.ExportCall {
			asked++
		}
	}
	fmt.Fprintf(out, "exports that the service was asked for: %d\n", asked)
	return nil
}

// whereabouts is what the other process must know of the embedded service. A program
// that talks to Microsoft needs nothing of the kind.
type whereabouts struct {
	URL, Certificate, Token string
}

func describe(ctx context.Context, service *billingtest.Server, listener *billingtest.Listener, folder string) error {
	token, err := service.Credential().GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	if err != nil {
		return err
	}
	data, err := json.Marshal(whereabouts{URL: listener.URL, Certificate: string(listener.CertificatePEM), Token: token.Token})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "service.json"), data, 0o600)
}

// start runs this program as another process and shows what it prints. A line that has
// the given word in it is that process's last: it is killed, without a chance to tidy up.
func start(ctx context.Context, folder, word string, out io.Writer) (killed bool, err error) {
	program, err := os.Executable()
	if err != nil {
		return false, err
	}
	child := exec.CommandContext(ctx, program, "-child", folder) //nolint:gosec // It is this program itself.
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
