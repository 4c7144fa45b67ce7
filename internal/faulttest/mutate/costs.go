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
}
