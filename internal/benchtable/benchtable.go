// Package benchtable converts the results of the benchmarks to the tables of the README.
package benchtable

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The comments that stand around the tables in the README.
const (
	begin = "<!-- benchmarks: written by make bench from bench/results.txt -->\n"
	end   = "<!-- end of benchmarks -->\n"
)

// descriptions say what a contender of the results does, where its name does not.
var descriptions = map[string]string{
	"floor: inflate only":                 "inflating alone, with klauspost/compress",
	"Items full":                          "`Items` of `lineitem.Usage`, every attribute",
	"Items basic type":                    "`Items` of `lineitem.UsageBasic`",
	"Items three columns":                 "`Items` of a struct with three columns",
	"Parallel full":                       "`Stream.Parallel` of `lineitem.Usage`, every attribute",
	"inflate only, as the SDK does":       "inflating alone, as the SDK does",
	"naive: compress/gzip, encoding/json": "`compress/gzip` and `encoding/json` into the same struct",
	"goccy/go-json":                       "klauspost/compress and goccy/go-json into the same struct",
	"bytedance/sonic":                     "klauspost/compress and bytedance/sonic into the same struct",
	"DuckDB: read_json, count and sum":    "DuckDB, `read_json`, count and sum",
	"DuckDB: the same, tuned":             "DuckDB, the same with `read_ndjson_objects`",
	"DuckDB: text and regexp, no JSON":    "DuckDB, the amount by regular expression, no JSON",
	"zcat > /dev/null":                    "`zcat > /dev/null`",
	"igzip -dc > /dev/null":               "`igzip -dc > /dev/null`",
	"CostDetail, all columns":             "`Items` of `costmgmt.CostDetail`, all columns",
	"struct of five columns":              "`Items` of a struct with five columns",
	"encoding/csv, no rows":               "`encoding/csv` alone, into no rows",
}

// table is a section of the results.
type table struct {
	title, remark string
	heads         []string
	rows          [][]string
}

