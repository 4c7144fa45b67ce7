package poller

import (
	"context"

	"github.com/partnerbilling/sdk-go/internal/lro"
	"github.com/partnerbilling/sdk-go/manifest"
)

// Poller follows one export until it is done and returns its manifest. T is the type of the
// export's rows. BeginExport in package billing and BeginCostDetails in package costmgmt return
// one.
//
// A Poller is not safe for concurrent use; the manifest that it returns is.
type Poller[T any] struct {
	operation lro.Operation[*manifest.Manifest[T]]
}

// New returns the poller of an operation. Only the packages of this SDK can call it, because the
// type of begun is internal. storage says how the export's blobs are reached.
func New[T any](begun lro.Begun, storage manifest.Options) *Poller[T] {
	return &Poller[T]{lro.New(begun, func(data []byte, refresh lro.Refresh) (*manifest.Manifest[T], error) {
		options := storage
		options.Refresh = refresh
		return manifest.Parse[T](data, &options)
	})}
}

// PollUntilDone waits until the export is done and returns its manifest. Between polls it pauses
// for as long as the service asks, or as Frequency says.
//
// Errors that match apierror.ErrUnavailable are retried until there has been no usable response for
// 15 minutes. MaxWait limits the whole wait. The error is an *apierror.TimeoutError, which has a
// resume token, where either limit is reached before the operation ends. PollUntilDone does not
// begin a pause that is longer than the time left: it returns that error at once, which matches
// context.DeadlineExceeded if the deadline of ctx is the limit. When ctx ends,
// the error matches ctx's error and its cause, and names the operation, which continues in the
// service: ResumeToken still works. After a deadline of ctx it is an *apierror.TimeoutError with
// the token, too. Other errors are those of Poll and Result.
func (p *Poller[T]) PollUntilDone(ctx context.Context, o *PollUntilDoneOptions) (*manifest.Manifest[T], error) {
	return p.operation.PollUntilDone(ctx, o.internal())
}

// Poll requests the state of the operation once and returns what the service reports. Where the
// operation is done, it returns what was last reported and sends nothing. That the operation failed
// is an error of Result, not of Poll.
//
// apierror.ErrUnavailable means that there was no usable response this time, or that the service
// does not find yet what it has just accepted: for a minute, HTTP status 404 is taken for that.
// apierror.ErrExpired is final. After any other error, an *apierror.RequestError or one that
// matches apierror.ErrMalformed or apierror.ErrForeignLocation, the poller is as it was before.
func (p *Poller[T]) Poll(ctx context.Context) (Operation, error) {
	status, err := p.operation.Poll(ctx)
	return Operation(status), err
}

// Done reports whether the operation has ended, successfully or not. Result tells which.
func (p *Poller[T]) Done() bool { return p.operation.Done() }

// Result returns the manifest of an export that is done; before that, apierror.ErrNotDone. Where
// the service named only the manifest's address, it is fetched now. Later calls return the same
// manifest.
//
// A failed operation is an *apierror.OperationError; a manifest that is incomplete or cannot be
// trusted is a [*manifest.Error]. apierror.ErrUnavailable means that the manifest could not be
// fetched this time; call again.
func (p *Poller[T]) Result(ctx context.Context) (*manifest.Manifest[T], error) {
	return p.operation.Result(ctx)
}

// ResumeToken returns a text with which BeginExport in package billing, or BeginCostDetails in
// package costmgmt, continues with this export later or elsewhere. It holds no secret. It stays
// useful after the export is done, for as long as the service keeps the operation. If the operation
// failed, ResumeToken returns an error that wraps the operation's.
func (p *Poller[T]) ResumeToken() (string, error) { return p.operation.ResumeToken() }
