package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/internal/costreport"
	"github.com/partnerbilling/sdk-go/manifest"
)

func small(t *testing.T) *dataset {
	t.Helper()
	d, err := serveBytes(t.Context(), shuffled(2000, 3))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestContendersFindTheTruth(t *testing.T) {
	d := small(t)
	contenders := []contender{
		floor(d), itemsFull(d, nil), itemsFull(d, &manifest.ReadOptions{InOrder: true}), itemsBasic(d), itemsThree(d, nil),
		naive(d), goccy(d), withSonic(d),
	}
	for _, c := range append(contenders, parallelFull(d), ownInflate(d)) {
		r, err := c.read(t.Context())
		if err == nil {
			err = c.check(r, d)
		}
		if err != nil {
			t.Error(err)
		}
		if c.proof == ended {
			t.Errorf("%s proves nothing", c.name)
		}
	}
}

func TestCostDetailsFindTheTruth(t *testing.T) {
	data := costreport.New(20_000)
	rows, sums, err := sumCosts(data)
	if err != nil || rows != 20_000 {
		t.Fatalf("%d rows, %v", rows, err)
	}
	contenders, err := costContenders(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contenders {
		r, err := c.read(t.Context())
		if err == nil {
			err = c.checkSums(r, rows, sums)
		}
		if err != nil {
			t.Error(err)
		}
		r.rows--
		if c.checkSums(r, rows, sums) == nil {
			t.Errorf("%s: a row less is not noticed", c.name)
		}
	}
}

func TestWrongResultIsRefused(t *testing.T) {
	d := small(t)
	right, err := new(itemsFull(d, nil)).read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	right.bytes = d.plain
	currency := d.truth.Currencies()[0]
	with := func(change func(*result)) result {
		r := right
		r.sums = maps.Clone(right.sums)
		change(&r)
		return r
	}
	lastDigit := with(func(r *result) { r.sums[currency] += "1" })
	cases := []struct {
		name  string
		proof proof
		r     result
		ok    bool
	}{
		{"right", exact, right, true},
		{"right, with zeros behind", exact, with(func(r *result) { r.sums[currency] += "000" }), true},
		{"one digit more", exact, lastDigit, false},
		{"one digit more, through a float", inexact, lastDigit, true},
		{"no number", inexact, with(func(r *result) { r.sums[currency] = "NaN" }), false},
		{"another sum, through a float", inexact, with(func(r *result) { r.sums[currency] = "1" + r.sums[currency] }), false},
		{"a row less", exact, with(func(r *result) { r.rows-- }), false},
		{"a currency more", exact, with(func(r *result) { r.sums["XXX"] = "1" }), false},
		{"another currency", exact, with(func(r *result) { r.sums = map[string]string{"XXX": r.sums[currency]} }), false},
		{"all bytes", inflated, right, true},
		{"a byte less", inflated, with(func(r *result) { r.bytes-- }), false},
	}
	for _, c := range cases {
		if err := (&contender{name: c.name, proof: c.proof}).check(c.r, d); (err == nil) != c.ok {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
}

func TestRoundsTakeTurns(t *testing.T) {
	var turns string
	way := func(name string) contender {
		return contender{name: name, read: func(context.Context) (result, error) { turns += name; return result{}, nil }}
	}
	skipped := way("X")
	skipped.skipped = "not here"
	timings, err := rounds(t.Context(), "test", 2, []contender{way("A"), skipped, way("B")}, func(int, result) error { return nil })
	if err != nil || turns != "ABABAB" {
		t.Fatalf("%q, %v", turns, err)
	}
	if len(timings[0]) != 2 || len(timings[1]) != 0 || len(timings[2]) != 2 {
		t.Errorf("%d, %d and %d timings, want 2, 0, 2: the first round is no result", len(timings[0]), len(timings[1]), len(timings[2]))
	}
}

func TestMedian(t *testing.T) {
	odd, even := timing{5, 1, 3}, timing{8, 2, 4, 6}
	if odd.median() != 3 || even.median() != 5 || odd[0] != 5 {
		t.Errorf("medians %d and %d of %v and %v", odd.median(), even.median(), odd, even)
	}
	median, span := timing{2 * time.Second, time.Second, 4 * time.Second}.cells(time.Second, 1)
	if median != "2.0" || span != "1.0 – 4.0" {
		t.Errorf("%s, %s", median, span)
	}
}

func TestGoalsAreNotRounded(t *testing.T) {
	r := &report{to: io.Discard}
	for _, c := range []struct {
		g        goal
		measured float64
		want     string
	}{
		{goal{limit: 1.5}, 1.5, "met"},
		{goal{limit: 1.5}, 1.5001, "MISSED"},
		{goal{limit: 12, atLeast: true}, 11.9999, "MISSED"},
		{goal{limit: 12, atLeast: true}, 12, "met"},
	} {
		if _, got := r.judge(c.g, "", c.measured); got != c.want {
			t.Errorf("%v with %v: %s, want %s", c.g, c.measured, got, c.want)
		}
	}
	if len(r.judged) != 4 {
		t.Errorf("%d goals are listed at the end, want 4", len(r.judged))
	}
}

func TestTableIsAligned(t *testing.T) {
	var out bytes.Buffer
	table := newTable("a", "n", "<b")
	table.add("µµµ", "1", "x")
	table.add("y", "100", "≤ z")
	table.write(&report{to: &out})
	want := strings.Join([]string{"a      n  b", "µµµ    1  x", "y    100  ≤ z", ""}, "\n")
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}

func TestMistakesAreExplained(t *testing.T) {
	for args, want := range map[string]string{"-only nothing": "the sections are main, ", "-procs 0": "positive", "quick": "all settings are flags"} {
		if err := run(t.Context(), strings.Fields(args), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}
