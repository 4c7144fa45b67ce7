package billingtest

import "math/bits"

// random is a pseudorandom generator (splitmix64). Every row has a generator of its own, so any row
// can be generated without the rows before it.
type random uint64

const golden = 0x9e3779b97f4a7c15

func (r *random) next() uint64 {
	*r += golden
	return scramble(uint64(*r))
}

// below returns a number in [0, n).
func (r *random) below(n uint64) uint64 {
	hi, _ := bits.Mul64(r.next(), n)
	return hi
}

// pick returns an index in [0, n).
func (r *random) pick(n int) int { return choose(r.next(), n) }

// choose maps a random number to an index in [0, n).
func choose(number uint64, n int) int {
	hi, _ := bits.Mul64(number, uint64(n)) //nolint:gosec // a length is not negative
	return int(hi)                         //nolint:gosec // below n
}

// chance returns true with a probability given in percent.
func (r *random) chance(percent uint64) bool { return r.below(100) < percent }

func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// mix combines two numbers; the order matters.
func mix(a, b uint64) uint64 { return scramble(a*golden + scramble(b+golden)) }

// hash combines a seed and texts into another seed.
func hash(seed uint64, texts ...string) uint64 {
	h := scramble(seed + golden)
	for _, text := range texts {
		f := uint64(14695981039346656037)
		for i := range len(text) {
			f = (f ^ uint64(text[i])) * 1099511628211
		}
		h = mix(h, f)
	}
	return h
}

const hexDigits = "0123456789abcdef"

// appendGUID writes a version 4 GUID derived from seed.
func appendGUID(b []byte, seed uint64) []byte {
	hi, lo := scramble(seed), scramble(seed+golden)
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 1<<63
	b = appendHex(b, hi>>32, 8)
	b = append(b, '-')
	b = appendHex(b, hi>>16, 4)
	b = append(b, '-')
	b = appendHex(b, hi, 4)
	b = append(b, '-')
	b = appendHex(b, lo>>48, 4)
	b = append(b, '-')
	return appendHex(b, lo, 12)
}

// appendHex writes the lowest n hexadecimal digits of v.
func appendHex(b []byte, v uint64, n int) []byte {
	for shift := 4 * (n - 1); shift >= 0; shift -= 4 {
		b = append(b, hexDigits[v>>shift&15])
	}
	return b
}

func guid(seed uint64) string { return string(appendGUID(nil, seed)) }

// appendCode writes n characters of the alphabet of catalog IDs.
func appendCode(b []byte, seed uint64, n int) []byte {
	const letters = "0123456789BCDFGHJKLMNPQRSTVWXZ"
	r := random(seed)
	for range n {
		b = append(b, letters[r.below(uint64(len(letters)))])
	}
	return b
}

func code(prefix string, seed uint64, n int) string {
	return string(appendCode([]byte(prefix), seed, n))
}
