package poller

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/manifest"
)

// maxBarren is how often an operation that claims success without a manifest is asked again.
const maxBarren = 3

// Poller follows one export until its manifest is there. T is the type of the export's rows.
//
// A Poller is not safe for concurrent use; the manifest it returns is.
type Poller[T any] struct {
	service *service
	address *url.URL // of the operation; moves when the service says so
	last    Operation
	done    bool
	failure error
	found   found
	barren  int
	result  *manifest.Manifest[T]
}

// Begin sends req, the POST of an export, through the pipeline and returns the poller of the operation that it starts. It is what
// package billing uses; see [New] for the errors.
func Begin[T any](req *policy.Request, pl runtime.Pipeline, o *Options) (*Poller[T], error) {
	s, err := newService(pl, o)
	if err != nil {
		return nil, err
	}
	if o == nil || !o.NoReexport {
		if s.request, err = requestOf(req); err != nil {
			return nil, err
		}
	}
	resp, err := s.do(req.Raw().Context(), req, aboutExport) //nolint:bodyclose // begin closes it.
	if err != nil {
		return nil, err
	}
	return begin[T](s, resp)
}

// New returns the poller for the answer to the POST of an export, which it reads and closes. The operation is taken from the
// answer's Location, or where that is missing from the id in its body. No request is sent.
//
// A refusal is a [*apierror.RequestError], which matches [apierror.ErrNoData], [apierror.ErrPermission], [apierror.ErrUnauthenticated], [apierror.ErrNotPartner] or
// [apierror.ErrUnavailable] where it is one of these. [apierror.ErrForeignLocation] and [apierror.ErrMalformed] are about the answer.
func New[T any](resp *http.Response, pl runtime.Pipeline, o *Options) (*Poller[T], error) {
	s, err := newService(pl, o)
	if err != nil {
		runtime.Drain(resp)
		return nil, err
	}
	return begin[T](s, resp)
}

func begin[T any](s *service, resp *http.Response) (*Poller[T], error) {
	var base *url.URL
	if resp.Request != nil {
		base = resp.Request.URL
	}
	location := first(resp.Header.Get("Location"), resp.Header.Get("Azure-AsyncOperation"))
	a, err := s.read(resp, aboutExport, maxOperation)
	if err != nil && (location == "" || !accepted(resp)) {
		return nil, err
	}
	p := &Poller[T]{service: s}
	if a != nil {
		s.graphs(a)
	}
	if location != "" {
		if p.address, err = s.endpoint.Resolve(base, location); err != nil {
			return nil, foreign(aboutExport, err)
		}
	} else if s.translate != nil {
		return p.atOnce(a)
	} else if p.address, err = s.fromBody(a.body); err != nil {
		return nil, err
	}
	p.last = Operation{ID: clean(path.Base(p.address.Path), maxCode), RetryAfter: retryAfter(resp.Header)}
	return p, nil
}

// atOnce takes an answer to the request that brings the result already.
func (p *Poller[T]) atOnce(a *answer) (*Poller[T], error) {
	if err := p.take(a); err != nil {
		return nil, err
	}
	if !p.done {
		return nil, newError(fmt.Sprintf("%s: %v: it was accepted, but the answer names no operation", aboutExport, apierror.ErrMalformed), apierror.ErrMalformed)
	}
	return p, nil
}

// accepted reports whether the service took the export, whatever became of the text of its answer.
func accepted(resp *http.Response) bool { return resp.StatusCode >= 200 && resp.StatusCode <= 299 }

// fromBody finds the operation where the answer to the POST has no Location.
func (s *service) fromBody(body []byte) (*url.URL, error) {
	var w wireOperation
	if len(body) > 0 {
		if err := parseObject(body, aboutExport, &w); err != nil {
			return nil, err
		}
	}
	id := text(w.ID)
	if id == "" {
		return nil, newError(fmt.Sprintf("%s: %v: it was accepted, but the answer names no operation", aboutExport, apierror.ErrMalformed), apierror.ErrMalformed)
	}
	return s.operationAddress(id)
}

// Resume returns the poller for a token from [Poller.ResumeToken]. No request is sent. A token that cannot be used, or that
// leads off the endpoint, gives [apierror.ErrResumeToken].
func Resume[T any](token string, pl runtime.Pipeline, o *Options) (*Poller[T], error) {
	s, err := newService(pl, o)
	if err != nil {
		return nil, err
	}
	u, request, err := s.operation(token)
	if err != nil {
		return nil, err
	}
	if o == nil || !o.NoReexport {
		s.request = request
	}
	return &Poller[T]{service: s, address: u, last: Operation{ID: clean(path.Base(u.Path), maxCode)}}, nil
}

// ResumeToken returns a text with which [Resume], or BeginExport in package billing, continues with this export later or elsewhere.
// It holds no secret. It stays useful after the export is done, for as long as the service keeps the operation. A failed
// operation cannot be resumed; its failure is the error.
func (p *Poller[T]) ResumeToken() (string, error) {
	if p.failure != nil {
		return "", fmt.Errorf("poller: there is nothing to resume: %w", p.failure)
	}
	if p.address == nil {
		return "", errors.New("poller: there is nothing to resume: the result came at once")
	}
	return p.service.token(p.address)
}

