package poller

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/redact"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// Operation is what the service last said about an export.
type Operation struct {
	// ID names the operation. The service is known to report another ID than the one it is polled under; do not compare them.
	ID string
	// Status is the service's word for the state, as it wrote it: notStarted, running, succeeded, failed, or one that is not
	// documented. It is empty until the first poll.
	Status string
	// Created and LastAction are the times of the request and of the last change, in UTC; zero if the service gave none that
	// can be read.
	Created, LastAction time.Time
	// RetryAfter is how long the service asks to wait before the next poll; zero if it does not say.
	RetryAfter time.Duration
}

// outcome is what an operation's status comes to.
type outcome int

const (
	pending outcome = iota
	succeeded
	failed
)

// wireOperation is the operation as the service sends it. Members of which the type varies are kept raw, so that an odd one
// does not cost the others.
type wireOperation struct {
	Type       json.RawMessage `json:"@odata.type"`
	ID         json.RawMessage `json:"id"`
	Created    json.RawMessage `json:"createdDateTime"`
	LastAction json.RawMessage `json:"lastActionDateTime"`
	Status     json.RawMessage `json:"status"`
	Location   json.RawMessage `json:"resourceLocation"`
	Link       json.RawMessage `json:"resourceLocation@odata.navigationLink"`
	Error      json.RawMessage `json:"error"`
}

// parseOperation reads the body of an answer about an operation.
func parseOperation(body []byte) (*wireOperation, error) {
	var w wireOperation
	if err := parseObject(body, aboutOperation, &w); err != nil {
		return nil, err
	}
	if len(body)-len(w.Location) > maxOperation {
		return nil, newError(fmt.Sprintf("%s: %v: it is longer than %d bytes", aboutOperation, apierror.ErrMalformed, maxOperation), apierror.ErrMalformed)
	}
	return &w, nil
}

// parseObject reads a JSON object. One that just ends too early counts as cut off, which may heal; everything else is
// malformed.
func parseObject(body []byte, about string, into any) error {
	if len(body) == 0 {
		return newError(fmt.Sprintf("%s: %v: it is empty", about, apierror.ErrUnavailable), apierror.ErrUnavailable)
	}
	if body[0] != '{' {
		return newError(fmt.Sprintf("%s: %v: a JSON object was expected, and it begins with %q", about, apierror.ErrMalformed, excerpt(body)), apierror.ErrMalformed)
	}
	err := json.Unmarshal(body, into)
	switch {
	case err == nil:
		return nil
	case strings.Contains(err.Error(), "unexpected end of JSON input"):
		return newError(fmt.Sprintf("%s: %v: it was cut off", about, apierror.ErrUnavailable), apierror.ErrUnavailable)
	default:
		// The text of the JSON error may quote the body, which may hold a signature.
		return newError(fmt.Sprintf("%s: %v: it is not valid JSON", about, apierror.ErrMalformed), apierror.ErrMalformed)
	}
}

// outcome decides what the status means. The status counts first; where its word is unknown, a manifest means success, an error
// object failure, and the type of the object is the last hint. What is left is taken to be still running, for the waiting is
// bounded anyway.
func (w *wireOperation) outcome() outcome {
	switch strings.ToLower(text(w.Status)) {
	case "succeeded", "completed":
		return succeeded
	case "failed":
		return failed
	case "notstarted", "running", "processing":
		return pending
	}
	if w.hasManifest() {
		return succeeded
	}
	if _, is := readError(w.Error); is {
		return failed
	}
	if strings.HasSuffix(strings.ToLower(text(w.Type)), ".failedoperation") {
		return failed
	}
	return pending
}

// operation is what callers get to see.
func (w *wireOperation) operation(known Operation) Operation {
	op := Operation{
		ID:         first(clean(text(w.ID), maxCode), known.ID),
		Status:     clean(text(w.Status), maxCode),
		Created:    parseTime(text(w.Created)),
		LastAction: parseTime(text(w.LastAction)),
	}
	return op
}

// whereabouts is how an operation tells where its manifest is. At most one of the fields is set.
type whereabouts struct {
	embedded []byte // the manifest itself
	link     string // its address
	id       string // its id
}

// locate looks for the manifest in all the places where the service was seen to put it.
func (w *wireOperation) locate() (at whereabouts) {
	var o struct {
		OdataID json.RawMessage `json:"@odata.id"`
		ID      json.RawMessage `json:"id"`
		Blobs   json.RawMessage `json:"blobs"`
	}
	if len(w.Location) == 0 || w.Location[0] != '{' {
		at.link = first(text(w.Location), text(w.Link))
		return at
	}
	// The members are kept raw and the whole was found to be valid, so what can fail here is nothing.
	if err := json.Unmarshal(w.Location, &o); err != nil {
		return at
	}
	switch {
	case len(o.Blobs) > 0 && o.Blobs[0] == '[':
		at.embedded = w.Location
	case text(o.OdataID) != "":
		at.link = text(o.OdataID)
	case text(w.Link) != "":
		at.link = text(w.Link)
	default:
		at.id = text(o.ID)
	}
	return at
}

func (w *wireOperation) hasManifest() bool {
	at := w.locate()
	return at.embedded != nil || at.link != "" || at.id != ""
}

// found is a manifest: its JSON, which holds a secret, or else a checked address.
type found struct {
	embedded redact.Secret
	link     *url.URL
}

// find locates the manifest and checks its address. It reports false where the operation names none.
func (s *service) find(w *wireOperation) (found, bool, error) {
	at := w.locate()
	switch {
	case at.embedded != nil:
		return found{embedded: redact.New(string(at.embedded))}, true, nil
	case at.link != "":
		u, err := s.endpoint.Resolve(nil, at.link)
		if err != nil {
			return found{}, false, foreign(aboutManifest, err)
		}
		return found{link: u}, true, nil
	case at.id != "":
		u, err := s.manifestAddress(at.id)
		return found{link: u}, err == nil, err
	default:
		return found{}, false, nil
	}
}

func (s *service) manifestAddress(id string) (*url.URL, error) {
	return s.address(aboutManifest, "manifests", id)
}

func (s *service) operationAddress(id string) (*url.URL, error) {
	return s.address(aboutOperation, "operations", id)
}

func (s *service) address(about, collection, id string) (*url.URL, error) {
	u, err := s.endpoint.Join("reports", "partners", "billing", collection, id)
	if err != nil {
		return nil, foreign(about, err)
	}
	return u, nil
}

// parseTime reads the service's times in whatever form they come. One that cannot be read is the zero time: no export fails over
// a date.
func parseTime(s string) time.Time {
	t, err := lineitem.ParseTime(s)
	if err != nil {
		return time.Time{}
	}
	return t
}
