package main

// ofCosts are the guards for Azure Resource Manager, and for files that Cost Management makes.
var ofCosts = []guard{
	{
		name: "empty pages in a row", file: "costmgmt/pages.go", rows: "A01",
		old: `case l.empty > maxEmptyPages:`,
		new: `case false:`,
	},
	{
		name: "nextLink cycle", file: "costmgmt/pages.go", rows: "A01",
		old: `case again:`,
		new: `case again && false:`,
	},
	{
		name: "size of a page", file: "costmgmt/pages.go", rows: "A02",
		old: `maxPage = 16 << 20`,
		new: `maxPage = 80 << 20`,
	},
	{
		name: "header of a report", file: "manifest/header.go", rows: "A03",
		old: `err := csvheader.Check(h.text)`,
		new: `err := csvheader.Check(nil)`,
	},
	{
		name: "known columns of a report", file: "lineitem/csv.go", rows: "A03",
		old: `p.unknown != nil && len(p.fields) == 0, false`,
		new: `p.unknown != nil, false`,
	},
	{
		name: "header of a price sheet", file: "costmgmt/pricesheet.go", rows: "A04",
		old: `if err := csvheader.Check(line); err != nil {`,
		new: `if err := csvheader.Check(line[:0]); err != nil {`,
	},
	{
		name: "price sheet of 0 bytes", file: "costmgmt/pricesheet.go", rows: "A04",
		old:    `case len(data) == 0:`,
		new:    `case false:`,
		behind: "file of a price sheet without a header",
	},
	{
		name: "file of a price sheet without a header", file: "costmgmt/pricesheet.go", rows: "A04",
		old: `case len(bytes.TrimSpace(line)) == 0:`,
		new: `case false:`,
	},
	{
		name: "price sheet without files", file: "costmgmt/pricesheet.go", rows: "A04",
		old: `if len(p.files) == 0 {`,
		new: `if false {`,
	},
	{
		name: "entries of an archive", file: "costmgmt/pricesheet.go", rows: "A04",
		old: `case bytes.Count(data, zipEntry) > maxFiles:`,
		new: `case false:`,
	},
	{
		name: "files of one name in an archive", file: "costmgmt/pricesheet.go", rows: "A04",
		old: `used[name] = true`,
		new: ``,
	},
	{
		name: "format of a legacy price sheet", file: "costmgmt/pricesheet.go", rows: "A06",
		old: `legacyVersion, url.Values{"format": {"csv"}}`,
		new: `legacyVersion, url.Values{}`,
	},
	{
		name: "error with status 200", file: "internal/lro/costmanagement.go", rows: "A05",
		old: `case p == failed, hasError(w.Error):`,
		new: `case p == failed:`,
	},
	{
		name: "checksum of a resume token", file: "internal/lro/token.go", rows: "F29",
		old: `checked && sum != fmt.Sprintf("%08x", crc32.ChecksumIEEE(data))`,
		new: `checked && sum == "" && crc32.ChecksumIEEE(data) == 1`,
	},
}
