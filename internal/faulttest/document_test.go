package faulttest

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/manifest"
)

// edited returns a trial with a changed manifest. If it must be rejected, no request to storage may
// be sent.
func edited(name string, want error, wantName string, edit func(m map[string]any)) trial {
	return trial{name, want, wantName, inBubble(func(t *testing.T) result {
		files, l := blobs(2, 100, 50)
		s := serveExport(t, nil, billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: edit})
		s.ledger = l
		r := s.export(t.Context(), t)
		if n := s.count(billingtest.BlobCall) + s.count(billingtest.OtherCall); want != nil && n != 0 {
			t.Errorf("%d requests to storage", n)
		}
		return r
	})}
}

func untrusted(name, root string) trial {
	return edited(name, manifest.ErrUntrusted, "manifest.ErrUntrusted", func(m map[string]any) {
		u, err := url.Parse(m["rootDirectory"].(string))
		if err != nil {
			panic(err)
		}
		m["rootDirectory"] = strings.NewReplacer("HOST", u.Host, "PATH", u.EscapedPath()).Replace(root)
	})
}

func signed(name string, want error, wantName string, edit func(sas string) string) trial {
	return edited(name, want, wantName, func(m map[string]any) { m["sasToken"] = edit(m["sasToken"].(string)) })
}

// without removes a field of a SAS.
func without(field string) func(string) string {
	return func(sas string) string {
		q, err := url.ParseQuery(sas)
		if err != nil {
			panic(err)
		}
		q.Del(field)
		return q.Encode()
	}
}

func format(name string, want error, wantName string) trial {
	return edited(name, want, wantName, func(m map[string]any) { m["dataFormat"] = name })
}

