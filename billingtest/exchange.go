package billingtest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// Call is a kind of request.
type Call int

// The kinds of requests.
const (
	AnyCall       Call = iota // in a [Step]: all of them
	ExportCall                // POST of an export, to Graph
	OperationCall             // GET of an operation, from Graph
	ManifestCall              // GET of a manifest, from Graph
	BlobCall                  // GET or HEAD of a blob, from storage
	ARMCall                   // anything to Azure Resource Manager
	OtherCall                 // anything else
)

// String returns the name of the call.
func (c Call) String() string {
	return [...]string{"any call", "export", "operation", "manifest", "blob", "resource manager", "other call"}[c]
}

// Exchange is a request that has reached the service.
type Exchange struct {
	Call    Call
	Blob    string // name of the blob, for a BlobCall
	Body    []byte // of the request, without its Content-Encoding
	Request *http.Request

	listener bool
	refusal  int // status of a request whose body cannot be decoded; 0: none
}

// Response is a response of the service.
type Response struct {
	Status int
	Header http.Header
	Body   io.ReadCloser // nil: none. An error other than io.EOF breaks the connection.
	Length int64         // Content-Length; -1: none

	Err error // non-nil: the connection breaks with this error before a response is sent
}

var errNoPlainHTTP = errors.New("connection refused: the service supports https only")

// newExchange reads the request's body, decodes it and closes it.
func newExchange(request *http.Request, listener bool) (*Exchange, error) {
	// A transport without a socket receives header names as the client wrote them.
	received := *request
	received.Header = make(http.Header, len(request.Header))
	for name, values := range request.Header {
		name = http.CanonicalHeaderKey(name)
		received.Header[name] = append(received.Header[name], values...)
	}
	x := &Exchange{Request: &received, listener: listener}
	return x, x.readBody(request)
}

// respond returns a response with a body.
func respond(status int, header http.Header, body []byte) *Response {
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	resp := &Response{Status: status, Header: header, Length: int64(len(body))}
	if len(body) > 0 {
		resp.Body = io.NopCloser(bytes.NewReader(body))
	}
	return resp
}

// classify returns the kind of a request, and the blob's name for a BlobCall.
func (s *Server) classify(x *Exchange) (call Call, blob string) {
	request, u := x.Request, x.Request.URL
	if side := s.sideOf(x); (side == storageSide || side == tenantSide) && (request.Method == http.MethodGet || request.Method == http.MethodHead) {
		return BlobCall, path.Base(u.Path)
	}
	if s.sideOf(x) == armSide {
		return ARMCall, ""
	}
	_, rest, ok := strings.Cut(u.Path, "/reports/partners/billing/")
	if !ok || s.sideOf(x) != graphSide {
		return OtherCall, ""
	}
	switch {
	case request.Method == http.MethodPost:
		return ExportCall, ""
	case request.Method == http.MethodGet && strings.HasPrefix(rest, "operations/"):
		return OperationCall, ""
	case request.Method == http.MethodGet && strings.HasPrefix(rest, "manifests/"):
		return ManifestCall, ""
	default:
		return OtherCall, ""
	}
}

// violations returns which rules a request breaks, whatever the response is.
func (s *Server) violations(x *Exchange) []string {
	var broken []string
	u := x.Request.URL
	to := x.Request.Method + " " + u.Host + u.Path
	side := s.sideOf(x)
	if side == nowhere {
		broken = append(broken, "unknown host: "+to)
	}
	if u.Scheme != "https" {
		broken = append(broken, "not https: "+to)
	}
	if x.Request.Header.Get("Authorization") != "" && side != graphSide && side != armSide && side != tenantSide {
		broken = append(broken, "Authorization header away from Graph and Resource Manager: "+to)
	}
	if u.Query().Has("sig") && side != storageSide && side != tenantSide {
		broken = append(broken, "SAS token away from storage: "+to)
	}
	if strings.Contains(x.Request.Header.Get("Referer"), "sig=") {
		broken = append(broken, "SAS token in Referer: "+to)
	}
	return broken
}

// isAddress reports whether the host is an IP address or localhost, as in requests to a listener's
// URL.
func isAddress(u *url.URL) bool {
	host := u.Hostname()
	return host == "localhost" || net.ParseIP(host) != nil
}
