package lineitem_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// mini is a small row type.
type mini struct {
	N lineitem.Decimal
	S string
}

func zip(t testing.TB, parts ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, part := range parts {
		w := gzip.NewWriter(&out)
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// readAll reads all rows and returns the error, nil for io.EOF. It verifies that the error is
// sticky.
func readAll[T any](t *testing.T, r *lineitem.Reader[T]) (rows []T, err error) {
	t.Helper()
	for {
		var row T
		err := r.Read(&row)
		if err != nil {
			if again := r.Read(&row); again != err { //nolint:errorlint // The very same error.
				t.Errorf("after %v, the next error is %v", err, again)
			}
			if err == io.EOF { //nolint:errorlint // The end is io.EOF itself.
				err = nil
			}
			return rows, err
		}
		rows = append(rows, row)
	}
}

func numbers(rows []mini) string {
	var s []string
	for _, r := range rows {
		s = append(s, r.N.String())
	}
	return strings.Join(s, " ")
}

func TestReaderInputs(t *testing.T) {
	member := func(s string) string { return string(zip(t, s)) }
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "{\"N\":1}\n{\"N\":2}\n", "1 2"},
		{"gzip", member("{\"N\":1}\n{\"N\":2}\n"), "1 2"},
		{"no final newline", member("{\"N\":1}\n{\"N\":2}"), "1 2"},
		{"CRLF", member("{\"N\":1}\r\n{\"N\":2}\r\n"), "1 2"},
		{"blank lines", member("\n\n{\"N\":1}\n \t\n\r\n{\"N\":2}\n\n"), "1 2"},
		{"byte order mark", member("\ufeff{\"N\":1}\n"), "1"},
		{"byte order mark, plain", "\ufeff{\"N\":1}\n", "1"},
		{"two members", member("{\"N\":1}\n") + member("{\"N\":2}\n"), "1 2"},
		{"line across members", member("{\"N\":1}\n{\"N\"") + member(":2}\n"), "1 2"},
		{"empty members", member("") + member("{\"N\":1}\n") + member(""), "1"},
		{"zeros after the last member", member("{\"N\":1}\n") + strings.Repeat("\x00", 511), "1"},
		{"no data", "", ""},
		{"gzip of no data", member(""), ""},
		{"a thousand members", strings.Repeat(member("{\"N\":1}\n"), 1000), strings.TrimSpace(strings.Repeat("1 ", 1000))},
		{"Unicode line separators", "{\"N\":1,\"S\":\"\u2028\u2029\"}\n", "1"},
		{"spaces around", "  {\"N\":1}  \n", "1"},
	} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "EOF with data": iotest.DataErrReader,
		} {
			rows, err := readAll(t, lineitem.NewReader[mini](wrap(strings.NewReader(tc.in)), nil))
			if err != nil || numbers(rows) != tc.want {
				t.Errorf("%s, %s: %s, %v; want %s", tc.name, name, numbers(rows), err, tc.want)
			}
		}
	}
}

