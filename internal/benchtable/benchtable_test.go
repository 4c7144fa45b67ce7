package benchtable_test

import (
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/internal/benchtable"
)

const readme = `above
<!-- benchmarks: written by make bench from bench/results.txt -->
old
<!-- end of benchmarks -->
below
`

const results = `date      2026-11-21 09:36:43 UTC
command   bench
machine   Some CPU, 2 cores, linux/amd64
Go        go1.26.8, GOMAXPROCS 2
SDK       commit abc1234

Shuffled full usage rows, 400,000 rows, 8 blobs, GOMAXPROCS=2
-------------------------------------------------------------
400,000 rows, 8 blobs; times in seconds, median of 7

contender            threads  median      min – max  / floor  / full  goal               result
floor: inflate only        2   0.609  0.602 – 0.617     1.00    0.95                     no rows: bytes counted
a new contender            1   0.500  0.500 – 0.600     0.82    0.78  ≥ 3 full   MISSED  exact
igzip -dc > /dev/null                                                                    SKIPPED: igzip is not installed

Goals
-----
what        measured on      measured    goal
first row                     1.11 ms  ≤ 20 ms  met
zcat        a new contender      2.00      ≥ 3  MISSED

took 8m16s
`

const costs = `Cost details, 1,000,000 rows of 71 columns, 4 blobs
---------------------------------------------------
1176.0 MB of CSV; times in seconds, median of 7

contender              threads  median      min – max  / encoding/csv  result
encoding/csv, no rows        2   2.755  2.685 – 2.859            1.00  rows counted

`

const decoding = `Decoding alone, three columns
-----------------------------
MB of JSON per second of one core; 30,000 rows of each shape, median of 5

shape     bytes/row   SDK  sonic  SDK / sonic  goal
default       1,930   801    381         2.10   ≥ 2  met
left-out        978   413    304         1.36   ≥ 2  MISSED

Items full by shape, 200,000 rows, 8 blobs, GOMAXPROCS=2
--------------------------------------------------------
MB of JSON per second; median of 5

shape     MB  Items full   goal          floor  DuckDB tuned / full
default  387         984  ≥ 700  met       974              SKIPPED

`

const want = `above
<!-- benchmarks: written by make bench from bench/results.txt -->

400,000 rows, 8 blobs.

Measured on 2026-11-21 at commit abc1234:
Some CPU, 2 cores, linux/amd64,
go1.26.8, GOMAXPROCS 2.

| what | threads | seconds | inflating alone = 1 |
|---|--:|--:|--:|
| a new contender | 1 | 0.500 | 0.82 |
| inflating alone, with klauspost/compress | 2 | 0.609 | 1.00 |

| what | measured on | measured | goal | |
|---|---|--:|--:|---|
| first row |  | 1.11 ms | ≤ 20 ms | met |
| zcat | a new contender | 2.00 | ≥ 3 | MISSED |

<!-- end of benchmarks -->
below
`

const wantCosts = `
Cost details, 1,000,000 rows of 71 columns, 4 blobs, 1176.0 MB of CSV:

| what | threads | seconds | ` + "`encoding/csv`" + ` = 1 |
|---|--:|--:|--:|
| ` + "`encoding/csv`" + ` alone, into no rows | 2 | 2.755 | 1.00 |
`

const wantDecoding = `
Decoding alone, three columns;
MB of JSON per second of one core:

| shape | bytes/row | SDK | sonic | SDK / sonic |
|---|--:|--:|--:|--:|
| default | 1,930 | 801 | 381 | 2.10 |
| left-out | 978 | 413 | 304 | 1.36 |

Items full by shape, 200,000 rows, 8 blobs, GOMAXPROCS=2;
MB of JSON per second:

| shape | MB | Items full | floor | DuckDB tuned / full |
|---|--:|--:|--:|--:|
| default | 387 | 984 | 974 | SKIPPED |

| what | measured on | measured | goal | |
`

func TestTablesAreInserted(t *testing.T) {
	got, err := benchtable.Insert(readme, results)
	if err != nil || got != want {
		t.Fatalf("%v, got\n%s\nwant\n%s", err, got, want)
	}
	if again, err := benchtable.Insert(got, results); err != nil || again != got {
		t.Errorf("%v, then\n%s", err, again)
	}
	got, err = benchtable.Insert(readme, strings.Replace(results, "Goals\n", costs+"Goals\n", 1))
	if err != nil || !strings.Contains(got, wantCosts) {
		t.Errorf("%v, got\n%s\nwant it to hold\n%s", err, got, wantCosts)
	}
	got, err = benchtable.Insert(readme, strings.Replace(results, "Goals\n", decoding+"Goals\n", 1))
	if err != nil || !strings.Contains(got, wantDecoding) {
		t.Errorf("%v, got\n%s\nwant it to hold\n%s", err, got, wantDecoding)
	}
}

func TestResultsThatCannotBeReadAreErrors(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"no contenders", "Shuffled", "Sorted", `section "Shuffled full usage rows": there is none`},
		{"no goals", "Goals\n", "Aims\n", `section "Goals": there is none`},
		{"no ratio", "/ floor", "/ roof", `no column "/ floor"`},
		{"no number", "0.609  0.6", "fast   0.6", "floor: inflate only: strconv.ParseFloat"},
		{"a cell less", "2   0.609  0.602 – 0.617     1.00    0.95                     no rows: bytes counted", "2   0.609", "too few fields"},
		{"a goal without a verdict", "≤ 20 ms  met", "≤ 20 ms", "goals: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(results, c.old, c.new, 1)
			if text == results {
				t.Fatalf("the results have no %q", c.old)
			}
			if _, err := benchtable.Insert(readme, text); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"shapes without a goal", "goal\ndefault", "aim\ndefault", `no column "goal"`},
		{"a shape without a verdict", "1.36   ≥ 2  MISSED", "1.36   ≥ 2", "Decoding alone, three columns: 6 fields, want 7"},
	} {
		text := strings.Replace(results, "Goals\n", strings.Replace(decoding, c.old, c.new, 1)+"Goals\n", 1)
		if _, err := benchtable.Insert(readme, text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := benchtable.Insert("no comments", results); err == nil {
		t.Error("a README without comments is no error")
	}
}
