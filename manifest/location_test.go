package manifest_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/manifest"
)

// recorder is a transport that records requests and returns nothing useful.
type recorder struct{ urls []*url.URL }

func (r *recorder) Do(req *http.Request) (*http.Response, error) {
	u := *req.URL
	r.urls = append(r.urls, &u)
	return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

// requested reads a manifest and returns the one URL that was requested.
func requested(t *testing.T, data []byte, hosts ...string) (*url.URL, error) {
	t.Helper()
	r := &recorder{}
	o := &manifest.Options{StorageHosts: hosts}
	o.Transport = r
	m, err := manifest.Parse[row](data, o)
	if err != nil {
		if len(r.urls) > 0 {
			t.Error("a refused manifest was used")
		}
		return nil, err
	}
	_, err = collect(t.Context(), stream(t, m, &manifest.ReadOptions{Concurrency: 1}))
	if !errors.Is(err, manifest.ErrBlobMissing) || len(r.urls) != 1 {
		t.Fatalf("error %v after %d requests, want ErrBlobMissing after one", err, len(r.urls))
	}
	return r.urls[0], nil
}

func TestNamesStayBelowTheRoot(t *testing.T) {
	refused := map[string]string{
		"parent":             "../x",
		"parent within":      "a/../../x",
		"parent at the end":  "a/..",
		"only parent":        "..",
		"itself":             "./x",
		"only itself":        ".",
		"absolute":           "/x",
		"network path":       "//evil.example/x",
		"double slash":       "a//b",
		"slash at the end":   "a/",
		"backslash":          `a\b`,
		"climbing backslash": `..\x`,
		"line break":         "a\r\nHost: evil",
		"NUL":                "a\x00b",
		"DEL":                "a\x7fb",
		"C1 control":         "a\u0085b",
		"empty":              "",
		"too long":           strings.Repeat("ä", 1025),
	}
	for what, n := range refused {
		_, err := requested(t, document([]string{n}, nil))
		if !errors.Is(err, manifest.ErrUntrusted) {
			t.Errorf("%s: error = %v, want ErrUntrusted", what, err)
		}
	}
	escaped := map[string]string{
		"part-00123-5a93fa5d.c000.json.gz": "/part-00123-5a93fa5d.c000.json.gz",
		"sub/dir/x":                        "/sub/dir/x",
		"Fragment=full/x":                  "/Fragment=full/x",
		"x?sig=evil":                       "/x%3Fsig=evil",
		"x#y":                              "/x%23y",
		"%2e%2e/x":                         "/%252e%252e/x",
		"%":                                "/%25",
		"a%2fb":                            "/a%252fb",
		"https://evil.example":             "",
		"https:evil":                       "/https:evil",
		"@evil.example":                    "/@evil.example",
		"a b+c":                            "/a%20b+c",
		"ü":                                "/%C3%BC",
		"...":                              "/...",
		strings.Repeat("ä", 1024):          "/" + strings.Repeat("%C3%A4", 1024),
	}
	for n, want := range escaped {
		u, err := requested(t, document([]string{n}, nil))
		if want == "" {
			if !errors.Is(err, manifest.ErrUntrusted) {
				t.Errorf("%q: error = %v, want ErrUntrusted", n, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%.40q: %v", n, err)
			continue
		}
		if got := "https://" + u.Host + u.EscapedPath(); got != root+want {
			t.Errorf("%.40q: requested %q, want %q", n, got, root+want)
		}
	}
}

func TestForeignRootsAreRefused(t *testing.T) {
	for _, r := range []string{
		"http://account.blob.core.windows.net/c", "ftp://account.blob.core.windows.net/c", "//account.blob.core.windows.net/c",
		"https://evil.example/c", "https://blob.core.windows.net/c", "https://.blob.core.windows.net/c",
		"https://account.blob.core.windows.net.evil.example/c", "https://evilblob.core.windows.net/c",
		"https://a..blob.core.windows.net/c", "https://account.blob.core.windows.net./c",
		"https://account.blob.core.windows.net@evil.example/c", "https://user:pw@account.blob.core.windows.net/c",
		"https://account.blob.core.windows.net:8443/c", "https://account.blob.core.windows.net:/c",
		"https://account.dfs.core.windows.net/c", "https://account.privatelink.core.windows.net/c",
		"https://10.0.0.1/c", "https://[::1]/c", "https://127.0.0.1:10000/devstoreaccount1/c", "https://localhost/c",
		"https://account.blob.core.windows.net/c?sig=x", "https://account.blob.core.windows.net/c?", "https://account.blob.core.windows.net/c#f", "https://account.blob.core.windows.net/c#",
		"https://account.blob.core.windows.net", "https://account.blob.core.windows.net/", "https://account.blob.core.windows.net//c",
		"https://account.blob.core.windows.net/c/../d", "https://account.blob.core.windows.net/c/%2e%2e/d", "https://account.blob.core.windows.net/c/./d",
		"https://account.blob.core.windows.net/c//d", "https://account.blob.core.windows.net/c%2fd", "https://account.blob.core.windows.net/c%5Cd",
		`https://account.blob.core.windows.net/c\d`, "https://account.blob.core.windows.net/c%0d%0aHost:x", "https:account.blob.core.windows.net/c", "", "c", "https://a b.blob.core.windows.net/c",
		"https://a_%41.blob.core.windows.net/c",
	} {
		_, err := requested(t, document([]string{"x"}, map[string]any{"rootDirectory": r}))
		if !errors.Is(err, manifest.ErrUntrusted) {
			t.Errorf("%q: error = %v, want ErrUntrusted", r, err)
		}
	}
}

func TestStorageHostsWidenTheList(t *testing.T) {
	cases := []struct {
		root, host string
		ok         bool
	}{
		{"https://127.0.0.1:10000/devstoreaccount1/c", "127.0.0.1:10000", true},
		{"https://127.0.0.1:10001/devstoreaccount1/c", "127.0.0.1:10000", false},
		{"https://account.dfs.core.windows.net/c", ".dfs.core.windows.net", true},
		{"https://dfs.core.windows.net/c", ".dfs.core.windows.net", false},
		{"https://account.dfs.core.windows.net:444/c", ".dfs.core.windows.net", false},
		{"https://Storage.Example/c", "storage.example", true},
		{"https://storage.example:443/c", "storage.example", true},
		{"https://storage.example/c", "storage.example:443", true},
		{"https://a.storage.example/c", "storage.example", false},
		{"https://storage.example:444/c", "storage.example", false},
		{"http://storage.example/c", "storage.example", false},
		{"https://10.0.0.1/c", ".1", false},
		{"https://evil.example/c", "", false},
	}
	for _, c := range cases {
		_, err := requested(t, document([]string{"x"}, map[string]any{"rootDirectory": c.root}), c.host)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, manifest.ErrUntrusted) {
			t.Errorf("%s with StorageHosts %q: error = %v, want admitted %t", c.root, c.host, err, c.ok)
		}
	}
}

func TestOptionsAreCopied(t *testing.T) {
	g := &guarded{storage: newStorage(t).put(name(0), zipped(lines(0, 3)))}
	g.reply = func(sas string) ([]byte, error) {
		return document([]string{name(0)}, map[string]any{"sasToken": sas, "rootDirectory": "https://b.example/c"}), nil
	}
	o := &manifest.Options{StorageHosts: []string{"a.example"}, Refresh: g.refresh}
	m := g.manifestWith(g.fresh(time.Hour), o)
	o.StorageHosts[0] = "b.example"
	g.sas = "a newer one"
	if _, err := collect(t.Context(), stream(t, m, nil)); !errors.Is(err, manifest.ErrUntrusted) {
		t.Errorf("error = %v: a later change of the options had an effect", err)
	}
}

// No name, however strange, may lead to another host, out of the directory, or into
// the query.
func FuzzJoin(f *testing.F) {
	for _, n := range []string{"a", "a/b", "../x", "%2e%2e/", "//evil", "?sig=x", "#", "a;b", "\\..", "%", "@h", ":80", "ä\u202e", "\xcc\xcc", "&comp=list"} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n string) {
		u, err := requested(t, document([]string{n}, nil))
		if err != nil {
			if !errors.Is(err, manifest.ErrUntrusted) {
				t.Fatalf("error = %v, want ErrUntrusted", err)
			}
			return
		}
		want, perr := url.Parse(root)
		if perr != nil {
			t.Fatal(perr)
		}
		if u.Scheme != "https" || u.Host != want.Host || u.User != nil || u.Fragment != "" {
			t.Fatalf("requested %s", u.Redacted())
		}
		if !strings.HasPrefix(u.EscapedPath(), want.EscapedPath()+"/") || strings.Contains(u.EscapedPath(), "/../") || strings.HasSuffix(u.EscapedPath(), "/..") {
			t.Fatalf("path %q left the root", u.EscapedPath())
		}
		if !strings.HasPrefix(u.RawQuery, "skoid=") || strings.Count(u.RawQuery, "sig=") != 1 {
			t.Fatalf("the query is not the SAS alone: %s", strings.ReplaceAll(u.RawQuery, canary, "..."))
		}
		if name, ok := strings.CutPrefix(u.Path, want.Path+"/"); !ok || name != string([]rune(n)) {
			t.Fatalf("blob %q was requested, want %q", name, n)
		}
	})
}

