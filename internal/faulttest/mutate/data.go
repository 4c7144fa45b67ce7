package main

// ofData are the guards between the bytes of a blob and its rows.
var ofData = []guard{
	{
		name: "resumed text is unchanged", file: "internal/blobtext/blobtext.go", rows: "K02 R08",
		old: `if r.text.Sum() != r.known.Sum {`,
		new: `if false {`,
	},
	{
		name: "resumed text is complete", file: "internal/blobtext/blobtext.go", rows: "K02",
		old: `return r.changed(fmt.Sprintf("it is %d bytes shorter than what was read before", left))`,
		new: `_ = fmt.Sprint()`,
	},
	{
		name: "resumed text is not delivered again", file: "internal/blobtext/blobtext.go", rows: "R07",
		old: `r.known.Sum = r.text.Sum()`,
		new: ``,
	},
	{
		name: "checkpoint of another eTag", file: "manifest/plan.go", rows: "K02",
		old: `case same.eTag != state.ETag:`,
		new: `case false:`,
	},
	{
		name: "checkpoint of other blobs", file: "manifest/plan.go", rows: "K02",
		old: `case len(same.names) != state.Blobs || hashOf(same.names) != state.Names:`,
		new: `case false:`,
	},
	{
		name: "damaged checkpoint", file: "manifest/checkpoint.go", rows: "K04",
		old: `if err != nil || sum != fmt.Sprintf("%08x", crc32.ChecksumIEEE(data)) {`,
		new: `if err != nil || sum == "" {`,
	},
	{
		name: "no checkpoint without an eTag", file: "manifest/checkpoint.go", rows: "K02 K04",
		old: `if same.eTag == "" {`,
		new: `if false {`,
	},
	{
		name: "a row counts after its loop body", file: "manifest/cursor.go", rows: "K01",
		old: "if !yield(b.rows[i], nil) {\n\t\t\t\treturn ErrLeft\n\t\t\t}\n\t\t\tc.row++",
		new: "if c.row++; !yield(b.rows[i], nil) {\n\t\t\t\treturn ErrLeft\n\t\t\t}",
	},
	{
		name: "a batch counts after its loop body", file: "manifest/batches.go", rows: "K01",
		old: "if !c.yield(yield, of) {\n\t\t\t\treturn ErrLeft\n\t\t\t}",
		new: "if c.row = len(of.Rows) - 1; !c.yield(yield, of) {\n\t\t\t\treturn ErrLeft\n\t\t\t}",
	},
	{
		name: "the checkpoint of a batch covers it", file: "manifest/batches.go", rows: "K01",
		old: `b.cursor.markAt(b.end, len(b.Rows))`,
		new: `b.cursor.mark()`,
	},
	{
		name: "a batch in several loops has no checkpoint", file: "manifest/batches.go", rows: "K04",
		old: `case shared:`,
		new: `case false:`,
	},
	{
		name: "a required attribute came", file: "manifest/progress.go", rows: "J12",
		old: `if g.plan.options.AllowMissing || g.plan.part.chosen {`,
		new: `if true {`,
	},
	{
		name: "a field of an own struct is required as in the dataset", file: "lineitem/present.go", rows: "J12",
		old: `if f.with == "" {`,
		new: `if false {`,
	},
	{
		name: "null is no value", file: "lineitem/values.go", rows: "J12",
		old: `if absent(raw) {`,
		new: `if false {`,
	},
	{
		name: "an empty text is no value", file: "lineitem/object.go", rows: "J12",
		old: "d.noValue(field)\n\t\treturn end + 1, nil",
		new: `return end + 1, nil`,
	},
	{
		name: "an empty time is no value", file: "lineitem/object.go", rows: "J13",
		old: "if end == i+1 {\n\t\t\t\t\td.noValue(to.field)",
		new: "if end < i {\n\t\t\t\t\td.noValue(to.field)",
	},
	{
		name: "attributes without a field are in the report", file: "manifest/batch.go", rows: "J13",
		old: `b.present.unknown = w.met()`,
		new: `_ = w.met()`,
	},
	{
		name: "values are counted in each batch", file: "manifest/batch.go", rows: "J13",
		old: `b.present.bits = d.AppendPresent(b.present.bits)`,
		new: `b.present.bits = append(b.present.bits, make([]uint64, lineitem.PresentWords(len(p.attributes)))...)`,
	},
	{
		name: "an error says where the row is", file: "manifest/batch.go", rows: "J13",
		old: "e = &lineitem.DecodeError{Err: err}\n\t}\n\te.Position = at",
		new: "e = &lineitem.DecodeError{Err: err}\n\t}\n\t_ = at",
	},
	{
		name: "amounts that are null are counted", file: "lineitem/totals.go", rows: "J13",
		old: `s.nulls++`,
		new: ``,
	},
	{
		name: "attributes before a checkpoint count", file: "manifest/plan.go", rows: "J12",
		old: `p.tally.add(c.Rows, c.Values, c.Unknown)`,
		new: `p.tally.add(c.Rows, nil, c.Unknown)`,
	},
	{
		name: "attributes of delivered rows are in the checkpoint", file: "manifest/checkpoint.go", rows: "J12",
		old: `behind.add(m.rows, m.values, m.unknown)`,
		new: `behind.add(m.rows, nil, nil)`,
	},
	{
		name: "batches count in order", file: "manifest/mark.go", rows: "K01",
		old: `if number != m.next {`,
		new: `if false {`,
	},
	{
		name: "a blob of no bytes is damaged", file: "manifest/reading.go", rows: "G01",
		old: `r.text.Blob().Size() == 0 && !r.empty:`,
		new: `r.text.Blob().Size() < 0 && !r.empty:`,
	},
	{
		name: "gzip's magic number", file: "internal/gunzip/reader.go", rows: "G07",
		old: `if r.requireGzip {`,
		new: `if false {`,
	},
	{
		name: "gzip's magic number, next member", file: "internal/gunzip/reader.go", rows: "G06",
		old: `if h.err == nil && magic != 0x088b1f {`,
		new: `if h.err == nil && magic == 0 {`,
	},
	{
		name: "zeros that have overwritten a gzip member", file: "internal/gunzip/reader.go", rows: "G06",
		old: `if zeros == blockPadding {`,
		new: `if false {`,
	},
	{
		name: "truncated gzip data", file: "internal/gunzip/input.go", rows: "G02",
		old: `return corrupt("unexpected end of data")`,
		new: `return io.EOF`,
	},
	{
		name: "gzip's checksum", file: "internal/gunzip/reader.go", rows: "G03",
		old: `case sum != r.sum.CRC:`,
		new: `case sum != r.sum.CRC && false:`,
	},
	{
		name: "gzip's length", file: "internal/gunzip/reader.go", rows: "G03",
		old: `case size != uint32(r.sum.Length&math.MaxUint32):`,
		new: `case size != uint32(r.sum.Length&math.MaxUint32) && false:`,
	},
	{
		name: "gzip's members", file: "internal/gunzip/reader.go", rows: "G04 G05",
		old: `r.ended = false`,
		new: `return io.EOF`,
	},
	{
		name: "a blob ends at the end of its data", file: "manifest/reading.go", rows: "G04 G05",
		old:    `case err == io.EOF && r.text.Blob().Complete():`,
		new:    `case err == io.EOF:`,
		behind: "gzip's members",
	},
	{
		name: "incomplete line", file: "internal/lines/blocks.go", rows: "G02 J03",
		old: `if r.err == io.EOF && int(end) < len(b.text) && !full {`,
		new: `if r.err != nil && int(end) < len(b.text) && !full {`,
	},
	{
		name: "length of a line", file: "internal/lines/blocks.go", rows: "G08 J01",
		old: `line > r.max {`,
		new: `line > r.max && false {`,
	},
	{
		name: "blank lines are counted", file: "internal/lines/block.go", rows: "J02",
		old: `n += int64(blank)`,
		new: `n += int64(blank) * 0`,
	},
	{
		name: "blank lines are skipped where they are found", file: "manifest/reading.go", rows: "J02",
		old: `= p.format == lineitem.FormatCSV, true`,
		new: `= p.format == lineitem.FormatCSV, false`,
	},
	{
		name: "length of a blob", file: "manifest/reading.go", rows: "G09",
		old: `r.maxBytes > 0 && s.until.at.offset > r.maxBytes:`,
		new: `r.maxBytes > 0 && s.until.at.offset < 0:`,
	},
	{
		name: "a bad line ends reading", file: "manifest/progress.go", rows: "J02 J03 J05 J06",
		old: "if g.plan.options.OnBadLine == nil {\n\t\treturn e\n\t}",
		new: "if g.plan.options.OnBadLine == nil {\n\t\treturn nil\n\t}",
	},
	{
		name: "an offset does not change a day", file: "internal/datetime/datetime.go", rows: "J10",
		old: `day && !t.Equal(written) {`,
		new: `day && t.Equal(written) {`,
	},
	{
		name: "order of a date with slashes", file: "internal/datetime/datetime.go", rows: "J10",
		old: `if ambiguous {`,
		new: `if ambiguous && false {`,
	},
	{
		name: "both orders of dates in one read", file: "internal/datetime/datetime.go", rows: "J10",
		old: `found != Unspecified && found != d.found:`,
		new: `found != Unspecified && found > DayFirst:`,
	},
	{
		name: "order of the dates before a checkpoint", file: "manifest/plan.go", rows: "J10",
		old: `p.dates.Store(int32(state.Dates))`,
		new: `p.dates.Store(0)`,
	},
	{
		name: "order of the dates is in the checkpoint", file: "manifest/checkpoint.go", rows: "J10",
		old: `Dates: lineitem.DateOrder(g.plan.dates.Load())`,
		new: `Dates: lineitem.DateOrder(g.plan.dates.Load() * 0)`,
	},
	{
		name: "order that is named is that before a checkpoint", file: "manifest/plan.go", rows: "J10",
		old: `order != state.Dates && order != lineitem.DateOrderUnspecified &&`,
		new: `false && order != lineitem.DateOrderUnspecified &&`,
	},
	{
		name: "one order of dates for all decoders", file: "manifest/batch.go", rows: "J10",
		old: `if !p.agree(d.DateOrder()) && b.err == nil {`,
		new: `if !p.agree(d.DateOrder()) && b.err == nil && false {`,
	},
	{
		name: "attribute and alias that differ", file: "lineitem/alias.go", rows: "J11",
		old: `if !equal(first, second) {`,
		new: `if false {`,
	},
	{
		name: "value and null under two names", file: "lineitem/alias.go", rows: "J11",
		old: `case absent(a.value):`,
		new: `case false:`,
	},
	{
		name: "carriage return alone in CSV", file: "lineitem/csv.go", rows: "A03",
		old: `bytes.IndexByte(field, '\r') >= 0`,
		new: `bytes.IndexByte(field, '\r') > len(field)`,
	},
	{
		name: "duplicate attribute", file: "lineitem/values.go", rows: "J05",
		old: `if *word&bit != 0 {`,
		new: `if false {`,
	},
	{
		name: "digits that a Decimal cannot hold", file: "lineitem/decimal.go", rows: "J06",
		old: `if discarded {`,
		new: `if discarded && false {`,
	},
	{
		name: "invalid characters are counted", file: "lineitem/text.go", rows: "J04",
		old: `if replaced {`,
		new: `if replaced && false {`,
	},
	{
		name: "nothing after a row", file: "lineitem/scan.go", rows: "J02 J03 J09",
		old: `if skipSpace(line, i) != len(line) {`,
		new: `if false {`,
	},
	{
		name: "nested values are JSON", file: "lineitem/scan.go", rows: "J07",
		old: `if !json.Valid(b[start : i+1]) {`,
		new: `if !json.Valid(b[start:i+1]) && false {`,
	},
	{
		name: "every blob was read", file: "manifest/progress.go", rows: "C06",
		old: `if g.done != len(g.plan.blobs) {`,
		new: `if false {`,
	},
	{
		name: "a tag names an attribute of the dataset", file: "manifest/manifest.go", rows: "C06",
		old: `if !p.options.AllowUnknownAttributes {`,
		new: `if false {`,
	},
	{
		name: "a stream is used once", file: "manifest/stream.go", rows: "C06",
		old: `case s.used.Swap(true):`,
		new: `case s.used.Swap(true) && false:`,
	},
	{
		name: "a panic reaches the caller", file: "manifest/workers.go", rows: "C02",
		old: `failed(recover(), errGoexit)`,
		new: `_ = failed`,
	},
}