func TestReaderErrors(t *testing.T) {
	good := "{\"N\":1}\n{\"N\":2}\n"
	whole := zip(t, good)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-5] ^= 1 // CRC
	size := bytes.Clone(whole)
	size[len(size)-1] ^= 1 // ISIZE
	for _, tc := range []struct {
		name    string
		in      []byte
		options lineitem.ReaderOptions
		rows    string
		line    int64
		attr    string
		err     error
	}{
		{"not JSON", []byte("{\"N\":1}\nhello\n"), lineitem.ReaderOptions{}, "1", 2, "", lineitem.ErrSyntax},
		{"an array", []byte("[1]\n"), lineitem.ReaderOptions{}, "", 1, "", lineitem.ErrNotObject},
		{"two objects on a line", []byte("{\"N\":1}{\"N\":2}\n"), lineitem.ReaderOptions{}, "", 1, "", lineitem.ErrSyntax},
		{"truncated last line", []byte("{\"N\":1}\n{\"N\":"), lineitem.ReaderOptions{}, "1", 2, "", lineitem.ErrSyntax},
		{"byte order mark in the middle", []byte("{\"N\":1}\n\ufeff{\"N\":2}\n"), lineitem.ReaderOptions{}, "1", 2, "", lineitem.ErrSyntax},
		{"NUL", []byte("{\"N\":1}\n\x00{\"N\":2}\n"), lineitem.ReaderOptions{}, "1", 2, "", lineitem.ErrSyntax},
		{"duplicate attribute", []byte("\n{\"N\":1,\"n\":1}\n"), lineitem.ReaderOptions{}, "", 2, "N", lineitem.ErrDuplicate},
		{"40 digits", []byte("{\"N\":0.1234567890123456789012345678901234567890}\n"), lineitem.ReaderOptions{}, "", 1, "N", lineitem.ErrInexact},
		{"invalid number", []byte("{\"N\":\"Contoso\"}\n"), lineitem.ReaderOptions{}, "", 1, "N", lineitem.ErrNotNumber},
		{"line too long", []byte("{\"N\":1}\n{\"S\":\"" + strings.Repeat("x", 100) + "\"}\n"), lineitem.ReaderOptions{MaxLineBytes: 50}, "1", 2, "", lineitem.ErrLineTooLong},
		{"unlimited line", bytes.Repeat([]byte{'x'}, 1<<20), lineitem.ReaderOptions{MaxLineBytes: 50}, "", 1, "", lineitem.ErrLineTooLong},
		{"plain text, gzip required", []byte(good), lineitem.ReaderOptions{RequireGzip: true}, "", 1, "", lineitem.ErrNotGzip},
		{"HTML where gzip must be", []byte("<html>"), lineitem.ReaderOptions{RequireGzip: true}, "", 1, "", lineitem.ErrNotGzip},
		{"one byte, gzip required", []byte("\x1f"), lineitem.ReaderOptions{RequireGzip: true}, "", 1, "", lineitem.ErrNotGzip},
		{"wrong checksum", flipped, lineitem.ReaderOptions{}, "1 2", 3, "", lineitem.ErrCorrupt},
		{"wrong length", size, lineitem.ReaderOptions{}, "1 2", 3, "", lineitem.ErrCorrupt},
		{"trailer one byte short", whole[:len(whole)-1], lineitem.ReaderOptions{}, "1 2", 3, "", lineitem.ErrCorrupt},
		{"trailer missing", whole[:len(whole)-8], lineitem.ReaderOptions{}, "1 2", 3, "", lineitem.ErrCorrupt},
		{"garbage after", append(bytes.Clone(whole), "some garbage 15"...), lineitem.ReaderOptions{}, "1 2", 3, "", lineitem.ErrCorrupt},
		{"a block of zeros after", append(bytes.Clone(whole), make([]byte, 512)...), lineitem.ReaderOptions{}, "1 2", 3, "", lineitem.ErrCorrupt},
		{"truncated header", whole[:5], lineitem.ReaderOptions{}, "", 1, "", lineitem.ErrCorrupt},
	} {
		tc.options.Blob = "part-00001.json.gz"
		rows, err := readAll(t, lineitem.NewReader[mini](bytes.NewReader(tc.in), &tc.options))
		var decodeErr *lineitem.DecodeError
		if !errors.As(err, &decodeErr) || !errors.Is(err, tc.err) {
			t.Errorf("%s: %v, want a DecodeError of %v", tc.name, err, tc.err)
			continue
		}
		if numbers(rows) != tc.rows || decodeErr.Line != tc.line || decodeErr.Attribute != tc.attr || decodeErr.Blob != tc.options.Blob {
			t.Errorf("%s: rows %q, then %+v (%v)", tc.name, numbers(rows), decodeErr, err)
		}
		if !strings.Contains(err.Error(), fmt.Sprintf("part-00001.json.gz:%d", tc.line)) || strings.Contains(err.Error(), "Contoso") || strings.Contains(err.Error(), "1234567890") {
			t.Errorf("%s: the text must have the position and no value: %v", tc.name, err)
		}
	}
}

// TestReaderCutAtEveryByte truncates gzip data at every byte, with io.EOF, which must be an error
// unless no data is left, and with an error, which must be returned unchanged. The rows before are
// an exact prefix.
func TestReaderCutAtEveryByte(t *testing.T) {
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, "{\"N\":%d,\"S\":\"%d\"}\n", i, i*i*7919)
	}
	whole := zip(t, text.String())
	broken := errors.New("connection lost")
	for n := range whole {
		rows, err := readAll(t, lineitem.NewReader[mini](bytes.NewReader(whole[:n]), &lineitem.ReaderOptions{RequireGzip: true}))
		if n > 0 && err == nil {
			t.Fatalf("%d of %d bytes were read without an error", n, len(whole))
		}
		prefix(t, rows)
		rows, err = readAll(t, lineitem.NewReader[mini](io.MultiReader(bytes.NewReader(whole[:n]), iotest.ErrReader(broken)), nil))
		if err != broken { //nolint:errorlint // Returned unchanged.
			t.Fatalf("after %d bytes: %v, want the source's own error", n, err)
		}
		prefix(t, rows)
	}
}

