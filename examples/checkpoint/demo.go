package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// kills is the number of times that the load is killed before it can finish.
const kills = 10

// demo kills loads at random times and compares the database with the generated data.
func demo(ctx context.Context, rows int, seed uint64, out io.Writer) (err error) {
	export := billingtest.Export{InvoiceID: billingtest.DefaultInvoiceID, Rows: rows, Blobs: 8, Currencies: []string{"EUR", "USD"}}
	service := billingtest.NewServer(&billingtest.Options{RunningPolls: -1, TokenLifetime: 24 * time.Hour})
	if err := service.Add(export); err != nil {
		return err
	}
	if err := service.Prepare(ctx); err != nil {
		return err
	}
	truth, err := export.Truth()
	if err != nil {
		return err
	}
	listener, err := service.Listen() //nolint:contextcheck // A listener ends with Close.
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, listener.Close()) }()
	folder, err := os.MkdirTemp("", "checkpoint-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := describe(ctx, service, listener, folder); err != nil {
		return err
	}

	whole, err := start(ctx, folder, "whole.db", 0, 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d rows, loaded without a kill in %.1f s\n\n", rows, whole.Seconds())

	together, lost, err := crash(ctx, folder, rows, seed, out)
	if err != nil {
		return err
	}
	if err := compare(ctx, filepath.Join(folder, "killed.db"), truth, out); err != nil {
		return err
	}
	// Without checkpoints each start would load the rows again that were in the database at the
	// kill.
	again := time.Duration(lost / float64(rows) * float64(whole))
	fmt.Fprintf(out, "all %d starts together: %.1f s; without checkpoints: %.1f s more,\nestimated from the rows in the database at each kill\n",
		kills+1, together.Seconds(), again.Seconds())
	return nil
}

// crash kills ten loads and lets one finish. It returns the time they took together and the sum of
// the rows in the database at the kills.
func crash(ctx context.Context, folder string, rows int, seed uint64, out io.Writer) (together time.Duration, lost float64, err error) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "start\tkilled after\trows in the database\t")
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // Times, not secrets.
	commits := rows / rowsPerCommit
	for i := range kills + 1 {
		// The mean number of commits is such that all kills happen before the end of the load.
		after, pause := 0, time.Duration(0)
		if i < kills {
			after = 1 + random.IntN(max(1, 2*commits/(kills+4)-1))
			pause = time.Duration(random.IntN(30_000)) * time.Microsecond
		}
		took, err := start(ctx, folder, "killed.db", after, pause)
		if err != nil {
			return 0, 0, err
		}
		together += took
		n, err := count(ctx, filepath.Join(folder, "killed.db"))
		if err != nil {
			return 0, 0, err
		}
		when := fmt.Sprintf("%.2f s", took.Seconds())
		if i == kills {
			when = "not killed"
		} else {
			lost += float64(n)
		}
		fmt.Fprintf(w, "%d\t%s\t%d\t\n", i+1, when, n)
		if i < kills && n == int64(rows) {
			return 0, 0, errors.New("the load finished before all kills; use a larger -rows, such as 100000")
		}
	}
	return together, lost, w.Flush()
}

// start runs a load in a child process and kills it some time after the given number of commits. If
// that is 0, it waits for the process.
func start(ctx context.Context, folder, file string, commits int, pause time.Duration) (took time.Duration, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, self, "-child", folder, file) //nolint:gosec // This program itself.
	cmd.Stderr = os.Stderr
	progress, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	seen := 0
	for lines := bufio.NewScanner(progress); lines.Scan(); {
		if seen++; seen == commits {
			time.Sleep(pause)
			if err := cmd.Process.Kill(); err != nil {
				return 0, err
			}
		}
	}
	err = cmd.Wait()
	if commits > 0 && seen >= commits {
		err = nil // it was killed
	}
	return time.Since(began), err
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

// count returns the number of rows in a database.
func count(ctx context.Context, file string) (n int64, err error) {
	db, err := open(ctx, file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM usage`).Scan(&n)
	return n, err
}

// compare compares a database with the data of the service.
func compare(ctx context.Context, file string, truth *billingtest.Truth, out io.Writer) (err error) {
	db, err := open(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `SELECT currency, total FROM usage`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var totals lineitem.Totals
	n := int64(0)
	for ; rows.Next(); n++ {
		var currency string
		var total lineitem.Decimal
		if err := rows.Scan(&currency, &total); err != nil {
			return err
		}
		totals.Add(currency, total)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if n != truth.Rows {
		return errors.New("the database has " + strconv.FormatInt(n, 10) + " rows, want " + strconv.FormatInt(truth.Rows, 10))
	}
	for currency, want := range truth.Sums() {
		if got := totals.Text(currency); got != want {
			return fmt.Errorf("%s: the sum is %s, want %s", currency, got, want)
		}
	}
	fmt.Fprintf(out, "\nthe database has exactly the rows of the export: %d, %s\n", n, totals)
	return nil
}
