package main

import "strconv"

// goal is what a number of this SDK is meant to reach.
type goal struct {
	what    string // for the list at the end
	limit   float64
	atLeast bool // otherwise: at most
	unit    string
}

// The goals. Those that name no other size are meant for 400,000 rows and two cores.
var (
	goalFull      = goal{what: "Items full, over the floor", limit: 1.5}
	goalThree     = goal{what: "Items three columns, over the floor", limit: 1.2}
	goalNaive     = goal{what: "naive, over Items full", limit: 12, atLeast: true}
	goalDuckDB    = goal{what: "DuckDB, over Items full", limit: 3, atLeast: true}
	goalZcat      = goal{what: "zcat, over Items full", limit: 3, atLeast: true}
	goalAllocs    = goal{what: "allocations per row, Items full", limit: 2}
	goalBytes     = goal{what: "bytes allocated per row, Items full", limit: 800, unit: " B"}
	goalHeap      = goal{what: "live heap", limit: 32, unit: " MiB"}
	goalHeapEqual = goal{what: "live heap, difference between the two sizes", limit: 2, unit: " MiB"}
	goalGrowth    = goal{what: "ten times the rows, times as long", limit: 10.5}
	goalCores     = goal{what: "Items full, two cores over one", limit: 1.8, atLeast: true}
	goalOneBlob   = goal{what: "a single blob, over the floor on one core", limit: 1.25}
	goalGuards    = goal{what: "Parallel full, over the same without guards", limit: 1.05}
	goalFirstRow  = goal{what: "first row", limit: 20, unit: " ms"}
)

// judgement is a goal and what came of it.
type judgement struct {
	goal     goal
	about    string // where several numbers have the same goal
	measured float64
	met      bool
}

func (g goal) String() string {
	sign := "≤ "
	if g.atLeast {
		sign = "≥ "
	}
	return sign + strconv.FormatFloat(g.limit, 'f', -1, 64) + g.unit
}

// judge compares a number with its goal and remembers the outcome for the end. It
// returns the cells of a table. Nothing is rounded in favour of a goal.
func (r *report) judge(g goal, about string, measured float64) (goal, verdict string) {
	met := measured <= g.limit
	if g.atLeast {
		met = measured >= g.limit
	}
	r.judged = append(r.judged, judgement{g, about, measured, met})
	return g.String(), word(met)
}

func word(met bool) string {
	if met {
		return "met"
	}
	return "MISSED"
}

// goals lists all goals that this run could judge.
func (r *report) goals() {
	if len(r.judged) == 0 {
		return
	}
	r.title("Goals")
	t := newTable("what", "<measured on", "measured", "goal", "<")
	for _, j := range r.judged {
		t.add(j.goal.what, j.about, number(j.measured, 2)+j.goal.unit, j.goal.String(), word(j.met))
	}
	t.write(r)
}
