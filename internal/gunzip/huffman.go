package gunzip

import "math/bits"

// A code is looked up by the next bits of the input, as many as the index of the table has. A
// longer code continues in a second-level table, which follows the first-level table. An entry
// describes a symbol:
//
//	bits 0 to 5    number of bits of the symbol, including extra bits
//	bits 8 to 11   number of bits of the code, or of the index of the second-level table
//	bits 13 to 15  kind of an entry that is neither a length nor a distance
//	bits 16 to 30  literal, length or distance without extra bits, or start of the next table
//	bit 31         set for a literal
//
// The zero entry is no code.
type entry = uint32

const (
	isLiteral entry = 1 << 31
	isSpecial entry = 1 << 15 // one of the next two, or no code
	isEnd     entry = 1 << 14
	isTable   entry = 1 << 13

	noCode = isSpecial
)

const (
	literalBits  = 10 // index of the table of literals and lengths
	distanceBits = 9
	lengthBits   = 7 // of the table of code lengths, which are never longer

	maxCode = 15
	maxLits = 286 // valid literals and lengths
	maxDist = 30
)

// A table has room for the first level and all second-level tables. These have one size, at most
// 1<<(maxCode-index), and there are at most half as many as symbols, since each has two codes or
// more. The sizes are powers of two, so that a mask replaces the bounds check.
type (
	literalTable  [8192]entry
	distanceTable [2048]entry
)

// literalEntries and distanceEntries are the entries of the symbols, without the length of their
// code.
var (
	literalEntries  = newLiteralEntries()
	distanceEntries = newDistanceEntries()
)

func newLiteralEntries() (t [288]entry) {
	for i := range 256 {
		t[i] = isLiteral | entry(i)<<16
	}
	t[256] = isSpecial | isEnd
	length := 3
	for i := 257; i < 285; i++ {
		extra := max(0, (i-261)/4)
		t[i] = entry(length)<<16 | entry(extra)
		length += 1 << extra
	}
	t[285] = 258 << 16
	t[286], t[287] = noCode, noCode
	return t
}

func newDistanceEntries() (t [32]entry) {
	distance := 1
	for i := range maxDist {
		extra := max(0, i/2-1)
		t[i] = entry(distance)<<16 | entry(extra)
		distance += 1 << extra
	}
	t[30], t[31] = noCode, noCode
	return t
}

// build fills a table for the code with the given lengths and reports whether the code is valid: it
// is complete, or has one symbol of one bit, or no symbol.
func build(table []entry, index int, lengths []uint8, symbols []entry) bool {
	var count, next [maxCode + 1]int
	for _, n := range lengths {
		count[n]++
	}
	code, longest := 0, 0
	for n := 1; n <= maxCode; n++ {
		next[n] = code
		if count[n] > 0 {
			longest = n
		}
		code = (code + count[n]) << 1
	}
	main := table[:1<<index]
	if code != 2<<maxCode {
		if used := len(lengths) - count[0]; used > 1 || longest > 1 {
			return false
		}
		for i := range main {
			main[i] = noCode
		}
	}
	second := max(0, longest-index) // bits of the index of a second-level table
	var codes [288]uint16
	for symbol, n := range lengths {
		codes[symbol] = bits.Reverse16(uint16(next[n])) >> ((16 - n) & 15) //nolint:gosec // 15 bits at most.
		next[n]++
		if int(n) > index {
			main[int(codes[symbol])&(len(main)-1)] = 0 // no second-level table yet
		}
	}
	free := len(main)
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		in, code, length := main, int(codes[symbol]), int(n)
		if length > index {
			link := &main[code&(len(main)-1)]
			if *link == 0 {
				*link = isSpecial | isTable | entry(free)<<16 | entry(second)<<8 | entry(index) //nolint:gosec // Within the table.
				free += 1 << second
			}
			start := int(*link >> 16)
			in, code, length = table[start:start+1<<second], code>>index, length-index
		}
		e := symbols[symbol] + entry(length) + entry(length)<<8 //nolint:gosec // 15 at most.
		for ; code < len(in); code += 1 << length {
			in[code] = e
		}
	}
	return true
}
