package redact_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/partnerbilling/sdk-go/internal/redact"
)

const canary = "Canary0Sig%2BnatureThatNobodyMaySee%3D"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSecretIsUnprintable(t *testing.T) {
	type holder struct {
		hidden redact.Secret
		Shown  redact.Secret
	}
	secret := redact.New(canary)
	h := holder{hidden: secret, Shown: secret}
	values := map[string]any{"secret": secret, "pointer": &secret, "holder": h, "holder pointer": &h, "slice": []holder{h}, "map": map[string]redact.Secret{"k": secret}}
	for name, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%t", "%e"} {
			if out := fmt.Sprintf(verb, value); leaks(out) {
				t.Errorf("%s under %s: %s", name, verb, out)
			}
		}
		data, err := json.Marshal(value)
		if err != nil || leaks(string(data)) {
			t.Errorf("%s as JSON: %s, %v", name, data, err)
		}
		for _, handler := range []func(io.Writer) slog.Handler{
			func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
			func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		} {
			var log bytes.Buffer
			slog.New(handler(&log)).Info("m", "value", value)
			if leaks(log.String()) {
				t.Errorf("%s in slog: %s", name, log.String())
			}
		}
	}
	if got := secret.Reveal(); got != canary {
		t.Errorf("Reveal returns %q", got)
	}
	if text, err := secret.MarshalText(); err != nil || string(text) != redact.Placeholder {
		t.Errorf("MarshalText returns %q, %v", text, err)
	}
}

func TestSecretZeroValue(t *testing.T) {
	var zero redact.Secret
	if !zero.IsZero() || zero.Reveal() != "" || !redact.New("").IsZero() || redact.New("x").IsZero() {
		t.Error("the zero value is not the empty secret")
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain text", "connection refused by 10.0.0.1:443", "connection refused by 10.0.0.1:443"},
		{"URL without a query", "see https://graph.microsoft.com/v1.0/x.", "see https://graph.microsoft.com/v1.0/x."},
		{"query", `Get "https://a.blob.core.windows.net/c/b?sv=1&sig=` + canary + `": EOF`, `Get "https://a.blob.core.windows.net/c/b?REDACTED": EOF`},
		{"unknown query", "https://h/p?anything=" + canary + " end", "https://h/p?REDACTED end"},
		{"fragment", "https://h/p#" + canary, "https://h/p?REDACTED"},
		{"userinfo", "https://user:" + canary + "@h/p", "https://REDACTED@h/p"},
		{"relative URL", "/p?sig=" + canary + "&x=1", "/p?sig=REDACTED&x=1"},
		{"escaped", "u=%3Fsig%3D" + canary, "u=%3Fsig%3DREDACTED"},
		{"escaped twice", "sig%253D" + canary, "sig%253DREDACTED"},
		{"ampersand of JSON", `"x\u0026sig=` + canary + `\u0026sp=rl"`, `"x\u0026sig=REDACTED\u0026sp=rl"`},
		{"expiry", "a se=2024-01-01T00%3A00%3A00Z b", "a se=REDACTED b"},
		{"a word that ends in se", "phase=2 response=3", "phase=2 response=3"},
		{"member", `{"sasToken":"sv=1\u0026x=` + canary + `","id":"7"}`, `{"sasToken":"REDACTED","id":"7"}`},
		{"member with spaces", `{ "sasToken" : "` + canary + `" }`, `{ "sasToken" : "REDACTED" }`},
		{"escaped member", `"{\"sasToken\":\"` + canary + `\"}"`, `"{\"sasToken\":\"REDACTED\"}"`},
		{"bearer", "Authorization: Bearer " + canary + ", x", "Authorization: Bearer REDACTED, x"},
		{"bearer in lower case", "bearer  " + canary, "bearer  REDACTED"},
		{"basic", "Basic dXNlcjpwYXNzd29yZHBhc3N3b3Jk", "Basic REDACTED"},
		{"the basic set", "the basic attribute set", "the basic attribute set"},
		{"web token", "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln rest", "token REDACTED rest"},
		{"client secret", "grant=x&client_secret=" + canary + "&y=z", "grant=x&client_secret=REDACTED&y=z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := redact.Text(c.in)
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if again := redact.Text(got); again != got {
				t.Errorf("not stable: %s", again)
			}
		})
	}
}

// carrier is an error that holds the whole response, as azcore's does.
type carrier struct{ resp *http.Response }

func (c *carrier) Error() string { return "status " + c.resp.Status }

// final is an error that azcore must not retry.
type final struct{ error }

func (final) NonRetriable() {}