var documentRows = []row{
	{"M01", "blobCount is not the number of blobs", []trial{
		edited("3 of 2", manifest.ErrIncomplete, "manifest.ErrIncomplete", func(m map[string]any) { m["blobCount"] = 3 }),
		edited("1 of 2", manifest.ErrIncomplete, "manifest.ErrIncomplete", func(m map[string]any) { m["blobCount"] = 1 }),
		edited("2 and 2^32 of 2", manifest.ErrIncomplete, "manifest.ErrIncomplete", func(m map[string]any) { m["blobCount"] = int64(1<<32 + 2) }),
		edited("2 of 1", manifest.ErrIncomplete, "manifest.ErrIncomplete", func(m map[string]any) { m["blobs"] = m["blobs"].([]any)[:1] }),
	}},
	{"M02", "blob listed twice", []trial{
		edited("name", manifest.ErrIncomplete, "manifest.ErrIncomplete", func(m map[string]any) {
			b := m["blobs"].([]any)
			b[1] = b[0]
		}),
		{"cost report", nil, "", inBubble(func(t *testing.T) result { return readReport(t, report(t, nil)) })},
		{"link, under two names", manifest.ErrIncomplete, "manifest.ErrIncomplete", inBubble(func(t *testing.T) result {
			return readReport(t, report(t, func(m map[string]any) {
				b := linksOf(m)
				b[1]["blobLink"], b[1]["byteCount"] = b[0]["blobLink"], b[0]["byteCount"]
				b[0]["name"], b[1]["name"] = "a", "b"
			}))
		})},
	}},
	{"M03", "no blobs", []trial{{"count 0", nil, "", inBubble(func(t *testing.T) result {
		s := serveExport(t, nil, billingtest.Export{InvoiceID: request.InvoiceID, Files: []billingtest.File{}})
		s.ledger = newLedger(nil)
		return s.export(t.Context(), t)
	})}}},
	{"M04", "hostile blob names", hostileNames()},
	{"M05", "rootDirectory that is not trusted", []trial{
		untrusted("http", "http://HOSTPATH"),
		untrusted("other host", "https://evil.example/PATH"),
		untrusted("longer host", "https://HOST.evil.examplePATH"),
		untrusted("address", "https://10.0.0.1PATH"),
		untrusted("port", "https://HOST:8443PATH"),
		untrusted("user information", "https://HOST@evil.examplePATH"),
		untrusted("user of the right host", "https://user:password@HOSTPATH"),
		untrusted("query", "https://HOSTPATH?sig=x"),
		untrusted("empty segment", "https://HOST/PATH"),
	}},
	{"M06", "SAS of a manifest", []trial{
		signed("empty", manifest.ErrSAS, "manifest.ErrSAS", func(string) string { return "" }),
		signed("leading ?", nil, "", func(sas string) string { return "?" + sas }),
		signed("no sig", manifest.ErrSAS, "manifest.ErrSAS", without("sig")),
		signed("sp=l", manifest.ErrSAS, "manifest.ErrSAS", func(sas string) string { return strings.Replace(sas, "sp=rl", "sp=l", 1) }),
		{"sp and se of a stored access policy", nil, "", inBubble(storedPolicy)},
		signed("no se", manifest.ErrSAS, "manifest.ErrSAS", without("se")),
		signed("value that holds a URL", nil, "", func(sas string) string { return sas + "&rscd=https://contoso.example/a?b" }),
		{"expired on arrival", nil, "", inBubble(expiredOnArrival)},
	}},
	{"M07", "dataFormat", []trial{
		format("compressedJSON", nil, ""),
		format("COMPRESSEDJSONLINES", nil, ""),
		format("parquet", manifest.ErrMalformed, "manifest.ErrMalformed"),
	}},
	{"M08", "manifest that cannot be verified, and AllowUnverifiedManifest", []trial{
		unverified("unknown dataFormat", nil, "", func(m map[string]any) { m["dataFormat"] = "JSON v2" }),
		unverified("3 of 2", nil, "", func(m map[string]any) { m["blobCount"] = 3 }),
		unverified("blob listed twice", manifest.ErrIncomplete, "manifest.ErrIncomplete", func(m map[string]any) {
			b := m["blobs"].([]any)
			b[1] = b[0]
		}),
		{"rows that are neither JSON Lines nor CSV", manifest.ErrMalformed, "manifest.ErrMalformed", inBubble(func(t *testing.T) result {
			return unknownFormat(t, append([]byte("PAR1"), make([]byte, 100)...), zipped(3, 50))
		})},
		{"two formats", manifest.ErrMalformed, "manifest.ErrMalformed", inBubble(func(t *testing.T) result {
			return unknownFormat(t, zipped(rowsOfBlob, 50), []byte("n,pad\r\n0,x\r\n"))
		})},
	}},
	{"M09", "link of a blob that is not trusted", []trial{
		linked("as documented", nil, "", func(link string) string { return link }),
		linked("http", manifest.ErrUntrusted, "manifest.ErrUntrusted", func(link string) string { return strings.Replace(link, "https:", "http:", 1) }),
		linked("other host", manifest.ErrUntrusted, "manifest.ErrUntrusted", func(link string) string { return strings.Replace(link, ".blob.core.windows.net", ".evil.example", 1) }),
		linked("longer host", manifest.ErrUntrusted, "manifest.ErrUntrusted", func(link string) string { return strings.Replace(link, ".windows.net", ".windows.net.evil.example", 1) }),
		linked("port", manifest.ErrUntrusted, "manifest.ErrUntrusted", func(link string) string { return strings.Replace(link, ".windows.net", ".windows.net:8443", 1) }),
		linked("user information", manifest.ErrUntrusted, "manifest.ErrUntrusted", func(link string) string { return strings.Replace(link, "https://", "https://user@", 1) }),
		linked("escaped slash", manifest.ErrUntrusted, "manifest.ErrUntrusted", func(link string) string { return strings.Replace(link, "/part_", "%2fpart_", 1) }),
		linked("no container", manifest.ErrUntrusted, "manifest.ErrUntrusted", func(link string) string {
			address, query, _ := strings.Cut(link, "?")
			return address[:strings.Index(address[len("https://"):], "/")+len("https://")] + "/part_0.csv?" + query
		}),
		linked("parent directory", manifest.ErrUntrusted, "manifest.ErrUntrusted", func(link string) string { return strings.Replace(link, "/part_", "/../part_", 1) }),
		linked("no SAS", manifest.ErrSAS, "manifest.ErrSAS", func(link string) string { address, _, _ := strings.Cut(link, "?"); return address }),
		linked("SAS that would request something else", manifest.ErrSAS, "manifest.ErrSAS", func(link string) string { return link + "&comp=list" }),
	}},
	{"M10", "DNS rebinding of the storage host", rebindings()},
}

// linked returns a trial with a report of costs of which the link of the first blob is changed. If
// it must be rejected, no request to storage may be sent.
func linked(name string, want error, wantName string, edit func(link string) string) trial {
	return trial{name, want, wantName, inBubble(func(t *testing.T) result {
		s := report(t, func(m map[string]any) {
			b := linksOf(m)[0]
			link := b["blobLink"].(string)
			if b["blobLink"] = edit(link); want != nil && b["blobLink"] == link {
				t.Errorf("the link is not changed: %s", strings.SplitN(link, "?", 2)[0])
			}
		})
		r := readReport(t, s)
		if n := s.count(billingtest.BlobCall) + s.count(billingtest.OtherCall); want != nil && n != 0 {
			t.Errorf("%d requests to storage", n)
		}
		return r
	})}
}

