package poller_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/apierror"
)

const tokenPrefix = "partnerbilling-export.v1."

func TestResume(t *testing.T) {
	first := accepted(t, play(respond(200, finished(t))))
	token, err := first.ResumeToken()
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(token, " \"'\n\\&") {
		t.Errorf("not fit for a command line: %s", token)
	}
	if _, err := first.PollUntilDone(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if later, err := first.ResumeToken(); err != nil || later != token {
		t.Errorf("after the end: %s, %v", later, err)
	}
	encoded, sum, _ := strings.Cut(strings.TrimPrefix(token, "partnerbilling-export.v2."), ".")
	if len(sum) != 8 {
		t.Errorf("no checksum: %s", token)
	}
	decoded, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || strings.Contains(string(decoded), "Canary0") {
		t.Errorf("%s, %v", decoded, err)
	}

	s := play(respond(200, finished(t)))
	p, err := resume(t, token+"\n", s)
	if err != nil {
		t.Fatal(err)
	}
	if s.requests() != 0 {
		t.Error("resuming sent something")
	}
	if _, err := p.PollUntilDone(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if len(s.sent) != 1 || s.sent[0] != "GET "+operationURL {
		t.Errorf("sent %v", s.sent)
	}
}

func TestResumeAfterAMove(t *testing.T) {
	p := accepted(t, play(running("Location", "/v1.0/moved?x=1")))
	if _, err := p.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	token, err := p.ResumeToken()
	if err != nil {
		t.Fatal(err)
	}
	s := play(running())
	again, err := resume(t, token, s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Poll(t.Context()); err != nil || s.sent[0] != "GET https://graph.microsoft.com/v1.0/moved?x=1" {
		t.Errorf("%v, sent %v", err, s.sent)
	}
}

func TestInvalidResumeTokens(t *testing.T) {
	token := func(endpoint, operation, kind string) string {
		return tokenOf(`{"endpoint":"` + endpoint + `","operation":"` + operation + `","kind":"` + kind + `"}`)
	}
	const root = "https://graph.microsoft.com/v1.0"
	cases := map[string]struct {
		token   string
		foreign bool
	}{
		"empty":           {"", false},
		"prefix only":     {tokenPrefix, false},
		"text":            {"hello", false},
		"newer version":   {"partnerbilling-export.v3.abc", false},
		"wrong checksum":  {strings.Replace(token(root, operationURL, "usage"), ".v1.", ".v2.", 1) + ".00000000", false},
		"no checksum":     {strings.Replace(token(root, operationURL, "usage"), ".v1.", ".v2.", 1), false},
		"older, and more": {token(root, operationURL, "usage") + ".00000000", false},
		"not base64":      {tokenPrefix + "***", false},
		"not JSON":        {tokenPrefix + "aGVsbG8", false},
		"too long":        {tokenPrefix + strings.Repeat("A", 1<<20), false},
		"other kind":      {token(root, operationURL, "reconciliation"), false},
		"no kind":         {token(root, operationURL, ""), false},
		"other endpoint":  {token("https://evil.example/v1.0", "https://evil.example/v1.0/op", "usage"), true},
		"no endpoint":     {token("", operationURL, "usage"), true},
		"no operation":    {token(root, "", "usage"), true},
		"plain endpoint":  {token("http://graph.microsoft.com/v1.0", operationURL, "usage"), true},
		"control in host": {token(root, `https://graph.microsoft.com\u0000.evil.example/`, "usage"), true},
	}
	for name, address := range foreignAddresses {
		if !strings.ContainsAny(address, "\x00\\") {
			cases["operation: "+name] = struct {
				token   string
				foreign bool
			}{token(root, address, "usage"), true}
			cases["request: "+name] = struct {
				token   string
				foreign bool
			}{tokenOf(`{"endpoint":"` + root + `","operation":"` + operationURL + `","kind":"usage","request":{"address":"` + address + `"}}`), true}
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := play(running())
			_, err := resume(t, c.token, s)
			if !errors.Is(err, apierror.ErrResumeToken) || errors.Is(err, apierror.ErrForeignLocation) != c.foreign {
				t.Errorf("got %v", err)
			}
			if !strings.HasSuffix(err.Error(), "begin a new export") {
				t.Errorf("%v: does not say what to do", err)
			}
			if s.requests() != 0 {
				t.Errorf("sent %v", s.sent)
			}
		})
	}
	if _, err := resume(t, "7", play(running())); err == nil || !strings.Contains(err.Error(), "truncated or not a token") {
		t.Errorf("got %v", err)
	}
}
