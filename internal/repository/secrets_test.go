package repository_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
)

// secrets are the forms of real credentials. A test that needs one builds it at run time, or uses a
// text that nobody could mistake for a real one.
var secrets = []struct {
	name string
	form *regexp.Regexp
}{
	{"signature of a SAS token", regexp.MustCompile(`(?i)\bsig=(?:[a-z0-9+/]|%[0-9a-f]{2}){43,}`)},
	{"key of a storage account", regexp.MustCompile(`(?:sha512-)?[A-Za-z0-9+/]{86}==`)},
	{"access token", regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`)},
	{"client secret", regexp.MustCompile(`\b[A-Za-z0-9_.~-]{3}[78]Q~[A-Za-z0-9_.~-]{31,34}\b`)},
	{"private key", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16,}`)},
	{"GitHub token", regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{36,})`)},
	{"npm token", regexp.MustCompile(`\bnpm_[A-Za-z0-9]{36}`)},
}

// published are texts of such a form that are public: the key of Azurite's one account, from its
// documentation, without its end.
var published = []string{
	"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw",
}

func TestNoSecretIsInTheRepository(t *testing.T) {
	count := 0
	files(t, func(path string, content []byte) {
		count++
		for _, found := range findSecrets(content) {
			t.Errorf("%s:%d looks like it holds the %s", path, found.line, found.name)
		}
	})
	if count < 50 {
		t.Errorf("only %d files were looked at", count)
	}
}

func TestSecretsAreFound(t *testing.T) {
	var random [90]byte
	if _, err := rand.Read(random[:]); err != nil {
		t.Fatal(err)
	}
	letters := strings.NewReplacer("+", "a", "/", "b").Replace(base64.StdEncoding.EncodeToString(random[:]))
	cases := []struct{ name, text string }{
		{"signature of a SAS token", "se=2026-01-01&sig=" + letters[:42] + "%3D"},
		{"key of a storage account", `AccountKey=` + letters[:86] + "=="},
		{"access token", "eyJ" + letters[:30] + ".eyJ" + letters[:30] + "." + letters[:30]},
		{"client secret", "abc8Q~" + letters[:34]},
		{"private key", "-----BEGIN " + "PRIVATE KEY-----\n" + letters[:64]},
		{"GitHub token", "ghp_" + letters[:36]},
		{"npm token", "npm_" + letters[:36]},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := findSecrets([]byte("first line\n" + c.text + "\n"))
			if len(found) != 1 || found[0].name != c.name || found[0].line != 2 {
				t.Errorf("found %v", found)
			}
		})
	}
	for _, harmless := range []string{
		"sig=REDACTED", "sig=" + strings.Repeat("EXAMPLE", 8), `"integrity": "sha512-` + letters[:86] + `=="`, published[0] + "==", "-----BEGIN CERTIFICATE-----",
	} {
		if found := findSecrets([]byte(harmless)); len(found) > 0 {
			t.Errorf("%q was taken for the %s", harmless, found[0].name)
		}
	}
}

type finding struct {
	name string
	line int
}

func findSecrets(content []byte) (found []finding) {
	for _, secret := range secrets {
		for _, at := range secret.form.FindAllIndex(content, -1) {
			text := string(content[at[0]:at[1]])
			if strings.HasPrefix(text, "sha512-") || isPublished(text) || !isRandom(text) {
				continue
			}
			found = append(found, finding{secret.name, 1 + bytes.Count(content[:at[0]], []byte("\n"))})
		}
	}
	return found
}

// isRandom distinguishes a secret from a placeholder such as EXAMPLEEXAMPLE. 43 random letters and
// digits have some thirty different ones.
func isRandom(text string) bool {
	different := make(map[rune]bool)
	for _, c := range text {
		different[c] = true
	}
	return len(different) >= 20
}

func isPublished(text string) bool {
	for _, p := range published {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}
