package billingtest

import "sort"

// daysPerResource is the number of rows of each resource of ShapeByResource.
const daysPerResource = 30

// customerOf returns the index of a row's customer: by row number if rows are sorted, at random if
// they are shuffled.
func (s *fixture) customerOf(row int64, r *random) int {
	point := r.next() >> 1
	if !s.export.Shuffled {
		point = s.point(row)
	}
	return sort.Search(len(s.upTo)-1, func(i int) bool { return point < s.upTo[i] })
}

// point returns the position of a row among all sorted rows, as a fraction of 2^63. All rows of a
// resource of ShapeByResource have the position of the first.
func (s *fixture) point(row int64) uint64 {
	if s.export.Shape == ShapeByResource {
		row -= row % daysPerResource
	}
	return uint64((float64(row) + 0.5) / float64(s.export.Rows) * (1 << 63))
}

// resourceOf returns the seed of the resource of a row.
func (s *fixture) resourceOf(row int64, c *customer, r *random) uint64 {
	some := r.below(c.resources)
	if s.export.Shape == ShapeByResource {
		some = uint64(row / daysPerResource) //nolint:gosec // rows are counted from 0
	}
	return mix(c.seed, some)
}

// dayOf returns the day of the month of a row.
func (s *fixture) dayOf(row int64, customer int, r *random) int {
	some := 1 + r.pick(28)
	switch s.export.Shape {
	case ShapeByResource:
		return 1 + int(row%daysPerResource)
	case ShapeByDay:
		first := uint64(0)
		if customer > 0 {
			first = s.upTo[customer-1]
		}
		next := min(s.upTo[customer], 1<<63)
		return 1 + min(int(30*float64(s.point(row)-first)/float64(next-first)), 29)
	default:
		return some
	}
}

// choicesOf returns the bits for choices that affect only the text. They are those of the resource
// in ShapeByResource.
func (s *fixture) choicesOf(f *facts, r *random) uint64 {
	some := r.next()
	if s.export.Shape == ShapeByResource {
		return mix(f.resource, 1)
	}
	return some
}
