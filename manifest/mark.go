package manifest

import "github.com/partnerbilling/sdk-go/internal/checksum"

// lineStart is where a line starts.
type lineStart struct{ line, offset int64 }

// mark is how far the lines of a blob were delivered. The zero mark is the start of the blob.
type mark struct {
	at   lineStart // of the first line that was not
	rows int64     // delivered
	done bool      // every line was, and the blob was verified
	// Of a batch alone: in how many rows each attribute has a value, and those without a field.
	values  []int64
	unknown []string
	// The text before that line is what was read without what was read ahead.
	read, ahead checksum.Sum
}

// sum returns the sum of the text before the line.
func (m *mark) sum() checksum.Sum { return m.read.Without(m.ahead) }

// marks follow a blob whose batches may be delivered out of order, where several loops share it: a
// batch counts once all before it were delivered.
type marks struct {
	last  mark
	next  int          // number of the batch after it
	later map[int]mark // of batches that were delivered before one in front of them
}

// add notes a batch that was delivered, with its rows alone. Attributes of the rows before the mark
// are counted in behind.
func (m *marks) add(number int, end mark, behind *tally) {
	if number != m.next {
		if m.later == nil {
			m.later = make(map[int]mark)
		}
		m.later[number] = end
		return
	}
	for is := true; is; {
		behind.add(end.rows, end.values, end.unknown)
		end.values, end.unknown = nil, nil
		end.rows += m.last.rows
		m.last = end
		m.next++
		if end, is = m.later[m.next]; is {
			delete(m.later, m.next)
		}
	}
}
