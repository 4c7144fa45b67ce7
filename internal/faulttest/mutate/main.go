// Command mutate takes the SDK's guards away, one at a time, and asserts that the fault
// matrix sees it. A guard whose absence no row sees could not be told from a line that
// does nothing.
//
//	cd internal/faulttest && go run ./mutate
//
// prints for each guard which rows turned red. The tree stays as it is: changed files are
// laid over it for the compiler.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// top is the top of the repository, as seen from the matrix.
const top = "../.."

// guard is a piece of code without which something goes wrong, and how to take it away.
type guard struct {
	name string
	file string // from the top of the repository
	old  string // is there exactly once
	new  string
	rows string // that are run without it: their ids, or B02/in_memory for one trial
	// behind names another guard against the same. What must be seen then is that things
	// are worse without both than without that one alone.
	behind string
}

// outcome is what the matrix says of a program.
type outcome struct {
	ran, red []string // ids of rows
	silent   int      // wrong results without an error
	timeUp   bool
	took     time.Duration
	output   strings.Builder
}

func main() {
	only := flag.String("only", "", "remove only the guards whose names match this `regexp`")
	check := flag.Bool("check", false, "only check that the code of every guard is found, and run nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *only, *check)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only string, check bool) error {
	pick, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	var picked []guard
	var rows []string
	for _, g := range guards {
		if _, err := without(g); err != nil {
			return err // before anything is run
		}
		if pick.MatchString(g.name) {
			picked, rows = append(picked, g), append(rows, strings.Fields(g.rows)...)
		}
	}
	if check {
		return nil
	}
	slices.Sort(rows)
	rows = slices.Compact(rows)
	whole, err := matrix(ctx, nil, rows, 15*time.Minute)
	switch {
	case err != nil:
		return err
	case len(whole.red) > 0:
		return fmt.Errorf("with every guard in its place, rows are red: %s\n%s", whole.red, &whole.output)
	}
	fmt.Fprintf(os.Stderr, "with every guard in its place, %d rows are green (%.0f s)\n", len(whole.ran), whole.took.Seconds())
	var faults []error
	for _, r := range rows {
		if id, _, _ := strings.Cut(r, "/"); !slices.Contains(whole.ran, id) {
			faults = append(faults, fmt.Errorf("the matrix has no row %s", id))
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	return takeAway(ctx, picked)
}

// takeAway prints what becomes of the matrix without each of the guards.
func takeAway(ctx context.Context, picked []guard) error {
	var table strings.Builder
	fmt.Fprintln(&table, "guard\twhere\twithout it, red\tsilently wrong")
	var unseen []error
	silent := 0
	start := time.Now()
	for i, g := range picked {
		got, err := g.away(ctx)
		if err != nil {
			return fmt.Errorf("without %s: %w", g.name, err)
		}
		verdict := strings.Join(got.red, " ")
		switch {
		case verdict == "":
			verdict = "NONE of " + g.rows
			unseen = append(unseen, fmt.Errorf("no row sees that this is gone: %s (%s)", g.name, g.file))
		case got.timeUp:
			verdict += ", time is up"
		}
		wrong := ""
		if got.silent > 0 {
			silent++
			wrong = strconv.Itoa(got.silent)
		}
		fmt.Fprintf(&table, "%s\t%s\t%s\t%s\n", g.name, g.file, verdict, wrong)
		fmt.Fprintf(os.Stderr, "%d/%d %s: %s (%.0f s)\n", i+1, len(picked), g.name, verdict, got.took.Seconds())
	}
	fmt.Fprintf(&table, "\n%d guards taken away in %.0f s: %d seen, %d not. Without %d of them an export would be silently wrong.\n",
		len(picked), time.Since(start).Seconds(), len(picked)-len(unseen), len(unseen), silent)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, err := w.Write([]byte(table.String()))
	return errors.Join(append(unseen, err, w.Flush())...)
}

// away runs the guard's rows without it.
func (g *guard) away(ctx context.Context) (*outcome, error) {
	const patience = 90 * time.Second
	rows, gone := strings.Fields(g.rows), []guard{*g}
	if g.behind != "" {
		i := slices.IndexFunc(guards, func(front guard) bool { return front.name == g.behind })
		if i < 0 {
			return nil, fmt.Errorf("there is no guard %q", g.behind)
		}
		gone = append(gone, guards[i])
	}
	files, err := without(gone...)
	if err != nil {
		return nil, err
	}
	got, err := matrix(ctx, files, rows, patience)
	if err != nil || g.behind == "" {
		return got, err
	}
	if files, err = without(gone[1]); err != nil {
		return nil, err
	}
	with, err := matrix(ctx, files, rows, patience)
	if err != nil {
		return nil, err
	}
	if got.silent <= with.silent {
		got.red = slices.DeleteFunc(got.red, func(id string) bool { return slices.Contains(with.red, id) })
	}
	return got, nil
}

// without returns the files that have guards, as they are without these.
func without(gone ...guard) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, g := range gone {
		text := files[g.file]
		if text == nil {
			var err error
			if text, err = os.ReadFile(filepath.Join(top, filepath.FromSlash(g.file))); err != nil {
				return nil, err
			}
		}
		if n := bytes.Count(text, []byte(g.old)); n != 1 {
			return nil, fmt.Errorf("%s: it is in %s %d times; the table of guards has to follow the code", g.name, g.file, n)
		}
		files[g.file] = bytes.Replace(text, []byte(g.old), []byte(g.new), 1)
	}
	return files, nil
}

// matrix runs rows with files of the repository replaced.
func matrix(ctx context.Context, files map[string][]byte, rows []string, patience time.Duration) (*outcome, error) {
	folder, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // the system does so in the end
	overlay, err := lay(folder, files)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	//nolint:gosec // The program is go, and the arguments are our own.
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-vet=off", "-count=1", "-overlay", overlay,
		"-timeout", patience.String(), "-run", pattern(rows), ".")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	failed := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	o, err := read(&stdout)
	o.took = time.Since(start)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %s", err, &stderr)
	case len(o.ran) == 0:
		return nil, fmt.Errorf("no row was run:\n%s%s", &o.output, &stderr)
	case len(o.red) == 0 && failed != nil:
		o.red = []string{"TestMain"} // it looks for secrets and goroutines at the end
	}
	return o, nil
}

