package sas_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/internal/sas"
)

const canary = "canaryOfTheSignature"

func TestTokensAreKeptByteForByte(t *testing.T) {
	const text = "sv=2021-08-06&se=2099-01-01T00%3a00%3a00Z&sp=rl&sig=a%2Fb%2fc+d%2B/e%3D="
	for _, written := range []string{text, "?" + text, "&" + text, "?&" + text, " " + text + "\n", "https://account.blob.core.windows.net/c?" + text} {
		if token, err := sas.New(written); err != nil || token.Reveal() != text {
			t.Errorf("%q: %q, %v", written, token.Reveal(), err)
		}
	}
}

// A URL within a value does not make the token a URL.
func TestTokensWithAURLInAValue(t *testing.T) {
	for _, text := range []string{
		"rscd=attachment&rsct=https://a/b&sv=2021-08-06&se=2099-01-01&sp=rl&sig=x",
		"sv=2021-08-06&se=2099-01-01&sp=rl&sig=x&rscd=https://host/c?d",
		"si=exports&sr=c&sig=x&note=a://b",
		"a://b&si=exports&sig=x",
	} {
		for _, prefix := range []string{"", "?", "https://account.blob.core.windows.net/c/PartnerTenantId=a://b?", "HTTPS://account.blob.core.windows.net/c?"} {
			if prefix == "" && text[1] == ':' {
				continue // which is a URL
			}
			if token, err := sas.New(prefix + text); err != nil || token.Reveal() != text {
				t.Errorf("%q: %q, %v", prefix+text, token.Reveal(), err)
			}
		}
	}
}

func TestTokensRefused(t *testing.T) {
	const good = "se=2099-01-01T00:00:00Z&sp=rl&sig=" + canary
	for what, text := range map[string]string{
		"empty":                      "",
		"blanks":                     " \n",
		"question mark alone":        "?",
		"URL without a query":        "https://account.blob.core.windows.net/c",
		"no signature":               "se=2099-01-01T00:00:00Z&sp=rl",
		"empty signature":            "se=2099-01-01T00:00:00Z&sp=rl&sig=",
		"no right to read":           "se=2099-01-01T00:00:00Z&sp=wl&sig=" + canary,
		"no rights":                  "se=2099-01-01T00:00:00Z&sig=" + canary,
		"no expiry":                  "sp=r&sig=" + canary,
		"empty expiry":               "sp=r&se=&sig=" + canary,
		"expiry is nonsense":         "sp=r&se=soon&sig=" + canary,
		"expiry in the year 1":       "sp=r&se=0001-01-01&sig=" + canary,
		"comp":                       good + "&comp=list",
		"comp, escaped":              good + "&%63omp=list",
		"comp, upper case":           good + "&COMP=list",
		"restype":                    good + "&restype=container",
		"snapshot":                   good + "&snapshot=2024-01-01",
		"versionid":                  good + "&versionid=1",
		"timeout":                    good + "&timeout=1",
		"signature twice":            good + "&sig=x",
		"signature twice, case":      good + "&SIG=x",
		"expiry twice":               good + "&se=2098-01-01",
		"line break":                 good + "\r\nHost: evil",
		"blank within":               good + " x",
		"fragment":                   good + "#x",
		"NUL":                        good + "\x00",
		"DEL":                        good + "\x7f",
		"not ASCII":                  good + "ü",
		"name wrongly escaped":       good + "&%zz=1",
		"value wrongly escaped":      good + "&a=%zz",
		"policy, no right to read":   "si=exports&sp=wl&sig=" + canary,
		"policy, expiry is nonsense": "si=exports&se=soon&sig=" + canary,
		"empty policy":               "si=&sp=r&sig=" + canary,
	} {
		token, err := sas.New(text)
		if err == nil || !strings.HasPrefix(err.Error(), "it ") && !strings.HasPrefix(err.Error(), "the ") || !token.IsZero() || strings.Contains(fmt.Sprintf("%v %+v", err, err), canary) {
			t.Errorf("%s: %v, want a refusal that does not quote the token", what, err)
		}
	}
}

func TestExpiry(t *testing.T) {
	for text, want := range map[string]time.Time{
		"sp=r&sig=x&se=2024-10-01T18%3A04%3A05Z":          time.Date(2024, 10, 1, 18, 4, 5, 0, time.UTC),
		"sp=r&sig=x&se=2024-10-01T18:04:05.1234567Z":      time.Date(2024, 10, 1, 18, 4, 5, 123456700, time.UTC),
		"sp=r&sig=x&se=2024-10-01T18%3A04Z":               time.Date(2024, 10, 1, 18, 4, 0, 0, time.UTC),
		"sp=r&sig=x&se=2024-10-01":                        time.Date(2024, 10, 1, 0, 0, 0, 0, time.UTC),
		"sp=r&sig=x&se=2024-10-01T18%3A04%3A05%2B02%3A00": time.Date(2024, 10, 1, 16, 4, 5, 0, time.UTC),
		"si=exports&sig=x":                                {},
		"si=exports&sp=rl&sig=x":                          {},
		"si=exports&se=2024-10-01&sig=x":                  time.Date(2024, 10, 1, 0, 0, 0, 0, time.UTC),
	} {
		token, err := sas.New(text)
		if err != nil || !token.Expires().Equal(want) || token.Expires().Location() != time.UTC {
			t.Errorf("%s: %v, %v, want %v", text, token.Expires(), err, want)
		}
	}
}

// A token is stale a tenth of its lifetime before its expiry, and five minutes at most.
func TestStale(t *testing.T) {
	expires := time.Date(2024, 10, 1, 12, 0, 0, 0, time.UTC)
	for start, ahead := range map[string]time.Duration{
		"&st=2024-10-01T10:00:00Z":                          5 * time.Minute,
		"&st=2024-10-01T11:50:00Z":                          time.Minute,
		"&skt=2024-10-01T11:50:00Z":                         time.Minute,
		"&st=2024-10-01T11:50:00Z&skt=2024-10-01T10:00:00Z": time.Minute,
		"&st=2024-10-01T13:00:00Z":                          0,
	} {
		token, err := sas.New("sp=r&sig=x&se=2024-10-01T12:00:00Z" + start)
		if err != nil {
			t.Fatal(err)
		}
		if sas.StaleAt(token, expires.Add(-ahead-time.Second)) || !sas.StaleAt(token, expires.Add(-ahead)) {
			t.Errorf("%s: not stale exactly %v before its expiry", start, ahead)
		}
		if sas.ExpiredAt(token, expires.Add(-time.Nanosecond)) || !sas.ExpiredAt(token, expires) {
			t.Errorf("%s: not expired exactly at its expiry", start)
		}
	}
	policy, err := sas.New("si=exports&sig=x")
	if later := time.Now().Add(1e6 * time.Hour); err != nil || sas.StaleAt(policy, later) || sas.ExpiredAt(policy, later) {
		t.Errorf("a token whose expiry is unknown became stale, %v", err)
	}
}

func TestTokenIsNotPrinted(t *testing.T) {
	token, err := sas.New("sp=r&se=2099-01-01&sig=" + canary)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{token, &token, []sas.Token{token}, struct{ hidden sas.Token }{token}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
				t.Errorf("%s of %T discloses the signature", verb, v)
			}
		}
	}
}
