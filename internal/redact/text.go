package redact

import "regexp"

// The order matters: whole query strings are replaced first, so that little is left for the later
// expressions.
var scrubbers = []struct {
	pattern     *regexp.Regexp
	replacement string
}{
	// User and password in front of a host.
	{regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*://)[^\s/?#"'<>@]*@`), "${1}" + Placeholder + "@"},
	// The query and fragment of any absolute URL.
	{regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*://[^\s?#"'<>]*)[?#][^\s"'<>]*`), "${1}?" + Placeholder},
	// A signature without a URL around it, plain, quoted, or with the escapes of JSON or of a URL,
	// any number of times. It needs no word boundary in front: JSON writes an ampersand as \u0026,
	// and the 6 would hide the name.
	{
		regexp.MustCompile(`(?i)((?:sig|signature|skoid|sktid)(?:=|%(?:25)*3d|\\+u003d)\\*["']?)(?:[^&\s"'<>\\]|\\+u00(?:2[bf]|3d)|\\+/)*`),
		"${1}" + Placeholder,
	},
	{regexp.MustCompile(`(?i)\b((?:se|st|ske|skt|sp|sv|sr|client_secret|client_assertion|access_token|refresh_token|id_token)=)[^&\s"'<>\\]*`), "${1}" + Placeholder},
	// The same names as members of a JSON object, whose quotes may themselves be escaped.
	{
		regexp.MustCompile(`(?i)(\\*"(?:sasToken|rootFolderSAS|sig|signature|accessToken|access_token|refresh_token|id_token|client_secret|client_assertion)\\*"\s*:\s*\\*")[^"\\]*(?:\\[^"][^"\\]*)*`),
		"${1}" + Placeholder,
	},
	// The same names as elements of XML.
	{regexp.MustCompile(`(?i)(<(?:sasToken|sig|signature|accessToken|access_token)>)[^<]*`), "${1}" + Placeholder},
	// Authorization values and bare JSON web tokens, which may follow an escape such as %20.
	{regexp.MustCompile(`(?i)\b((?:bearer|sharedkey|sharedaccesssignature)(?:\s|%20|\+)+)[^\s"'<>,;]+`), "${1}" + Placeholder},
	{regexp.MustCompile(`(?i)\b(basic\s+)[a-z0-9+/]{16,}=*`), "${1}" + Placeholder},
	{regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}`), Placeholder},
}

// Text returns s with secrets replaced: the values that are [Known], the query of every URL, user
// information in URLs, the values of SAS parameters and of token members, Authorization values and
// JSON web tokens.
func Text(s string) string {
	s = Values(s)
	for _, scrub := range scrubbers {
		s = scrub.pattern.ReplaceAllString(s, scrub.replacement)
	}
	return s
}
