package faulttest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"go.uber.org/goleak"
)

// row is a row of the matrix: a fault and its trials.
type row struct {
	id     string
	fault  string
	trials []trial
}

// trial injects the fault of a row in one way.
type trial struct {
	name string
	// want is what the error must match; nil: all rows and no error.
	want error
	// wantName is the name of want in the table, such as "manifest.ErrSAS".
	wantName string
	run      func(t *testing.T) result
}

// result is the result of reading an export.
type result struct {
	err    error
	ledger *ledger // nil: the trial does not check rows
	note   string  // for the table, such as "28 re-opens"
}

// matrix has all rows in the order of the table.
var matrix = [][]row{graphRows, documentRows, transportRows, refreshRows, checkpointRows, gzipRows, lineRows, sweepRows, armRows, consumerRows, secretRows}

// outcome is a row's line of the table.
type outcome struct {
	trials, good int
	names        []string // of errors, or OK; each once
	failed       []string // trials with another outcome than expected
	notes        []string
	took         time.Duration
}

var (
	outcomes    = map[string]*outcome{}
	silentWrong int // wrong results without an error
)

func TestMatrix(t *testing.T) {
	for _, rows := range matrix {
		for _, r := range rows {
			t.Run(r.id, func(t *testing.T) { r.test(t) })
		}
	}
}

func (r *row) test(t *testing.T) {
	o := &outcome{trials: len(r.trials)}
	outcomes[r.id] = o
	start := time.Now()
	for i := range r.trials {
		if t.Run(r.trials[i].name, func(t *testing.T) { r.trials[i].test(t, o) }) {
			o.good++
		} else {
			o.failed = append(o.failed, r.trials[i].name)
		}
	}
	o.took = time.Since(start)
}

func (tr *trial) test(t *testing.T, o *outcome) {
	got := tr.run(t)
	if got.ledger != nil {
		for _, wrong := range got.ledger.problems(got.err == nil) {
			t.Error(wrong)
			if got.err == nil {
				silentWrong++
			}
		}
	}
	name := "OK"
	switch {
	case tr.want == nil && got.err != nil:
		t.Errorf("%v; want every row", got.err)
		name = "error"
	case tr.want != nil && !errors.Is(got.err, tr.want):
		t.Errorf("got %v; want %s", got.err, tr.wantName)
		name = "other error"
	case tr.want != nil:
		name = tr.wantName
	}
	o.names = addOnce(o.names, name)
	if got.note != "" {
		o.notes = addOnce(o.notes, got.note)
	}
	if got.err != nil {
		secrets.check(t, "the error", got.err)
	}
}

func addOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// table prints the matrix.
func table() string {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	// Writing into memory does not fail.
	_, _ = fmt.Fprintln(w, "row\tfault\ttrials\toutcome\tas expected\tsec.\tcomparison\tnotes")
	trials, good := 0, 0
	var failed []string
	for _, rows := range matrix {
		for _, r := range rows {
			o := outcomes[r.id]
			if o == nil {
				continue // excluded by -run
			}
			verdict := "yes"
			if o.good < o.trials {
				verdict = "NO"
			}
			trials, good = trials+o.trials, good+o.good
			for _, name := range o.failed {
				failed = append(failed, r.id+": "+name)
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%.1f\t%s\t%s\n", r.id, r.fault, o.trials, strings.Join(o.names, ", "), verdict, o.took.Seconds(), comparisonOf(r.id), strings.Join(o.notes, "; "))
		}
	}
	_ = w.Flush()
	fmt.Fprintf(&b, "\n%d rows, %d trials, %d as expected. Silent wrong results: %d.\n", len(outcomes), trials, good, silentWrong)
	if failed != nil {
		// At the end, since the messages of the trials are far above.
		fmt.Fprintf(&b, "Not as expected: %s.\n", strings.Join(failed, "; "))
	}
	return b.String()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if len(outcomes) > 0 {
		fmt.Print("\n" + table() + "\n")
	}
	if err := secrets.checkLog(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	if err := goleak.Find(ignoredLeaks()...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}
