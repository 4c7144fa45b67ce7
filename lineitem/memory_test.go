package lineitem_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// TestCacheDoesNotAffectRows decodes enough rows with one decoder that it learns what follows texts
// and leaves columns out, and compares every row with encoding/json, which has no cache.
// Rows are sorted and shuffled, complete and with attributes omitted, reordered and spaced.
func TestCacheDoesNotAffectRows(t *testing.T) {
	for _, shuffled := range []bool{false, true} {
		e := billingtest.Export{InvoiceID: "G016907411", Rows: 4000, Blobs: 1, Seed: 7, Shuffled: shuffled, Customers: 700}
		var text bytes.Buffer
		if err := e.WriteLines(&text, 0); err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(bytes.TrimSpace(text.Bytes()), []byte{'\n'})
		rng := rand.New(rand.NewPCG(1, 2))
		dec, err := lineitem.NewDecoder[lineitem.Usage]()
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range lines {
			if i%4 == 3 {
				line = disturbed(t, line, rng)
			}
			var want naiveUsage
			if err := json.Unmarshal(line, &want); err != nil {
				t.Fatal(err)
			}
			if want.Usage.UsageDate, err = lineitem.ParseTime(want.UsageDate); err != nil {
				t.Fatal(err)
			}
			given := bytes.Clone(line)
			var got lineitem.Usage
			if err := dec.Decode(given, &got); err != nil {
				t.Fatalf("row %d: %v", i, err)
			}
			clear(given) // the row must not look into the line any more
			if !reflect.DeepEqual(got, want.Usage) {
				t.Fatalf("row %d, shuffled %t:\n%+v\nwant\n%+v", i, shuffled, got, want.Usage)
			}
		}
	}
}

// disturbed omits attributes, swaps two and adds spaces.
func disturbed(tb testing.TB, line []byte, rng *rand.Rand) []byte {
	var r lineitem.Record
	if err := r.UnmarshalJSON(line); err != nil {
		tb.Fatal(err)
	}
	var members []string
	for name, value := range r.All() {
		if rng.IntN(20) > 0 {
			members = append(members, `"`+name+`"`+strings.Repeat(" ", rng.IntN(8)/7)+":"+strings.Repeat(" ", rng.IntN(8)/7)+string(value))
		}
	}
	a, b := rng.IntN(len(members)), rng.IntN(len(members))
	members[a], members[b] = members[b], members[a]
	return []byte("{" + strings.Join(members, strings.Repeat(" ", rng.IntN(3)/2)+",") + "}")
}

// TestKeysThatDifferInOneByte: a key that is not the expected one in a single byte, wherever that
// is, is another attribute. Keys of up to 24 bytes and longer ones are compared differently.
func TestKeysThatDifferInOneByte(t *testing.T) {
	type row struct {
		Short   string           `json:"AB"`
		Middle  lineitem.Decimal `json:"ABCDEFGHIJKLMNO"`
		Long    string           `json:"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKL"`
		Unknown map[string]json.RawMessage
	}
	for _, key := range []string{"AB", "ABCDEFGHIJKLMNO", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKL"} {
		for i := range key {
			dec, err := lineitem.NewDecoder[row]()
			if err != nil {
				t.Fatal(err)
			}
			other := key[:i] + "_" + key[i+1:]
			for n := range 20 { // in turns, so that each is expected where the other is
				name := []string{key, other, other, key, key}[n%5]
				var got row
				if err := dec.Decode([]byte(`{"`+name+`":5,"Z":1}`), &got); err != nil {
					t.Fatal(err)
				}
				own := got.Short == "5" || got.Long == "5" || got.Middle.String() == "5"
				if _, unknown := got.Unknown[other]; own != (name == key) || unknown != (name == other) {
					t.Fatalf("%s for %s: %+v", name, key, got)
				}
			}
		}
	}
}

// TestColumnOfUniqueValues: every value is decoded correctly, also one that recurs much later.
func TestColumnOfUniqueValues(t *testing.T) {
	type row struct {
		ID     string           `json:"Id"`
		Amount lineitem.Decimal `json:"Amount"`
		Same   string           `json:"Same"`
	}
	dec, err := lineitem.NewDecoder[row]()
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 30_000 {
		n := i
		if i > 20_000 {
			n = rng.IntN(50) // now it does
		}
		id, amount := strings.Repeat("x", n%40)+string(rune('a'+n%26))+strings.Repeat("y", n/1000), lineitem.Decimal{}
		if amount, err = lineitem.NewDecimal(int64(n)*1_000_003, -6); err != nil {
			t.Fatal(err)
		}
		var got row
		if err := dec.Decode([]byte(`{"Id":"`+id+`","Amount":`+amount.String()+`,"Same":"z"}`), &got); err != nil {
			t.Fatal(err)
		}
		if got.ID != id || got.Amount.Cmp(amount) != 0 || got.Same != "z" {
			t.Fatalf("row %d: %+v, want %s %v", i, got, id, amount)
		}
	}
}

