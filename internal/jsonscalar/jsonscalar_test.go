package jsonscalar_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
)

func TestText(t *testing.T) {
	for in, want := range map[string]jsonscalar.Text{`"2"`: "2", `2`: "2", `2.50`: "2.50", `true`: "true", `null`: "", `" a "`: " a "} {
		var got jsonscalar.Text
		if err := json.Unmarshal([]byte(in), &got); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{`{}`, `[1]`, `{"a":1}`} {
		var got jsonscalar.Text
		if err := json.Unmarshal([]byte(in), &got); err == nil {
			t.Errorf("%s: %q; want an error", in, got)
		}
	}
}

func TestTextOf(t *testing.T) {
	for in, want := range map[string]string{``: "", `null`: "", ` null `: "", `" a "`: "a", `5000`: "5000", `{"a":1}`: `{"a":1}`} {
		if got := jsonscalar.TextOf(json.RawMessage(in)); got != want {
			t.Errorf("%s: %q; want %q", in, got, want)
		}
	}
}

func TestInt(t *testing.T) {
	for in, want := range map[string]jsonscalar.Int{
		`3`: {Value: 3, Set: true}, `"3"`: {Value: 3, Set: true}, `0`: {Set: true}, `null`: {}, `""`: {},
		`9223372036854775807`: {Value: 1<<63 - 1, Set: true},
	} {
		var got jsonscalar.Int
		if err := json.Unmarshal([]byte(in), &got); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{`3.5`, `"x"`, `9223372036854775808`, `{}`, `true`} {
		var got jsonscalar.Int
		if err := json.Unmarshal([]byte(in), &got); err == nil {
			t.Errorf("%s: %+v; want an error", in, got)
		}
	}
	if data, err := json.Marshal(jsonscalar.Int{Value: 7, Set: true}); err != nil || string(data) != "7" {
		t.Errorf("%s, %v", data, err)
	}
}

func TestTime(t *testing.T) {
	day := time.Date(2023, 1, 31, 0, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Time{
		`"2023-01-31"`: day, `"2023-01-31T00:00:00Z"`: day, `"1/31/2023"`: day, `"01-31-2023"`: day,
		`null`: {}, `""`: {}, `"soon"`: {}, `12`: {}, `{}`: {},
	} {
		var got jsonscalar.Time
		if err := json.Unmarshal([]byte(in), &got); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v; want %v", in, got, err, want)
		}
	}
}
