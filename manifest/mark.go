package manifest

import "github.com/partnerbilling/sdk-go/internal/checksum"

// mark is how far a blob's lines went through a loop. The zero mark is the blob's start.
type mark struct {
	at   start // of the first line that did not
	rows int64 // that did
	done bool  // there is no such line: the blob is through, and was proved whole
	// What stands before that line is what was read without what was read ahead.
	read, ahead checksum.Sum
}

// sum is that of the text before the line.
func (m mark) sum() checksum.Sum { return m.read.Without(m.ahead) }

// marks follow a blob whose batches may be through out of turn, where several loops share
// it: only what has nothing missing before it counts.
type marks struct {
	last  mark
	next  int          // number of the batch after it
	later map[int]mark // of batches that are through before their turn
}

// add notes a batch that is through, with the rows of it alone.
func (m *marks) add(batch int, end mark) {
	if batch != m.next {
		if m.later == nil {
			m.later = make(map[int]mark)
		}
		m.later[batch] = end
		return
	}
	for is := true; is; {
		end.rows += m.last.rows
		m.last = end
		m.next++
		if end, is = m.later[m.next]; is {
			delete(m.later, m.next)
		}
	}
}
