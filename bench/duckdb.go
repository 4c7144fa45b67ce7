package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// DuckDB runs as its package for Node.js: the module for Go needs prebuilt libraries that the
// module proxy did not deliver. The process starts before anything is measured; only the query is
// measured, from SQL to its row.
//
// There are three queries: the one that everybody writes, and the two that are the fastest of
// their kind. Of those that read JSON, read_ndjson_objects with ->> beats read_json, with columns
// declared or not, by a fifth; DuckDB converts numbers in JSON to float64 in all of them, even for
// a column declared as DECIMAL, so that none is exact. The query that reads lines as text and
// extracts the amount by a regular expression is exact and a little faster, but does not read
// JSON. Tried and not faster: format and compression declared, insertion order not preserved, ->>
// on lines of text.
const (
	duckdbRead = `SELECT count(*), sum(BillingPreTaxTotal::DECIMAL(38,18)) FROM read_json(%s)`
	duckdbJSON = `SELECT count(*), sum((json->>'BillingPreTaxTotal')::DECIMAL(38,18)) FROM read_ndjson_objects(%s)`
	duckdbText = `SELECT count(*), sum(regexp_extract(line, '"BillingPreTaxTotal":([-0-9.eE+]+)', 1)::DECIMAL(38,18))
		FROM read_csv(%s, columns={line: 'VARCHAR'}, delim='\x01', quote='', escape='', header=false, auto_detect=false, max_line_size=1000000)`
)

// duckdbFolder holds the package, below the folder in which this program runs.
const duckdbFolder = "duckdb"

// duckdb is the running process.
type duckdb struct {
	cmd     *exec.Cmd
	queries io.WriteCloser
	results *bufio.Reader
}

// startDuckDB starts the process. If it cannot run here, the reason says why.
func startDuckDB(ctx context.Context) (db *duckdb, reason string) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, "Node.js is not installed"
	}
	if _, err := os.Stat(filepath.Join(duckdbFolder, "node_modules")); err != nil {
		return nil, "run npm install --prefix bench/duckdb --no-save --ignore-scripts"
	}
	//nolint:gosec // The program is node, and the arguments are constants.
	cmd := exec.CommandContext(ctx, node, filepath.Join(duckdbFolder, "query.mjs"), strconv.Itoa(runtime.GOMAXPROCS(0)))
	cmd.Stderr = os.Stderr
	queries, err := cmd.StdinPipe()
	if err != nil {
		return nil, err.Error()
	}
	results, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err.Error()
	}
	if err := cmd.Start(); err != nil {
		return nil, err.Error()
	}
	db = &duckdb{cmd: cmd, queries: queries, results: bufio.NewReader(results)}
	if _, err := db.receive(); err != nil { // its version: it is ready
		return nil, errors.Join(err, db.stop()).Error()
	}
	return db, ""
}

// response is a line that the process writes: one of these.
type response struct {
	Version string   `json:"version"`
	Row     []string `json:"row"`
	Error   string   `json:"error"`
}

func (db *duckdb) query(sql string) ([]string, error) {
	line, err := json.Marshal(sql)
	if err != nil {
		return nil, err
	}
	if _, err := db.queries.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	a, err := db.receive()
	return a.Row, err
}

func (db *duckdb) receive() (a response, err error) {
	line, err := db.results.ReadBytes('\n')
	if err != nil {
		return a, fmt.Errorf("DuckDB: no response: %w", err)
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return a, err
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// stop closes the input of the process, which ends it, and waits for it.
func (db *duckdb) stop() error {
	if db == nil {
		return nil
	}
	return errors.Join(db.queries.Close(), db.cmd.Wait())
}

// duckdbContenders count rows and sum amounts in the same files. The data have one currency, so a
// sum needs no GROUP BY.
func duckdbContenders(db *duckdb, skipped string, d *dataset, files []string) []contender {
	quoted := make([]string, len(files))
	for i, file := range files {
		quoted[i] = "'" + strings.ReplaceAll(file, "'", "''") + "'"
	}
	list := "[" + strings.Join(quoted, ", ") + "]"
	currency := d.truth.Currencies()[0]
	add := func(name, sql string, p proof, g *goal) contender {
		return contender{
			name: name, threads: procs(), proof: p, goal: g, skipped: skipped,
			read: func(context.Context) (result, error) {
				row, err := db.query(fmt.Sprintf(sql, list))
				if err != nil {
					return result{}, err
				}
				if len(row) != 2 {
					return result{}, fmt.Errorf("%d columns, want 2", len(row))
				}
				rows, err := strconv.ParseInt(row[0], 10, 64)
				return result{rows: rows, sums: map[string]string{currency: row[1]}}, err
			},
		}
	}
	return []contender{
		add("DuckDB: read_json, count and sum", duckdbRead, inexact, &goalDuckDB),
		add("DuckDB: the same, tuned", duckdbJSON, inexact, &goalDuckDBBest),
		add("DuckDB: text and regexp, no JSON", duckdbText, exact, &goalDuckDBBest),
	}
}

// duckdbPackage returns the installed version.
func duckdbPackage() string {
	data, err := os.ReadFile(filepath.Join(duckdbFolder, "node_modules", "@duckdb", "node-api", "package.json"))
	if err != nil {
		return "(not installed)"
	}
	var about struct{ Version string }
	if err := json.Unmarshal(data, &about); err != nil {
		return "(unknown version)"
	}
	return about.Version
}
