package billingtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// graph handles requests to Microsoft Graph.
func (s *Server) graph(x *Exchange) *Response {
	if problem := s.checkToken(x.Request, s.graphAudience()); problem != tokenValid {
		a := graphError(x, http.StatusUnauthorized, "InvalidAuthenticationToken", graphTokenMessages[problem])
		a.Header.Set("Www-Authenticate", `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`)
		return a
	}
	if x.refusal != 0 {
		code, message := x.refusalText()
		return graphError(x, x.refusal, code, message)
	}
	version, rest, ok := strings.Cut(strings.TrimPrefix(x.Request.URL.Path, "/")+"/", "/reports/partners/billing/")
	rest = strings.TrimSuffix(rest, "/")
	if !ok {
		return unknownSegment(x, strings.TrimPrefix(x.Request.URL.Path, "/"))
	}
	if otherGraphCalls.MatchString(x.Request.Method + " " + rest) {
		return graphError(x, http.StatusNotImplemented, "NotImplemented", "The in-memory service does not implement this call of Microsoft Graph.")
	}
	switch x.Call {
	case ExportCall:
		return s.postExport(x, version, rest)
	case OperationCall:
		return s.getOperation(x, version, strings.TrimPrefix(rest, "operations/"))
	case ManifestCall:
		return s.getManifest(x, strings.TrimPrefix(rest, "manifests/"))
	case AnyCall, BlobCall, ARMCall, OtherCall:
	}
	return unknownSegment(x, rest)
}

// otherGraphCalls matches calls that Microsoft Graph's metadata have and this service has not.
var otherGraphCalls = regexp.MustCompile(`^(?:\w+ (?:(?:usage|reconciliation|aggregatedUsage)(?:/billed|/unbilled)?)?|` +
	`\w+ (?:operations|manifests)(?:/\$count)?|(?:PATCH|DELETE) (?:operations|manifests)/[^/]+)$`)

func unknownSegment(x *Exchange, path string) *Response {
	segment, _, _ := strings.Cut(path, "/")
	return graphError(x, http.StatusBadRequest, "BadRequest", "Resource not found for the segment '"+segment+"'.")
}

// graphHeader returns the headers of every response of Graph. Graph echoes client-request-id, if
// there is one.
func graphHeader(x *Exchange) http.Header {
	id := newID()
	client := x.Request.Header.Get("Client-Request-Id")
	setDefault(&client, id)
	return http.Header{"Date": {timestamp(time.Now())}, "Request-Id": {id}, "Client-Request-Id": {client}}
}

func graphJSON(status int, header http.Header, object map[string]any) *Response {
	body, err := json.Marshal(object)
	if err != nil { // only an edit function can cause that
		return &Response{Err: fmt.Errorf("billingtest: edited response: %w", err)}
	}
	header.Set(headerContentType, "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
	return respond(status, header, body)
}

// graphError returns an error in Graph's format.
func graphError(x *Exchange, status int, code, message string) *Response {
	header := graphHeader(x)
	return graphJSON(status, header, map[string]any{"error": map[string]any{
		"code": code, "message": message,
		"innerError": map[string]any{
			"date":       time.Now().UTC().Format("2006-01-02T15:04:05"),
			"request-id": header.Get("Request-Id"), "client-request-id": header.Get("Client-Request-Id"),
		},
	}})
}

// exportRequest is a request for an export.
type exportRequest struct {
	dataset                                 Dataset
	billed                                  bool
	invoiceID, currency, period, attributes string
}

func (q exportRequest) export() Export {
	return Export{Dataset: q.dataset, InvoiceID: q.invoiceID, CurrencyCode: q.currency, BillingPeriod: q.period}
}

// postExport accepts or rejects an export. Whether there is data shows only later, in the
// operation.
func (s *Server) postExport(x *Exchange, version, rest string) *Response {
	q, ok := s.kindOf(version, rest)
	if !ok {
		return unknownSegment(x, rest)
	}
	if s.options.NotAPartner {
		return graphError(x, http.StatusBadRequest, "BadRequest", "This API is not supported for AAD accounts (no addressUrl for Microsoft.Partner.Billing,False)")
	}
	if kind, _, _ := strings.Cut(x.Request.Header.Get(headerContentType), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		return graphError(x, http.StatusBadRequest, "RequestBodyRead", "The Content-Type header value is missing or not application/json.")
	}
	if problem := q.read(x.Body); problem != "" {
		return graphError(x, http.StatusBadRequest, "BadRequest", problem)
	}
	o, err := s.begin(q)
	if err != nil {
		return graphError(x, http.StatusInternalServerError, "InternalServerError", err.Error())
	}
	header := graphHeader(x)
	header.Set(headerLocation, "https://"+x.Request.URL.Host+"/"+version+"/reports/partners/billing/operations/"+o.id)
	return respond(http.StatusAccepted, header, nil)
}

// kindOf parses the path of an export: its dataset, billed or unbilled. The action's name may be
// qualified with its namespace.
func (s *Server) kindOf(version, rest string) (q exportRequest, ok bool) {
	kinds := map[string]exportRequest{
		"usage/billed":            {dataset: Usage, billed: true},
		"usage/unbilled":          {dataset: Usage},
		"reconciliation/billed":   {dataset: Reconciliation, billed: true},
		"reconciliation/unbilled": {dataset: Reconciliation},
	}
	if version == "beta" || s.options.AggregatedInV1 {
		kinds["aggregatedUsage/billed"] = exportRequest{dataset: AggregatedUsage, billed: true}
	}
	kind, export := strings.CutSuffix(rest, "/export")
	if !export {
		kind, export = strings.CutSuffix(rest, "/microsoft.graph.partners.billing.export")
	}
	q, ok = kinds[kind]
	return q, ok && export && (version == "v1.0" || version == "beta")
}

// read parses the body of a request and returns Graph's error message, or "". Keys and values are
// not case-sensitive.
func (q *exportRequest) read(body []byte) (problem string) {
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		return "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."
	}
	known := map[string]*string{"invoiceId": &q.invoiceID, "attributeSet": &q.attributes}
	required := []string{"invoiceId"}
	switch {
	case q.dataset == AggregatedUsage:
		delete(known, "attributeSet")
	case !q.billed:
		known = map[string]*string{"currencyCode": &q.currency, "billingPeriod": &q.period, "attributeSet": &q.attributes}
		required = []string{"currencyCode", "billingPeriod"}
	}
	for key, value := range fields {
		name := key
		for k := range known {
			if strings.EqualFold(k, key) {
				name = k
			}
		}
		field := known[name]
		if field == nil {
			return "The parameter '" + key + "' in the request payload is not a valid parameter for the operation 'export'."
		}
		text, ok := value.(string)
		if !ok {
			return "The value of parameter '" + name + "' is not a string."
		}
		*field = text
	}
	for _, name := range required {
		if *known[name] == "" {
			return "The parameter '" + name + "' is required."
		}
	}
	q.period, q.attributes = strings.ToLower(q.period), strings.ToLower(q.attributes)
	setDefault(&q.attributes, "full")
	if !slices.Contains([]string{"full", "basic"}, q.attributes) {
		return "Requested value for parameter 'attributeSet' was not found."
	}
	if !q.billed && !slices.Contains([]string{"current", "last"}, q.period) {
		return "Requested value for parameter 'billingPeriod' was not found."
	}
	if !q.billed && len(q.currency) != 3 {
		return "The parameter 'currencyCode' is not a currency code."
	}
	return ""
}
