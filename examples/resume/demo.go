package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/examples/internal/crash"
	"github.com/partnerbilling/sdk-go/poller"
)

// demo kills a child process while it waits for the export, and starts another, with an in-memory
// service that listens on this machine.
func demo(ctx context.Context, out io.Writer, show *cli.Progress) (err error) {
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
	file := filepath.Join(folder, "export.token")

	fmt.Fprintln(out, "starting a process")
	// The children's states are progress, and what else they print is the story.
	tell := func(line string) (running bool) {
		status, is := strings.CutPrefix(line, "status: ")
		if is {
			show.Waiting(poller.Operation{Status: status})
		} else {
			fmt.Fprintln(out, "  "+line)
		}
		return is && status == "running"
	}
	killed, err := crash.Run(ctx, listener, []string{file}, tell)
	if err != nil {
		return err
	}
	if !killed {
		return errors.New("the export succeeded before the process could be killed")
	}
	fmt.Fprintln(out, "killed while the export is running; starting again")
	if _, err := crash.Run(ctx, listener, []string{file}, func(line string) bool {
		tell(line)
		return false
	}); err != nil {
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
