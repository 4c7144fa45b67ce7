package lineitem

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// guide is what determines a column's text best, as a sample showed: the text of another column
// before it, as the customer's ID determines the name, or its own first bytes, or nothing, so that
// the text of the row before is expected. For each value of the guide, the column remembers which
// of its texts came with it last.
type guide struct {
	column  int32    // the other column, the same if it is nothing, or ownText
	offset  int32    // of the second part of ownText, in offsets
	guesses []uint16 // slots, by the clue that the guide gives; empty if there is no guide
}

const (
	ownText     = -1
	guessMemory = 2 // bytes of an element of guesses
)

// clue returns the index in guesses for the text that begins at value.
func (g *guide) clue(c *cache, b []byte, value int) int {
	if g.column >= 0 {
		return int(c.row[g.column])
	}
	return textClue(b, value, int(g.offset), c.end)
}

// clues is the number of clues that texts give.
const clues = 1 << 12

// offsets are where the second of the two parts of a text that give a clue can begin. Texts of many
// columns begin alike.
var offsets = [...]int{8, 16, 32}

// textClue returns a hash of eight bytes of the text that begins at i, and of eight more from an
// offset on. Bytes after its end do not count, as far as that is seen at once.
func textClue(b []byte, i, offset int, end byte) int {
	if i+offset+8 > len(b) {
		return 0
	}
	first, second := binary.LittleEndian.Uint64(b[i:]), binary.LittleEndian.Uint64(b[i+offset:])
	stop := textEnd(first, end)
	first &= stop&-stop - 1
	second &= (stop|-stop)>>63 - 1 // none of it, if the text ends in the first part
	stop = textEnd(second, end)
	second &= stop&-stop - 1
	hi, lo := bits.Mul64(first^0x9e3779b97f4a7c15, second^0xe7037ed1a0b428db)
	return int((hi ^ lo) & (clues - 1))
}

// textEnd marks the first delimiter of a word that no backslash precedes.
func textEnd(w uint64, end byte) uint64 {
	stop, slash := w^ones*uint64(end), w^ones*'\\'
	stop = (stop - ones) & ^stop & highs
	slash = (slash - ones) & ^slash & highs
	return stop &^ (slash << 8)
}

// sample collects which texts rows have together.
type sample struct {
	taking bool
	events []event
	rows   int // of the sample
	row    int // rows so far
	next   int // row in which the next sample begins
}

// event is a text of a row. A row begins with an event of the column newRow.
type event struct {
	column, slot uint16
	clues        [len(offsets)]uint16
}

const newRow = 1<<16 - 1

// The first sample comes when many texts are cached. The later ones notice when the data changes.
const (
	sampleRows  = 256
	firstSample = 1 << 10
	mostBetween = 1 << 16 // rows between two samples
	hopeless    = 8       // more wrong than right guesses, after which a guide is not tried further
)

// nextSample begins and ends samples.
func (c *cache) nextSample() {
	s := &c.sample
	s.row++
	switch {
	case s.taking && s.rows < sampleRows:
	case s.taking:
		c.choose()
		s.taking, s.events = false, nil
		s.next = s.row + min(3*s.row, mostBetween)
		return
	case s.row < max(s.next, firstSample):
		return
	default:
		s.taking, s.rows = true, 0
		for k := range c.columns {
			c.columns[k].resting = false
		}
	}
	if s.rows == 1 {
		s.events = slices.Grow(s.events, sampleRows*len(s.events)) // most rows have as many texts
	}
	s.events = append(s.events, event{column: newRow})
	s.rows++
}

// record adds the text of a column to the sample.
func (c *cache) record(column int, b []byte, value int) {
	e := event{column: uint16(column), slot: c.row[column]} //nolint:gosec // At most maxColumns.
	for i, offset := range offsets {
		e.clues[i] = uint16(textClue(b, value, offset, c.end)) //nolint:gosec // Twelve bits.
	}
	c.sample.events = append(c.sample.events, e)
}

