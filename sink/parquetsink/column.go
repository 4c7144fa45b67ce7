package parquetsink

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
	"unicode/utf8"

	"github.com/partnerbilling/sdk-go/lineitem"
)

var (
	errNotUTF8   = errors.New("text is not valid UTF-8")
	errLongText  = errors.New("text is longer than 1 GiB")
	errTimeLost  = errors.New("time has more digits than microseconds; use TimeUnitNanosecond, or KindText in the schema")
	errTimeRange = errors.New("time is outside the range of the file's unit; use TimeUnitMicrosecond, or KindText in the schema")
	errDateRange = errors.New("date is outside the range of a DATE; use KindText in the schema")
)

const maxText = 1 << 30

// column encodes the values of a column, page after page.
type column struct {
	lineitem.Column
	index int
	unit  TimeUnit
	text  bool // its values are texts; those of others are words

	// The page.
	levels  []uint8 // of the rows: 1 is a value
	nulls   int
	indexes []uint32 // of values in the dictionary, unless the mode is modePlain
	values  []byte   // PLAIN, or a byte for each bool

	// The chunk.
	mode  mode
	texts texts
	words words
	pages pages
	dictionary
	rows     int64
	allNulls int64
	stats    statistics

	// The decimal before, and what it is in the file.
	last      lineitem.Decimal
	lastWord  word
	lastIndex uint32
}

// dictionary is the page of a dictionary that is complete.
type dictionary struct {
	page pages
	size int
}

// mode is how the values of the page become bytes.
type mode uint8

const (
	modeUndecided  mode = iota // as in modeDictionary; the first page decides
	modeDictionary             // as indexes of a dictionary
	modePlain
)

func newColumn(c lineitem.Column, index int, unit TimeUnit) *column {
	col := &column{Column: c, index: index, unit: unit, text: c.Kind == lineitem.KindText || c.Kind == lineitem.KindJSON}
	col.reset()
	return col
}

// reset begins a chunk.
func (c *column) reset() {
	c.mode = modeUndecided
	if c.Kind == lineitem.KindBool {
		c.mode = modePlain // a bit is smaller than an index
	}
	c.texts.reset()
	c.words.reset()
	c.pages, c.dictionary = pages{buf: c.pages.buf[:0]}, dictionary{page: pages{buf: c.page.buf[:0]}}
	c.rows, c.allNulls, c.stats = 0, 0, statistics{}
	c.last = lineitem.Decimal{} // null, which no value is
}

// appendRows encodes values of rows. The error is nil or that of the first value that does not fit.
func appendRows[T any](c *column, schema *lineitem.Schema[T], rows []T, s *scratch) *lineitem.ValueError {
	for start := 0; start < len(rows); {
		some := rows[start:min(len(rows), start+pageRows-len(c.levels))]
		i, err := appendValues(c, schema, some)
		if err != nil {
			return &lineitem.ValueError{Row: start + i, Column: c.Name, Err: err}
		}
		start += i
		if len(c.levels) == pageRows || c.large() {
			c.flush(s)
		}
	}
	return nil
}

// appendValues encodes values until the page is large, and returns the number of rows.
func appendValues[T any](c *column, schema *lineitem.Schema[T], rows []T) (n int, err error) {
	for i := range rows {
		row := &rows[i]
		ok := false
		switch c.Kind {
		case lineitem.KindDecimal:
			d := schema.Decimal(row, c.index)
			if ok = !d.IsNull(); ok {
				err = c.addDecimal(d)
			}
		case lineitem.KindTime:
			var t time.Time
			if t, ok = schema.Time(row, c.index); ok {
				err = c.addTime(t)
			}
		case lineitem.KindDate:
			var t time.Time
			if t, ok = schema.Time(row, c.index); ok {
				err = c.addDate(t)
			}
		case lineitem.KindInt:
			var v int64
			if v, ok = schema.Int(row, c.index); ok {
				c.addWord(word{lo: uint64(v)}) //nolint:gosec // the same bits
			}
		case lineitem.KindFloat:
			var v float64
			if v, ok = schema.Float(row, c.index); ok {
				c.addWord(word{lo: math.Float64bits(v)})
			}
		case lineitem.KindBool:
			var v bool
			if v, ok = schema.Bool(row, c.index); ok {
				c.addBool(v)
			}
		default:
			var v string
			if v, ok = schema.Text(row, c.index); ok {
				err = c.addText(v)
			}
		}
		if err != nil {
			return i, err
		}
		if !ok {
			c.levels = append(c.levels, 0)
			c.nulls++
			continue
		}
		if c.levels = append(c.levels, 1); c.large() {
			return i + 1, nil
		}
	}
	return len(rows), nil
}

// large reports whether the page ends before it has pageRows rows.
func (c *column) large() bool {
	return len(c.values) >= pageBytes || len(c.texts.data) > maxDictionary
}

func (c *column) addText(s string) error {
	if c.mode != modePlain {
		index, hash, found := c.texts.find(s)
		if !found {
			if err := checkText(s); err != nil {
				return err
			}
			index = c.texts.add(s, hash)
		}
		c.indexes = append(c.indexes, index)
		return nil
	}
	if err := checkText(s); err != nil {
		return err
	}
	c.values = appendText(c.values, s)
	c.stats.addText(c.values[len(c.values)-len(s):])
	return nil
}

func checkText(s string) error {
	switch {
	case len(s) > maxText:
		return errLongText
	case !utf8.ValidString(s):
		return errNotUTF8
	}
	return nil
}

