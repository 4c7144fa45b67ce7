package bloburl_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/internal/bloburl"
)

const root = "https://account.blob.core.windows.net/c/d"

func mustRoot(t *testing.T, text string, admitted ...string) bloburl.Root {
	t.Helper()
	r, err := bloburl.ParseRoot(text, admitted)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// refusedAnywhere are URLs that are neither a directory nor a blob.
var refusedAnywhere = []string{
	"http://account.blob.core.windows.net/c/d", "ftp://account.blob.core.windows.net/c/d", "//account.blob.core.windows.net/c/d",
	"https://evil.example/c/d", "https://blob.core.windows.net/c/d", "https://.blob.core.windows.net/c/d",
	"https://account.blob.core.windows.net.evil.example/c/d", "https://evilblob.core.windows.net/c/d",
	"https://a..blob.core.windows.net/c/d", "https://account.blob.core.windows.net./c/d",
	"https://account.blob.core.windows.net@evil.example/c/d", "https://user:pw@account.blob.core.windows.net/c/d",
	"https://account.blob.core.windows.net:8443/c/d", "https://account.blob.core.windows.net:/c/d",
	"https://account.dfs.core.windows.net/c/d", "https://account.privatelink.core.windows.net/c/d",
	"https://10.0.0.1/c/d", "https://[::1]/c/d", "https://127.0.0.1:10000/devstoreaccount1/c", "https://localhost/c/d",
	root + "?sig=x", root + "?", root + "#f", root + "#",
	"https://account.blob.core.windows.net", "https://account.blob.core.windows.net/", "https://account.blob.core.windows.net//c",
	"https://account.blob.core.windows.net/c/../d", "https://account.blob.core.windows.net/c/%2e%2e/d", "https://account.blob.core.windows.net/c/./d",
	"https://account.blob.core.windows.net/c//d", "https://account.blob.core.windows.net/c%2fd", "https://account.blob.core.windows.net/c%5Cd",
	`https://account.blob.core.windows.net/c\d`, "https://account.blob.core.windows.net/c%0d%0aHost:x", "https:account.blob.core.windows.net/c", "", "c", "https://a b.blob.core.windows.net/c",
	"https://a_%41.blob.core.windows.net/c", "https://a_b.blob.core.windows.net/c/d",
}

func TestURLsRefused(t *testing.T) {
	for _, text := range refusedAnywhere {
		if r, err := bloburl.ParseRoot(text, nil); err == nil || r != (bloburl.Root{}) {
			t.Errorf("root %q: %v, %v", text, r, err)
		}
		if u, _, err := bloburl.ParseBlob(text, nil); err == nil || u != "" {
			t.Errorf("blob %q: %q, %v", text, u, err)
		}
	}
	for _, text := range []string{"https://account.blob.core.windows.net/b", root + "/", root + "%2fb"} {
		if u, _, err := bloburl.ParseBlob(text, nil); err == nil {
			t.Errorf("blob %q: %q", text, u)
		}
	}
}

func TestBlobsAccepted(t *testing.T) {
	for text, want := range map[string]struct{ canonical, path string }{
		root: {root, "c/d"},
		"https://Account.Blob.Core.Windows.net:443/c/a%20b.zip": {"https://account.blob.core.windows.net/c/a%20b.zip", "c/a b.zip"},
		"https://account.z01.blob.storage.azure.net/c/b":        {"https://account.z01.blob.storage.azure.net/c/b", "c/b"},
		root + "/%C3%BC%3F%23":                                  {root + "/%C3%BC%3F%23", "c/d/ü?#"},
	} {
		u, path, err := bloburl.ParseBlob(text, nil)
		if err != nil || u != want.canonical || path != want.path {
			t.Errorf("%q: %q, %q, %v", text, u, path, err)
			continue
		}
		sent, err := url.Parse(text)
		if err != nil || bloburl.Canonical(sent) != want.canonical {
			t.Errorf("%q is requested as %q, %v", text, bloburl.Canonical(sent), err)
		}
	}
}

func TestRootsAccepted(t *testing.T) {
	for _, text := range []string{root, root + "/", "https://Account.Blob.Core.Windows.net:443/c/d//"} {
		if got := mustRoot(t, text); got != mustRoot(t, root) {
			t.Errorf("%q is %v", text, got)
		}
	}
	for _, text := range []string{"https://account.z01.blob.storage.azure.net/c", "https://account.blob.core.windows.net/c", root + "/a%20b"} {
		mustRoot(t, text)
	}
}

func TestAdmittedHosts(t *testing.T) {
	for _, c := range []struct {
		url, host string
		ok        bool
	}{
		{"https://127.0.0.1:10000/devstoreaccount1/c", "127.0.0.1:10000", true},
		{"https://127.0.0.1:10001/devstoreaccount1/c", "127.0.0.1:10000", false},
		{"https://account.dfs.core.windows.net/c/d", ".dfs.core.windows.net", true},
		{"https://dfs.core.windows.net/c/d", ".dfs.core.windows.net", false},
		{"https://account.dfs.core.windows.net:444/c/d", ".dfs.core.windows.net", false},
		{"https://Storage.Example/c/d", "storage.example", true},
		{"https://storage.example/c/d", "Storage.Example", true},
		{"https://storage.example:443/c/d", "storage.example", true},
		{"https://storage.example/c/d", "storage.example:443", true},
		{"https://a.storage.example/c/d", "storage.example", false},
		{"https://storage.example:444/c/d", "storage.example", false},
		{"http://storage.example/c/d", "storage.example", false},
		{"https://10.0.0.1/c/d", ".1", false},
		{"https://evil.example/c/d", "", false},
		{"https://evil.example/c/d", ".", false},
	} {
		if _, err := bloburl.ParseRoot(c.url, []string{c.host}); (err == nil) != c.ok {
			t.Errorf("root %s with %q: %v, want admitted %t", c.url, c.host, err, c.ok)
		}
		if _, _, err := bloburl.ParseBlob(c.url, []string{c.host}); (err == nil) != c.ok {
			t.Errorf("blob %s with %q: %v, want admitted %t", c.url, c.host, err, c.ok)
		}
	}
}

func TestNames(t *testing.T) {
	r := mustRoot(t, root)
	for what, name := range map[string]string{
		"parent": "../x", "parent within": "a/../../x", "parent at the end": "a/..", "only parent": "..", "itself": "./x", "only itself": ".",
		"absolute": "/x", "network path": "//evil.example/x", "double slash": "a//b", "slash at the end": "a/",
		"backslash": `a\b`, "climbing backslash": `..\x`, "URL": "https://evil.example",
		"line break": "a\r\nHost: evil", "NUL": "a\x00b", "DEL": "a\x7fb", "C1 control": "a\u0085b",
		"invalid UTF-8": "a\xccb", "empty": "", "too long": strings.Repeat("ä", 1025),
	} {
		if u, err := r.Join(name); err == nil || u != "" {
			t.Errorf("%s: %q", what, u)
		}
	}
	for name, want := range map[string]string{
		"part-00123-5a93fa5d.c000.json.gz": "/part-00123-5a93fa5d.c000.json.gz",
		"sub/dir/x":                        "/sub/dir/x",
		"Fragment=full/x":                  "/Fragment=full/x",
		"x?sig=evil":                       "/x%3Fsig=evil",
		"x#y":                              "/x%23y",
		"%2e%2e/x":                         "/%252e%252e/x",
		"%":                                "/%25",
		"a%2fb":                            "/a%252fb",
		"https:evil":                       "/https:evil",
		"@evil.example":                    "/@evil.example",
		"a b+c":                            "/a%20b+c",
		"ü":                                "/%C3%BC",
		"...":                              "/...",
		strings.Repeat("ä", 1024):          "/" + strings.Repeat("%C3%A4", 1024),
	} {
		joined, err := r.Join(name)
		if err != nil || joined != root+want {
			t.Errorf("%.40q: %q, %v, want %q", name, joined, err, root+want)
			continue
		}
		if u, err := url.Parse(joined); err != nil || !r.Contains(u) || u.Path != "/c/d/"+name {
			t.Errorf("%.40q: %v is not below the root, %v", name, u, err)
		}
	}
}

func TestContains(t *testing.T) {
	r := mustRoot(t, root)
	for text, want := range map[string]bool{
		root + "/x": true, root + "/x/y": true, "https://Account.blob.core.windows.net:443/c/d/x": true,
		root: false, root + "e/x": false, "https://account.blob.core.windows.net/c/x": false, "https://account.blob.core.windows.net/C/d/x": false,
		"https://other.blob.core.windows.net/c/d/x": false, "https://account.blob.core.windows.net:8443/c/d/x": false,
		"https://evil.example/c/d/x": false, "https://account.blob.core.windows.net/c%2Fd/x": false,
	} {
		u, err := url.Parse(text)
		if err != nil || r.Contains(u) != want {
			t.Errorf("%s: %t, %v", text, !want, err)
		}
	}
}