func TestSASIsSentByteForByte(t *testing.T) {
	sas := "sv=2021-08-06&se=2099-01-01T00%3a00%3a00Z&sp=rl&sig=a%2Fb%2fc+d%2B/e%3D="
	for _, prefix := range []string{"", "?", "&", "?&", "https://account.blob.core.windows.net/c?"} {
		u, err := requested(t, document([]string{"x"}, map[string]any{"sasToken": prefix + sas}))
		if err != nil || u.RawQuery != sas {
			t.Errorf("with prefix %q: query %q, error %v, want the token unchanged", prefix, u.RawQuery, err)
		}
	}
}

func TestSASExpires(t *testing.T) {
	cases := map[string]time.Time{
		"2024-10-01T18%3A04%3A05Z":          time.Date(2024, 10, 1, 18, 4, 5, 0, time.UTC),
		"2024-10-01T18:04:05.1234567Z":      time.Date(2024, 10, 1, 18, 4, 5, 123456700, time.UTC),
		"2024-10-01T18%3A04Z":               time.Date(2024, 10, 1, 18, 4, 0, 0, time.UTC),
		"2024-10-01":                        time.Date(2024, 10, 1, 0, 0, 0, 0, time.UTC),
		"2024-10-01T18%3A04%3A05%2B02%3A00": time.Date(2024, 10, 1, 16, 4, 5, 0, time.UTC),
	}
	for text, want := range cases {
		sas, err := manifest.NewSAS("sp=r&sig=x&se=" + text)
		if err != nil || !sas.Expires().Equal(want) || sas.Expires().Location() != time.UTC {
			t.Errorf("se=%s: %v, %v, want %v", text, sas.Expires(), err, want)
		}
	}
}

