package gunzip

import "encoding/binary"

// symbols decodes a block's literals and matches until out is full or the block ends.
func (z *inflater) symbols() error {
	for z.block == blockCodes && z.written < outputLimit {
		if err := z.fastLoop(); err != nil || z.block != blockCodes || z.written >= outputLimit {
			return err
		}
		// Little input is left: fill the buffer or, at the end of the source, decode one symbol.
		if z.end-z.pos < 8 && z.fill() {
			continue
		}
		if err := z.oneSymbol(); err != nil {
			return err
		}
	}
	return nil
}

// fastLoop decodes while there is enough input for any symbol. It loads eight bytes at once, so
// that there are always 56 bits or more, of which a match takes 48 at most. The entry of a symbol
// is looked up before the bits are refilled and before the last match is copied, so that the
// processor can execute these steps in parallel. The state is kept in local variables and written
// back at the end.
func (z *inflater) fastLoop() (err error) {
	in, pos := z.buf[:z.end], z.pos
	have, count := z.bits, z.count
	out, w := z.out, z.written
	literals, distances := &z.literals, &z.distances
	if pos+8 > len(in) || w >= outputLimit {
		return nil
	}
	have |= binary.LittleEndian.Uint64(in[pos:pos+8]) << (count & 63)
	pos += int((63 - count) >> 3)
	count |= 56
	e := literals[have&(1<<literalBits-1)]
	for {
		if e&isLiteral != 0 {
			have >>= e & 63
			count -= uint(e & 63)
			out[w] = byte(e >> 16 & 255)
			w++
			e = literals[have&(1<<literalBits-1)]
			if e&isLiteral != 0 {
				have >>= e & 63
				count -= uint(e & 63)
				out[w] = byte(e >> 16 & 255)
				w++
				e = literals[have&(1<<literalBits-1)]
				if e&isLiteral != 0 {
					have >>= e & 63
					count -= uint(e & 63)
					out[w] = byte(e >> 16 & 255)
					w++
					e = literals[have&(1<<literalBits-1)]
				}
			}
			if pos+8 > len(in) || w >= outputLimit {
				break
			}
			have |= binary.LittleEndian.Uint64(in[pos:pos+8]) << (count & 63)
			pos += int((63 - count) >> 3)
			count |= 56
			continue
		}
		if e&isSpecial != 0 {
			if e&isTable != 0 {
				have >>= e & 63
				count -= uint(e & 63)
				e = literals[(uint64(e>>16)+have&(1<<(e>>8&15)-1))&uint64(len(literals)-1)]
			}
			switch {
			case e&isLiteral != 0:
				continue // there are enough bits for it and one more
			case e&isEnd != 0 && e&isSpecial != 0:
				have >>= e & 63
				count -= uint(e & 63)
				z.next()
			case e&isSpecial != 0:
				err = corrupt("invalid code")
			}
			if e&isSpecial != 0 {
				break
			}
		}
		length := int(e>>16) + int(have&(1<<(e&63)-1)>>(e>>8&15)) //nolint:gosec // 258 at most.
		have >>= e & 63
		count -= uint(e & 63)

		e = distances[have&(1<<distanceBits-1)]
		if e&isSpecial != 0 {
			if e&isTable != 0 {
				have >>= e & 63
				count -= uint(e & 63)
				e = distances[(uint64(e>>16)+have&(1<<(e>>8&15)-1))&uint64(len(distances)-1)]
			}
			if e&isSpecial != 0 {
				err = corrupt("invalid distance code")
				break
			}
		}
		distance := int(e>>16) + int(have&(1<<(e&63)-1)>>(e>>8&15)) //nolint:gosec // 32768 at most.
		have >>= e & 63
		count -= uint(e & 63)
		if distance > w {
			err = corrupt("distance too far back")
			break
		}
		at := w
		w += length
		enough := pos+8 <= len(in) && w < outputLimit
		if enough {
			have |= binary.LittleEndian.Uint64(in[pos:pos+8]) << (count & 63)
			pos += int((63 - count) >> 3)
			count |= 56
			e = literals[have&(1<<literalBits-1)]
		}
		if distance >= 16 {
			for from := at - distance; ; {
				*(*[16]byte)(out[at:]) = *(*[16]byte)(out[from:])
				*(*[16]byte)(out[at+16:]) = *(*[16]byte)(out[from+16:])
				if at += 32; at >= w {
					break
				}
				from += 32
			}
		} else {
			copyNear(out, at, distance, w)
		}
		if !enough {
			break
		}
	}
	z.pos, z.bits, z.count, z.written = pos, have&(1<<count-1), count, w
	return err
}

// copyNear copies a match whose distance is less than 16 bytes, and which may overlap itself. It
// may write up to seven bytes after the end.
func copyNear(out *[bufferSize]byte, at, distance, end int) {
	if distance == 1 {
		for v := uint64(out[at-1]) * 0x0101010101010101; at < end; at += 8 {
			binary.LittleEndian.PutUint64(out[at:], v)
		}
		return
	}
	for ; at < end; at++ {
		out[at] = out[at-distance]
	}
}

// oneSymbol decodes one symbol near the end of the input.
func (z *inflater) oneSymbol() error {
	if z.count < 48 {
		z.more()
	}
	e, err := z.symbol(z.literals[:], literalBits)
	switch {
	case err != nil:
		return err
	case e&isLiteral != 0:
		z.out[z.written] = byte(e >> 16 & 255)
		z.written++
		return nil
	case e&isEnd != 0:
		z.next()
		return nil
	}
	length, err := z.number(e)
	if err != nil {
		return err
	}
	if e, err = z.symbol(z.distances[:], distanceBits); err != nil {
		return err
	}
	distance, err := z.number(e)
	if err != nil {
		return err
	}
	if distance > z.written {
		return corrupt("distance too far back")
	}
	copyNear(z.out, z.written, distance, z.written+length)
	z.written += length
	return nil
}

// symbol takes the bits of a code and returns its entry.
func (z *inflater) symbol(table []entry, index uint) (entry, error) {
	e := table[z.bits&(1<<index-1)]
	if e&isLiteral == 0 && e&isSpecial != 0 && e&isTable != 0 {
		if _, err := z.take(index); err != nil {
			return 0, err
		}
		e = table[uint64(e>>16)+z.bits&(1<<(e>>8&15)-1)]
	}
	if e&isLiteral == 0 && e&isSpecial != 0 && e&isEnd == 0 {
		return 0, z.invalid()
	}
	_, err := z.take(uint(e >> 8 & 15))
	return e, err
}

// number returns the length or distance of an entry whose code was taken, with its extra bits.
func (z *inflater) number(e entry) (int, error) {
	v, err := z.take(uint(e&63 - e>>8&15))
	return int(e>>16) + int(v), err
}

// invalid returns the error for bits that are no code, or too few for one.
func (z *inflater) invalid() error {
	if z.count < maxCode {
		return z.truncated()
	}
	return corrupt("invalid code")
}
