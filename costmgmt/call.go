package costmgmt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/httpguard"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/internal/origin"
	"github.com/partnerbilling/sdk-go/internal/redact"
	"github.com/partnerbilling/sdk-go/poller"
)

// call is one request to Resource Manager.
type call struct {
	what    string // for errors: "invoices"
	api     string // as Azure's modules name it, for traces and fakes
	method  string
	scope   Scope
	path    string // below the scope
	version string
	query   url.Values
	body    any
	status  []int // that are good; none: 200
}

// page is a list as Resource Manager writes it.
type page struct {
	Value    elements        `json:"value"`
	NextLink jsonscalar.Text `json:"nextLink"`
}

// elements are those of a page. A page that has no such member is none: an error that comes with a
// good status, say. It is not an empty list, while null is.
type elements struct {
	are []json.RawMessage
	set bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *elements) UnmarshalJSON(data []byte) error {
	e.set = true
	return json.Unmarshal(data, &e.are)
}

// request makes the request of a call.
func (c *Client) request(ctx context.Context, k *call) (*policy.Request, error) {
	if err := k.scope.check(k.what); err != nil {
		return nil, err
	}
	query := url.Values{"api-version": {k.version}}
	maps.Copy(query, k.query)
	return c.requestTo(ctx, k, c.endpoint.String()+string(k.scope)+k.path+"?"+strings.ReplaceAll(query.Encode(), "+", "%20"))
}

// requestTo makes it for an address, which is checked.
func (c *Client) requestTo(ctx context.Context, k *call, address string) (*policy.Request, error) {
	u, err := c.endpoint.Resolve(nil, address)
	if err != nil {
		return nil, failed(k.what, "%v: %v", []any{apierror.ErrForeignLocation, err}, apierror.ErrForeignLocation, err)
	}
	req, err := runtime.NewRequest(context.WithValue(ctx, runtime.CtxAPINameKey{}, k.api), k.method, u.String())
	if err != nil {
		return nil, failed(k.what, "the address cannot be requested", nil, ErrInvalidRequest)
	}
	req.Raw().Header.Set("Accept", "application/json")
	if k.body != nil {
		if err := runtime.MarshalAsJSON(req, k.body); err != nil {
			return nil, failed(k.what, "%v", []any{err}, ErrInvalidRequest, err)
		}
	}
	return req, nil
}

// do makes a call and decodes its answer, unless into is nil.
func (c *Client) do(ctx context.Context, k *call, into any) error {
	req, err := c.request(ctx, k)
	if err != nil {
		return err
	}
	_, err = c.send(ctx, req, k, into)
	return err
}

// send is do for a request that is made already.
func (c *Client) send(ctx context.Context, req *policy.Request, k *call, into any) (http.Header, error) {
	resp, err := c.transmit(ctx, req, k)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		clean := redact.Error(err)
		return nil, failed(k.what, "%v: it was cut off: %v", []any{apierror.ErrUnavailable, clean}, apierror.ErrUnavailable, clean)
	}
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	switch {
	case into == nil:
		return resp.Header, nil
	case len(body) == 0:
		// 204, or a 200 that says nothing: not an empty list.
		return nil, failed(k.what, "%v (HTTP %d without content)", []any{apierror.ErrNoData, resp.StatusCode}, apierror.ErrNoData)
	}
	if err := json.Unmarshal(body, into); err != nil {
		// The text of a JSON error may quote the answer, which is the customer's.
		return nil, failed(k.what, "%v: it is not the JSON that was expected", []any{apierror.ErrMalformed}, apierror.ErrMalformed)
	}
	return resp.Header, nil
}

// transmit sends a request and turns every status that is not good into an error. The body is the
// caller's to read and close.
func (c *Client) transmit(ctx context.Context, req *policy.Request, k *call) (*http.Response, error) {
	resp, err := c.pipeline.Do(req)
	if err != nil {
		if resp != nil {
			runtime.Drain(resp)
		}
		return nil, c.unsent(ctx, k, err)
	}
	if good := k.status; !slices.Contains(good, resp.StatusCode) && (len(good) > 0 || resp.StatusCode != http.StatusOK) {
		if resp.StatusCode < 300 {
			runtime.Drain(resp)
			kind := apierror.ErrMalformed
			if resp.StatusCode == http.StatusNoContent {
				kind = apierror.ErrNoData
			}
			return nil, failed(k.what, "%v (HTTP status %d)", []any{kind, resp.StatusCode}, kind)
		}
		return nil, poller.NewRequestError(resp, poller.Refusal{
			Package: "costmgmt", What: k.what, NotFound: apierror.ErrNotFound, NotFoundAdvice: "check the scope " + string(k.scope) + ", and whether the identity may see it", Permission: permission,
		})
	}
	return resp, nil
}

// unsent is an error of the pipeline.
func (c *Client) unsent(ctx context.Context, k *call, err error) error {
	if refusal, is := errors.AsType[*azcore.ResponseError](err); is {
		return failed(k.what, "the service refused it (HTTP %d, %s)", []any{refusal.StatusCode, refusal.ErrorCode}, kindOf(refusal.StatusCode), refusal)
	}
	var final interface{ NonRetriable() }
	switch clean := redact.Error(err); {
	case ctx.Err() != nil:
		return failed(k.what, "%v", []any{context.Cause(ctx)}, ctx.Err(), context.Cause(ctx))
	case errors.Is(err, origin.ErrForeign), errors.Is(err, httpguard.ErrForeignHost):
		return failed(k.what, "%v", []any{clean}, apierror.ErrForeignLocation, clean)
	case errors.As(err, &final):
		return failed(k.what, "%v", []any{clean}, clean)
	default:
		return failed(k.what, "%v: %v", []any{apierror.ErrUnavailable, clean}, apierror.ErrUnavailable, clean)
	}
}

// kindOf finds the sentinel error for a refusal that comes as an error of azcore: from a poller of
// azcore, or from a server that Microsoft generates for tests.
func kindOf(status int) error {
	switch status {
	case http.StatusUnauthorized:
		return apierror.ErrUnauthenticated
	case http.StatusForbidden:
		return apierror.ErrPermission
	case http.StatusNotFound:
		return apierror.ErrNotFound
	}
	return apierror.ErrUnavailable
}

// list follows all pages of a list. Links lead to Resource Manager itself or nowhere.
func list[T any](ctx context.Context, c *Client, k *call, element func(json.RawMessage) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		req, err := c.request(ctx, k)
		for seen := map[string]bool{}; ; {
			var p page
			if err == nil {
				if _, err = c.send(ctx, req, k, &p); err == nil && !p.Value.set {
					err = failed(k.what, "%v: it is no list", []any{apierror.ErrMalformed}, apierror.ErrMalformed)
				}
			}
			if err != nil {
				yield(none, err)
				return
			}
			for _, raw := range p.Value.are {
				if jsonscalar.IsNull(raw) {
					continue
				}
				e, err := element(raw)
				if err != nil {
					yield(none, failed(k.what, "%v: an element is not as expected", []any{apierror.ErrMalformed}, apierror.ErrMalformed))
					return
				}
				if !yield(e, nil) {
					return
				}
			}
			next := string(p.NextLink)
			if next == "" {
				return
			}
			if seen[next] {
				yield(none, failed(k.what, "%v: the pages go in a circle", []any{apierror.ErrMalformed}, apierror.ErrMalformed))
				return
			}
			seen[next] = true
			req, err = c.requestTo(ctx, k, next)
		}
	}
}
