package billing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// ReadExportOptions change what [ReadExport] does. The zero value and nil are the defaults.
type ReadExportOptions struct {
	// Poll are the options of waiting for the export.
	Poll poller.PollUntilDoneOptions
	// NoReexport is that of BeginExportOptions, for an export that is begun.
	NoReexport bool
	// OnStart is called when an export was begun and its token saved, and when the export of the
	// store's token is resumed. If that turns out to be gone, OnStart is called again for the new
	// one. It is called in the goroutine of ReadExport.
	OnStart func(Start)
}

// Start is how [ReadExport] started.
type Start struct {
	// Resumed says that the export of the token in the store is continued.
	Resumed bool
	// Abandoned is why the export of the token in the store was abandoned and a new one begun. It
	// is nil if there was no token, and if the export is resumed.
	Abandoned error
}

// ReadExport runs one export to its end, in as many runs of a program as that takes. It resumes the
// export of the token in the store, or else begins one and saves its token before anything else; it
// waits until the export is done and calls read with the manifest. When read returns nil, every row
// is where it belongs, and the token is forgotten.
//
//	read := func(m *manifest.Manifest[lineitem.Usage]) error {
//		for item, err := range m.Items(ctx, nil) {
//			...
//		}
//		return nil
//	}
//	request := billing.BilledUsage{InvoiceID: "G016907411"}
//	err := billing.ReadExport(ctx, client, request, store, read, nil)
//
// To continue after a crash, a timeout, a canceled context or any other error, call ReadExport
// again with the same store and request: no second export is begun while the first one can be
// resumed. The rows are then read anew, unless read resumes them from a [manifest.Checkpoint],
// which it saves where it writes the rows, in the same transaction. Token and checkpoint are
// independent: a checkpoint fits any export of the same data, and a token that is lost costs one
// more export.
//
// The token is forgotten and a new export begun where the one in the store cannot be resumed:
// because the service has dropped it (apierror.ErrExpired), because it failed
// (*apierror.OperationError), because the token is damaged or that of another request
// (apierror.ErrResumeToken), or because it is an unbilled export that was begun in another calendar
// month, when "current" and "last" were other periods. [Start] has the reason. It happens once at
// most: where the new export fails the same way, that is the error. Otherwise a resumed export has
// the data of the time at which it was begun.
//
// The token is forgotten, too, where read returns, or the wait ends with, an error that says that
// this export can never be read whole: apierror.ErrNoData, manifest.ErrIncomplete,
// manifest.ErrBlobMissing, and those above. The next call then begins a new export. After any other
// error the token is kept.
//
// Errors are those of [BeginExport], of poller.Poller's PollUntilDone, and of read; and
// *poller.StoreError where the store failed. If its Op is "forget" and read returned nil, all rows
// were read.
func ReadExport[T any](ctx context.Context, c *Client, r Request[T], s poller.TokenStore, read func(*manifest.Manifest[T]) error, o *ReadExportOptions) error {
	if c == nil || c.azure == nil || r == nil || s == nil || read == nil {
		return errNilReader
	}
	w, err := r.wire()
	if err != nil {
		return err
	}
	x := &export[T]{client: c, request: r, unbilled: !w.billed, store: s}
	if o != nil {
		x.options = *o
	}
	m, err := x.manifest(ctx)
	if err != nil {
		return err
	}
	if err = read(m); err != nil && !isGone(err) {
		return err
	}
	return x.forget(ctx, err)
}

var errNilReader = errtext.New("billing: ReadExport: it needs a client of NewClient, a request, a store and a function that reads", ErrInvalidRequest)

// export is an export whose token is in a store.
type export[T any] struct {
	client   *Client
	request  Request[T]
	unbilled bool
	store    poller.TokenStore
	options  ReadExportOptions
	saved    string // the token in the store
}

// manifest resumes or begins the export and waits until it is done.
func (x *export[T]) manifest(ctx context.Context) (*manifest.Manifest[T], error) {
	token, err := x.store.Load(ctx)
	if err != nil {
		return nil, &poller.StoreError{Op: "load", Err: err}
	}
	if token = strings.TrimSpace(token); token == "" {
		return x.begin(ctx, nil)
	}
	m, err := x.resume(ctx, token)
	if err == nil || !isGone(err) && !errors.Is(err, apierror.ErrResumeToken) {
		return m, err
	}
	if failed := x.forget(ctx, nil); failed != nil {
		return nil, errors.Join(failed, err)
	}
	return x.begin(ctx, err)
}

