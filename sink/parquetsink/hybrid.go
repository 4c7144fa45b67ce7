package parquetsink

import "encoding/binary"

// minRun is how many equal values make a run. Values that are no run are packed in groups of it.
const minRun = 8

// appendHybrid appends values in Parquet's RLE and bit-packing hybrid encoding, with a width in
// bits from 1 to 32.
func appendHybrid[V uint8 | uint32](dst []byte, values []V, width int) []byte {
	packed := 0 // where values begin that are not written
	for i := 0; i < len(values); {
		run := 1
		for i+run < len(values) && values[i+run] == values[i] {
			run++
		}
		if run < minRun {
			i = min(i+minRun, len(values))
			continue
		}
		dst = appendPacked(dst, values[packed:i], width)
		dst = binary.AppendUvarint(dst, uint64(run)<<1)
		for v, left := uint32(values[i]), width; left > 0; left -= 8 {
			dst = append(dst, byte(v))
			v >>= 8
		}
		i += run
		packed = i
	}
	return appendPacked(dst, values[packed:], width)
}

// appendPacked appends groups of minRun values, the last one filled with zeros.
func appendPacked[V uint8 | uint32](dst []byte, values []V, width int) []byte {
	if len(values) == 0 {
		return dst
	}
	groups := (len(values) + minRun - 1) / minRun
	dst = binary.AppendUvarint(dst, uint64(groups)<<1|1)
	end := len(dst) + groups*width // a group has width bytes
	var bits uint64
	n := 0
	for _, v := range values {
		bits |= uint64(v) << n
		if n += width; n >= 32 {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(bits)) //nolint:gosec // The lower bits are meant.
			bits >>= 32
			n -= 32
		}
	}
	for ; len(dst) < end; bits >>= 8 {
		dst = append(dst, byte(bits)) //nolint:gosec // as above
	}
	return dst[:end]
}
