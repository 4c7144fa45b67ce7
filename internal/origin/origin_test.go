package origin_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/internal/origin"
)

func endpoint(t *testing.T) origin.Endpoint {
	t.Helper()
	e, err := origin.Parse("https://Graph.example:443/v1.0/")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestJoin(t *testing.T) {
	for _, c := range []struct {
		segments []string
		want     string // empty: ErrForeign
	}{
		{[]string{"a", "b"}, "https://Graph.example:443/v1.0/a/b"},
		{[]string{"a/b", "c?d#e", "f g", "50%"}, "https://Graph.example:443/v1.0/a%2Fb/c%3Fd%23e/f%20g/50%25"},
		{[]string{"..", "a"}, ""},
		{[]string{"."}, ""},
		{[]string{"a", ""}, ""},
	} {
		u, err := endpoint(t).Join(c.segments...)
		switch {
		case c.want == "":
			if !errors.Is(err, origin.ErrForeign) {
				t.Errorf("%q: %v, %v", c.segments, u, err)
			}
		case err != nil || u.String() != c.want:
			t.Errorf("%q: %v, %v", c.segments, u, err)
		}
	}
}

func TestResolve(t *testing.T) {
	base, err := url.Parse("https://graph.example/v1.0/x/y")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		base      *url.URL
		reference string
		want      string // empty: ErrForeign
	}{
		{base, "z", "https://graph.example/v1.0/x/z"},
		{base, "/z?q#f", "https://graph.example/z?q"},
		{nil, "z", "https://Graph.example:443/v1.0/z"},
		{nil, "https://GRAPH.EXAMPLE/z", "https://GRAPH.EXAMPLE/z"},
		{base, "//other.example/z", ""},
		{base, "http://graph.example/z", ""},
		{base, "https://graph.example:444/z", ""},
		{base, "https://u@graph.example/z", ""},
		{base, "https://gra\u2019ph.example/z", ""},
		{base, "mailto:x", ""},
		{base, ":", ""},
	} {
		u, err := endpoint(t).Resolve(c.base, c.reference)
		switch {
		case c.want == "":
			if !errors.Is(err, origin.ErrForeign) {
				t.Errorf("%s: %v, %v", c.reference, u, err)
			}
		case err != nil || u.String() != c.want:
			t.Errorf("%s: %v, %v", c.reference, u, err)
		}
	}
}

func TestParse(t *testing.T) {
	const secret = "Canary0SigThatNobodyMaySee"
	for endpoint, ok := range map[string]bool{
		"https://graph.microsoft.com/beta/": true,
		"https://localhost:8443":            true,
		"":                                  false,
		"http://graph.microsoft.com":        false,
		"graph.microsoft.com":               false,
		"https://":                          false,
		"https://user@graph.microsoft.com":  false,
		"https://graph.microsoft.com?sig=" + secret: false,
		"https://graph.microsoft.com#x":             false,
		"https://gr\u00e4ph.example":                false,
		"://" + secret:                              false,
	} {
		_, err := origin.Parse(endpoint)
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}
