// Package lineitem defines the row types of Microsoft's partner billing exports and decodes them
// from JSON Lines or CSV. Amounts are exact. The package reads from any [io.Reader] and does not
// need the rest of the SDK.
//
// # Row types
//
// [Usage] is a row of a daily rated usage export, and [Reconciliation] a row of an invoice
// reconciliation export. [UsageBasic] and [ReconciliationBasic] have only the attributes of the
// basic set. [Record] has any attributes. A struct of the caller's is decoded by the same code and
// needs fields only for the attributes it uses; the others are skipped:
//
//	type row struct {
//		Customer string           `json:"CustomerId"`
//		Total    lineitem.Decimal `json:"BillingPreTaxTotal"`
//	}
//
// Fields can be strings, [Decimal], [time.Time], integers, floats, bools, pointers to them,
// [encoding/json.RawMessage], and any type with UnmarshalJSON or UnmarshalText. A field named
// Unknown of type map[string]json.RawMessage gets the attributes without a field of their own.
//
// # Variants
//
// Microsoft's documentation, samples and exports differ in details, so the decoder accepts all
// known variants that lose no information:
//
//   - A key matches a field exactly, or else without regard to case, or else by its name in the
//     older API (ResellerMpnId for Tier2MpnId, for example).
//   - null, "" and an absent key are the same: null for a [Decimal], the zero time for a date, nil
//     for a pointer. Only fields of type json.RawMessage distinguish them.
//   - Numbers and booleans can be strings. A number in a text attribute keeps its digits.
//   - Dates have any of the formats of [ParseTime]; the [DateOrder] of those with slashes must be
//     named where it does not show. A day, such as UsageDate, keeps its date whatever its offset.
//   - Tags and AdditionalInfo are a string that contains JSON, or a JSON value. ProductQualifiers
//     is an array, a string that contains an array, or one word.
//   - Invalid UTF-8 is replaced with U+FFFD, as in encoding/json, and counted.
//
// # CSV
//
// Cost details reports, price sheets and reconciliation files are CSV. The same types decode them
// with [ReaderOptions].Format or [NewCSVDecoder]. Columns are matched to fields by name without
// regard to case. An empty field is an absent value; another is equivalent to a JSON string with
// the same text. A byte order mark is skipped at the start of the data and, since some exports have
// one there, of a record. Quoted fields can contain line breaks; the line number of a row is that
// of the record's first line.
//
// # Errors
//
// Data that would lose information is an error: a number with more than 34 digits ([ErrInexact]), a
// duplicate attribute ([ErrDuplicate]), a line that is not one JSON object ([ErrSyntax],
// [ErrNotObject]), corrupt or truncated gzip data ([ErrCorrupt]). Such errors are a [*DecodeError],
// which has blob, line, byte offset and attribute but never a value. By default the first error
// ends the read; [ReaderOptions].OnBadLine can skip bad lines. Errors of the underlying reader are
// returned unchanged.
//
// # Amounts
//
// Amounts are of type [Decimal], which is exact and distinguishes null from zero. [Totals] sums
// them by currency without rounding, and [Groups] by any key and currency. Usage, reconciliation
// lines and the invoice describe the same money but do not add up to the same number; what equals
// what is in
// https://github.com/partnerbilling/sdk-go/blob/main/docs/reconciliation.md
//
// # Tables
//
// A [Schema] describes a row type as a table: columns with a [Kind], and the value of each column
// in a row. Code that writes rows into a file or database is written against it and works for every
// row type. What is known about attributes, such as which are days and which currency an amount is
// in, is in one table (attributetable.go). [Decimal.Unscaled] returns what a column of decimals
// with a scale stores.
//
// # Implementation
//
// A plan is built once for each row type (plan.go). JSON (object.go) and CSV (csv.go) have a
// decoder each, which reads numbers and dates directly and finds texts in a cache (cache.go), so
// that rows share texts that repeat. With each text, the cache has what followed it so far each
// time, whole members as they are written and decoded (run.go): they are compared at once and not
// decoded again (follow.go). The cache does not affect results, and it holds at most 2 MiB in each
// decoder, and 256 KiB of keys that are not the row type's. A [Reader] has one decoder, and a
// manifest's stream one for each row that is decoded at the same time.
//
// Texts that are not cached share small allocations: a string that the caller keeps holds on to at
// most 2 KiB, and a string longer than 512 bytes has its own allocation. Values in a less common
// form are stored by setters based on encoding/json (setter.go), which are also the reference for a
// fuzz test of the decoder.
package lineitem
