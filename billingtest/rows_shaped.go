package billingtest

import (
	"bytes"
	"strings"
)

// shapedRows writes the rows of another generator with other texts, or with other attributes.
type shapedRows struct {
	rowMaker
	seed       uint64
	attributes []attribute
	classes    []class // by attribute
	// write appends a row with these attributes.
	write func(b []byte, row []member, f *facts, r *random) []byte
}

// class says which texts an attribute may have.
type class uint8

const (
	free       class = iota // any text
	identifier              // a GUID, a code or a number
	nested                  // JSON in a text
	date
	needed // part of the truth, or a currency: in every row, as it is
)

// member is an attribute of a row as JSON: a key, a colon and a value.
type member struct {
	attribute  int // index
	key, value []byte
}

func (m member) isText() bool { return m.value[0] == '"' }

// newShapedRows returns the rows with the texts and attributes of the export's shape.
func newShapedRows(e Export, rows rowMaker) rowMaker {
	s := &shapedRows{rowMaker: rows, seed: hash(e.Seed, e.Dataset.String(), "shape"), attributes: attributesOf(e.Dataset)}
	s.classes = classesOf(s.attributes, rows.columns())
	switch e.Shape {
	case ShapeUniform:
		s.write = newPools(s, e.Rows).write
	case ShapeUnique:
		s.write = s.writeUnique
	case ShapeEscaped:
		s.write = newEscapes(s).write
	case ShapeReordered:
		s.write = writeReordered
	case ShapeLeftOut:
		s.write = s.writeLeftOut
	case ShapeKinds:
		s.write = newKinds(s).write
	case ShapeLongTags:
		s.write = newLongTags(s, e).write
	default: // an order of rows
		return rows
	}
	return s
}

func attributesOf(d Dataset) []attribute {
	switch d {
	case Reconciliation:
		return reconciliationAttributes
	case AggregatedUsage:
		return aggregatedAttributes
	default:
		return usageAttributes
	}
}

func classesOf(attributes []attribute, decimals []column) []class {
	classes := make([]class, len(attributes))
	for i, a := range attributes {
		ends := func(end string) bool { return strings.HasSuffix(a.name, end) }
		switch {
		case a.name == "CustomerId", a.name == "CustomerName", ends("Currency"):
			classes[i] = needed
		case a.name == "Tags", a.name == "AdditionalInfo":
			classes[i] = nested
		case ends("Date"):
			classes[i] = date
		case ends("Id"), ends("ID"), a.name == "InvoiceNumber":
			classes[i] = identifier
		}
		for _, d := range decimals {
			if a.name == d.name {
				classes[i] = needed
			}
		}
	}
	return classes
}

// maxAttributes is at least the number of attributes of each dataset, and the number of bits in a
// set of attributes.
const maxAttributes = 64

func (s *shapedRows) append(b []byte, f *facts) []byte {
	start := len(b)
	b = s.rowMaker.append(b, f)
	var buffer [maxAttributes]member
	row := s.split(b[start:], buffer[:0])
	r := random(mix(s.seed, uint64(f.row))) //nolint:gosec // rows are counted from 0
	end := len(b)
	b = append(b, '{')
	b = s.write(b, row, f, &r)
	b[len(b)-1] = '}' // instead of a comma
	b = append(b, '\n')
	n := copy(b[start:], b[end:])
	return b[:start+n]
}

// split returns the attributes of a row that a generator wrote, which are in the order of their
// table.
func (s *shapedRows) split(row []byte, members []member) []member {
	attribute := 0
	for i := 1; row[i-1] != '}'; i++ {
		colon := i + 1 + bytes.IndexByte(row[i+1:], '"') + 1
		key := row[i:colon]
		for s.attributes[attribute].name != string(key[1:len(key)-1]) {
			attribute++
		}
		end := endOf(row, colon+1)
		members = append(members, member{attribute, row[i : colon+1], row[colon+1 : end]})
		i = end
	}
	return members
}

// endOf returns the index after the value that begins at i: a text, a number, or an array of texts
// without brackets.
func endOf(row []byte, i int) int {
	switch row[i] {
	case '"':
		for i++; row[i] != '"'; i++ {
			if row[i] == '\\' {
				i++
			}
		}
		return i + 1
	case '[':
		return i + bytes.IndexByte(row[i:], ']') + 1
	default:
		return i + bytes.IndexAny(row[i:], ",}")
	}
}

// appendMember writes an attribute and a comma.
func appendMember(b []byte, m member) []byte {
	b = append(b, m.key...)
	b = append(b, m.value...)
	return append(b, ',')
}

// writeReordered writes the attributes in a random order.
func writeReordered(b []byte, row []member, _ *facts, r *random) []byte {
	for n := len(row); n > 0; n-- {
		i := r.pick(n)
		b = appendMember(b, row[i])
		row[i] = row[n-1]
	}
	return b
}

// writeLeftOut leaves out five eighths of the attributes that are not needed: half of all.
func (s *shapedRows) writeLeftOut(b []byte, row []member, _ *facts, r *random) []byte {
	half, quarter := r.next(), r.next()
	quarter |= r.next()
	return s.writeSome(b, row, half&quarter)
}

// writeSome writes the attributes that are needed and those in a set.
func (s *shapedRows) writeSome(b []byte, row []member, kept uint64) []byte {
	for _, m := range row {
		if kept>>m.attribute&1 != 0 || s.classes[m.attribute] == needed {
			b = appendMember(b, m)
		}
	}
	return b
}

// kinds are the sets of attributes of ShapeKinds.
type kinds struct {
	*shapedRows
	sets [12]uint64
}

func newKinds(s *shapedRows) *kinds {
	k := &kinds{shapedRows: s}
	for i := range k.sets {
		k.sets[i] = mix(hash(s.seed, "kinds"), uint64(i))
	}
	return k
}

func (k *kinds) write(b []byte, row []member, f *facts, _ *random) []byte {
	return k.writeSome(b, row, k.sets[f.item%len(k.sets)])
}

// pools are the texts of each attribute of ShapeUniform.
type pools struct {
	*shapedRows
	texts [][][]byte // by attribute
}

// newPools collects the texts of the first rows.
func newPools(s *shapedRows, rows int) *pools {
	p := &pools{shapedRows: s, texts: make([][][]byte, len(s.attributes))}
	seen := make([]map[string]bool, len(s.attributes))
	for i := range seen {
		seen[i] = map[string]bool{}
	}
	var f facts
	var buffer [maxAttributes]member
	for row := range int64(min(rows, 2*rowsPerSegment)) {
		s.decide(row, &f)
		for _, m := range s.split(s.rowMaker.append(nil, &f), buffer[:0]) {
			if i := m.attribute; s.classes[i] != needed && m.isText() && !seen[i][string(m.value)] {
				seen[i][string(m.value)] = true
				p.texts[i] = append(p.texts[i], m.value)
			}
		}
	}
	return p
}

func (p *pools) write(b []byte, row []member, _ *facts, r *random) []byte {
	for _, m := range row {
		if texts := p.texts[m.attribute]; len(texts) > 0 {
			m.value = texts[r.pick(len(texts))]
		}
		b = appendMember(b, m)
	}
	return b
}
