package costmgmt

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/httpguard"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/internal/rest"
)

// call is a request to Azure Resource Manager.
type call struct {
	what    string // for errors: "invoices"
	api     string // the name in Azure's modules, for traces and fakes
	method  string
	scope   Scope
	path    string // below the scope
	version string
	query   url.Values
	body    any
	status  []int // the expected ones; none stands for 200
	invalid error // why it must not be sent; resuming with a token that holds no request needs none
}

// page is a page of a list of Resource Manager.
type page struct {
	Value    elements        `json:"value"`
	NextLink jsonscalar.Text `json:"nextLink"`
}

// elements are the resources on a page. A page without this member is malformed, such as an error
// that comes with status 200; null is an empty list.
type elements struct {
	raw []json.RawMessage
	set bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *elements) UnmarshalJSON(data []byte) error {
	e.set = true
	return json.Unmarshal(data, &e.raw)
}

// request returns the request of a call.
func (c *Client) request(ctx context.Context, k *call) (*policy.Request, error) {
	if err := c.ready(k.what); err != nil {
		return nil, err
	}
	if err := cmp.Or(k.invalid, k.scope.check(k.what)); err != nil {
		return nil, err
	}
	query := url.Values{"api-version": {k.version}}
	maps.Copy(query, k.query)
	return c.requestTo(ctx, k, nil, c.endpoint.String()+string(k.scope)+k.path+"?"+strings.ReplaceAll(query.Encode(), "+", "%20"))
}

// requestTo returns the request of a call to an address that the service named. It may be relative
// to that of an earlier request.
func (c *Client) requestTo(ctx context.Context, k *call, base *url.URL, address string) (*policy.Request, error) {
	u, err := c.endpoint.Resolve(base, address)
	if err != nil {
		return nil, failed(k.what, "%v: %v", []any{apierror.ErrForeignLocation, err}, apierror.ErrForeignLocation, err)
	}
	ctx = context.WithValue(ctx, runtime.CtxAPINameKey{}, k.api)
	// The pipeline reads the body, so as to retry where it breaks off: op.MaxBody is too late.
	ctx = httpguard.WithMaxBody(ctx, maxPage)
	req, err := runtime.NewRequest(ctx, k.method, u.String())
	if err != nil {
		return nil, failed(k.what, "invalid URL", nil, ErrInvalidRequest)
	}
	req.Raw().Header.Set("Accept", "application/json")
	if k.body != nil {
		if err := runtime.MarshalAsJSON(req, k.body); err != nil {
			return nil, failed(k.what, "%v", []any{err}, ErrInvalidRequest, err)
		}
	}
	return req, nil
}

// op describes the call to its errors.
func (k *call) op() rest.Op {
	op := rest.Op{
		Name: "costmgmt: " + k.what, MaxBody: maxPage, Statuses: k.status, NotFound: apierror.ErrNotFound, Gone: apierror.ErrNotFound,
		Advice: map[error]string{
			apierror.ErrNotFound:   "check the scope " + string(k.scope) + ", and whether the identity may see it",
			apierror.ErrPermission: permission,
		},
	}
	if len(op.Statuses) == 0 {
		op.Statuses = []int{http.StatusOK}
	}
	return op
}

// do makes a call and decodes its response, unless into is nil.
func (c *Client) do(ctx context.Context, k *call, into any) error {
	req, err := c.request(ctx, k)
	if err != nil {
		return err
	}
	_, err = c.send(ctx, req, k, into)
	return err
}

// send is do for a request that exists already.
func (c *Client) send(ctx context.Context, req *policy.Request, k *call, into any) (http.Header, error) {
	op := k.op()
	r, err := rest.Do(ctx, c.pipeline, req, op)
	switch {
	case err != nil:
		return nil, err
	case into == nil:
		return r.Header, nil
	case len(r.Body) == 0:
		// Neither 204 nor an empty 200 is an empty list.
		return nil, op.Errorf(apierror.ErrNoData, "HTTP status %d without a body", r.Status)
	}
	return r.Header, r.Decode(op, into)
}

// list returns the resources on all pages of a list. Links to other hosts are not followed.
func list[T any](ctx context.Context, c *Client, k *call, element func(json.RawMessage) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		req, err := c.request(ctx, k)
		for links := (pageLinks{}); ; {
			var p page
			if err == nil {
				if _, err = c.send(ctx, req, k, &p); err == nil && !p.Value.set {
					err = k.op().Errorf(apierror.ErrMalformed, `response has no "value" array`)
				}
			}
			if err != nil {
				yield(none, err)
				return
			}
			elements := 0
			for i, raw := range p.Value.raw {
				if jsonscalar.IsNull(raw) {
					continue
				}
				e, err := element(raw)
				if err != nil {
					yield(none, k.op().Errorf(apierror.ErrMalformed, "unexpected type of a JSON value in element %d of the page", i+1))
					return
				}
				if elements++; !yield(e, nil) {
					return
				}
			}
			next := string(p.NextLink)
			if next == "" {
				return
			}
			if err = links.follow(k, next, elements); err == nil {
				req, err = c.requestTo(ctx, k, req.Raw().URL, next)
			}
		}
	}
}
