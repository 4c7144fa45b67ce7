// Command mutate removes the SDK's guards, one at a time, and asserts that a row of the fault
// matrix fails without it. So each guard is tested.
//
//	cd internal/faulttest && go run ./mutate
//
// prints for each guard which rows fail without it. It changes no file of the repository: the
// compiler reads the changed files from an overlay.
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

// top is the top of the repository, relative to the matrix.
const top = "../.."

// guard is code that prevents a fault, and how to remove it.
type guard struct {
	name string
	file string // relative to the top of the repository
	old  string // text that occurs exactly once
	new  string
	rows string // to run without the guard: IDs of rows, or B02/in_memory for one trial
	// behind names another guard against the same fault. The outcome without both must then be
	// worse than without the other alone.
	behind string
}

// outcome is the result of running rows of the matrix.
type outcome struct {
	ran, red []string // IDs of rows; red ones failed
	silent   int      // wrong results without an error
	timeout  bool
	took     time.Duration
	output   strings.Builder
}

func main() {
	only := flag.String("only", "", "remove only the guards whose names match this `regexp`")
	check := flag.Bool("check", false, "only check that the code of every guard is found; run no test")
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
			return err // before running tests
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
		return fmt.Errorf("rows fail with all guards: %s\n%s", whole.red, &whole.output)
	}
	fmt.Fprintf(os.Stderr, "with all guards, %d rows pass (%.0f s)\n", len(whole.ran), whole.took.Seconds())
	var faults []error
	for _, r := range rows {
		if id, _, _ := strings.Cut(r, "/"); !slices.Contains(whole.ran, id) {
			faults = append(faults, fmt.Errorf("row %s not found in the matrix", id))
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	return removeEach(ctx, picked)
}

// removeEach prints the outcome of the matrix without each of the guards.
func removeEach(ctx context.Context, picked []guard) error {
	var table strings.Builder
	fmt.Fprintln(&table, "guard\tfile\tfailed rows\tsilently wrong")
	var unseen []error
	silent := 0
	start := time.Now()
	for i, g := range picked {
		got, err := g.remove(ctx)
		if err != nil {
			return fmt.Errorf("without %s: %w", g.name, err)
		}
		verdict := strings.Join(got.red, " ")
		switch {
		case verdict == "":
			verdict = "NONE of " + g.rows
			unseen = append(unseen, fmt.Errorf("no row fails without the guard %q (%s)", g.name, g.file))
		case got.timeout:
			verdict += ", timeout"
		}
		wrong := ""
		if got.silent > 0 {
			silent++
			wrong = strconv.Itoa(got.silent)
		}
		fmt.Fprintf(&table, "%s\t%s\t%s\t%s\n", g.name, g.file, verdict, wrong)
		fmt.Fprintf(os.Stderr, "%d/%d %s: %s (%.0f s)\n", i+1, len(picked), g.name, verdict, got.took.Seconds())
	}
	fmt.Fprintf(&table, "\n%d guards removed in %.0f s: %d detected, %d not. Without %d of them an export would be silently wrong.\n",
		len(picked), time.Since(start).Seconds(), len(picked)-len(unseen), len(unseen), silent)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, err := w.Write([]byte(table.String()))
	return errors.Join(append(unseen, err, w.Flush())...)
}

// remove runs the guard's rows without it.
func (g *guard) remove(ctx context.Context) (*outcome, error) {
	const timeout = 90 * time.Second
	rows, removed := strings.Fields(g.rows), []guard{*g}
	if g.behind != "" {
		i := slices.IndexFunc(guards, func(front guard) bool { return front.name == g.behind })
		if i < 0 {
			return nil, fmt.Errorf("guard %q not found", g.behind)
		}
		removed = append(removed, guards[i])
	}
	files, err := without(removed...)
	if err != nil {
		return nil, err
	}
	got, err := matrix(ctx, files, rows, timeout)
	if err != nil || g.behind == "" {
		return got, err
	}
	if files, err = without(removed[1]); err != nil {
		return nil, err
	}
	with, err := matrix(ctx, files, rows, timeout)
	if err != nil {
		return nil, err
	}
	if got.silent <= with.silent {
		got.red = slices.DeleteFunc(got.red, func(id string) bool { return slices.Contains(with.red, id) })
	}
	return got, nil
}

// without returns the changed files of the given guards.
func without(removed ...guard) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, g := range removed {
		text := files[g.file]
		if text == nil {
			var err error
			if text, err = os.ReadFile(filepath.Join(top, filepath.FromSlash(g.file))); err != nil {
				return nil, err
			}
		}
		if n := bytes.Count(text, []byte(g.old)); n != 1 {
			return nil, fmt.Errorf("%s: its code is %d times in %s, want once; update the table of guards", g.name, n, g.file)
		}
		files[g.file] = bytes.Replace(text, []byte(g.old), []byte(g.new), 1)
	}
	return files, nil
}

// matrix runs rows with files of the repository replaced.
func matrix(ctx context.Context, files map[string][]byte, rows []string, timeout time.Duration) (*outcome, error) {
	folder, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // temporary in any case
	overlay, err := writeOverlay(folder, files)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	//nolint:gosec // The program is go, and the arguments come from the table of guards.
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-vet=off", "-count=1", "-overlay", overlay,
		"-timeout", timeout.String(), "-run", pattern(rows), ".")
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
		o.red = []string{"TestMain"} // which checks for secrets and goroutines at the end
	}
	return o, nil
}

// pattern returns the argument of go test -run for rows.
func pattern(rows []string) string {
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = "^TestMatrix$/^" + strings.ReplaceAll(r, "/", "$/^") + "$"
	}
	return strings.Join(all, "|")
}

// writeOverlay writes files into a folder, and the JSON file for go test -overlay.
func writeOverlay(folder string, files map[string][]byte) (overlay string, err error) {
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

// read parses the output of go test -json. A row that ran and did not pass is red, also if the
// process exited before its end.
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
			o.silent, _ = strconv.Atoi(m[1]) // matched as digits
		}
		o.timeout = o.timeout || strings.HasPrefix(e.Output, "panic: test timed out after")
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
