package repository_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// What make vuln runs finds a vulnerability in a function that is called, if only by a test, and
// none in a function that nobody calls.
func TestNightlyVulnerabilitiesTurnTheCheckRed(t *testing.T) {
	cases := []struct {
		name, module, path, symbol string
		code                       int
	}{
		{"the SDK calls it", ".", "github.com/woodsbury/decimal128", "Compare", 3},
		{"nobody calls it", ".", "github.com/woodsbury/decimal128", "NoSuchFunction", 0},
		{"a test of the SDK calls it", ".", "go.uber.org/goleak", "VerifyTestMain", 3},
		{"a test of the fault matrix calls it", "internal/faulttest", "go.uber.org/goleak", "Find", 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			output, code := ends(t, top, "bash", ".ci/vuln", database(t, c.path, c.symbol), c.module)
			if code != c.code || strings.Contains(output, "GO-2999-0001") != (c.code == 3) {
				t.Errorf("ended with %d, want %d:\n%s", code, c.code, output)
			}
		})
	}
}

// A check without a database fails and says so.
func TestNightlyVulnerabilitiesAreNotCheckedWithoutADatabase(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	// A proxy or captive portal may respond in place of the database.
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write([]byte("<html>Please log in")); err != nil {
			t.Error(err)
		}
	}))
	defer stranger.Close()
	for _, c := range []struct{ name, database string }{
		{"nobody listens", gone.URL},
		{"another server responds", stranger.URL},
		{"no folder", address(filepath.Join(t.TempDir(), "none"))},
		{"empty folder", address(t.TempDir())},
		{"no address", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			output, code := ends(t, top, "bash", ".ci/vuln", c.database, ".")
			if code != 1 || !strings.Contains(output, "NOT CHECKED for known vulnerabilities: the database "+c.database+" cannot be reached") {
				t.Errorf("ended with %d:\n%s", code, output)
			}
		})
	}
	t.Run("a vulnerability is missing", func(t *testing.T) {
		folder := strings.TrimPrefix(database(t, "github.com/woodsbury/decimal128", "Compare"), "file://")
		write(t, folder, "ID/GO-2999-0001.json", "cut sho")
		output, code := ends(t, top, "bash", ".ci/vuln", address(folder), ".")
		if code != 1 || !strings.Contains(output, "NOT CHECKED for known vulnerabilities: govulncheck says above") {
			t.Errorf("ended with %d:\n%s", code, output)
		}
	})
}

// database returns the URL of a database with a single vulnerability.
func database(t *testing.T, path, symbol string) string {
	t.Helper()
	folder := t.TempDir()
	const known = `"id":"GO-2999-0001","modified":"2026-01-01T00:00:00Z"`
	write(t, folder, "index/db.json", `{"modified":"2026-01-01T00:00:00Z"}`)
	write(t, folder, "index/vulns.json", `[{`+known+`}]`)
	write(t, folder, "index/modules.json", `[{"path":"`+path+`","vulns":[{`+known+`}]}]`)
	write(t, folder, "ID/GO-2999-0001.json", `{"schema_version":"1.3.1",`+known+`,"published":"2026-01-01T00:00:00Z",
		"summary":"made up","details":"made up","database_specific":{"url":"https://pkg.go.dev/vuln/GO-2999-0001"},
		"affected":[{"package":{"name":"`+path+`","ecosystem":"Go"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}],
		"ecosystem_specific":{"imports":[{"path":"`+path+`","symbols":["`+symbol+`"]}]}}]}`)
	return address(folder)
}

func address(folder string) string {
	path := filepath.ToSlash(folder)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/...
	}
	return "file://" + path
}
