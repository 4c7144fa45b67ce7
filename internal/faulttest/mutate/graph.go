package main

// ofGraph are the guards for requests up to the manifest.
var ofGraph = []guard{
	{
		name: "host of a Location", file: "internal/origin/origin.go", rows: "F03 F05 F29",
		old: `!strings.EqualFold(u.Hostname(), e.root.Hostname())`,
		new: `false`,
	},
	{
		name: "port of a Location", file: "internal/origin/origin.go", rows: "F03 F05",
		old: `port(u) != port(e.root):`,
		new: `false:`,
	},
	{
		name: "scheme of a Location", file: "internal/origin/origin.go", rows: "F03 F04",
		old: `case u.Scheme != e.root.Scheme:`,
		new: `case false:`,
	},
	{
		name: "user in a Location", file: "internal/origin/origin.go", rows: "F05",
		old:    "case u.User != nil:\n\t\treturn fmt.Errorf(\"%w: it has user information\", ErrForeign)",
		new:    "case false:",
		behind: "user in any URL",
	},
	{
		name: "user in any URL", file: "internal/httpguard/guard.go", rows: "F05",
		old:    `case u.User != nil:`,
		new:    `case false:`,
		behind: "user in a Location",
	},
	{
		name: "https for any URL", file: "internal/httpguard/guard.go", rows: "F04 S04",
		old: `case u.Scheme != "https":`,
		new: `case false:`,
	},
	{
		name: "redirect rejected", file: "internal/httpguard/guard.go", rows: "F06 B28",
		old: `if resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.StatusCode != http.StatusNotModified {`,
		new: `if false {`,
	},
	{
		name: "redirect not followed by the client", file: "internal/httpguard/client.go", rows: "F06 B28",
		old: `return http.ErrUseLastResponse`,
		new: `return nil`,
	},
	{
		name: "redirect followed by a transport", file: "internal/httpguard/guard.go", rows: "B28",
		old: `if followed(resp, scheme, host) {`,
		new: `if false && followed(resp, scheme, host) {`,
	},
	{
		name: "503: another connection", file: "internal/httpguard/guard.go", rows: "F13",
		old: `if resp.StatusCode == http.StatusServiceUnavailable {`,
		new: `if false {`,
	},
	{
		name: "no secrets in errors of transports", file: "internal/httpguard/guard.go", rows: "F14 B30 S01",
		old: `clean := redact.ErrorAt(host, err)`,
		new: `clean := err`,
	},
	{
		name: "host in errors of transports", file: "internal/redact/error.go", rows: "B30",
		old: `if !strings.Contains(text, host) {`,
		new: `if len(host) < 0 && !strings.Contains(text, host) {`,
	},
	{
		name: "last failure before a deadline", file: "internal/rest/send.go", rows: "B30",
		old: `return nil, op.EndedAfter(ctx, last.Err())`,
		new: `return nil, op.EndedAfter(ctx, func(*httpguard.Last) error { return nil }(last))`,
	},
	{
		name: "last failure of polls before a deadline", file: "internal/lro/wait.go", rows: "B30",
		old: `return nil, t.ended(ctx, start, pace.Last())`,
		new: `return nil, t.ended(ctx, start, nil)`,
	},
	{
		name: "no secrets in errors of bodies", file: "internal/httpguard/guard.go", rows: "S01",
		old: `return n, redact.Error(err)`,
		new: `return n, err`,
	},
	{
		name: "bodies never logged", file: "internal/azpolicy/policies.go", rows: "S01",
		old: `o.IncludeBody = false`,
		new: ``,
	},
	{
		name: "Authorization never logged", file: "internal/azpolicy/policies.go", rows: "S01",
		old: `return strings.EqualFold(name, "Authorization")`,
		new: `return false`,
	},
	{
		name: "no secrets in messages of the service", file: "internal/errtext/errtext.go", rows: "F20 F25 S01",
		old: `}, redact.Text(s))`,
		new: `}, s+redact.Text(""))`,
	},
	{
		name: "secrets by their value, in texts", file: "internal/redact/text.go", rows: "S05",
		old: `s = Values(s)`,
		new: ``,
	},
	{
		name: "secrets by their value, in headers", file: "internal/httpguard/guard.go", rows: "S05",
		old: `values[i] = redact.Values(v)`,
		new: `_, _ = i, redact.Values(v)`,
	},
	{
		name: "tokens are known before they are sent", file: "internal/httpguard/guard.go", rows: "S05",
		old: `g.tokens.sent(authorization)`,
		new: ``,
	},
	{
		name: "signatures are known", file: "internal/sas/sas.go", rows: "S05",
		old: `t.known = redact.Know(parameters["sig"])`,
		new: ``,
	},
	{
		name: "401: one retry with a new token", file: "internal/azpolicy/policies.go", rows: "F16 F17",
		old: `if err != nil || resp.StatusCode != http.StatusUnauthorized || demandsClaims(resp) {`,
		new: `if true {`,
	},
	{
		name: "running with 200 is not success", file: "internal/lro/graph.go", rows: "F07 F08",
		old: `case p == underWay, p == failed:
		return p
`,
		new: `case p == underWay:
		return succeeded
	case p == failed:
		return p
`,
	},
	{
		name: "unknown status is not final", file: "internal/lro/graph.go", rows: "F18",
		old: "default:\n\t\treturn underWay",
		new: "default:\n\t\treturn failed",
	},
	{
		name: "a manifest without success", file: "internal/lro/graph.go", rows: "F31",
		old: "case located:\n\t\treturn failed",
		new: "case located:\n\t\treturn succeeded",
	},
	{
		name: "not found because it is new", file: "internal/lro/lag.go", rows: "F32",
		old: `if !l.possible || !is ||`,
		new: `if true || !is ||`,
	},
	{
		name: "not found because it is new, bounded", file: "internal/lro/lag.go", rows: "F32",
		old: `time.Since(l.since) >= lagTime {`,
		new: `time.Since(l.since) >= 100*lagTime {`,
	},
	{
		name: "lag ends once it is found", file: "internal/lro/tracker.go", rows: "F32",
		old: "t.unconfirmed = false\n\t\t\tt.operationLag.found()",
		new: "t.unconfirmed = false",
	},
	{
		name: "404 of others is not missing data", file: "internal/lro/graph.go", rows: "F33",
		old: `NotFound: apierror.ErrNotFound,`,
		new: `NotFound: apierror.ErrNoData,`,
	},
	{
		name: "success with an error", file: "internal/lro/graph.go", rows: "F31",
		old: `case hasError(w.Error), strings`,
		new: `case strings`,
	},
	{
		name: "success without a manifest, bounded", file: "internal/lro/tracker.go", rows: "F22",
		old: `t.emptySuccesses > maxEmptySuccesses {`,
		new: `t.emptySuccesses > 100*maxEmptySuccesses {`,
	},
	{
		name: "accepted without an operation", file: "internal/lro/begin.go", rows: "F01",
		old: `case id == "":`,
		new: `case false:`,
	},
	{
		name: "HTML is not a JSON object", file: "internal/rest/response.go", rows: "F25",
		old: `case r.Body[0] != '{':`,
		new: `case false:`,
	},
	{
		name: "text of the service in errors, bounded", file: "internal/errtext/errtext.go", rows: "F25",
		old: `ExcerptLimit = 256`,
		new: `ExcerptLimit = 1 << 20`,
	},
	{
		name: "size of an operation", file: "internal/lro/graph.go", rows: "F30",
		old: `if len(r.Body)-len(w.Location) > maxOperation {`,
		new: `if false {`,
	},
	{
		name: "size of a response", file: "internal/rest/send.go", rows: "F30",
		old: `case errors.Is(err, httpguard.ErrBodyTooLarge), op.MaxBody > 0 && int64(len(body)) > op.MaxBody:`,
		new: `case errors.Is(err, httpguard.ErrBodyTooLarge) && false:`,
	},
	{
		name: "requested delay", file: "internal/lro/wait.go", rows: "F07 F09 F12",
		old: `return false, status.RetryAfter, nil`,
		new: `return false, 0, nil`,
	},
	{
		name: "requested delay longer than the time left", file: "internal/lro/pace.go", rows: "F11",
		old: `ok && pause > time.Until(deadline) ||`,
		new: `ok && pause > time.Until(deadline) && false ||`,
	},
	{
		name: "Retry-After is not positive", file: "internal/retry/after.go", rows: "F10",
		old: `math.IsNaN(f) || f <= 0 ||`,
		new: `math.IsNaN(f) ||`,
	},
	{
		name: "Retry-After overflows", file: "internal/retry/after.go", rows: "F11",
		old: `f >= float64(math.MaxInt64/unit) {`,
		new: `f < 0 {`,
	},
	{
		name: "Retry-After by the server's clock", file: "internal/retry/after.go", rows: "F09",
		old: `now = server`,
		new: `_ = server`,
	},
	{
		name: "resume token of another request", file: "internal/lro/begin.go", rows: "F29",
		old: `if content.Replay != nil {`,
		new: `if false {`,
	},
	{
		name: "token saved before the first poll", file: "billing/readexport.go", rows: "F34",
		old: `err = x.save(ctx, p)`,
		new: ``,
	},
	{
		name: "token saved although the context ended", file: "billing/readexport.go", rows: "F34",
		old: `context.WithoutCancel(ctx)`,
		new: `ctx`,
	},
	{
		name: "token kept after an interruption", file: "billing/readexport.go", rows: "F34",
		old: `err != nil && !isGone(err)`,
		new: `false`,
	},
	{
		name: "token forgotten after a read", file: "billing/readexport.go", rows: "F34",
		old: `return x.forget(ctx, err)`,
		new: `return err`,
	},
	{
		name: "expired token replaced", file: "billing/readexport.go", rows: "F34",
		old: `err == nil || !isGone(err) && !errors.Is(err, apierror.ErrResumeToken)`,
		new: `true`,
	},
	{
		name: "unbilled export of another month", file: "billing/readexport.go", rows: "F34",
		old: `check = checkMonth`,
		new: ``,
	},
	{
		name: "resume token of another kind", file: "internal/lro/token.go", rows: "F29",
		old: `if t.Kind != s.Kind {`,
		new: `if false {`,
	},
	{
		name: "resume token of another endpoint", file: "internal/lro/token.go", rows: "F29",
		old: "endpoint, err := s.Endpoint.Resolve(nil, t.Endpoint)\n\tif err != nil || t.Endpoint == \"\" {",
		new: "endpoint, err := s.Endpoint.Resolve(nil, t.Endpoint)\n\tif false {",
	},
	{
		name: "resume token with a foreign operation", file: "internal/lro/token.go", rows: "F29",
		old: `if err != nil || t.Address == "" {`,
		new: `if false {`,
	},
	{
		name: "resume token with a foreign request", file: "internal/lro/token.go", rows: "F29",
		old: `err != nil || t.Replay.Address == "" {`,
		new: `err != nil && false {`,
	},
	{
		name: "same SAS after a refresh: try the next source", file: "internal/lro/refresh.go", rows: "R03",
		old: `if err == nil && !r.isStale(data) {`,
		new: `if err == nil {`,
	},
	{
		name: "re-export once an hour", file: "internal/lro/refresh.go", rows: "R03 R06",
		old: `since < reexportEvery:`,
		new: `false:`,
	},
	{
		name: "NoReexport", file: "internal/lro/refresh.go", rows: "R14",
		old: `if !t.once {`,
		new: `if true {`,
	},
	{
		name: "NoReexport of a resume token", file: "internal/lro/begin.go", rows: "R14",
		old: `content.Replay, content.Once || !s.Reexport`,
		new: `content.Replay, !s.Reexport`,
	},

	{
		name: "blobCount", file: "manifest/export.go", rows: "M01 M03",
		old: `case promised.Value != int64(len(e.doc.Blobs)):`,
		new: `case promised.Value < 0 && false:`,
	},
	{
		name: "blobCount of 64 bits", file: "manifest/export.go", rows: "M01",
		old: `case promised.Value != int64(len(e.doc.Blobs)):`,
		new: `case int32(promised.Value) != int32(len(e.doc.Blobs)):`,
	},
	{
		name: "neither JSON Lines nor CSV", file: "manifest/judge.go", rows: "M08",
		old: `bytes.HasPrefix(head, []byte("PAR1")), bytes.IndexByte(head, 0) >= 0,`,
		new: ``,
	},
	{
		name: "blobs of two formats", file: "manifest/judge.go", rows: "M08",
		old: `if j.made && j.format != f {`,
		new: `if false {`,
	},
	{
		name: "the report says what was not verified", file: "manifest/progress.go", rows: "M08",
		old: `Admitted: slices.Clone(g.plan.export.admitted)}`,
		new: `Admitted: nil}`,
	},
	{
		name: "duplicate blob name", file: "manifest/export.go", rows: "M02",
		old: `if first, twice := e.byName[b.Name]; twice {`,
		new: `if first, twice := e.byName[b.Name]; twice && first < 0 {`,
	},
	{
		name: "duplicate link of a blob", file: "manifest/export.go", rows: "M02",
		old: `if other, twice := first[l.URL]; twice {`,
		new: `if other, twice := first[l.URL]; twice && other < 0 {`,
	},
	{
		name: "data format", file: "manifest/export.go", rows: "M07",
		old: `if e.options.AllowUnverifiedManifest {
		return 0, false, nil`,
		new: `if true {
		return 0, false, nil`,
	},
	{
		name: "name with ..", file: "internal/bloburl/bloburl.go", rows: "M04",
		old: `case ".", "..":`,
		new: `case "...":`,
	},
	{
		name: "name with an empty segment", file: "internal/bloburl/bloburl.go", rows: "M04",
		old: "case \"\":\n\t\t\treturn errors.New(\"has an empty segment\")",
		new: "case \"...\":",
	},
	{
		name: "name with a backslash", file: "internal/bloburl/bloburl.go", rows: "M04",
		old: `case strings.ContainsRune(path, '\\'):`,
		new: `case false:`,
	},
	{
		name: "name with a control character", file: "internal/bloburl/bloburl.go", rows: "M04",
		old: `case strings.ContainsFunc(path, unicode.IsControl):`,
		new: `case strings.ContainsFunc(path, unicode.IsControl) && false:`,
	},
	{
		name: "name too long", file: "internal/bloburl/bloburl.go", rows: "M04",
		old: `case utf8.RuneCountInString(path) > maxBlobName:`,
		new: `case false:`,
	},
	{
		name: "names are escaped", file: "internal/bloburl/bloburl.go", rows: "M04",
		old: `url.PathEscape(segment)`,
		new: `segment`,
	},
	{
		name: "host of storage", file: "internal/bloburl/bloburl.go", rows: "M05 R04",
		old: `if !isAdmitted(host, admitted) {`,
		new: `if false {`,
	},
	{
		name: "port of storage", file: "internal/bloburl/bloburl.go", rows: "M05",
		old: `host := strings.ToLower(u.Host)`,
		new: `host := strings.ToLower(u.Hostname())`,
	},
	{
		name: "storage by https only", file: "internal/bloburl/bloburl.go", rows: "M05",
		old: `case u.Scheme != "https":`,
		new: `case false:`,
	},
	{
		name: "user in the root directory", file: "internal/bloburl/bloburl.go", rows: "M05",
		old: `case u.Opaque != "" || u.User != nil:`,
		new: `case false:`,
	},
	{
		name: "query in the root directory", file: "internal/bloburl/bloburl.go", rows: "M05",
		old: `case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(text, "#"):`,
		new: `case false:`,
	},
	{
		name: "empty segment in the root directory", file: "internal/bloburl/bloburl.go", rows: "M05",
		old: `if strings.HasPrefix(u.Path, "//") {`,
		new: `if false {`,
	},
	{
		name: "escaped slash in the link of a blob", file: "internal/bloburl/bloburl.go", rows: "M09",
		old: `if strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%5c") ||`,
		new: `if _ = escaped;`,
	},
	{
		name: "link of a blob without a container", file: "internal/bloburl/bloburl.go", rows: "M09",
		old: `|| !strings.Contains(path, "/") {`,
		new: `{`,
	},
	{
		name: "host in the link of a blob", file: "internal/bloburl/bloburl.go", rows: "M09",
		old: `host, err := hostOf(u, admitted)
	if err != nil {
		return "", "", err
	}`,
		new: `host := u.Host`,
	},
	{
		name: "path in the link of a blob", file: "internal/bloburl/bloburl.go", rows: "M09",
		old: `canonical, err = Root{host: host}.Join(path)`,
		new: `canonical, _ = Canonical(u), host`,
	},
	{
		name: "SAS in the link of a blob", file: "internal/blobread/fixed.go", rows: "M09",
		old: `if l.SAS, err = sas.New(text); err != nil {`,
		new: `if l.SAS, err = sas.New(text); err != nil && l.URL == "" {`,
	},
	{
		name: "permissions of a stored access policy", file: "internal/sas/sas.go", rows: "M06",
		old: `!strings.Contains(permissions, "r") && (has || !stored) {`,
		new: `!strings.Contains(permissions, "r") && (has || true) {`,
	},
	{
		name: "expiry of a stored access policy", file: "internal/sas/sas.go", rows: "M06",
		old: `if expiry, has := parameters["se"]; has || !stored {`,
		new: `if expiry, has := parameters["se"]; has || !stored || true {`,
	},
	{
		name: "SAS without an expiry", file: "internal/sas/sas.go", rows: "M06",
		old: `t.expires, ok = parseTime(expiry); !ok || t.expires.IsZero() {`,
		new: `t.expires, ok = parseTime(expiry); !ok && t.expires.IsZero() && expiry != "" {`,
	},
	{
		name: "SAS without a signature", file: "internal/sas/sas.go", rows: "M06",
		old: `if parameters["sig"] == "" {`,
		new: `if false {`,
	},
	{
		name: "SAS that does not grant reading", file: "internal/sas/sas.go", rows: "M06",
		old: `!strings.Contains(permissions, "r") && (has || !stored) {`,
		new: `!strings.Contains(permissions, "r") && has && false {`,
	},
	{
		name: "question mark before a SAS", file: "internal/sas/sas.go", rows: "M06",
		old: `text = strings.TrimLeft(text, "?&")`,
		new: ``,
	},
	{
		name: "URL in a value of a SAS", file: "internal/sas/sas.go", rows: "M06",
		old: `return found && !strings.ContainsAny(scheme, "?&=")`,
		new: `return found && scheme != ""`,
	},
	{
		name: "SAS with parameters of its own", file: "internal/sas/sas.go", rows: "M06 S01",
		old: `case "comp", "restype", "snapshot", "versionid", "timeout":`,
		new: `case "":`,
	},
}
