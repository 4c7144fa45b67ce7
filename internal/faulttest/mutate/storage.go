package main

import "slices"

// guards are all guards, in the order of the data flow.
var guards = slices.Concat(ofGraph, ofStorage, ofData, ofCosts)

// ofStorage are the guards between a manifest and the bytes of a blob.
var ofStorage = []guard{
	{
		name: "no connection to a local address", file: "internal/httpguard/address.go", rows: "M10",
		old: `err != nil || IsLocal(to.Addr()) {`,
		new: `err != nil || !to.IsValid() {`,
	},
	{
		name: "the address of a proxy is not checked", file: "internal/httpguard/address.go", rows: "S03",
		old: `is && err == nil && strings.EqualFold(host, own) {`,
		new: `is && err == nil && (own != "" || strings.EqualFold(host, own)) {`,
	},
	{
		name: "no request to another host", file: "internal/blobread/wire.go", rows: "S04",
		old: `if _, known := accessTo(u); !known {`,
		new: `if _, known := accessTo(u); !known && false {`,
	},
	{
		name: "SAS below the root directory only", file: "internal/bloburl/bloburl.go", rows: "S04",
		old: `strings.HasPrefix(u.EscapedPath(), r.path+"/")`,
		new: `r.path != ""`,
	},
	{
		name: "no bearer token to storage", file: "internal/blobread/wire.go", rows: "S04",
		old: `RefuseAuthorization: cred == nil,`,
		new: ``,
	},
	{
		name: "Accept-Encoding: identity", file: "internal/blobread/wire.go", rows: "B23",
		old: `req.Header.Set("Accept-Encoding", "identity")`,
		new: ``,
	},
	{
		name: "response decompressed by the transport", file: "internal/blobread/version.go", rows: "B23",
		old: `case resp.Uncompressed:`,
		new: `case false:`,
	},
	{
		name: "If-Match is sent", file: "internal/blobread/version.go", rows: "B16",
		old: "if v.known() {\n\t\to.AccessConditions",
		new: "if false {\n\t\to.AccessConditions",
	},
	{
		name: "status 206", file: "internal/blobread/version.go", rows: "B13 B14",
		old: `if resp.StatusCode != http.StatusPartialContent {`,
		new: `if false {`,
	},
	{
		name: "status 200 of a whole blob", file: "internal/blobread/version.go", rows: "B14 B22",
		old: `if resp.StatusCode != http.StatusOK {`,
		new: `if false {`,
	},
	{
		name: "Content-Range", file: "internal/blobread/version.go", rows: "B13 B14",
		old: `if got := resp.Header.Get("Content-Range"); got != want {`,
		new: `if got := resp.Header.Get("Content-Range"); got != want && false {`,
	},
	{
		name: "length of the rest", file: "internal/blobread/version.go", rows: "B14 B18 B21",
		old: `n >= 0 && n != v.length-offset {`,
		new: `n >= 0 && false {`,
	},
	{
		name: "length of the whole blob, again", file: "internal/blobread/version.go", rows: "B03 B14 B18 B21",
		old: `if length >= 0 && length != v.length {`,
		new: `if false {`,
	},
	{
		name: "ETag is the same", file: "internal/blobread/version.go", rows: "B15 B16",
		old: `case !first && etag != v.etag:`,
		new: `case false:`,
	},
	{
		name: "weak ETag", file: "internal/blobread/version.go", rows: "B15",
		old: `return etag != "" && !strings.HasPrefix(etag, "W/") && !strings.HasPrefix(etag, "w/")`,
		new: `return etag != "" || strings.HasPrefix(etag, "W/")`,
	},
	{
		name: "no ETag", file: "internal/blobread/version.go", rows: "B15",
		old: `return etag != "" && !strings`,
		new: `return !strings`,
	},
	{
		name: "ETag of a HEAD response", file: "internal/blobread/version.go", rows: "B19",
		old: `case p.ETag == nil || string(*p.ETag) != v.etag:`,
		new: `case p.ETag == nil:`,
	},
	{
		name: "Content-Encoding is the same", file: "internal/blobread/version.go", rows: "B14 B15",
		old: `case !first && encoding != v.encoding:`,
		new: `case false:`,
	},
	{
		name: "MD5 of what was read", file: "internal/blobread/digest.go", rows: "B34",
		old: `if base64.StdEncoding.EncodeToString(s.hash.Sum(nil)) != s.sent {`,
		new: `if base64.StdEncoding.EncodeToString(s.hash.Sum(nil)) == "" {`,
	},
	{
		name: "MD5 is the same", file: "internal/blobread/digest.go", rows: "B34",
		old: `case d.whole.sent != "" && d.whole.sent != whole:`,
		new: `case false:`,
	},
	{
		name: "MD5 of gzip where it is wanted", file: "internal/blobread/digest.go", rows: "B34",
		old: `if !d.always && isGzip(d.head, p) {`,
		new: `if isGzip(d.head, p) {`,
	},
	{
		name: "structured body that was not requested", file: "internal/blobread/version.go", rows: "B14",
		old: `case resp.Header.Get("X-Ms-Structured-Body") != "":`,
		new: `case false:`,
	},
	{
		name: "deleted is not changed", file: "internal/blobread/version.go", rows: "B17",
		old: `if f.status != http.StatusPreconditionFailed {`,
		new: `if true {`,
	},
	{
		name: "more bytes than Content-Length", file: "internal/blobread/reader.go", rows: "B21",
		old: "case n > 0:\n\t\tr.offset = r.version.length",
		new: "case n > 0:\n\t\tr.offset = r.version.length\n\t\treturn io.EOF\n\tcase n > 1:",
	},
	{
		name: "no more is read than Content-Length", file: "internal/blobread/reader.go", rows: "B21",
		old: `int64(len(p)) > left {`,
		new: `int64(len(p)) > left && false {`,
	},
	{
		name: "bytes missing at the end", file: "internal/blobread/reader.go", rows: "B18 B19 G05",
		old: "if r.offset == r.version.length {\n\t\treturn nil // complete",
		new: "if errors.Is(err, io.EOF) {\n\t\treturn io.EOF // complete",
	},
	{
		name: "a final error is not retried", file: "internal/blobread/reader.go", rows: "B14 B15 B28",
		old: "case f.kind != nil:\n\t\treturn r.fail(f)",
		new: "case false:\n\t\treturn r.fail(f)",
	},
	{
		name: "stall within a body", file: "internal/blobread/connection.go", rows: "B07 B09 B10",
		old: `c.timer.Reset(c.stall)`,
		new: `c.timer.Reset(20 * c.stall)`,
	},
	{
		name: "stall before a response", file: "internal/blobread/connection.go", rows: "B08 B09",
		old: `time.AfterFunc(c.stall,`,
		new: `time.AfterFunc(20*c.stall,`,
	},
	{
		name: "stall timer only while reading", file: "internal/blobread/connection.go", rows: "C04",
		old: "waited = time.Since(begun)\n\tc.timer.Stop()",
		new: "waited = time.Since(begun)",
	},
	{
		name: "throughput", file: "internal/blobread/connection.go", rows: "B11",
		old: `slow := s.bytes < slowBytes`,
		new: `slow := s.bytes < 0`,
	},
	{
		name: "time without progress", file: "internal/blobread/attempts.go", rows: "B09 B25",
		old: `MaxElapsed: l.RetryBudget}`,
		new: `MaxElapsed: 20 * l.RetryBudget}`,
	},
	{
		name: "tries without progress", file: "internal/blobread/attempts.go", rows: "B09 B30",
		old: `within = a.budget.Fail()`,
		new: `a.budget.Fail()`,
	},
	{
		name: "progress resets the retry budget", file: "internal/blobread/attempts.go", rows: "B02",
		old: `a.budget.Reset()`,
		new: ``,
	},
	{
		name: "a busy service gets the whole time", file: "internal/blobread/attempts.go", rows: "B24 B25",
		old: `if f.hint == hintBusy {`,
		new: `if false {`,
	},
	{
		name: "backoff", file: "internal/blobread/attempts.go", rows: "B24 B25 B26",
		old: `delay = max(f.after, a.backoff.Delay(failures))`,
		new: `delay = f.after`,
	},
	{
		name: "Retry-After of storage", file: "internal/blobread/attempts.go", rows: "B24",
		old: `delay = max(f.after, a.`,
		new: `delay = max(0, a.`,
	},
	{
		name: "retries shared by the workers", file: "internal/blobread/attempts.go", rows: "B25 B26",
		old: `case !a.retrying:`,
		new: `case false:`,
	},
	{
		name: "fewer blobs at once on a busy service", file: "internal/blobread/attempts.go", rows: "B26 B33",
		old: `a.throttle.busy()`,
		new: ``,
	},
	{
		name: "certificate", file: "internal/blobread/failure.go", rows: "B29",
		old: `case errors.Is(err, httpguard.ErrCertificate):`,
		new: `case false:`,
	},
	{
		name: "no secrets in errors of storage", file: "internal/blobread/wire.go", rows: "R09 S01",
		old: `body = []byte(redact.Text(string(body)))`,
		new: ``,
	},
	{
		name: "no secrets in headers of storage", file: "internal/blobread/wire.go", rows: "S01",
		old: `values[i] = redact.Text(v)`,
		new: `_, _ = i, redact.Text(v)`,
	},
	{
		name: "one refresh for all workers", file: "internal/blobread/rooted.go", rows: "R02",
		old: `if current != generation {`,
		new: `if current != generation && false {`,
	},
	{
		name: "refreshes without progress", file: "internal/blobread/rooted.go", rows: "R11",
		old: `refreshes >= allowed {`,
		new: `refreshes >= 50*allowed {`,
	},
	{
		name: "one refresh for a SAS that is valid", file: "internal/blobread/rooted.go", rows: "R09 R11",
		old: `allowed = 1 // the`,
		new: `allowed = 9 // the`,
	},
	{
		name: "one refresh for a blob that is missing", file: "internal/blobread/rooted.go", rows: "B17 B31 R13",
		old: `s.refresh == nil || refreshes > 0 {`,
		new: `s.refresh == nil || refreshes > 50 {`,
	},
	{
		name: "storage decides whether a SAS has expired", file: "internal/blobread/rooted.go", rows: "R15",
		old: `f != nil && errors.Is(f.kind, ErrDataChanged) {`,
		new: `f != nil && (s.expired() || errors.Is(f.kind, ErrDataChanged)) {`,
	},
	{
		name: "a refresh that has just failed is not repeated", file: "internal/blobread/rooted.go", rows: "R14",
		old: `if f := s.justFailed(generation, ahead); f != nil {`,
		new: `if f := s.justFailed(generation, ahead); f != nil && false {`,
	},
	{
		name: "storage's clock", file: "internal/blobread/clock.go", rows: "R10",
		old: `c.skew, c.observed = skew, true`,
		new: `c.skew, c.observed = 0, true`,
	},
	{
		name: "eTag of a refreshed manifest", file: "manifest/export.go", rows: "R04",
		old: `return a.eTag == b.eTag && slices.Equal(a.names, b.names)`,
		new: `return slices.Equal(a.names, b.names)`,
	},
	{
		name: "blobs of a refreshed manifest", file: "manifest/export.go", rows: "R04",
		old: `return a.eTag == b.eTag && slices.Equal(a.names, b.names)`,
		new: `return a.eTag == b.eTag`,
	},
	{
		name: "manifest without an eTag is not refreshed", file: "manifest/export.go", rows: "R04",
		old: `if e.same.eTag == "" {`,
		new: `if false {`,
	},
	{
		name: "location of a refreshed manifest", file: "manifest/export.go", rows: "R04",
		old: `bloburl.ParseRoot(d.RootDirectory, e.options.StorageHosts)`,
		new: `bloburl.ParseRoot(d.RootDirectory, append(slices.Clone(e.options.StorageHosts), "evil.example"))`,
	},
	{
		name: "other bytes at another location", file: "internal/blobread/reader.go", rows: "R07 R08",
		old: `case again && r.version.place != r.at.place && f.kind == ErrBlobChanged:`,
		new: `case false:`,
	},
}
