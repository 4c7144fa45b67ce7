package lro

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/internal/redact"
	"github.com/partnerbilling/sdk-go/internal/rest"
)

// CostDetails is the [Decoder] of Cost Management's cost details reports. Their result is a
// manifest.
type CostDetails struct{}

// Decode implements [Decoder]. A report reports in a 200 that it failed or that there is no data; a
// 204 means that there is none, too.
func (CostDetails) Decode(r *rest.Response, op rest.Op) (Status, State, error) {
	switch r.Status {
	case http.StatusAccepted:
		return Status{}, Pending{}, nil
	case http.StatusNoContent:
		return Status{}, noData(r, nil, op), nil
	}
	var w struct {
		Status   jsonscalar.Text `json:"status"`
		Manifest json.RawMessage `json:"manifest"`
		Error    json.RawMessage `json:"error"`
	}
	if err := r.Decode(op, &w); err != nil {
		return Status{}, nil, err
	}
	if len(r.Body)-len(w.Manifest) > maxOperation {
		return Status{}, nil, op.TooLong(maxOperation)
	}
	status, p, has := statusOf(w.Status), phaseOf(string(w.Status)), len(w.Manifest) > 0 && w.Manifest[0] == '{'
	switch {
	case strings.EqualFold(string(w.Status), "nodatafound"):
		return status, noData(r, w.Error, op), nil
	case p == underWay:
		return status, Pending{}, nil
	case has && (p == failed || hasError(w.Error) || p == unknown && w.Status != ""):
		return status, endedWithResult(r, w.Error, op), nil
	case p == failed, hasError(w.Error):
		return status, Failed{r.Failure(w.Error, op)}, nil
	case p == unknown && w.Status != "":
		return status, Pending{}, nil
	case has:
		return status, Succeeded{Embedded: redact.New(string(w.Manifest))}, nil
	default:
		return status, Succeeded{}, nil
	}
}

// PriceSheet is the [Decoder] of price sheets, of Cost Management and of Microsoft.Billing. Their
// result is not JSON but a link: the URL of one blob with its SAS.
type PriceSheet struct{}

// Decode implements [Decoder]. Responses are flat or nested, and have a status or not.
func (PriceSheet) Decode(r *rest.Response, op rest.Op) (Status, State, error) {
	switch {
	case r.Status == http.StatusNoContent:
		return Status{}, noData(r, nil, op), nil
	case r.Status == http.StatusAccepted && len(r.Body) == 0:
		return Status{}, Pending{}, nil
	}
	var d download
	if err := r.Decode(op, &d); err != nil {
		return Status{}, nil, err
	}
	status, p, link, problem := statusOf(d.Status), phaseOf(string(d.Status)), d.link(), d.problem()
	switch {
	case p == underWay:
		return status, Pending{}, nil
	case link != "" && (p == failed || hasError(problem) || p == unknown && d.Status != ""):
		return status, endedWithResult(r, problem, op), nil
	case p == failed, hasError(problem):
		return status, Failed{r.Failure(problem, op)}, nil
	case link != "":
		return status, Succeeded{Embedded: redact.New(link)}, nil
	case r.Status == http.StatusOK && (p == succeeded || d.Status == ""):
		return status, Succeeded{}, nil
	default:
		return status, Pending{}, nil
	}
}

// download is a response about a price sheet.
type download struct {
	URL        jsonscalar.Text `json:"downloadUrl"`
	Status     jsonscalar.Text `json:"status"`
	Properties *download       `json:"properties"`
	Error      json.RawMessage `json:"error"`
}

func (d *download) link() string {
	for ; d != nil; d = d.Properties {
		if d.URL != "" {
			return string(d.URL)
		}
	}
	return ""
}

// problem returns the error object, empty if there is none.
func (d *download) problem() json.RawMessage {
	for ; d != nil; d = d.Properties {
		if hasError(d.Error) {
			return d.Error
		}
	}
	return nil
}

func statusOf(word jsonscalar.Text) Status {
	return Status{Status: errtext.Clip(string(word), errtext.CodeLimit)}
}

// noData is the state of an operation that found no data. Without an error object, the status says
// it all, and the body would only be noise.
func noData(r *rest.Response, raw json.RawMessage, op rest.Op) Failed {
	failure := r.Failure(raw, op)
	failure.Err = apierror.ErrNoData
	if _, present := rest.ParseError(raw); !present {
		failure.Message = ""
	}
	failure.Advice = cmp.Or(op.AdviceFor(apierror.ErrNoData), failure.Advice)
	return Failed{failure}
}
