package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// sections are the parts of a run, in the order in which they run.
var sections = []section{
	{"main", mainTable},
	{"guards", guards},
	{"allocations", allocations},
	{"first-row", firstRow},
	{"cores", cores},
	{"blobs", blobCounts},
	{"order", order},
	{"azurite", fromAzurite},
	{"cost-details", costDetails},
	{"decoding", decoding},
	{"shapes", shapes},
	{"tables", tables},
	{"growth", growth},
}

// section measures one thing and reports it.
type section struct {
	name string
	run  func(ctx context.Context, s *settings, out *report) error
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) (err error) {
	s, err := parse(args)
	if err != nil {
		return err
	}
	if s.readme != "" {
		return updateReadme(s.readme)
	}
	to := stdout
	commit := revision(ctx)
	if s.file != "" {
		if err := requireCleanTree(ctx, s.file); err != nil {
			return err
		}
		file, err := os.Create(s.file)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		to = io.MultiWriter(stdout, file)
	}
	runtime.GOMAXPROCS(s.procs)
	out := &report{to: to}
	began := time.Now()
	describeRun(ctx, out, commit, args)
	s.describe(out)
	for _, section := range sections {
		if !s.chosen(section.name) {
			continue
		}
		if err := section.run(ctx, s, out); err != nil {
			out.line("")
			out.line("FAILED: %s: %v", section.name, err)
			return errors.Join(fmt.Errorf("%s: %w", section.name, err), out.err)
		}
	}
	out.goals()
	out.line("")
	out.line("took %v", time.Since(began).Round(time.Second))
	return out.err
}

// settings are the values of the flags.
type settings struct {
	quick bool
	only  []string
	file  string
	// readme is a README to write the tables of the committed results into.
	readme string
	procs  int

	rows        int    // of all sections but growth
	rounds      int    // of each table
	costRows    int    // of the cost details report
	decodeRows  int    // of each shape, for decoding alone
	shapeRows   int    // of each shape, for whole exports
	shapeRounds int    // of each shape
	tableRows   int    // distinct rows that fill the tables of a decoder
	growth      [3]int // rows of growth
	growRounds  int
	sampling    time.Duration // between two samples of the live heap

	shared *dataset // what most sections read, made for the first of them
}

func parse(args []string) (*settings, error) {
	s := &settings{
		rows: 400_000, rounds: 7, costRows: 1_000_000, decodeRows: 30_000, shapeRows: 200_000, shapeRounds: 5, tableRows: 1_500,
		growth: [3]int{100_000, 1_000_000, 10_000_000}, growRounds: 3, sampling: 200 * time.Millisecond,
	}
	var names []string
	for _, section := range sections {
		names = append(names, section.name)
	}
	var only string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.BoolVar(&s.quick, "quick", false, "small data, about two minutes: shows that everything works, not how fast it is")
	f.StringVar(&s.file, "o", "", "write the results to this `file`, too; the working tree must be clean")
	f.StringVar(&s.readme, "readme", "", "measure nothing; write the tables of "+resultsFile+" into this `file`")
	f.StringVar(&only, "only", "", "run only these sections, separated by commas: "+strings.Join(names, ","))
	f.IntVar(&s.procs, "procs", 2, "GOMAXPROCS, and the threads of DuckDB")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if only != "" {
		s.only = strings.Split(only, ",")
	}
	for _, name := range s.only {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("-only %s: unknown section; the sections are %s", name, strings.Join(names, ", "))
		}
	}
	switch {
	case f.NArg() > 0:
		return nil, fmt.Errorf("unexpected %q: all settings are flags, see -help", f.Arg(0))
	case s.procs < 1:
		return nil, errors.New("-procs must be positive")
	}
	if s.quick {
		s.rows, s.rounds, s.costRows = 80_000, 3, 100_000
		s.decodeRows, s.shapeRows, s.shapeRounds, s.tableRows = 3_000, 16_000, 3, 200
		s.growth, s.growRounds, s.sampling = [3]int{10_000, 100_000, 1_000_000}, 3, 20*time.Millisecond
	}
	return s, nil
}

func (s *settings) chosen(name string) bool { return len(s.only) == 0 || slices.Contains(s.only, name) }

// data returns the rows that most sections read.
func (s *settings) data(ctx context.Context) (d *dataset, err error) {
	if s.shared == nil {
		s.shared, err = serveBytes(ctx, shuffled(s.rows, 8))
	}
	return s.shared, err
}

func (s *settings) describe(out *report) {
	if s.quick {
		out.line("QUICK: less data than the goals are meant for. It shows that everything works, not how fast it is.")
	}
	if runtime.NumCPU() < s.procs {
		out.line("This machine has %s and -procs is %d: do not quote these numbers.", plural(runtime.NumCPU(), "core"), s.procs)
	}
}
