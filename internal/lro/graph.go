package lro

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/internal/origin"
	"github.com/partnerbilling/sdk-go/internal/redact"
	"github.com/partnerbilling/sdk-go/internal/rest"
)

// Graph is the [Directory] of Microsoft Graph's partner billing exports.
type Graph struct {
	// Endpoint is Graph's root, with a version.
	Endpoint origin.Endpoint
}

// GraphExport describes the request for an export to its errors. To Graph, an invoice without data
// is not found, which it says in an error object. Another 404 is not Graph's, or is that of a
// gateway in front of the service, and says nothing about the invoice.
func GraphExport(name string) rest.Op {
	return rest.Op{Name: name, NotFound: apierror.ErrNotFound, NoDataCodes: []string{"NotFound"}, Advice: map[error]string{
		apierror.ErrNotFound: "this is not how Microsoft Graph says that there is no data, so the export is not empty: " +
			"look for a proxy, check Cloud and APIVersion of the client's options, and try again later",
		apierror.ErrNoData: "check invoice number, period and currency; legacy invoices (D...) cannot be exported, " +
			"and where nothing was charged there is nothing to export",
		apierror.ErrPermission: "the app registration in the partner's tenant needs Microsoft Graph's permission " +
			"PartnerBilling.Read.All, with the consent of an administrator of that tenant",
	}}
}

// Decode implements [Decoder].
func (g Graph) Decode(r *rest.Response, op rest.Op) (Status, State, error) {
	switch {
	case r.Status == http.StatusAccepted && (len(r.Body) == 0 || r.Body[0] != '{'):
		return Status{}, Pending{}, nil
	case r.Status != http.StatusOK && r.Status != http.StatusAccepted:
		return Status{}, nil, op.Errorf(apierror.ErrMalformed, "unexpected HTTP status %d", r.Status)
	}
	var w graphOperation
	if err := r.Decode(op, &w); err != nil {
		return Status{}, nil, err
	}
	if len(r.Body)-len(w.Location) > maxOperation {
		return Status{}, nil, op.TooLong(maxOperation)
	}
	status := Status{
		ID:         errtext.Clip(jsonscalar.TextOf(w.ID), errtext.CodeLimit),
		Status:     errtext.Clip(jsonscalar.TextOf(w.Status), errtext.CodeLimit),
		Created:    jsonscalar.TimeOf(w.Created).Time,
		LastAction: jsonscalar.TimeOf(w.LastAction).Time,
	}
	switch located := w.locate() != (whereabouts{}); w.phase(located) {
	case failed:
		if located {
			return status, endedWithResult(r, w.Error, op), nil
		}
		return status, Failed{r.Failure(w.Error, op)}, nil
	case succeeded:
		success, err := g.manifest(&w)
		if err != nil {
			op.Name = "poller: manifest"
			return status, nil, op.Foreign(err)
		}
		return status, success, nil
	default:
		return status, Pending{}, nil
	}
}

// OperationID implements [Directory].
func (Graph) OperationID(r *rest.Response, op rest.Op) (string, error) {
	var w graphOperation
	if len(r.Body) > 0 {
		if err := r.Decode(op, &w); err != nil {
			return "", err
		}
	}
	return jsonscalar.TextOf(w.ID), nil
}

// OperationAddress implements [Directory].
func (g Graph) OperationAddress(id string) (*url.URL, error) {
	return g.Endpoint.Join("reports", "partners", "billing", "operations", id)
}

func (g Graph) manifestAddress(id string) (*url.URL, error) {
	return g.Endpoint.Join("reports", "partners", "billing", "manifests", id)
}

// Identify implements [Directory]. It reads just enough of a manifest to tell it from another.
func (g Graph) Identify(result []byte) (*url.URL, redact.Secret) {
	var m struct {
		ID            json.RawMessage `json:"id"`
		SASToken      json.RawMessage `json:"sasToken"`
		RootFolderSAS json.RawMessage `json:"rootFolderSAS"`
	}
	if json.Unmarshal(result, &m) != nil {
		return nil, redact.Secret{}
	}
	sas := redact.New(cmp.Or(jsonscalar.TextOf(m.SASToken), jsonscalar.TextOf(m.RootFolderSAS)))
	address, err := g.manifestAddress(jsonscalar.TextOf(m.ID))
	if err != nil {
		return nil, sas // the operation is left to request
	}
	return address, sas
}

// graphOperation is an operation as Graph sends it. Fields whose type varies are raw, so that an
// unexpected one does not cost the others.
type graphOperation struct {
	Type       json.RawMessage `json:"@odata.type"`
	ID         json.RawMessage `json:"id"`
	Created    json.RawMessage `json:"createdDateTime"`
	LastAction json.RawMessage `json:"lastActionDateTime"`
	Status     json.RawMessage `json:"status"`
	Location   json.RawMessage `json:"resourceLocation"`
	Link       json.RawMessage `json:"resourceLocation@odata.navigationLink"`
	Error      json.RawMessage `json:"error"`
}

// phase decides by the status, and by the error object that must not come with a success. Without a
// known status, the type of the object is a hint. An operation that has a manifest, but is neither
// running nor says that it succeeded, has failed: its manifest may be that of a part. Everything
// else is taken to be still running: the wait is bounded anyway.
func (w *graphOperation) phase(located bool) phase {
	word, kind := jsonscalar.TextOf(w.Status), strings.ToLower(jsonscalar.TextOf(w.Type))
	p := phaseOf(word)
	switch {
	case p == underWay, p == failed:
		return p
	case hasError(w.Error), strings.HasSuffix(kind, ".failedoperation"):
		return failed
	case p == succeeded, word == "" && located && strings.HasSuffix(kind, ".exportsuccessoperation"):
		return succeeded
	case located:
		return failed
	default:
		return underWay
	}
}

// whereabouts is how an operation names its manifest. At most one field is set.
type whereabouts struct {
	embedded bool   // resourceLocation is the manifest itself
	link     string // its address
	id       string
}

// locate finds the manifest in every form that the service is known to use.
func (w *graphOperation) locate() whereabouts {
	if len(w.Location) == 0 || w.Location[0] != '{' {
		return whereabouts{link: cmp.Or(jsonscalar.TextOf(w.Location), jsonscalar.TextOf(w.Link))}
	}
	var object struct {
		OdataID json.RawMessage `json:"@odata.id"`
		ID      json.RawMessage `json:"id"`
		Blobs   json.RawMessage `json:"blobs"`
	}
	// The fields are raw and the whole is valid JSON, so this cannot fail.
	if err := json.Unmarshal(w.Location, &object); err != nil {
		return whereabouts{}
	}
	if len(object.Blobs) > 0 && object.Blobs[0] == '[' {
		return whereabouts{embedded: true}
	}
	if link := cmp.Or(jsonscalar.TextOf(object.OdataID), jsonscalar.TextOf(w.Link)); link != "" {
		return whereabouts{link: link}
	}
	return whereabouts{id: jsonscalar.TextOf(object.ID)}
}

// manifest returns where an operation's manifest is. A success without a manifest is empty.
func (g Graph) manifest(w *graphOperation) (s Succeeded, err error) {
	switch at := w.locate(); {
	case at.embedded:
		s.Embedded = redact.New(string(w.Location))
	case at.link != "":
		s.Link, err = g.Endpoint.Resolve(nil, at.link)
	case at.id != "":
		s.Link, err = g.manifestAddress(at.id)
	}
	return s, err
}