func prefix(t *testing.T, rows []mini) {
	t.Helper()
	for i, r := range rows {
		if r.N.String() != strconv.Itoa(i) || r.S != strconv.Itoa(i*i*7919) {
			t.Fatalf("row %d is %+v", i, r)
		}
	}
}

func TestReaderNeverReturnsTruncatedLine(t *testing.T) {
	broken := errors.New("connection lost")
	r := lineitem.NewReader[mini](io.MultiReader(strings.NewReader("{\"N\":1}\n{\"N\":22}"), iotest.ErrReader(broken)), nil)
	rows, err := readAll(t, r)
	if numbers(rows) != "1" || !errors.Is(err, broken) {
		t.Errorf("rows %s, %v", numbers(rows), err)
	}
}

func TestReaderOnBadLine(t *testing.T) {
	in := "{\"N\":1}\nbad\n{\"N\":2}\n{\"N\":\"x\"}\n\n{\"N\":3}\n"
	var bad []string
	options := &lineitem.ReaderOptions{OnBadLine: func(e *lineitem.DecodeError) error {
		bad = append(bad, e.Position.String()+" "+e.Attribute)
		return nil
	}}
	r := lineitem.NewReader[mini](strings.NewReader(in), options)
	rows, err := readAll(t, r)
	if err != nil || numbers(rows) != "1 2 3" || strings.Join(bad, ",") != "line 2 ,line 4 N" {
		t.Errorf("rows %s, bad %q, %v", numbers(rows), bad, err)
	}
	if got, want := r.Stats(), (lineitem.Stats{Rows: 3, Skipped: 2, Blank: 1, Bytes: int64(len(in))}); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
	stop := errors.New("enough")
	options.OnBadLine = func(*lineitem.DecodeError) error { return stop }
	if rows, err := readAll(t, lineitem.NewReader[mini](strings.NewReader(in), options)); !errors.Is(err, stop) || numbers(rows) != "1" {
		t.Errorf("rows %s, %v; want the callback's error", numbers(rows), err)
	}
}

func TestReaderPositions(t *testing.T) {
	r := lineitem.NewReader[mini](strings.NewReader("\ufeff\n{\"N\":1}\r\n\n{\"N\":2}\n{\"N\":3}"), &lineitem.ReaderOptions{Blob: "b"})
	rows, at := make([]mini, 2), make([]lineitem.Position, 2)
	n, err := r.ReadBatch(rows, at)
	if n != 2 || err != nil || at[0] != (lineitem.Position{Blob: "b", Line: 2, Offset: 4}) || at[1] != (lineitem.Position{Blob: "b", Line: 4, Offset: 14}) {
		t.Errorf("%d, %v, %+v", n, err, at)
	}
	if n, err = r.ReadBatch(rows, nil); n != 1 || !errors.Is(err, io.EOF) || r.Line() != 5 {
		t.Errorf("%d, %v, line %d", n, err, r.Line())
	}
}

func TestReaderAll(t *testing.T) {
	r := lineitem.NewReader[mini](strings.NewReader("{\"N\":1}\n{\"N\":2}\nbad\n{\"N\":3}\n"), nil)
	var rows []mini
	var failures int
	for row, err := range r.All() {
		if err != nil {
			failures++
			continue // a loop that goes on all the same must end
		}
		rows = append(rows, row)
	}
	if numbers(rows) != "1 2" || failures != 1 {
		t.Errorf("rows %s, %d errors", numbers(rows), failures)
	}
}

func TestPayloads(t *testing.T) {
	payload(t, "testdata/usage-full.jsonl", func(u lineitem.Usage) any { return u })
	payload(t, "testdata/reconciliation-full.jsonl", func(r lineitem.Reconciliation) any { return r })
}

