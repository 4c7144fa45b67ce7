package main

import (
	"context"
	"errors"
	"os"
	"time"
)

// mainTable measures all contenders on the same rows.
func mainTable(ctx context.Context, s *settings, out *report) (err error) {
	d, err := s.data(ctx)
	if err != nil {
		return err
	}
	folder, files, err := d.writeFiles()
	if folder != "" {
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }() //nolint:gosec // Created by writeFiles.
	}
	if err != nil {
		return err
	}
	db, reason := startDuckDB(ctx)
	defer func() { err = errors.Join(err, db.stop()) }()

	contenders := []contender{floor(d), itemsFull(d, nil), itemsBasic(d), itemsThree(d, nil), parallelFull(d), ownInflate(d)}
	contenders = append(contenders, naive(d), goccy(d), withSonic(d))
	contenders = append(contenders, duckdbContenders(db, reason, d, files)...)
	contenders = append(contenders, zcat(files), program(files, "igzip", "-dc"))

	timings, err := rounds(ctx, "main", s.rounds, contenders, func(i int, r result) error { return contenders[i].check(r, d) })
	if err != nil {
		return err
	}
	out.title("Shuffled full usage rows, %s, %s, GOMAXPROCS=%d", plural(s.rows, "row"), plural(len(d.blobs), "blob"), s.procs)
	out.line("%v; times in seconds, median of %d; / floor and / full are ratios of medians", d, s.rounds)
	out.line("")
	t := newTable("contender", "threads", "median", "min – max", "µs/row", "/ floor", "/ full", "<goal", "<", "<result")
	base, full := timings[0], timings[1]
	for i, c := range contenders {
		if c.skipped != "" {
			t.add(c.name, "", "", "", "", "", "", "", "", "SKIPPED: "+c.skipped)
			continue
		}
		median, span := timings[i].cells(time.Second, 3)
		perRow := number(float64(timings[i].median().Nanoseconds())/1000/float64(s.rows), 2)
		overFloor, overFull := timings[i].over(base), timings[i].over(full)
		goal, verdict := mainGoal(out, &c, overFloor, overFull)
		t.add(c.name, c.threads, median, span, perRow, number(overFloor, 2), number(overFull, 2), goal, verdict, c.proof.String())
	}
	t.write(out)
	return nil
}

// mainGoal compares a contender that has a goal: those of this SDK with the floor, the others with
// Items full.
func mainGoal(out *report, c *contender, overFloor, overFull float64) (cell, verdict string) {
	if c.goal == nil {
		return "", ""
	}
	unit, measured := "floor", overFloor
	if c.goal.atLeast {
		unit, measured = "full", overFull
	}
	cell, verdict = out.judge(*c.goal, c.name, measured)
	return cell + " " + unit, verdict
}
