package main

import "strconv"

// goal is a limit that a figure of this SDK should keep.
type goal struct {
	what    string // for the list at the end
	limit   float64
	atLeast bool // otherwise: at most
	unit    string
}

// The goals. Unless they name another size, they hold for 400,000 rows and two cores.
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

// judgement is a goal and its outcome.
type judgement struct {
	goal     goal
	about    string // which figure, where several have the same goal
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

// judge compares a figure with its goal, records the outcome for the list at the end, and returns
// the cells of a table. Nothing is rounded before it is compared.
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

// goals lists all goals that this run compared.
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
