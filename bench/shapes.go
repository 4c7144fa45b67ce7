package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// shapes reads whole exports of rows of every shape.
func shapes(ctx context.Context, s *settings, out *report) (err error) {
	db, reason := startDuckDB(ctx)
	defer func() { err = errors.Join(err, db.stop()) }()
	reads := newShapesTable(reason)
	memory := newMemoryTable()
	for _, shape := range billingtest.PossibleShapeValues() {
		if err := readShape(ctx, s, shape, db, reads, memory); err != nil {
			return fmt.Errorf("%v: %w", shape, err)
		}
	}
	out.title("Items full by shape, %s, 8 blobs, GOMAXPROCS=%d", plural(s.shapeRows, "row"), s.procs)
	out.line("MB of JSON per second; median of %d, / floor and / full are ratios of medians", s.shapeRounds)
	out.line("")
	reads.table.write(out)
	reads.outcome.record(out)
	out.title("Allocations per row by shape, Items full, %s", plural(s.shapeRows, "row"))
	out.line("new text: bytes per row of texts that their attribute did not have before")
	out.line("")
	memory.table.write(out)
	memory.allocations.record(out)
	memory.bytes.record(out)
	return nil
}

// readShape measures the reads of one shape and adds a line to each table.
func readShape(ctx context.Context, s *settings, shape billingtest.Shape, db *duckdb, reads *shapesTable, memory *memoryTable) (err error) {
	d, err := serveBytes(ctx, shaped(shape, s.shapeRows, 8))
	if err != nil {
		return err
	}
	folder, files, err := d.writeFiles()
	if folder != "" {
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	}
	if err != nil {
		return err
	}
	contenders := []contender{itemsFull(d, nil), floor(d)}
	// The obvious query is slower than the tuned one for all shapes.
	contenders = append(contenders, duckdbContenders(db, reads.noDuckDB, d, files)[1:]...)
	timings, err := rounds(ctx, "shape "+shape.String(), s.shapeRounds, contenders, func(i int, r result) error { return contenders[i].check(r, d) })
	if err != nil {
		return err
	}
	reads.add(shape, d, timings)
	count, bytes, err := allocated(ctx, &contenders[0], d)
	if err != nil {
		return err
	}
	text, err := newText(d.export)
	if err != nil {
		return err
	}
	memory.add(shape, count/float64(s.shapeRows), bytes/float64(s.shapeRows), text)
	return nil
}

// shapesTable has a line with the speeds of each shape.
type shapesTable struct {
	*table
	outcome  byShape
	noDuckDB string // why there is none; empty: there is
}

func newShapesTable(noDuckDB string) *shapesTable {
	return &shapesTable{
		table:   newTable("shape", "MB", "Items full", "goal", "<", "floor", "full / floor", "DuckDB tuned / full", "DuckDB regexp / full"),
		outcome: byShape{goal: goalShapes}, noDuckDB: noDuckDB,
	}
}

func (t *shapesTable) add(shape billingtest.Shape, d *dataset, timings []timing) {
	full, floor := timings[0], timings[1]
	speed := megabytesPerSecond(d.plain, full.median())
	goal, verdict := t.outcome.judge(shape, t.outcome.goal, speed)
	cells := []string{
		shape.String(), number(float64(d.plain)/1e6, 0), number(speed, 0), goal, verdict,
		number(megabytesPerSecond(d.plain, floor.median()), 0), number(full.over(floor), 2),
	}
	for _, duckdb := range timings[2:] {
		if t.noDuckDB != "" {
			cells = append(cells, "SKIPPED")
			continue
		}
		cells = append(cells, number(duckdb.over(full), 2))
	}
	t.table.add(cells...)
}

// memoryTable has a line with the allocations of each shape.
type memoryTable struct {
	*table
	allocations, bytes byShape
}

func newMemoryTable() *memoryTable {
	return &memoryTable{
		table:       newTable("shape", "allocations", "goal", "<", "bytes", "new text", "goal", "<"),
		allocations: byShape{goal: goalAllocs}, bytes: byShape{goal: goalBytes},
	}
}

// add compares with the goals. Texts that no row had before have to be allocated: where they alone
// are more than the goal, it is a quarter more than they are.
func (t *memoryTable) add(shape billingtest.Shape, allocations, bytes, text float64) {
	size := t.bytes.goal
	size.limit = max(size.limit, math.Ceil(1.25*text))
	count, met := t.allocations.judge(shape, t.allocations.goal, allocations)
	most, kept := t.bytes.judge(shape, size, bytes)
	t.table.add(shape.String(), number(allocations, 2), count, met, number(bytes, 0), number(text, 0), most, kept)
}

// newText returns the bytes of texts in a row that the same attribute did not have before. Only the
// second half of the first blob counts.
func newText(export billingtest.Export) (perRow float64, err error) {
	lines, err := linesOf(export)
	if err != nil {
		return 0, err
	}
	dec, err := lineitem.NewDecoder[lineitem.Usage]()
	if err != nil {
		return 0, err
	}
	var row lineitem.Usage
	fields := reflect.ValueOf(&row).Elem()
	seen := make([]map[string]bool, fields.NumField())
	fresh, half := 0, len(lines)/2
	for n, line := range lines {
		if err := dec.Decode(line, &row); err != nil {
			return 0, err
		}
		for i := range seen {
			if fields.Field(i).Kind() != reflect.String {
				continue
			}
			if seen[i] == nil {
				seen[i] = map[string]bool{}
			}
			text := fields.Field(i).String()
			if !seen[i][text] {
				seen[i][text] = true
				if n >= half {
					fresh += len(text)
				}
			}
		}
	}
	return float64(fresh) / float64(max(len(lines)-half, 1)), nil
}