func FuzzSAS(f *testing.F) {
	f.Add(token(time.Hour))
	f.Add("?sig=a&se=2099-01-01&sp=r&")
	f.Add("https://h/p?sig=%&se=2099-01-01&sp=r")
	f.Fuzz(func(t *testing.T, s string) {
		sas, err := manifest.NewSAS(s)
		if err != nil {
			if !errors.Is(err, manifest.ErrSAS) {
				t.Fatalf("error = %v", err)
			}
			return
		}
		text := sas.Reveal()
		if !strings.HasSuffix(strings.TrimSpace(s), text) || strings.ContainsAny(text, " \r\n#") {
			t.Fatalf("taken as %q", text)
		}
		// Only a stored access policy may have an expiry that the SAS does not say.
		if sas.Expires().IsZero() && (!named(text, "si") || named(text, "se")) {
			t.Fatalf("%q has no expiry", text)
		}
		again, err := manifest.NewSAS(text)
		if err != nil || again.Reveal() != text || !again.Expires().Equal(sas.Expires()) {
			t.Fatalf("not stable: %v", err)
		}
	})
}

// named reports whether a query has a parameter, in any case and escaped in any way.
func named(query, name string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if key, err := url.PathUnescape(key); err == nil && strings.EqualFold(key, name) {
			return true
		}
	}
	return false
}