// pattern is what go test runs rows by.
func pattern(rows []string) string {
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = "^TestMatrix$/^" + strings.ReplaceAll(r, "/", "$/^") + "$"
	}
	return strings.Join(all, "|")
}

// lay writes files into a folder, and a list of what they stand in for.
func lay(folder string, files map[string][]byte) (overlay string, err error) {
	replace := map[string]string{}
	for name, text := range files {
		there, err := filepath.Abs(filepath.Join(top, filepath.FromSlash(name)))
		if err != nil {
			return "", err
		}
		here := filepath.Join(folder, strconv.Itoa(len(replace))+".go")
		if err := os.WriteFile(here, text, 0o600); err != nil {
			return "", err
		}
		replace[there] = here
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(folder, "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o600)
}

var (
	rowName     = regexp.MustCompile(`^TestMatrix/([^/]+)$`)
	silentCount = regexp.MustCompile(`Silent wrong results: (\d+)\.`)
)

// read takes in what go test -json prints. A row that began and did not pass is red; one
// that is cut short by the end of the program has no verdict of its own.
func read(events io.Reader) (*outcome, error) {
	o := &outcome{}
	passed := map[string]bool{}
	for d := json.NewDecoder(events); ; {
		var e struct{ Action, Test, Output string }
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return o, err
		}
		o.output.WriteString(e.Output)
		if m := silentCount.FindStringSubmatch(e.Output); m != nil {
			o.silent, _ = strconv.Atoi(m[1]) // it is a number
		}
		o.timeUp = o.timeUp || strings.HasPrefix(e.Output, "panic: test timed out after")
		if m := rowName.FindStringSubmatch(e.Test); m != nil {
			switch e.Action {
			case "run":
				o.ran = append(o.ran, m[1])
			case "pass":
				passed[m[1]] = true
			}
		}
	}
	for _, id := range o.ran {
		if !passed[id] {
			o.red = append(o.red, id)
		}
	}
	return o, nil
}
