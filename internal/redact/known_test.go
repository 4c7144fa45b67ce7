package redact_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/internal/redact"
)

// Secrets without anything around them by which they could be recognized.
const (
	signature = "Kq8+0zT/vQ1mY5+aB7nXc2Lr9/WfEo4HsJd6Uy3Gp+0="
	opaque    = "AQC7x1.9fK2mT-0aQz_8Lh4vYb6NcRw3Ue5Ij1Xg.Sd7Po_2"
)

// echoes are forms in which a server may send back a secret.
func echoes(secret string) map[string]string {
	escaped := url.QueryEscape(secret)
	json := strings.NewReplacer("+", `\u002b`, "/", `\/`, "=", `\u003d`).Replace(secret)
	return map[string]string{
		"bare":                  secret,
		"quoted":                `sig="` + secret + `"`,
		"XML":                   "<Signature>" + secret + "</Signature>",
		"other XML":             "<Detail>" + secret + "</Detail>",
		"escaped":               escaped,
		"escaped twice":         url.QueryEscape(escaped),
		"escaped, lower case":   strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3D", "%3d").Replace(escaped),
		"escaped, but slashes":  strings.NewReplacer("+", "%2B", "=", "%3D").Replace(secret),
		"in a path":             url.PathEscape(secret),
		"JSON":                  `{"x":"` + json + `"}`,
		"JSON in JSON":          `{"x":"{\"y\":\"` + strings.ReplaceAll(json, `\`, `\\`) + `\"}"}`,
		"query in JSON":         `a\u0026sig\u003d` + json + `\u0026sp\u003drl`,
		"JavaScript":            strings.NewReplacer("+", `\x2B`, "/", `\x2F`, "=", `\x3D`).Replace(secret),
		"HTML":                  html.EscapeString(strings.NewReplacer("+", "&#43;", "/", "&#x2F;", "=", "&#61;").Replace("<" + secret + ">")),
		"plus as blank":         strings.ReplaceAll(secret, "+", " "),
		"base64 for URLs":       strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(secret),
		"base64":                base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 after one byte": base64.StdEncoding.EncodeToString([]byte("?" + secret + "&x")),
		"base64 after two":      base64.RawURLEncoding.EncodeToString([]byte("s=" + secret + "&")),
		"cut at its end":        "token " + secret[:20],
		"cut at its beginning":  "token " + secret[20:],
		"without a blank":       "xx" + secret + "xx",
		"twice":                 secret + secret,
		"of another case":       "SIG=" + secret,
	}
}

// pieces are parts of a secret that must not be in a text.
func pieces(secret string) (found []string) {
	for _, s := range echoes(secret) {
		for _, form := range []string{s, secret} {
			for i := 0; i+16 <= len(form); i++ {
				if piece := form[i : i+16]; strings.Contains(secret, piece) || strings.Contains(url.QueryEscape(secret), piece) {
					found = append(found, piece)
				}
			}
		}
	}
	return found
}

func TestKnownValues(t *testing.T) {
	for _, secret := range []string{signature, opaque} {
		known := redact.Know(url.QueryEscape(secret))
		for what, text := range echoes(secret) {
			for _, struck := range []string{redact.Values(text), redact.Text(text), redact.Error(errors.New(text)).Error()} {
				for _, piece := range pieces(secret) {
					if strings.Contains(struck, piece) {
						t.Errorf("%s: %s", what, struck)
						break
					}
				}
				if !strings.Contains(struck, redact.Placeholder) {
					t.Errorf("%s: %s", what, struck)
				}
			}
		}
		for what, text := range map[string]string{
			"bare":   redact.Values("a " + secret + " b"),
			"XML":    redact.Values("a " + url.QueryEscape(url.QueryEscape(secret)) + " b"),
			"quoted": redact.Values("a " + secret[:13] + " b"),
		} {
			if text != "a REDACTED b" {
				t.Errorf("%s: %s", what, text)
			}
		}
		for _, plain := range []string{"", "x", "connection refused by 10.0.0.1:443", secret[:8] + " is a piece", strings.ToUpper(secret[:20])} {
			if got := redact.Values(plain); got != plain {
				t.Errorf("%s became %s", plain, got)
			}
		}
		if out := fmt.Sprintf("%v %+v %#v", known, *known, struct{ k redact.Known }{*known}); strings.Contains(out, secret[:8]) {
			t.Errorf("it prints as %s", out)
		}
		if !known.Is(secret) || !known.Is(url.QueryEscape(secret)) || known.Is("") || (*redact.Known)(nil).Is("") {
			t.Error("Is does not compare values")
		}
	}
	if redact.Know("short") != nil || redact.Know(strings.Repeat("x", 1<<20)) != nil {
		t.Error("a value that is no secret is known")
	}
	(*redact.Known)(nil).Used()
}

// TestKnownWhileReachable: a value is struck while its owner is there, and no longer.
func TestKnownWhileReachable(t *testing.T) {
	const text = "0123456789abcdefghij of TestKnownWhileReachable"
	known := redact.Know(text)
	runtime.GC()
	if redact.Values(text) == text {
		t.Error("it was forgotten too early")
	}
	runtime.KeepAlive(known)
	for start := time.Now(); redact.Values(text) != text; time.Sleep(time.Millisecond) {
		if runtime.GC(); time.Since(start) > 10*time.Second {
			t.Fatal("it is never forgotten")
		}
	}
}

// TestKnownIsBounded: those that were used last are struck, and using one again brings it back.
func TestKnownIsBounded(t *testing.T) {
	value := func(i int) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(fmt.Sprint(i)))) }
	var all []*redact.Known
	first := redact.Know("the first value of TestKnownIsBounded")
	for i := range 2000 {
		all = append(all, redact.Know(value(i)))
	}
	if redact.Values(value(1999)) != redact.Placeholder {
		t.Error("the value that was used last is not struck")
	}
	if got := redact.Values(value(3)); got != value(3) {
		t.Errorf("one of 2000 values is still known: %s", got)
	}
	first.Used()
	if got := redact.Values("the first value of TestKnownIsBounded"); got != redact.Placeholder {
		t.Errorf("it was used again: %s", got)
	}
	runtime.KeepAlive(all)
}

// TestKnownConcurrently is for the race detector.
func TestKnownConcurrently(t *testing.T) {
	var running sync.WaitGroup
	for g := range 8 {
		running.Go(func() {
			for i := range 200 {
				text := fmt.Sprintf("%d-%d of TestKnownConcurrently", g, i)
				known := redact.Know(text)
				if redact.Values(text) == text {
					t.Errorf("%s is not struck", text)
				}
				known.Used()
			}
		})
	}
	running.Wait()
}

func BenchmarkValues(b *testing.B) {
	var all []*redact.Known
	for i := range 256 {
		all = append(all, redact.Know(fmt.Sprintf("%x", sha256.Sum256([]byte(fmt.Sprint(i))))))
	}
	text := strings.Repeat("Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0 ", 22)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		redact.Values(text)
	}
	runtime.KeepAlive(all)
}
