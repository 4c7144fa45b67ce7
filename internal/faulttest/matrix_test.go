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

// row is one row of the matrix: a fault and what must become of it.
type row struct {
	id     string
	fault  string
	trials []trial
}

// trial is one way in which a row's fault happens.
type trial struct {
	name string
	// want is the error that the trial must end with, as errors.Is sees it; nil: every row comes.
	want error
	// wantName is how the matrix calls it, such as "manifest.ErrSAS".
	wantName string
	run      func(t *testing.T) result
}

// result is what became of an export.
type result struct {
	err    error
	ledger *ledger // nil where the trial is not about rows
	note   string  // for the table, such as "28 re-opens"
}

// matrix has the rows in their order.
var matrix = [][]row{graphRows, documentRows, transportRows, renewalRows, resumingRows, gzipRows, lineRows, consumerRows, secretRows}

// outcome is a row's line of the table.
type outcome struct {
	trials, good int
	names        []string // of errors, or OK; each once
	others       []string // trials that ended other than expected
	notes        []string
	took         time.Duration
}

var (
	outcomes    = map[string]*outcome{}
	silentWrong int // trials that ended without an error and without every row exactly once
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
			o.others = append(o.others, r.trials[i].name)
		}
	}
	o.took = time.Since(start)
}

func (tr *trial) test(t *testing.T, o *outcome) {
	got := tr.run(t)
	if got.ledger != nil {
		for _, wrong := range got.ledger.wrong(got.err == nil) {
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
		secrets.look(t, "the error", got.err)
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
	_, _ = fmt.Fprintln(w, "row\tfault\ttrials\toutcome\tas expected\tsec.\tothers\tnotes")
	trials, good := 0, 0
	var others []string
	for _, rows := range matrix {
		for _, r := range rows {
			o := outcomes[r.id]
			if o == nil {
				continue // not run, by -run
			}
			verdict := "yes"
			if o.good < o.trials {
				verdict = "NO"
			}
			trials, good = trials+o.trials, good+o.good
			for _, name := range o.others {
				others = append(others, r.id+": "+name)
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%.1f\t%s\t%s\n", r.id, r.fault, o.trials, strings.Join(o.names, ", "), verdict, o.took.Seconds(), rivalsOf(r.id), strings.Join(o.notes, "; "))
		}
	}
	_ = w.Flush()
	fmt.Fprintf(&b, "\n%d rows, %d trials, %d as expected. Silent wrong results: %d.\n", len(outcomes), trials, good, silentWrong)
	if others != nil {
		// Last, where one looks: what the trials said is far above.
		fmt.Fprintf(&b, "Not as expected: %s.\n", strings.Join(others, "; "))
	}
	return b.String()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if len(outcomes) > 0 {
		fmt.Print("\n" + table() + "\n")
	}
	if err := secrets.everSeen(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	if err := goleak.Find(leaksOfOthers()...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}