// Done reports whether the operation has ended, well or not. Result tells which.
func (p *Poller[T]) Done() bool { return p.done }

// Poll asks the service once how the operation is doing, and returns what it said; when the operation is already done, what it
// said last. That the operation failed is not an error here but one of Result.
//
// [apierror.ErrUnavailable] means that there was no good answer this time. [apierror.ErrExpired] is final. After every other error, a
// [*apierror.RequestError] or one that matches [apierror.ErrMalformed] or [apierror.ErrForeignLocation], the poller is as it was before.
func (p *Poller[T]) Poll(ctx context.Context) (op Operation, err error) {
	if p.done {
		return p.last, nil
	}
	ctx, end := runtime.StartSpan(ctx, "Poller.Poll", p.service.tracer, nil)
	defer func() { end(err) }()
	// A manifest inside the operation has a limit of its own.
	a, err := p.service.get(ctx, p.address, aboutOperation, maxOperation+maxManifest)
	if err != nil {
		if isFinal(err) {
			p.end(err)
		}
		return p.last, err
	}
	p.service.graphs(a)
	if err := p.take(a); err != nil {
		return p.last, err
	}
	return p.last, nil
}

// take turns an answer into a state.
func (p *Poller[T]) take(a *answer) error {
	w := &wireOperation{}
	switch {
	case a.status == http.StatusOK, a.status == http.StatusAccepted && len(a.body) > 0 && a.body[0] == '{':
		var err error
		if w, err = parseOperation(a.body); err != nil {
			return err
		}
	case a.status != http.StatusAccepted:
		return newError(fmt.Sprintf("%s: %v: HTTP status %d was not expected", aboutOperation, apierror.ErrMalformed, a.status), apierror.ErrMalformed)
	}
	next := w.operation(p.last)
	next.RetryAfter = retryAfter(a.header)
	switch w.outcome() {
	case failed:
		p.last = next
		p.end(p.failed(w, a))
		return nil
	case succeeded:
		return p.succeeded(w, next)
	default:
		if err := p.move(a.header.Get("Location")); err != nil {
			return err
		}
		p.last = next
		return nil
	}
}

// move follows the service to another address for the same operation.
func (p *Poller[T]) move(location string) error {
	if location == "" {
		return nil
	}
	u, err := p.service.endpoint.Resolve(p.address, location)
	if err != nil {
		return foreign(aboutOperation, err)
	}
	p.address = u
	return nil
}

func (p *Poller[T]) succeeded(w *wireOperation, next Operation) error {
	at, is, err := p.service.find(w)
	if err != nil {
		return err
	}
	p.last = next
	if is {
		p.done, p.found = true, at
		return nil
	}
	if p.barren++; p.barren > maxBarren {
		err := newError(fmt.Sprintf("%s: %v: it claims to be done, but says not where the result is", aboutOperation, apierror.ErrMalformed), apierror.ErrMalformed)
		p.end(err)
		return err
	}
	return nil
}

func (p *Poller[T]) failed(w *wireOperation, a *answer) error {
	e, is := readError(w.Error)
	if !is {
		e.message = excerpt(a.body)
	}
	out := &apierror.OperationError{OperationID: p.last.ID, Code: e.code, Message: e.message, RequestID: first(clean(a.requestID, maxCode), e.requestID), Advice: "begin a new export"}
	if e.code == codeNoData {
		out.Err, out.Advice = apierror.ErrNoData, advice[apierror.ErrNoData]
	}
	resp := &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status, Header: a.header,
		Request: &http.Request{Method: http.MethodGet, URL: p.address},
	}
	out.Response = responseError(resp, a.body, e.code)
	return out
}

func (p *Poller[T]) end(err error) { p.done, p.failure = true, err }

// Result returns the manifest of an export that is done; before that, [apierror.ErrNotDone]. Where the service only told the manifest's
// address, it is fetched now. A failed operation is an [*apierror.OperationError]; a manifest which cannot be trusted or is incomplete is
// an error of package manifest.
//
// [apierror.ErrUnavailable] means that the manifest could not be fetched this time; call again. Later calls return the same manifest.
func (p *Poller[T]) Result(ctx context.Context) (m *manifest.Manifest[T], err error) {
	switch {
	case p.failure != nil:
		return nil, p.failure
	case !p.done:
		return nil, newError(apierror.ErrNotDone.Error()+"; PollUntilDone waits for it", apierror.ErrNotDone)
	case p.result != nil:
		return p.result, nil
	}
	ctx, end := runtime.StartSpan(ctx, "Poller.Result", p.service.tracer, nil)
	defer func() { end(err) }()
	data, err := p.service.load(ctx, p.found)
	if err != nil {
		return nil, err
	}
	options := p.service.manifest
	if p.address != nil {
		options.Refresh = p.service.refresher(p.address, p.found.link, data)
	}
	if p.result, err = manifest.Parse[T](data, &options); err != nil {
		return nil, fmt.Errorf("poller: export operation %s: %w", p.last.ID, err)
	}
	return p.result, nil
}