// payload decodes a captured row and compares every attribute with the text that encoding/json
// decodes.
func payload[T any](t *testing.T, path string, fields func(T) any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := readAll(t, lineitem.NewReader[T](bytes.NewReader(data), nil))
	if err != nil || len(rows) != 1 {
		t.Fatalf("%s: %d rows, %v", path, len(rows), err)
	}
	var written map[string]json.RawMessage
	if err := json.Unmarshal(data, &written); err != nil {
		t.Fatal(err)
	}
	row := reflect.ValueOf(fields(rows[0]))
	for _, f := range reflect.VisibleFields(row.Type()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		value, ok := written[name]
		if name == "Unknown" {
			continue
		}
		if !ok {
			t.Errorf("%s: no %s", path, name)
			continue
		}
		delete(written, name)
		var text string
		if value[0] == '"' {
			if err := json.Unmarshal(value, &text); err != nil {
				t.Fatal(err)
			}
		} else {
			text = string(value)
		}
		var got string
		switch v := row.FieldByIndex(f.Index).Interface().(type) {
		case time.Time:
			want, err := lineitem.ParseTime(text)
			if err != nil || !v.Equal(want) || v.IsZero() {
				t.Errorf("%s: %s is %v, want %s", path, name, v, text)
			}
			continue
		case lineitem.Qualifiers:
			out, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			got = string(out)
		default:
			got = fmt.Sprint(v)
		}
		if got != text {
			t.Errorf("%s: %s is %q, want %q", path, name, got, text)
		}
	}
	if len(written) > 0 {
		t.Errorf("%s: attributes without a field: %v", path, written)
	}
}

func TestRowsRoundTrip(t *testing.T) {
	line := `{"CustomerId":"c","UnitPrice":0.1999968000511991808131,"Quantity":0,"UsageDate":"2018-11-13","Tags":"{\"a\":1}","New":[1]}`
	rows, err := readAll(t, lineitem.NewReader[lineitem.Usage](strings.NewReader(line), nil))
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(rows[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"CustomerId":"c","UsageDate":"2018-11-13T00:00:00Z","UnitPrice":0.1999968000511991808131,"Quantity":0,"Tags":"{\"a\":1}","Unknown":{"New":[1]}}`
	if string(out) != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
	var back lineitem.Usage
	if err := json.Unmarshal(out, &back); err != nil || !reflect.DeepEqual(back, rows[0]) {
		t.Errorf("was decoded as %+v, %v", back, err)
	}
}

func TestNullEmptyAndMissingAreTheSame(t *testing.T) {
	in := `{"CustomerId":"c"}
{"CustomerId":"c","UnitPrice":null,"UsageDate":null,"SkuId":null,"Tags":null}
{"CustomerId":"c","UnitPrice":"","UsageDate":"","SkuId":"","Tags":""}
{"CustomerId":"c","UnitPrice":0}
`
	rows, err := readAll(t, lineitem.NewReader[lineitem.Usage](strings.NewReader(in), nil))
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if !reflect.DeepEqual(rows[0], rows[1]) || !reflect.DeepEqual(rows[0], rows[2]) {
		t.Errorf("they differ:\n%+v\n%+v\n%+v", rows[0], rows[1], rows[2])
	}
	if !rows[0].UnitPrice.IsNull() || rows[3].UnitPrice.IsNull() {
		t.Error("no value and zero are not distinguished")
	}
}

func TestRowMismatch(t *testing.T) {
	_, err := readAll(t, lineitem.NewReader[lineitem.Usage](strings.NewReader(`{"some":"thing"}`), nil))
	if !errors.Is(err, lineitem.ErrRowMismatch) {
		t.Errorf("got %v, want ErrRowMismatch", err)
	}
	// A row may have none of the attributes of a caller's struct.
	if rows, err := readAll(t, lineitem.NewReader[mini](strings.NewReader(`{"some":"thing"}`), nil)); err != nil || len(rows) != 1 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestReplacedTextIsCounted(t *testing.T) {
	in := "{\"S\":\"ok ü\"}\n{\"S\":\"bad \xff\"}\n{\"S\":\"lone \\ud800\"}\n{\"S\":\"pair \\ud83d\\ude00\"}\n"
	r := lineitem.NewReader[mini](strings.NewReader(in), nil)
	rows, err := readAll(t, r)
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if rows[1].S != "bad \ufffd" || rows[2].S != "lone \ufffd" || rows[3].S != "pair \U0001f600" || r.Stats().Replaced != 2 {
		t.Errorf("rows %q, %d replaced", rows, r.Stats().Replaced)
	}
}
