package main

import (
	"strconv"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// goal is a limit that a figure of this SDK should keep.
type goal struct {
	what    string // for the list at the end
	limit   float64
	atLeast bool // otherwise: at most
	unit    string
}

// The goals. Unless they name another size, they hold for 400,000 rows and two cores.
var (
	goalFull       = goal{what: "Items full, over the floor", limit: 1.06}
	goalThree      = goal{what: "Items three columns, over the floor", limit: 1.2}
	goalNaive      = goal{what: "naive, over Items full", limit: 12, atLeast: true}
	goalDuckDB     = goal{what: "DuckDB, over Items full", limit: 3, atLeast: true}
	goalDuckDBBest = goal{what: "DuckDB at its best, over Items full", limit: 2.6, atLeast: true}
	goalZcat       = goal{what: "zcat, over Items full", limit: 3, atLeast: true}
	goalAllocs     = goal{what: "allocations per row, Items full", limit: 2}
	goalBytes      = goal{what: "bytes allocated per row, Items full", limit: 800, unit: " B"}
	goalHeap       = goal{what: "live heap", limit: 32, unit: " MiB"}
	goalHeapEqual  = goal{what: "live heap, difference between the two sizes", limit: 2, unit: " MiB"}
	goalGrowth     = goal{what: "ten times the rows, times as long", limit: 10.5}
	goalCores      = goal{what: "Items full, two cores over one", limit: 1.8, atLeast: true}
	goalOneBlob    = goal{what: "a single blob, over the floor on one core", limit: 1.25}
	goalGuards     = goal{what: "Parallel full, over the same without guards", limit: 1.05}
	goalFirstRow   = goal{what: "first row", limit: 20, unit: " ms"}

	goalDecodeFull  = goal{what: "decoding alone, all attributes, over the faster of sonic and goccy", limit: 1.5, atLeast: true}
	goalShapes      = goal{what: "Items full by shape, MB of JSON per second", limit: 700, atLeast: true}
	goalTables      = goal{what: "live heap with full tables", limit: 64, unit: " MiB"} // 4 MiB a blob, as in goalHeap
	goalDecodeThree = goal{what: "decoding alone, three columns, over sonic", limit: 2, atLeast: true}
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
	met := g.met(measured)
	r.judged = append(r.judged, judgement{g, about, measured, met})
	return g.String(), word(met)
}

func (g goal) met(measured float64) bool {
	if g.atLeast {
		return measured >= g.limit
	}
	return measured <= g.limit
}

// byShape is a goal that every shape of rows should meet. The list at the end has the worst shape.
type byShape struct {
	goal
	worst    goal // its limit may be another
	shape    billingtest.Shape
	measured float64
}

// judge returns the cells of a table for a shape.
func (b *byShape) judge(shape billingtest.Shape, g goal, measured float64) (goal, verdict string) {
	if b.measured == 0 || g.margin(measured) < b.worst.margin(b.measured) {
		b.worst, b.shape, b.measured = g, shape, measured
	}
	return g.String(), word(g.met(measured))
}

func (b *byShape) record(out *report) {
	out.judge(b.worst, "worst shape: "+b.shape.String(), b.measured)
}

// margin returns how well a goal is met: 1 is just met, 2 is twice as good.
func (g goal) margin(measured float64) float64 {
	if g.atLeast {
		return measured / g.limit
	}
	return g.limit / measured
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