// Insert returns a README with the tables of the results between its two comments.
func Insert(readme, results string) (string, error) {
	above, rest, ok := strings.Cut(readme, begin)
	_, below, ended := strings.Cut(rest, end)
	if !ok || !ended {
		return "", fmt.Errorf("benchtable: the README has no lines %q and %q", strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	text, err := tables(results)
	if err != nil {
		return "", err
	}
	return above + begin + "\n" + text + "\n" + end + below, nil
}

// shapes are the sections that have a line for each shape of rows.
var shapes = []string{"Decoding alone, all attributes", "Decoding alone, three columns", "Items full by shape"}

// tables returns the README's tables: every contender that was measured, fastest first, the cost
// details and the shapes of rows where the results have them, and all goals.
func tables(results string) (string, error) {
	results = strings.ReplaceAll(results, "\r\n", "\n")
	var b strings.Builder
	contenders, err := find(results, "Shuffled full usage rows")
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&b, "%s\n", caption(results, contenders))
	if err := comparison(&b, contenders, "/ floor", "inflating alone = 1"); err != nil {
		return "", err
	}
	costs, err := find(results, "Cost details")
	if err != nil && !errors.Is(err, errNoSection) {
		return "", err
	}
	if err == nil {
		fmt.Fprintf(&b, "\n%s, %s:\n", costs.title, before(costs.remark, ";"))
		if err := comparison(&b, costs, "/ encoding/csv", "`encoding/csv` = 1"); err != nil {
			return "", err
		}
	}
	for _, title := range shapes {
		t, err := find(results, title)
		if errors.Is(err, errNoSection) {
			continue
		}
		if err != nil {
			return "", err
		}
		if err := byShape(&b, t); err != nil {
			return "", err
		}
	}
	goals, err := find(results, "Goals")
	if err != nil {
		return "", err
	}
	b.WriteString("\n| what | measured on | measured | goal | |\n|---|---|--:|--:|---|\n")
	for _, row := range goals.rows {
		// The second cell is empty where the goal is about nothing in particular.
		if len(row) == len(goals.heads) {
			row = slices.Insert(slices.Clone(row), 1, "")
		}
		if len(row) != len(goals.heads)+1 {
			return "", fmt.Errorf("benchtable: goals: %d fields, want %d: %q", len(row), len(goals.heads)+1, row)
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	return b.String(), nil
}

// comparison writes a table of contenders, fastest first.
func comparison(b *strings.Builder, t *table, ratio, head string) error {
	at, median, threads := slices.Index(t.heads, ratio), slices.Index(t.heads, "median"), slices.Index(t.heads, "threads")
	if at < 0 || median < 0 || threads < 0 {
		return fmt.Errorf("benchtable: %s: no column %q, %q or %q in %q", t.title, ratio, "median", "threads", t.heads)
	}
	type line struct {
		seconds float64
		text    string
	}
	var lines []line
	for _, row := range t.rows {
		if slices.ContainsFunc(row, func(cell string) bool { return strings.HasPrefix(cell, "SKIPPED") }) {
			continue
		}
		if len(row) <= max(at, median, threads) {
			return fmt.Errorf("benchtable: %s: too few fields in %q", t.title, row)
		}
		seconds, err := strconv.ParseFloat(row[median], 64)
		if err != nil {
			return fmt.Errorf("benchtable: %s: %s: %w", t.title, row[0], err)
		}
		name := row[0]
		if described, ok := descriptions[name]; ok {
			name = described
		}
		lines = append(lines, line{seconds, fmt.Sprintf("| %s | %s | %s | %s |\n", name, row[threads], row[median], row[at])})
	}
	if len(lines) == 0 {
		return fmt.Errorf("benchtable: %s: nothing was measured", t.title)
	}
	slices.SortStableFunc(lines, func(x, y line) int { return cmp.Compare(x.seconds, y.seconds) })
	fmt.Fprintf(b, "\n| what | threads | seconds | %s |\n|---|--:|--:|--:|\n", head)
	for _, l := range lines {
		b.WriteString(l.text)
	}
	return nil
}

// byShape writes a table of shapes without its goals, which the table of goals has.
func byShape(b *strings.Builder, t *table) error {
	goal := slices.Index(t.heads, "goal")
	if goal < 0 {
		return fmt.Errorf("benchtable: %s: no column %q in %q", t.title, "goal", t.heads)
	}
	fmt.Fprintf(b, "\n%s;\n%s:\n\n| %s |\n|---%s|\n", t.title, before(t.remark, ";"),
		strings.Join(slices.Delete(slices.Clone(t.heads), goal, goal+1), " | "), strings.Repeat("|--:", len(t.heads)-2))
	for _, row := range t.rows {
		if len(row) != len(t.heads)+1 { // the verdict has no head
			return fmt.Errorf("benchtable: %s: %d fields, want %d: %q", t.title, len(row), len(t.heads)+1, row)
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(slices.Delete(slices.Clone(row), goal, goal+2), " | "))
	}
	return nil
}

// caption says what was measured, where, and of which commit.
func caption(results string, t *table) string {
	head := func(name string) string {
		m := regexp.MustCompile(`(?m)^` + name + ` +(.*)$`).FindStringSubmatch(results)
		if m == nil {
			return "unknown " + name
		}
		return m[1]
	}
	return fmt.Sprintf("%s.\n\nMeasured on %s at %s:\n%s,\n%s.", before(t.remark, ";"), before(head("date"), " "), head("SDK"), head("machine"), head("Go"))
}

func before(text, end string) string {
	text, _, _ = strings.Cut(text, end)
	return text
}

var errNoSection = errors.New("there is none")

var gap = regexp.MustCompile(`\s{2,}`)

// find returns the section whose title begins with a text.
func find(results, title string) (*table, error) {
	lines := strings.Split(results, "\n")
	for i := 1; i < len(lines); i++ {
		if lines[i] == "" || strings.Trim(lines[i], "-") != "" || !strings.HasPrefix(lines[i-1], title) {
			continue
		}
		t := &table{title: lines[i-1]}
		rest := lines[i+1:]
		if len(rest) > 2 && rest[1] == "" {
			t.remark, rest = rest[0], rest[2:]
		}
		for _, line := range rest {
			if line == "" {
				break
			}
			cells := gap.Split(strings.TrimSpace(line), -1)
			if t.heads == nil {
				t.heads = cells
			} else {
				t.rows = append(t.rows, cells)
			}
		}
		if len(t.rows) == 0 {
			return nil, fmt.Errorf("benchtable: %s: no rows", t.title)
		}
		return t, nil
	}
	return nil, fmt.Errorf("benchtable: section %q: %w", title, errNoSection)
}
