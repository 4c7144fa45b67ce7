package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/examples/internal/crash"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// kills is the number of processes that are killed.
const kills = 3

// leastRows is enough for two commits of each process that is killed. It is killed after the first,
// and has then committed once more at most.
const leastRows = 2 * kills * rowsPerCommit

// demo kills processes while they write, and compares the files with those of one that was not
// killed, and with the generated data.
func demo(ctx context.Context, rows int, seed uint64, out io.Writer, show *cli.Progress) (err error) {
	generated := billingtest.Export{InvoiceID: billingtest.DefaultInvoiceID, Rows: rows, Blobs: 8, Currencies: []string{"EUR", "USD"}}
	service := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	if err := service.Add(generated); err != nil {
		return err
	}
	truth, err := generated.Truth()
	if err != nil {
		return err
	}
	listener, err := service.Listen() //nolint:contextcheck // A listener ends with Close.
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, listener.Close()) }()
	folder, err := os.MkdirTemp("", "csv-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // Kills, not secrets.
	start := func(what, folder string, kill bool) error {
		killed, err := crash.Run(ctx, listener, []string{folder}, func(line string) bool {
			committed, _, _ := strings.Cut(line, " ")
			if done, err := strconv.Atoi(committed); err == nil {
				show.Step(what, line, done, rows)
			}
			if kill {
				time.Sleep(time.Duration(random.IntN(30_000)) * time.Microsecond) // somewhere in the next commit
			}
			return kill
		})
		if err == nil && killed != kill {
			err = errors.New("the process ended before it was killed")
		}
		return err
	}
	whole := filepath.Join(folder, "whole")
	if err := start("without a kill", whole, false); err != nil {
		return err
	}
	killed := filepath.Join(folder, "killed")
	for i := range kills {
		if err := start(fmt.Sprintf("start %d of %d", i+1, kills+1), killed, true); err != nil {
			return err
		}
		fmt.Fprintf(out, "start %d: killed while it wrote\n", i+1)
	}
	if err := start(fmt.Sprintf("start %d of %d", kills+1, kills+1), killed, false); err != nil {
		return err
	}
	fmt.Fprintf(out, "start %d: finished\n", kills+1)
	return compare(filepath.Join(whole, generated.InvoiceID), filepath.Join(killed, generated.InvoiceID), truth, out)
}

// compare compares the files of two folders, and their sums with the data of the service.
func compare(whole, killed string, truth *billingtest.Truth, out io.Writer) error {
	entries, err := os.ReadDir(whole)
	if err != nil {
		return err
	}
	others, err := os.ReadDir(killed)
	if err != nil {
		return err
	}
	if len(entries) != len(truth.Customers) || len(others) != len(entries) {
		return fmt.Errorf("%d and %d files of %d customers", len(entries), len(others), len(truth.Customers))
	}
	var customers lineitem.Groups[string]
	rows := int64(0)
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(whole, entry.Name()))
		if err != nil {
			return err
		}
		other, err := os.ReadFile(filepath.Join(killed, entry.Name()))
		if err != nil {
			return err
		}
		if !bytes.Equal(text, other) {
			return fmt.Errorf("%s: %d and %d bytes, or others", entry.Name(), len(text), len(other))
		}
		n, err := sum(bytes.NewReader(text), &customers)
		if err != nil {
			return fmt.Errorf("%s: %w", entry.Name(), err)
		}
		rows += n
	}
	if rows != truth.Rows {
		return fmt.Errorf("%d rows, want %d", rows, truth.Rows)
	}
	for _, want := range truth.Customers {
		totals := customers.Totals(want.ID)
		if got := totals.Text(want.Currency); got != want.Total {
			return fmt.Errorf("%s: the sum is %s %s, want %s", want.ID, want.Currency, got, want.Total)
		}
	}
	fmt.Fprintf(out, "\n%d files with %d rows are the same, byte for byte, as those of a\nprocess that was not killed; the sum of each customer is as generated\n", len(entries), rows)
	return nil
}

// sum sums the rows of a file by customer.
func sum(file io.Reader, customers *lineitem.Groups[string]) (rows int64, err error) {
	records := csv.NewReader(file)
	records.FieldsPerRecord = len(header)
	if _, err := records.Read(); err != nil {
		return 0, err
	}
	for ; ; rows++ {
		record, err := records.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		total, err := lineitem.ParseDecimal(record[8])
		if err != nil {
			return rows, err
		}
		customers.Add(record[0], record[9], total)
	}
}
