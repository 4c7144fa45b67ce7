package parquetsink

import (
	"github.com/partnerbilling/sdk-go/lineitem"
)

// createdBy is what readers learn about who wrote a file, in the form that they parse.
const createdBy = "partnerbilling-sdk-go parquetsink version 1.0.0"

// physicalType returns the type of the values of a kind in a file.
func physicalType(kind lineitem.Kind) int {
	switch kind { //nolint:exhaustive // The others are texts.
	case lineitem.KindDecimal:
		return typeFixed
	case lineitem.KindTime, lineitem.KindInt:
		return typeInt64
	case lineitem.KindDate:
		return typeInt32
	case lineitem.KindFloat:
		return typeDouble
	case lineitem.KindBool:
		return typeBoolean
	}
	return typeBytes
}

// appendSchema appends the fields of FileMetaData up to the schema.
func appendSchema(t *thrift, columns []*column, unit TimeUnit) {
	t.i32(1, 1)
	t.list(2, thriftStruct, len(columns)+1)
	t.open()
	t.text(4, "schema")
	t.i32(5, len(columns))
	t.close()
	for _, c := range columns {
		t.open()
		t.i32(1, physicalType(c.Kind))
		if c.Kind == lineitem.KindDecimal {
			t.i32(2, 16)
		}
		t.i32(3, 1) // OPTIONAL
		t.text(4, c.Name)
		appendLogicalType(t, c, unit)
		t.close()
	}
}

// appendLogicalType appends the type for readers, in its older form first.
func appendLogicalType(t *thrift, c *column, unit TimeUnit) {
	switch c.Kind { //nolint:exhaustive // The others are their physical types.
	case lineitem.KindText, lineitem.KindJSON:
		t.i32(6, 0)
		t.begin(10)
		t.empty(1)
		t.close()
	case lineitem.KindDecimal:
		t.i32(6, 5)
		t.i32(7, c.Scale)
		t.i32(8, lineitem.MaxPrecision)
		t.begin(10)
		t.begin(5)
		t.i32(1, c.Scale)
		t.i32(2, lineitem.MaxPrecision)
		t.close()
		t.close()
	case lineitem.KindDate:
		t.i32(6, 6)
		t.begin(10)
		t.empty(6)
		t.close()
	case lineitem.KindTime:
		member := 3 // nanoseconds, which have no older form
		if unit == TimeUnitMicrosecond {
			member = 2
			t.i32(6, 10)
		}
		t.begin(10)
		t.begin(8)
		t.bool(1, true) // UTC
		t.begin(2)
		t.empty(member)
		t.close()
		t.close()
		t.close()
	}
}

// appendChunk appends the metadata of a chunk that is written at an offset.
func (c *column) appendChunk(t *thrift, offset int64) {
	dictionaryBytes := int64(len(c.page.buf))
	t.open()
	t.i64(2, 0) // metadata is only here
	t.begin(3)
	t.i32(1, physicalType(c.Kind))
	c.appendEncodings(t)
	t.list(3, thriftBinary, 1)
	t.element(c.Name)
	t.i32(4, codecZstd)
	t.i64(5, c.rows)
	t.i64(6, int64(c.pages.plain+c.page.plain))
	t.i64(7, c.bytes())
	t.i64(9, offset+dictionaryBytes)
	if dictionaryBytes > 0 {
		t.i64(11, offset)
	}
	c.appendStatistics(t)
	c.appendPageCounts(t)
	t.close()
	t.close()
}

// bytes returns the size of the chunk in the file.
func (c *column) bytes() int64 { return int64(len(c.page.buf) + len(c.pages.buf)) }

func (c *column) appendEncodings(t *thrift) {
	encodings := []int{encodingRLE, encodingPlain}
	if c.dictionary.size > 0 {
		encodings = append(encodings, encodingDictionary)
	}
	t.list(2, thriftI32, len(encodings))
	for _, e := range encodings {
		t.varint(int64(e))
	}
}

func (c *column) appendStatistics(t *thrift) {
	t.begin(12)
	t.i64(3, c.allNulls)
	if low, high, ok := c.stats.values(c.Kind); ok {
		t.text(5, high)
		t.text(6, low)
		t.bool(7, true) // exact
		t.bool(8, true)
	}
	t.close()
}

// appendPageCounts says how many pages have which encoding, so that readers know which chunks are
// in their dictionary whole.
func (c *column) appendPageCounts(t *thrift) {
	var counts [][3]int
	if c.dictionary.size > 0 {
		counts = append(counts, [3]int{pageDictionary, encodingPlain, 1})
	}
	if n := c.pages.counts[dictionaryPages]; n > 0 {
		counts = append(counts, [3]int{pageData, encodingDictionary, n})
	}
	if n := c.pages.counts[plainPages]; n > 0 {
		counts = append(counts, [3]int{pageData, encodingPlain, n})
	}
	t.list(13, thriftStruct, len(counts))
	for _, n := range counts {
		t.open()
		t.i32(1, n[0])
		t.i32(2, n[1])
		t.i32(3, n[2])
		t.close()
	}
}
