package lineitem_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// kinds is a row with a field of every type that the decoder handles separately.
type kinds struct {
	Text    string            `json:"Text"`
	JSON    lineitem.JSONText `json:"Tags"`
	Amount  lineitem.Decimal  `json:"UnitPrice"`
	Date    time.Time         `json:"UsageDate"`
	Int     int64             `json:"Int"`
	Uint    uint8             `json:"Uint"`
	Float   float64           `json:"Float"`
	Bool    bool              `json:"Bool"`
	Raw     json.RawMessage   `json:"Raw"`
	List    lineitem.Qualifiers
	Maybe   *lineitem.Decimal
	MaybeS  *string
	Map     map[string]string
	Tier2   string `json:"Tier2MpnId"`
	Benefit string `json:"BenefitID"`
	Hidden  string `json:"-"`
	Unknown map[string]json.RawMessage
}

var errReference = errors.New("not a row")

// reference decodes a line with encoding/json only: into names and values first, then value by
// value. It is slow and simple and defines what the decoder must do.
func reference(line []byte) (row kinds, err error) {
	names, values, err := members(line)
	if err != nil {
		return row, err
	}
	fields := map[string]any{
		"Text": &row.Text, "Tags": &row.JSON, "UnitPrice": &row.Amount, "UsageDate": &row.Date, "Int": &row.Int, "Uint": &row.Uint,
		"Float": &row.Float, "Bool": &row.Bool, "Raw": &row.Raw, "List": &row.List, "Maybe": &row.Maybe, "MaybeS": &row.MaybeS,
		"Map": &row.Map, "Tier2MpnId": &row.Tier2, "BenefitID": &row.Benefit,
	}
	seen := make(map[string]bool)
	for i, name := range names {
		known, ok := resolve(fields, name)
		if !ok {
			if err := keep(&row, name, values[i]); err != nil {
				return row, err
			}
			continue
		}
		if seen[known] {
			return row, lineitem.ErrDuplicate
		}
		seen[known] = true
		if err := store(fields[known], values[i]); err != nil {
			return row, fmt.Errorf("%s: %w", known, err)
		}
	}
	return row, nil
}

// keep stores an attribute without a field in Unknown. An attribute of that name with an object was
// written by encoding/json.
func keep(row *kinds, name string, value json.RawMessage) error {
	names, values := []string{name}, []json.RawMessage{value}
	if name == "Unknown" && value[0] == '{' {
		var err error
		if names, values, err = members(value); err != nil {
			return err
		}
	}
	if row.Unknown == nil {
		row.Unknown = make(map[string]json.RawMessage)
	}
	for i, name := range names {
		if _, twice := row.Unknown[name]; twice {
			return lineitem.ErrDuplicate
		}
		row.Unknown[name] = values[i]
	}
	return nil
}

func members(line []byte) (names []string, values []json.RawMessage, err error) {
	if !json.Valid(line) {
		return nil, nil, errReference
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, nil, errReference
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, nil, errReference
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, nil, errReference
		}
		text, ok := name.(string)
		if !ok {
			return nil, nil, errReference
		}
		names, values = append(names, text), append(values, value)
	}
	return names, values, nil
}

func resolve(fields map[string]any, name string) (string, bool) {
	if _, ok := fields[name]; ok {
		return name, true
	}
	for _, known := range slices.Sorted(maps.Keys(fields)) {
		if strings.EqualFold(known, name) {
			return known, true
		}
	}
	if strings.EqualFold(name, "ResellerMpnId") {
		return "Tier2MpnId", true
	}
	return "", false
}

