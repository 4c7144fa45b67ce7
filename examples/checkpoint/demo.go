package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/examples/internal/crash"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// kills is the number of times that the load is killed before it can finish.
const kills = 10

// leastRows is enough for two commits of each killed load. It is killed after the first, or later,
// and has then committed once more at most.
const leastRows = 2 * kills * rowsPerCommit

// demo kills loads at random commits and compares the database with the generated data.
func demo(ctx context.Context, rows int, seed uint64, out io.Writer, show *cli.Progress) (err error) {
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
	d := &demonstration{listener: listener, rows: rows, random: rand.New(rand.NewPCG(seed, 0)), show: show} //nolint:gosec // Kills, not secrets.

	whole, err := d.start(ctx, "without a kill", filepath.Join(folder, "whole.db"), 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d rows, loaded without a kill in %.1f s\n\n", rows, whole.Seconds())

	killed := filepath.Join(folder, "killed.db")
	together, lost, err := d.crash(ctx, killed, out)
	if err != nil {
		return err
	}
	if err := compare(ctx, killed, truth, out); err != nil {
		return err
	}
	// Without checkpoints each start would load the rows again that were in the database at the
	// kill.
	again := time.Duration(lost / float64(rows) * float64(whole))
	fmt.Fprintf(out, "all %d starts together: %.1f s; without checkpoints: %.1f s more,\nestimated from the rows in the database at each kill\n",
		kills+1, together.Seconds(), again.Seconds())
	return nil
}

// demonstration is what all loads of a demo share.
type demonstration struct {
	listener *billingtest.Listener
	rows     int // of the export
	random   *rand.Rand
	show     *cli.Progress
}

// crash kills ten loads and lets one finish. It returns the time they took together and the sum of
// the rows in the database at the kills.
func (d *demonstration) crash(ctx context.Context, file string, out io.Writer) (together time.Duration, lost float64, err error) {
	fmt.Fprintf(out, "%5s  %12s  %20s\n", "start", "killed after", "rows in the database")
	most := d.rows / kills / rowsPerCommit // commits of each load, so that ten cannot finish
	for i := range kills + 1 {
		after := 0
		if i < kills {
			after = 1 + d.random.IntN(most-1)
		}
		took, err := d.start(ctx, fmt.Sprintf("start %d of %d", i+1, kills+1), file, after)
		if err != nil {
			return 0, 0, err
		}
		together += took
		n, err := count(ctx, file)
		if err != nil {
			return 0, 0, err
		}
		when := fmt.Sprintf("%.2f s", took.Seconds())
		if i == kills {
			when = "not killed"
		} else {
			lost += float64(n)
		}
		fmt.Fprintf(out, "%5d  %12s  %20d\n", i+1, when, n)
	}
	return together, lost, nil
}

// start runs a load in a child process and kills it while it loads the rows after the given number
// of commits. If that is 0, it waits for the process.
func (d *demonstration) start(ctx context.Context, what, file string, commits int) (took time.Duration, err error) {
	began := time.Now()
	seen := 0
	killed, err := crash.Run(ctx, d.listener, []string{file}, func(line string) bool {
		seen++
		d.show.Step(what, line, seen*rowsPerCommit, d.rows)
		if seen != commits {
			return false
		}
		time.Sleep(time.Duration(d.random.IntN(30_000)) * time.Microsecond) // somewhere in the next transaction
		return true
	})
	if err == nil && killed != (commits > 0) {
		err = fmt.Errorf("the load ended after %d commits, before it was killed", seen)
	}
	return time.Since(began), err
}

// count returns the number of rows in a database.
func count(ctx context.Context, file string) (n int64, err error) {
	db, err := open(ctx, file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.count(ctx)
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
	fmt.Fprintf(out, "\nthe database has exactly the rows of the export: %d,\n%s\n", n, totals)
	return nil
}
