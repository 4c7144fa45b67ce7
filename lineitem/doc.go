// Package lineitem knows what a row of a Microsoft partner billing export is: typed
// rows with exact amounts, and how to decode them from JSON Lines or CSV. It reads from any
// [io.Reader] and works on saved files without the rest of the SDK.
//
// # Rows
//
// [Usage] is a row of a daily rated usage export, [Reconciliation] one of an invoice
// reconciliation export; [UsageBasic] and [ReconciliationBasic] have the attributes
// of the basic set alone, and [Record] takes any attributes. A struct of your own
// works just as well and is decoded by the same code; it needs only the fields that
// you want, and what has no field is skipped at scanning speed:
//
//	type row struct {
//		Customer string           `json:"CustomerId"`
//		Total    lineitem.Decimal `json:"BillingPreTaxTotal"`
//	}
//
// Fields may be strings, [Decimal], [time.Time], integers, floats, bools, pointers to
// them, [encoding/json.RawMessage], and anything with UnmarshalJSON or UnmarshalText.
// A field called Unknown of type map[string]json.RawMessage takes the attributes that
// have no field of their own.
//
// # Tolerance
//
// Microsoft's documentation, its samples and captured data do not agree in every
// detail, so reading is tolerant wherever no information is lost:
//
//   - Keys match exactly first, then without regard to case, then by the names of the
//     older API (ResellerMpnId for Tier2MpnId and the like).
//   - null, "" and a missing key are the same: null for a [Decimal], the zero time for
//     a date, nil for a pointer. Only a field of raw JSON tells them apart.
//   - Numbers and booleans may be strings. A number in a text attribute keeps the digits
//     that were written.
//   - Dates come in all the forms of [ParseTime].
//   - Tags and AdditionalInfo may be a string with JSON in it or JSON proper,
//     ProductQualifiers an array, a string with an array in it, or one word.
//   - Bytes that are no UTF-8 become U+FFFD, as in encoding/json, and are counted.
//
// # CSV
//
// Cost details reports, price sheets and reconciliation files are CSV. The same structs read
// them, with [ReaderOptions].Format or [Decoder.Header]: columns find their fields by name
// without regard to case, an empty cell is an absent value, and any other means what a JSON
// string of the same text would. A byte order mark is skipped at the start and, as exports
// have it, in front of a row. Cells may be quoted and hold line ends; a line number is then
// that of the record's first line.
//
// # Strictness
//
// Where information would be lost there is an error instead: a number with more than
// 34 digits ([ErrInexact]), an attribute that occurs twice ([ErrDuplicate]), a line that
// is not one JSON object ([ErrSyntax], [ErrNotObject]), gzip data that is damaged or cut
// ([ErrCorrupt]). All of them come as a [*DecodeError] that names file, line, byte and
// attribute and shows no value. By default the first one ends the reading;
// [ReaderOptions.OnBadLine] can decide otherwise. Errors of the reader below are passed
// on as they are.
//
// # Money
//
// Amounts are [Decimal]: exact, null kept apart from zero, never a float. [Totals] adds
// them up per currency without rounding.
//
// # Design
//
// A plan is made once for each row type (plan.go). The decoder remembers attributes with
// their values as earlier rows had them (recall.go), and learns which column tells what
// stands in another (guess.go), so that most of a row is compared with what is expected
// and neither scanned nor converted (row.go). Texts that do not repeat share small
// allocations: a string that is kept holds on to 2 KiB at most, and is alone where it is
// longer than 512 bytes. Every value that is not in the form that it mostly has goes to a
// setter on encoding/json (setter.go), which is also what a fuzz test holds the decoder
// against. What is remembered is bounded and never shows in a row.
package lineitem