func TestErrorKeepsHarmlessErrors(t *testing.T) {
	address := "https://a.blob.core.windows.net/c/b?sig=" + canary
	sentinel := errors.New("of the caller")
	opErr := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"canceled", &url.Error{Op: "Get", URL: address, Err: context.Canceled}, "Get: context canceled"},
		{"refused", &url.Error{Op: "Get", URL: address, Err: opErr}, "Get: dial tcp: connection refused"},
		{"wrapped", fmt.Errorf("try 1: %w", &url.Error{Op: "Get", URL: address, Err: io.EOF}), `try 1: Get "https://a.blob.core.windows.net/c/b?REDACTED": EOF`},
		{"certificate", &url.Error{Op: "Get", URL: address, Err: x509.UnknownAuthorityError{}}, "Get: x509: certificate signed by unknown authority"},
		{"joined", errors.Join(sentinel, &url.Error{Op: "Get", URL: address, Err: opErr}), "of the caller\n" + `Get "https://a.blob.core.windows.net/c/b?REDACTED": dial tcp: connection refused`},
		{"message", fmt.Errorf("sig=%s", canary), "sig=REDACTED"},
		{"hostile network error", &net.OpError{Op: "dial", Net: "tcp", Err: errors.New(address)}, "dial tcp: https://a.blob.core.windows.net/c/b?REDACTED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clean := redact.Error(c.err)
			if clean.Error() != c.want {
				t.Errorf("got  %s\nwant %s", clean, c.want)
			}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
				if out := fmt.Sprintf(verb, clean); leaks(out) {
					t.Errorf("%s leaks: %s", verb, out)
				}
			}
			if _, is := errors.AsType[*url.Error](clean); is {
				t.Error("errors.As finds the *url.Error")
			}
			if op, is := errors.AsType[*net.OpError](clean); is && leaks(op.Error()) {
				t.Error("errors.As finds a network error with a secret in it")
			}
			//nolint:errorlint // The very same value is meant.
			if again := redact.Error(clean); again != clean {
				t.Error("redacting twice makes another error")
			}
			for _, target := range []error{context.Canceled, io.EOF, syscall.ECONNREFUSED, sentinel} {
				if errors.Is(clean, target) != errors.Is(c.err, target) {
					t.Errorf("errors.Is(%v) changed", target)
				}
			}
		})
	}
	t.Run("As", func(t *testing.T) {
		clean := redact.Error(fmt.Errorf("x: %w", &url.Error{Op: "Get", URL: address, Err: opErr}))
		var op *net.OpError
		var errno syscall.Errno
		if !errors.As(clean, &op) || !errors.As(clean, &errno) {
			t.Error("errors.As does not find the network's errors")
		}
	})
}

func TestErrorMarks(t *testing.T) {
	deadline := &url.Error{Op: "Get", URL: "https://h/?sig=" + canary, Err: context.DeadlineExceeded}
	plain := errors.New("plain")
	for _, c := range []struct {
		name                    string
		err                     error
		isNet, timeout, isFinal bool
	}{
		{"nothing", plain, false, false, false},
		{"net", deadline, true, true, false},
		{"final", final{plain}, false, false, true},
		{"both", final{deadline}, false, false, true},
		{"both, wrapped", fmt.Errorf("%w, %w", final{plain}, deadline), true, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			clean := redact.Error(c.err)
			var n net.Error
			if got := errors.As(clean, &n); got != c.isNet || (got && n.Timeout() != c.timeout) {
				t.Errorf("net.Error: %v", got)
			}
			var f interface{ NonRetriable() }
			if got := errors.As(clean, &f); got != c.isFinal {
				t.Errorf("NonRetriable: %v", got)
			}
		})
	}
}

func TestErrorDropsResponses(t *testing.T) {
	resp := &http.Response{Status: "403 Forbidden", Header: http.Header{"Authorization": {canary}}}
	clean := redact.Error(fmt.Errorf("x: %w", &carrier{resp}))
	var c *carrier
	if errors.As(clean, &c) || clean.Error() != "x: status 403 Forbidden" {
		t.Errorf("%v", clean)
	}
}

func TestErrorPassesPlainValues(t *testing.T) {
	for _, err := range []error{nil, io.EOF, io.ErrUnexpectedEOF, context.Canceled, context.DeadlineExceeded} {
		//nolint:errorlint // The very same value is meant.
		if redact.Error(err) != err {
			t.Errorf("%v is no longer the same", err)
		}
	}
}

// leaks reports whether a piece of the canary is in s.
func leaks(s string) bool {
	return strings.Contains(s, "Canary0Sig") || strings.Contains(strings.ToLower(s), fmt.Sprintf("%x", "Canary0Sig"))
}