// unverified returns a trial with a changed manifest and a client that need not verify it. What is
// read says so.
func unverified(name string, want error, wantName string, edit func(m map[string]any)) trial {
	return trial{name, want, wantName, inBubble(func(t *testing.T) result {
		files, l := blobs(2, 100, 50)
		s := serveExport(t, nil, billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: edit})
		s.ledger, s.client.AllowUnverifiedManifest = l, true
		got := readRows(t, s, recordRows(s))
		if got.err == nil && len(got.report.Admitted) != 1 {
			t.Errorf("the report does not say that the manifest was not verified: %+v", got.report)
		}
		return got.result
	})}
}

// unknownFormat reads an export of two blobs, whose format is not known.
func unknownFormat(t *testing.T, first, second []byte) result {
	t.Helper()
	s := serveExport(t, nil, billingtest.Export{
		InvoiceID: request.InvoiceID, Files: []billingtest.File{{Name: nameOfBlob, Raw: first}, {Name: "second", Raw: second}},
		EditManifest: func(m map[string]any) { m["dataFormat"] = "new" },
	})
	s.client.AllowUnverifiedManifest = true
	s.read = &manifest.ReadOptions{Concurrency: 1}
	s.ledger = newLedger(map[string]int64{nameOfBlob: rowsOfBlob, "second": 1})
	return readRows(t, s, recordRows(s)).result
}

// storedPolicy reads with a SAS whose permissions and expiry are in a policy that storage has.
func storedPolicy(t *testing.T) result {
	files, l := blobs(2, 100, 50)
	var mu sync.Mutex
	var whole, stored string
	s := serveExport(t, nil, billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: func(m map[string]any) {
		mu.Lock()
		defer mu.Unlock()
		whole = m["sasToken"].(string)
		stored = without("sp")(without("se")(whole)) + "&si=policy"
		m["sasToken"] = stored
	}})
	s.ledger = l
	s.transport = transport(func(req *http.Request) (*http.Response, error) {
		if strings.Contains(req.URL.Host, ".blob.") {
			mu.Lock()
			defer mu.Unlock()
			if req.URL.RawQuery != stored {
				t.Error("the SAS is not the one of the manifest")
			}
			req = req.Clone(req.Context())
			req.URL.RawQuery = whole // as storage reads it, with its policy
		}
		return s.Server.Do(req)
	})
	return s.export(t.Context(), t)
}

// expiredOnArrival reads with a SAS that has expired before the first request: it is refreshed
// first.
func expiredOnArrival(t *testing.T) result {
	s := serve(t, &billingtest.Options{SASLifetime: time.Hour}, 2, 100, 50)
	m, err := s.manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Hour)
	r := s.rows(t.Context(), m)
	s.wantClean(t)
	if n := statuses(s, http.StatusForbidden); n != 0 {
		t.Errorf("%d requests with the expired SAS", n)
	}
	return wantRefreshes(s, r, t, 1, 0)
}

// hostileNames are names that, without escaping, would lead out of the root directory or to another
// host. They are rejected, or escaped and requested below the root.
func hostileNames() []trial {
	var trials []trial
	for _, name := range []string{
		"", ".", "..", "../x", "a/../../x", "a/./b", "/x", "//evil.example/x", `a\b`, `..\x`, "a//b", "a\x00b", "a\nb", "https://evil.example/x", strings.Repeat("x", 1025),
	} {
		trials = append(trials, edited(strings.ToValidUTF8(name[:min(len(name), 20)], "?")+" rejected", manifest.ErrUntrusted, "manifest.ErrUntrusted", func(m map[string]any) {
			m["blobs"].([]any)[0].(map[string]any)["name"] = name
		}))
	}
	for _, name := range []string{"%", "a%2fb", "%2e%2e/x", "x?sig=y", "a#b", "ü +&=;", "x;y:z@w"} {
		trials = append(trials, trial{name + " escaped", nil, "", inBubble(func(t *testing.T) result { return escaped(t, name) })})
	}
	return trials
}

// escaped reads a blob of that name.
func escaped(t *testing.T, name string) result {
	const stored = "part-00000.json.gz"
	files, _ := blobs(1, 100, 50)
	var mu sync.Mutex
	var root string
	s := serveExport(t, nil, billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: func(m map[string]any) {
		m["blobs"].([]any)[0].(map[string]any)["name"] = name
		mu.Lock()
		root = m["rootDirectory"].(string)
		mu.Unlock()
	}})
	s.ledger = newLedger(map[string]int64{name: 100})
	s.transport = transport(func(req *http.Request) (*http.Response, error) {
		if strings.Contains(req.URL.Host, ".blob.") {
			mu.Lock()
			below := root + "/" + name
			mu.Unlock()
			if got := "https://" + req.URL.Host + req.URL.Path; got != below {
				t.Errorf("requested %s", got)
			}
			req = req.Clone(req.Context())
			req.URL.Path, req.URL.RawPath = strings.TrimSuffix(req.URL.Path, name)+stored, ""
		}
		return s.Server.Do(req)
	})
	return s.export(t.Context(), t)
}