func store(to any, value json.RawMessage) error {
	var s string
	isString := json.Unmarshal(value, &s) == nil && value[0] == '"'
	text := string(value)
	switch {
	case isString:
		text = s
	case text == "null":
		text = ""
	}
	composite := value[0] == '{' || value[0] == '['
	switch to := to.(type) {
	case *string:
		*to = text
	case *lineitem.JSONText:
		*to = lineitem.JSONText(text)
	case *lineitem.Decimal:
		if composite {
			return errReference
		}
		d, err := lineitem.ParseDecimal(text)
		*to = d
		return err
	case **lineitem.Decimal:
		if text == "" {
			return nil
		}
		*to = new(lineitem.Decimal)
		return store(*to, value)
	case **string:
		if text == "" {
			return nil
		}
		*to = new(string)
		return store(*to, value)
	case *time.Time:
		if !isString && text != "" {
			return errReference
		}
		d, err := lineitem.ParseTime(text)
		*to = d
		return err
	case *int64, *uint8, *float64:
		if text == "" || composite {
			return nilIf(text == "")
		}
		return json.Unmarshal([]byte(text), to)
	case *bool:
		switch text = strings.ToLower(text); {
		case composite:
			return errReference
		case text == "true":
			*to = true
		case text != "" && text != "false":
			return errReference
		}
	case *json.RawMessage:
		*to = value
	case *lineitem.Qualifiers:
		return json.Unmarshal(value, to)
	case *map[string]string:
		if text == "" {
			return nil
		}
		return json.Unmarshal([]byte(text), to)
	}
	return nil
}

func nilIf(ok bool) error {
	if ok {
		return nil
	}
	return errReference
}

// sameRow compares rows by value: numbers as numbers.
func sameRow(a, b kinds) bool {
	if a.Amount.IsNull() != b.Amount.IsNull() || a.Amount.Cmp(b.Amount) != 0 {
		return false
	}
	if (a.Maybe == nil) != (b.Maybe == nil) || a.Maybe != nil && a.Maybe.Cmp(*b.Maybe) != 0 {
		return false
	}
	a.Amount, b.Amount, a.Maybe, b.Maybe = lineitem.Decimal{}, lineitem.Decimal{}, nil, nil
	return reflect.DeepEqual(a, b)
}

// FuzzDecoder compares the decoder with the reference, for single lines and for lines in sequence
// with one decoder, whose cache must not affect the result: neither its texts, nor what follows
// them in rows.
func FuzzDecoder(f *testing.F) {
	for _, s := range decoderSeeds {
		f.Add([]byte(s), []byte(s))
	}
	for i := range decoderSeeds[1:] {
		f.Add([]byte(decoderSeeds[i]), []byte(decoderSeeds[i+1]))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		dec, err := lineitem.NewDecoder[kinds]()
		if err != nil {
			t.Fatal(err)
		}
		// A text is cached when it occurs for the second time.
		sequence := [][]byte{first, second, first, first, second, first, second, second, first}
		for _, line := range sequence {
			if bytes.Count(line, []byte{'['})+bytes.Count(line, []byte{'{'}) > 5000 {
				return // encoding/json counts the depth of what it is given, which differs
			}
			check(t, dec, line)
		}
		if len(first)+len(second) > 400 {
			return // what follows takes too long
		}
		var row kinds
		for i := range 200 { // so that what follows texts is remembered
			given := bytes.Clone(sequence[i%len(sequence)])
			if err := dec.Decode(given, &row); err != nil && dec.Decode(given, &row) == nil {
				t.Fatalf("%s\nis an error the first time only: %v", given, err)
			}
		}
		for _, line := range sequence {
			check(t, dec, line)
		}
	})
}

func check(t *testing.T, dec *lineitem.Decoder[kinds], line []byte) {
	t.Helper()
	want, wantErr := reference(line)
	given := bytes.Clone(line)
	var got kinds
	got.Text, got.Unknown = "left over", map[string]json.RawMessage{"left": nil}
	gotErr := dec.Decode(given, &got)
	for i := range given {
		given[i] = '#' // the row must not look into the line any more
	}
	switch {
	case wantErr == nil && gotErr != nil:
		t.Fatalf("%s\nis an error: %v", line, gotErr)
	case wantErr != nil && gotErr == nil:
		// The reference decodes floats and integers with encoding/json, which does not accept
		// "+1" or "007".
		if strings.Contains(string(line), `"`) && looseNumber(wantErr) {
			return
		}
		t.Fatalf("%s\nis accepted: %+v\nbut must be an error: %v", line, got, wantErr)
	case gotErr != nil:
		if _, ok := errors.AsType[*lineitem.DecodeError](gotErr); !ok {
			t.Fatalf("%s\nhas the error %T", line, gotErr)
		}
	case !sameRow(got, want):
		t.Fatalf("%s\ngot  %+v\nwant %+v", line, got, want)
	}
}