// TestCachedCSVFields: a cached field does not match a field with the same prefix, in the middle of
// a record or at its end.
func TestCachedCSVFields(t *testing.T) {
	type row struct {
		First lineitem.Decimal `json:"first"`
		Text  string           `json:"text"`
		Last  lineitem.Decimal `json:"last"`
	}
	decoders := make(map[string]*lineitem.Decoder[row])
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range 20_000 {
		n := 1 + rng.IntN(1<<(1+i%9)) // 1, 12, 123
		text := "v" + strconv.Itoa(n)
		field := text
		if n%3 == 0 {
			text, field = text+`,"`, `"`+text+`,"""`
		}
		number := strconv.Itoa(n)
		header, record := "first,text,skipped,last", number+","+field+","+field+","+number
		if i/5000 == 2 {
			header, record = "skipped,last,first,text", field+","+number+","+number+","+field
		}
		if decoders[header] == nil {
			var err error
			if decoders[header], err = lineitem.NewCSVDecoder[row]([]byte(header)); err != nil {
				t.Fatal(err)
			}
		}
		dec := decoders[header]
		for range 3 {
			var got row
			if err := dec.Decode([]byte(record), &got); err != nil {
				t.Fatalf("row %d, %s: %v", i, record, err)
			}
			if got.First.String() != number || got.Last.String() != number || got.Text != text {
				t.Fatalf("row %d, %s: %+v", i, record, got)
			}
		}
	}
}

// TestCacheIsBounded: texts that occur often enough to be cached, and then never again, alone and
// each with a kilobyte that follows it.
func TestCacheIsBounded(t *testing.T) {
	type row struct {
		ID, A, B, C, D, E, F string
	}
	for _, after := range []string{"", strings.Repeat(`,"Skipped":"`+strings.Repeat("y", 100)+`"`, 10)} {
		dec, err := lineitem.NewDecoder[row]()
		if err != nil {
			t.Fatal(err)
		}
		heap := func() int {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return int(m.HeapAlloc)
		}
		before := heap()
		for i := range 50_000 {
			line := []byte("{")
			for _, name := range []string{"ID", "A", "B", "C", "D", "E", "F"} {
				text := strings.Repeat("x", 50) + name + strconv.Itoa(i/3*3)
				line = append(line, `"`+name+`":"`+text+`"`+after+`,"n":`+strconv.Itoa(i)+`,`...)
			}
			line[len(line)-1] = '}'
			for range 2 {
				var got row
				if err := dec.Decode(line, &got); err != nil {
					t.Fatal(err)
				}
			}
		}
		if grown := heap() - before; grown > 3<<20 {
			t.Errorf("the decoder holds %d KiB, with %d bytes after each text", grown>>10, len(after))
		}
		runtime.KeepAlive(dec)
	}
}

// TestRunsAreBounded: texts that are not a part of the bytes that are remembered, because a space
// follows them, are counted too.
func TestRunsAreBounded(t *testing.T) {
	type row struct{ ID, A, B, C, D string }
	dec, err := lineitem.NewDecoder[row]()
	if err != nil {
		t.Fatal(err)
	}
	heap := func() int {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	before := heap()
	text := strings.Repeat("y", 450)
	for i := range 4000 { // A to D are the same in all rows, so the memory is that of runs
		line := fmt.Appendf(nil, `{"ID":"%d","A":"%[2]s" ,"B":"%[2]s" ,"C":"%[2]s" ,"D":"%[2]s" ,"Skipped":1}`, i, text)
		for range 4 {
			var got row
			if err := dec.Decode(line, &got); err != nil {
				t.Fatal(err)
			}
		}
	}
	if grown := heap() - before; grown > 5<<19 {
		t.Errorf("the decoder holds %d KiB", grown>>10)
	}
	runtime.KeepAlive(dec)
}

// TestAllocationsPerRow: repeated values are not allocated, and the others share allocations.
func TestAllocationsPerRow(t *testing.T) {
	e := billingtest.Export{InvoiceID: "G016907411", Rows: 3000, Blobs: 1, Seed: 7, Shuffled: true}
	var text bytes.Buffer
	if err := e.WriteLines(&text, 0); err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(text.Bytes()), []byte{'\n'})
	dec, err := lineitem.NewDecoder[lineitem.Usage]()
	if err != nil {
		t.Fatal(err)
	}
	var row lineitem.Usage
	decode := func() {
		for _, line := range lines {
			if err := dec.Decode(line, &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	decode() // what follows each text is learned
	if each := testing.AllocsPerRun(2, decode) / float64(len(lines)); each > 0.4 {
		t.Errorf("%.2f allocations a row", each)
	}
}
