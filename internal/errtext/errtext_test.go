package errtext_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/partnerbilling/sdk-go/internal/errtext"
)

func TestNewMatchesItsKindsAndHidesTheirTexts(t *testing.T) {
	kind, cause := errors.New("kind"), io.ErrUnexpectedEOF
	err := errtext.New("what happened", kind, cause)
	if !errors.Is(err, kind) || !errors.Is(err, cause) || errors.Is(err, io.EOF) {
		t.Errorf("%v matches %v, %v, %v", err, errors.Is(err, kind), errors.Is(err, cause), errors.Is(err, io.EOF))
	}
	if err.Error() != "what happened" {
		t.Errorf("text is %q", err)
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"  plain text\r\n", "plain text"},
		{"two\nlines\x00\x1b[31m", "two lines  [31m"},
		{"ab\xffcd", "ab cd"},
		{"https://host/blob?sig=SECRET", "https://host/blob?REDACTED"},
		{strings.Repeat("é", 40), strings.Repeat("é", 32)},
		{"x" + strings.Repeat("é", 40), "x" + strings.Repeat("é", 31)},
		{strings.Repeat("y", 60) + " sig=SECRETSECRET", strings.Repeat("y", 60) + " sig"},
	} {
		got := errtext.Clip(c.in, 64)
		if got != c.want || !utf8.ValidString(got) {
			t.Errorf("Clip(%q) = %q; want %q", c.in, got, c.want)
		}
	}
	if got := errtext.Clip(strings.Repeat("sig=SECRET ", 100_000), 64); strings.Contains(got, "SECRET") {
		t.Errorf("a secret is left in %q", got)
	}
}
