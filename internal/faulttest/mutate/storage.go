package main

// guards are all guards, in the order of the data flow.
var guards = append(append(append([]guard(nil), ofGraph...), ofStorage...), ofData...)

// ofStorage are the guards between a manifest and the bytes of a blob.
var ofStorage = []guard{
	{
		name: "no request to another host", file: "manifest/source.go", rows: "S04",
		old: `if _, known := s.placeOf(u); !known {`,
		new: `if _, known := s.placeOf(u); !known && false {`,
	},
	{
		name: "SAS below the root directory only", file: "manifest/location.go", rows: "S04",
		old: `strings.HasPrefix(u.EscapedPath(), l.path+"/")`,
		new: `l.path != ""`,
	},
	{
		name: "no bearer token to storage", file: "manifest/source.go", rows: "S04",
		old: `RefuseAuthorization: true,`,
		new: ``,
	},
	{
		name: "Accept-Encoding: identity", file: "manifest/source.go", rows: "B23",
		old: `req.Header.Set("Accept-Encoding", "identity")`,
		new: ``,
	},
	{
		name: "response decompressed by the transport", file: "manifest/answer.go", rows: "B23",
		old: `case resp.Uncompressed:`,
		new: `case false:`,
	},
	{
		name: "If-Match is sent", file: "manifest/answer.go", rows: "B16",
		old: "if r.total >= 0 {\n\t\to.AccessConditions",
		new: "if false {\n\t\to.AccessConditions",
	},
	{
		name: "status 206", file: "manifest/answer.go", rows: "B13 B14",
		old: `if resp.StatusCode != http.StatusPartialContent {`,
		new: `if false {`,
	},
	{
		name: "status 200 of a whole blob", file: "manifest/answer.go", rows: "B14 B22",
		old: `if resp.StatusCode != http.StatusOK {`,
		new: `if false {`,
	},
	{
		name: "Content-Range", file: "manifest/answer.go", rows: "B13 B14",
		old: `if got := resp.Header.Get("Content-Range"); got != want {`,
		new: `if got := resp.Header.Get("Content-Range"); got != want && false {`,
	},
	{
		name: "length of the rest", file: "manifest/answer.go", rows: "B14 B18 B21",
		old: `n >= 0 && n != r.total-r.offset {`,
		new: `n >= 0 && false {`,
	},
	{
		name: "length of the whole blob, again", file: "manifest/answer.go", rows: "B03 B14 B18 B21",
		old: `if length >= 0 && length != r.total {`,
		new: `if false {`,
	},
	{
		name: "ETag is the same", file: "manifest/answer.go", rows: "B15 B16",
		old: `case !first && etag != r.etag:`,
		new: `case false:`,
	},
	{
		name: "weak ETag", file: "manifest/answer.go", rows: "B15",
		old: `return etag != "" && !strings.HasPrefix(etag, "W/") && !strings.HasPrefix(etag, "w/")`,
		new: `return etag != "" || strings.HasPrefix(etag, "W/")`,
	},
	{
		name: "no ETag", file: "manifest/answer.go", rows: "B15",
		old: `return etag != "" && !strings`,
		new: `return !strings`,
	},
	{
		name: "ETag of a HEAD response", file: "manifest/answer.go", rows: "B19",
		old: `case p.ETag == nil || string(*p.ETag) != r.etag:`,
		new: `case p.ETag == nil:`,
	},
	{
		name: "Content-Encoding is the same", file: "manifest/answer.go", rows: "B14 B15",
		old: `case !first && encoding != r.encoding:`,
		new: `case false:`,
	},
	{
		name: "structured body that was not requested", file: "manifest/answer.go", rows: "B14",
		old: `case resp.Header.Get("X-Ms-Structured-Body") != "":`,
		new: `case false:`,
	},
	{
		name: "deleted is not changed", file: "manifest/answer.go", rows: "B17",
		old: `if f.status != http.StatusPreconditionFailed {`,
		new: `if true {`,
	},
	{
		name: "more bytes than Content-Length", file: "manifest/blobreader.go", rows: "B21",
		old: "case n > 0:\n\t\tr.offset = r.total",
		new: "case n > 0:\n\t\tr.offset = r.total\n\t\treturn io.EOF\n\tcase n > 1:",
	},
	{
		name: "no more is read than Content-Length", file: "manifest/blobreader.go", rows: "B21",
		old: `int64(len(p)) > left {`,
		new: `int64(len(p)) > left && false {`,
	},
	{
		name: "bytes missing at the end", file: "manifest/blobreader.go", rows: "B18 B19 G05",
		old: "if r.offset == r.total {\n\t\treturn nil // all is there",
		new: "if errors.Is(err, io.EOF) {\n\t\treturn io.EOF // all is there",
	},
	{
		name: "a final error is not retried", file: "manifest/blobreader.go", rows: "B14 B15 B28",
		old: "case f.kind != nil:\n\t\treturn r.final(f)",
		new: "case false:\n\t\treturn r.final(f)",
	},
	{
		name: "stall within a body", file: "manifest/blobreader.go", rows: "B07 B09 B10",
		old: `r.timer.Reset(r.limits.stall)`,
		new: `r.timer.Reset(20 * r.limits.stall)`,
	},
	{
		name: "stall before a response", file: "manifest/blobreader.go", rows: "B08 B09",
		old: `time.AfterFunc(r.limits.stall,`,
		new: `time.AfterFunc(20*r.limits.stall,`,
	},
	{
		name: "stall timer only while reading", file: "manifest/blobreader.go", rows: "C04",
		old: "waited := time.Since(start)\n\tr.timer.Stop()",
		new: "waited := time.Since(start)",
	},
	{
		name: "throughput", file: "manifest/blobreader.go", rows: "B11",
		old: `if r.got < slowBytes && err == nil {`,
		new: `if false {`,
	},
	{
		name: "time without progress", file: "manifest/readoptions.go", rows: "B09 B25",
		old: `MaxElapsed: o.RetryBudget}`,
		new: `MaxElapsed: 20 * o.RetryBudget}`,
	},
	{
		name: "tries without progress", file: "manifest/blobreader.go", rows: "B09 B30",
		old: `within = r.budget.Fail()`,
		new: `r.budget.Fail()`,
	},
	{
		name: "progress resets the retry budget", file: "manifest/blobreader.go", rows: "B02",
		old: `r.budget.Reset()`,
		new: ``,
	},
	{
		name: "a busy service gets the whole time", file: "manifest/blobreader.go", rows: "B24 B25",
		old: `if f.alive {`,
		new: `if false {`,
	},
	{
		name: "backoff", file: "manifest/blobreader.go", rows: "B24 B25 B26",
		old: `pause := max(f.after, r.limits.backoff.Delay(r.budget.Failures()+r.patient))`,
		new: `pause := f.after`,
	},
	{
		name: "Retry-After of storage", file: "manifest/blobreader.go", rows: "B24",
		old: `pause := max(f.after, r.`,
		new: `pause := max(0, r.`,
	},
	{
		name: "retries shared by the workers", file: "manifest/blobreader.go", rows: "B25 B26",
		old: `case !r.retrying:`,
		new: `case false:`,
	},
	{
		name: "fewer blobs at once on a busy service", file: "manifest/blobreader.go", rows: "B26 B33",
		old: `r.limits.throttle.busy()`,
		new: ``,
	},
	{
		name: "certificate", file: "manifest/failure.go", rows: "B29",
		old: `case errors.Is(err, httpguard.ErrCertificate):`,
		new: `case false:`,
	},
	{
		name: "no secrets in errors of storage", file: "manifest/answers.go", rows: "R09 S01",
		old: `body = []byte(redact.Text(string(body)))`,
		new: ``,
	},
	{
		name: "no secrets in headers of storage", file: "manifest/answers.go", rows: "S01",
		old: `values[i] = redact.Text(v)`,
		new: `_, _ = i, redact.Text(v)`,
	},
	{
		name: "one refresh for all workers", file: "manifest/renew.go", rows: "R02",
		old: `if now != generation {`,
		new: `if now != generation && false {`,
	},
	{
		name: "refreshes without progress", file: "manifest/blobreader.go", rows: "R11",
		old: `r.renewals < allowed {`,
		new: `r.renewals < 50*allowed {`,
	},
	{
		name: "one refresh for a SAS that is valid", file: "manifest/blobreader.go", rows: "R09 R11",
		old: `allowed = 1 // it`,
		new: `allowed = 9 // it`,
	},
	{
		name: "one refresh for a blob that is missing", file: "manifest/blobreader.go", rows: "B17 B31 R13",
		old: `r.source.refresh == nil || r.renewals > 0 {`,
		new: `r.source.refresh == nil || r.renewals > 50 {`,
	},
	{
		name: "storage's clock", file: "manifest/source.go", rows: "R10",
		old: `c.skew, c.told = skew, true`,
		new: `c.skew, c.told = 0, true`,
	},
	{
		name: "eTag of a refreshed manifest", file: "manifest/source.go", rows: "R04",
		old: `return o.eTag == p.eTag && slices.Equal(o.names, p.names)`,
		new: `return slices.Equal(o.names, p.names)`,
	},
	{
		name: "blobs of a refreshed manifest", file: "manifest/source.go", rows: "R04",
		old: `return o.eTag == p.eTag && slices.Equal(o.names, p.names)`,
		new: `return o.eTag == p.eTag`,
	},
	{
		name: "manifest without an eTag is not refreshed", file: "manifest/renew.go", rows: "R04",
		old: `if s.origin.eTag == "" {`,
		new: `if false {`,
	},
	{
		name: "location of a refreshed manifest", file: "manifest/renew.go", rows: "R04",
		old: `newLocation(d.RootDirectory, s.hosts)`,
		new: `newLocation(d.RootDirectory, append(slices.Clone(s.hosts), "evil.example"))`,
	},
	{
		name: "other bytes at another location", file: "manifest/blobreader.go", rows: "R07 R08",
		old: `case again && r.known != r.place && f.kind == ErrBlobChanged:`,
		new: `case false:`,
	},
}