func (x *export[T]) resume(ctx context.Context, token string) (*manifest.Manifest[T], error) {
	p, err := BeginExport(ctx, x.client, x.request, &BeginExportOptions{ResumeToken: token})
	if err != nil {
		return nil, err
	}
	x.saved = token
	x.started(Start{Resumed: true})
	check := func(poller.Operation) error { return nil }
	if x.unbilled {
		check = checkMonth
	}
	return x.wait(ctx, p, check)
}

// begin begins an export. abandoned is why the one in the store could not be resumed.
func (x *export[T]) begin(ctx context.Context, abandoned error) (*manifest.Manifest[T], error) {
	p, err := BeginExport(ctx, x.client, x.request, &BeginExportOptions{NoReexport: x.options.NoReexport})
	if err == nil {
		// Before the first poll: a crash from here on does not cost another export.
		err = x.save(ctx, p)
	}
	if err != nil {
		if abandoned != nil {
			err = fmt.Errorf("%w; the export before it was abandoned: %s", err, abandoned.Error())
		}
		return nil, err
	}
	x.started(Start{Abandoned: abandoned})
	m, err := x.wait(ctx, p, func(poller.Operation) error { return nil })
	if isGone(err) {
		err = x.forget(ctx, err)
	}
	return m, err
}

// wait waits for the export until it is done or does not pass the check.
func (x *export[T]) wait(ctx context.Context, p *poller.Poller[T], check func(poller.Operation) error) (*manifest.Manifest[T], error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error
	options := x.options.Poll
	report := options.OnProgress
	options.OnProgress = func(o poller.Operation) {
		// The service may have moved the operation to another address.
		if failed = cmp.Or(failed, check(o), x.saveChange(ctx, p)); failed != nil {
			cancel()
		}
		if report != nil {
			report(o)
		}
	}
	m, err := p.PollUntilDone(ctx, &options)
	if failed != nil {
		return nil, failed
	}
	if errors.As(err, new(*apierror.TimeoutError)) {
		err = fmt.Errorf("%w; the store has the token: call ReadExport again", err)
	}
	return m, err
}

// save saves the token of an export.
func (x *export[T]) save(ctx context.Context, p *poller.Poller[T]) error {
	token, err := p.ResumeToken()
	if err != nil {
		return err
	}
	ctx, cancel := storing(ctx)
	defer cancel()
	if err := x.store.Save(ctx, token); err != nil {
		return &poller.StoreError{Op: "save", ResumeToken: token, Err: err}
	}
	x.saved = token
	return nil
}

// saveChange saves the token of an export if it is another one now.
func (x *export[T]) saveChange(ctx context.Context, p *poller.Poller[T]) error {
	if token, err := p.ResumeToken(); err != nil || token == x.saved {
		return nil //nolint:nilerr // The operation has failed, which PollUntilDone reports.
	}
	return x.save(ctx, p)
}

// forget forgets the token. It returns err, with the error of the store if that fails.
func (x *export[T]) forget(ctx context.Context, err error) error {
	ctx, cancel := storing(ctx)
	defer cancel()
	if failed := x.store.Forget(ctx); failed != nil {
		return errors.Join(err, &poller.StoreError{Op: "forget", Err: failed})
	}
	return err
}

func (x *export[T]) started(s Start) {
	if x.options.OnStart != nil {
		x.options.OnStart(s)
	}
}

// storeWait is how long a store may take.
const storeWait = time.Minute

// storing returns a context for the store that outlives the caller's: that is often canceled
// between two steps, and the store should then have what the service has.
func storing(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), storeWait)
}

// isGone reports whether an error says that this export can never be read whole.
func isGone(err error) bool {
	for _, final := range []error{apierror.ErrExpired, apierror.ErrNoData, manifest.ErrIncomplete, manifest.ErrBlobMissing, errOtherMonth} {
		if errors.Is(err, final) {
			return true
		}
	}
	return errors.As(err, new(*apierror.OperationError))
}

var errOtherMonth = errors.New("the export was begun in another month")

// checkMonth returns an error if an unbilled export was begun in another month than now. The time
// may be missing.
func checkMonth(o poller.Operation) error {
	const month = "2006-01"
	begun, now := o.Created.UTC().Format(month), time.Now().UTC().Format(month)
	if o.Created.IsZero() || begun == now {
		return nil
	}
	return fmt.Errorf("billing: resumed export: %w: %s, and now is %s; its period may be another one", errOtherMonth, begun, now)
}