func (c *column) addDecimal(d lineitem.Decimal) error {
	if d == c.last {
		if c.mode == modePlain {
			c.addPlain(c.lastWord)
		} else {
			c.indexes = append(c.indexes, c.lastIndex)
		}
		return nil
	}
	hi, lo, err := d.Unscaled(c.Scale)
	if err != nil {
		return err
	}
	c.last, c.lastWord = d, word{hi, lo}
	c.addWord(c.lastWord)
	if c.mode != modePlain {
		c.lastIndex = c.indexes[len(c.indexes)-1]
	}
	return nil
}

const secondsOfDay = 24 * 60 * 60

func (c *column) addDate(t time.Time) error {
	seconds := t.Unix()
	days := seconds / secondsOfDay
	if seconds%secondsOfDay < 0 {
		days--
	}
	if int64(int32(days)) != days { //nolint:gosec // That is what is checked.
		return errDateRange
	}
	c.addWord(word{lo: uint64(days)}) //nolint:gosec // the same bits
	return nil
}

func (c *column) addTime(t time.Time) error {
	seconds, nanos := t.Unix(), int64(t.Nanosecond())
	perSecond := int64(1e9)
	if c.unit == TimeUnitMicrosecond {
		if nanos%1000 != 0 {
			return errTimeLost
		}
		perSecond, nanos = 1e6, nanos/1000
	}
	if limit := math.MaxInt64/perSecond - 1; seconds > limit || seconds < -limit {
		return errTimeRange
	}
	c.addWord(word{lo: uint64(seconds*perSecond + nanos)}) //nolint:gosec // the same bits
	return nil
}

func (c *column) addWord(w word) {
	if c.mode == modePlain {
		c.addPlain(w)
		return
	}
	c.indexes = append(c.indexes, c.words.index(w))
}

func (c *column) addPlain(w word) {
	c.stats.addWord(c.Kind, w)
	c.values = appendWord(c.values, c.Kind, w)
}

// addBool appends a byte, which flush packs.
func (c *column) addBool(v bool) {
	w := word{}
	if v {
		w.lo = 1
	}
	c.stats.addWord(c.Kind, w)
	c.values = append(c.values, byte(w.lo)) //nolint:gosec // 0 or 1
}

// flush ends the page.
func (c *column) flush(s *scratch) {
	rows := len(c.levels)
	if rows == 0 {
		return
	}
	size, bytes := c.size()
	switch {
	case c.mode == modePlain, c.nulls == rows: // a chunk without values has no dictionary
		c.addPlainPage(s)
	case c.mode == modeUndecided && size > (rows-c.nulls)/2: // few values repeat
		for _, index := range c.indexes {
			if c.text {
				c.values = append(binary.LittleEndian.AppendUint32(c.values, uint32(len(c.texts.text(index)))), c.texts.text(index)...) //nolint:gosec // at most maxText
			} else {
				c.values = appendWord(c.values, c.Kind, c.words.list[index])
			}
		}
		c.addPlainPage(s)
		c.forget()
	default:
		c.mode = modeDictionary
		c.pages.addIndexes(s, c.levels, c.nulls, c.indexes, size)
		if bytes > maxDictionary {
			c.finishDictionary(s)
		}
	}
	c.rows += int64(rows)
	c.allNulls += int64(c.nulls)
	c.levels, c.nulls, c.indexes, c.values = c.levels[:0], 0, c.indexes[:0], c.values[:0]
}

// addPlainPage adds a page of the values.
func (c *column) addPlainPage(s *scratch) {
	c.pages.addData(s, c.levels, c.nulls, encodingPlain, func(page []byte) []byte {
		if c.Kind == lineitem.KindBool {
			return appendBits(page, c.values)
		}
		return append(page, c.values...)
	})
}

// appendBits appends bools, a bit each.
func appendBits(dst, bools []byte) []byte {
	for i, b := range bools {
		if i%8 == 0 {
			dst = append(dst, 0)
		}
		dst[len(dst)-1] |= b << (i % 8)
	}
	return dst
}

// size returns the number of values in the dictionary, and of their bytes.
func (c *column) size() (values, bytes int) {
	if c.text {
		return len(c.texts.starts), len(c.texts.data)
	}
	return len(c.words.list), len(c.words.list) * 16
}

// finishDictionary makes the page of the dictionary. Further values are PLAIN.
func (c *column) finishDictionary(s *scratch) {
	c.dictionary.size, _ = c.size()
	data := c.texts.data
	if !c.text {
		data = nil
		for _, w := range c.words.list {
			data = appendWord(data, c.Kind, w)
		}
	}
	c.page.addDictionary(s, data, c.dictionary.size)
	c.forget()
}

// forget adds the values of the dictionary to the statistics and drops them.
func (c *column) forget() {
	for i := range c.texts.starts {
		c.stats.addText(c.texts.text(uint32(i)))
	}
	for _, w := range c.words.list {
		c.stats.addWord(c.Kind, w)
	}
	c.texts.reset()
	c.words.reset()
	c.mode = modePlain
}

// finish ends the chunk.
func (c *column) finish(s *scratch) {
	c.flush(s)
	if c.mode == modeDictionary {
		c.finishDictionary(s)
	}
}

// appendWord appends a value as PLAIN.
func appendWord(dst []byte, kind lineitem.Kind, w word) []byte {
	switch kind { //nolint:exhaustive // The others have 64 bits.
	case lineitem.KindDecimal:
		return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, uint64(w.hi)), w.lo) //nolint:gosec // the same bits
	case lineitem.KindDate:
		return binary.LittleEndian.AppendUint32(dst, uint32(w.lo)) //nolint:gosec // It was checked.
	case lineitem.KindBool:
		return append(dst, byte(w.lo)) //nolint:gosec // 0 or 1
	}
	return binary.LittleEndian.AppendUint64(dst, w.lo)
}