// choose decides from the sample which columns are cached, and what guides each of them.
func (c *cache) choose() {
	t := trial{columns: c.sample.columns(len(c.columns)), guesses: make([]uint16, clues)}
	for k, own := range t.columns {
		column := &c.columns[k]
		switch {
		case own == nil:
			continue
		case !repeats(own):
			c.rest(column)
			continue
		}
		best, size, by := 0, 0, guide{}
		for n := range t.columns {
			g := (k - 1 - n + len(t.columns)) % len(t.columns) // mostly one shortly before it
			slots := len(c.columns[g].slots)
			if slots == 0 {
				continue
			}
			right, wrong := t.column(k, g)
			if right-wrong > best {
				best, size, by = right-wrong, slots, guide{column: int32(g)} //nolint:gosec // At most maxColumns.
			}
			if 32*wrong < right && 2*right > sampleRows {
				break
			}
		}
		best += sampleRows / 32 // another column gives its clue without a look at the text
		for n, offset := range offsets {
			if right, wrong := t.text(k, n); right-wrong > best {
				best, size, by = right-wrong, clues, guide{column: ownText, offset: int32(offset)} //nolint:gosec // It is small.
			}
		}
		c.follow(column, by, size)
	}
}

// learn notes which text of a column came with the value that its guide has in this row.
func (c *cache) learn(k *cachedColumn, slot int, b []byte, value int) {
	if len(k.guesses) == 0 {
		return
	}
	by := k.clue(c, b, value)
	if by >= len(k.guesses) {
		if by == notHere {
			return
		}
		more := len(c.columns[k.column].slots) - len(k.guesses) // the guide has grown
		if c.memory < more*guessMemory {
			return
		}
		c.memory -= more * guessMemory
		k.guesses = append(k.guesses, make([]uint16, more)...)
	}
	k.guesses[by] = uint16(slot) //nolint:gosec // At most maxSlots.
}

// follow gives a column a guide, or none if it gives no clues, or there is no memory for them.
func (c *cache) follow(k *cachedColumn, by guide, clues int) {
	c.memory += guessMemory * len(k.guesses)
	k.guide = by
	if c.memory >= guessMemory*clues {
		k.guesses = make([]uint16, clues)
		c.memory -= guessMemory * clues
	}
}

// columns returns the events of each column by row, with the position in its row for the column. A
// column without any is nil.
func (s *sample) columns(n int) [][]event {
	columns := make([][]event, n)
	row, position := -1, uint16(0)
	for _, e := range s.events {
		if e.column == newRow {
			row, position = row+1, 0
			continue
		}
		if columns[e.column] == nil {
			columns[e.column] = make([]event, s.rows)
		}
		position++
		columns[e.column][row] = event{column: position, slot: e.slot, clues: e.clues}
	}
	return columns
}

// repeats reports whether enough texts of a column were cached.
func repeats(own []event) bool {
	texts, cached := 0, 0
	for i := range own {
		if own[i].slot != noSlot {
			texts++
		}
		if own[i].slot != noSlot && own[i].slot != notHere {
			cached++
		}
	}
	return 4*cached >= texts
}

// trial counts how often a guide would have been right and wrong. The first time that it has a
// value is neither.
type trial struct {
	columns [][]event
	guesses []uint16
}

// column tries another column.
func (t *trial) column(k, guide int) (right, wrong int) {
	clear(t.guesses)
	for row := range t.columns[k] {
		e, by := &t.columns[k][row], event{}
		if other := t.columns[guide]; other != nil && other[row].column < e.column {
			by = other[row] // it was known
		}
		if by.slot != notHere {
			t.guess(by.slot, e.slot, &right, &wrong)
		}
		if wrong > right+hopeless {
			break
		}
	}
	return right, wrong
}

// text tries the text itself, with one of offsets.
func (t *trial) text(k, offset int) (right, wrong int) {
	clear(t.guesses)
	for row := range t.columns[k] {
		e := &t.columns[k][row]
		t.guess(e.clues[offset], e.slot, &right, &wrong)
		if wrong > right+hopeless {
			break
		}
	}
	return right, wrong
}

func (t *trial) guess(by, slot uint16, right, wrong *int) {
	if slot == noSlot || slot == notHere {
		return
	}
	switch t.guesses[by] {
	case slot:
		*right++
	case noSlot:
	default:
		*wrong++
	}
	t.guesses[by] = slot
}