// looseNumber reports whether an error of the reference concerns a number in a string.
func looseNumber(err error) bool {
	return strings.HasPrefix(err.Error(), "Int:") || strings.HasPrefix(err.Error(), "Uint:") || strings.HasPrefix(err.Error(), "Float:")
}

var decoderSeeds = []string{
	`{}`,
	`{"Text":"a","Tags":"{\"env\":\"prod\"}","UnitPrice":0.1999968000511991808131,"UsageDate":"2018-11-13"}`,
	`{"Text":"a","UnitPrice":"1.5","Int":-5,"Uint":255,"Float":1e3,"Bool":true,"Raw":{"a":[1,2]},"List":["AddOn","Trial"]}`,
	`{"text":"case","TEXT2":1,"resellermpnid":"67890","benefitId":"x"}`,
	`{"Text":null,"UnitPrice":null,"UsageDate":null,"Int":null,"Raw":null,"List":null,"Maybe":null,"Map":null}`,
	`{"Text":"","UnitPrice":"","UsageDate":"","Int":"","Float":"","Bool":"","List":"","Maybe":"","MaybeS":"","Map":""}`,
	`{"Text":5,"Tags":{"a": 1},"Tier2MpnId":-1,"BenefitID":true,"List":"[\"Add-on\"]","Map":"{\"a\":\"b\"}"}`,
	`{"Text":[1, 2],"List":"Trial","Maybe":1.50,"MaybeS":"s","Map":{"a":"b"},"Bool":"TRUE"}`,
	`{"Text":"a","Text":"b"}`,
	`{"Text":"a","text":"b"}`,
	`{"X":1,"X":2}`, `{"Unknown":{"X":1,"Y":{}},"Z":1}`, `{"X":1,"Unknown":{"X":1}}`, `{"Unknown":{},"Unknown":{"a":1,"a":2}}`, `{"Unknown":[1]}`,
	`{"Text":"\u00fc\ud83d\ude00 \n\t\"\\\/ü","\u0054ags":"x"}`,
	`{"Text":"\ud800 lone","Tags":"\udc00\ud800"}`,
	"{\"Text\":\"\xff\xfe\",\"\xff\":1}",
	`{"Text":"a"} `, ` {"Text" : "a" , "UnitPrice" : 1 } `, "\t{\r\n}\n",
	`{"Text":"a"}{"Text":"b"}`, `{"Text":"a"`, `{"Text":"a",}`, `{"Text" "a"}`, `{,}`, `{"Text":}`, `[]`, `null`, `1`, `"x"`, ``, `{"Text":"a"}]`,
	`{"UnitPrice":01}`, `{"UnitPrice":1.}`, `{"UnitPrice":.5}`, `{"UnitPrice":-}`, `{"UnitPrice":1e}`, `{"UnitPrice":+1}`, `{"UnitPrice":1e400}`, `{"UnitPrice":true}`,
	`{"UnitPrice":0.1234567890123456789012345678901234567890}`, `{"UnitPrice":[]}`, `{"UnitPrice":{}}`, `{"UnitPrice":"\u0031"}`,
	`{"UsageDate":5}`, `{"UsageDate":"soon"}`, `{"UsageDate":"9/30/2020"}`, `{"UsageDate":"2018\u002d11-13"}`,
	`{"Text":"bad \q escape"}`, `{"Text":"bad \u12g4"}`, "{\"Text\":\"tab\there\"}", "{\"Text\":\"nul\x00\"}", `{"Other":"bad \q"}`, `{"Other":01}`, `{"Other":[}`, `{"Other":[1,]}`, `{"Other":nul}`,
	`{"Int":1.0}`, `{"Int":9223372036854775808}`, `{"Uint":256}`, `{"Uint":-1}`, `{"Float":1e999}`, `{"Bool":1}`, `{"Map":{"a":1}}`, `{"Map":"no json"}`, `{"List":{"a":1}}`, `{"List":[1,null,{"a":2}]}`,
}
