package costmgmt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/partnerbilling/sdk-go/internal/blobread"
	"github.com/partnerbilling/sdk-go/internal/lro"
	"github.com/partnerbilling/sdk-go/internal/redact"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// PriceSheetPoller follows the operation that makes a price sheet. Its methods are those of
// [poller.Poller], with the same errors. It is not safe for concurrent use.
type PriceSheetPoller struct {
	operation lro.Operation[*PriceSheetFile]
}

func newPriceSheetPoller(begun lro.Begun, storage manifest.Options) *PriceSheetPoller {
	return &PriceSheetPoller{lro.New(begun, func(link []byte, _ lro.Refresh) (*PriceSheetFile, error) {
		return newPriceSheetFile(string(link), storage)
	})}
}

// PollUntilDone waits until the price sheet is there and returns its file.
func (p *PriceSheetPoller) PollUntilDone(ctx context.Context, o *poller.PollUntilDoneOptions) (*PriceSheetFile, error) {
	var w lro.WaitOptions
	if o != nil {
		w.Frequency, w.MaxWait = o.Frequency, o.MaxWait
		if o.OnProgress != nil {
			w.OnProgress = func(s lro.Status) { o.OnProgress(poller.Operation(s)) }
		}
	}
	return p.operation.PollUntilDone(ctx, w)
}

// Poll requests the state of the operation once and returns what the service reports.
func (p *PriceSheetPoller) Poll(ctx context.Context) (poller.Operation, error) {
	status, err := p.operation.Poll(ctx)
	return poller.Operation(status), err
}

// Done reports whether the operation has ended, successfully or not.
func (p *PriceSheetPoller) Done() bool { return p.operation.Done() }

// Result returns the file of a price sheet that is done; before that, apierror.ErrNotDone.
func (p *PriceSheetPoller) Result(ctx context.Context) (*PriceSheetFile, error) {
	return p.operation.Result(ctx)
}

// ResumeToken returns a text without secrets with which BeginPriceSheet continues later.
func (p *PriceSheetPoller) ResumeToken() (string, error) { return p.operation.ResumeToken() }

// PriceSheetFile is the file of a price sheet in Azure storage, with a SAS of its own, which cannot
// be refreshed. [OpenPriceSheet] downloads it.
type PriceSheetFile struct {
	link    redact.Secret
	name    string
	expires time.Time
	storage manifest.Options
}

// newPriceSheetFile checks a link: it must lead to Azure storage and have a SAS.
func newPriceSheetFile(link string, storage manifest.Options) (*PriceSheetFile, error) {
	l, name, err := blobread.ParseLink(link, storage.StorageHosts)
	if err != nil {
		return nil, fmt.Errorf("link of the price sheet: %w", err)
	}
	return &PriceSheetFile{link: redact.New(link), name: name, expires: l.SAS.Expires(), storage: storage}, nil
}

// Name is the path of the file in its storage account.
func (f *PriceSheetFile) Name() string { return f.name }

// Expires is when the SAS of the file expires; zero if unknown. A download must begin before.
func (f *PriceSheetFile) Expires() time.Time { return f.expires }

// download returns the file as it is stored, if it is no longer than limit.
func (f *PriceSheetFile) download(ctx context.Context, limit int64, o *manifest.ReadOptions) ([]byte, error) {
	options := blobread.DownloadOptions{ClientOptions: f.storage.ClientOptions, StorageHosts: f.storage.StorageHosts}
	if o != nil {
		options.Limits = blobread.Limits{StallTimeout: o.StallTimeout, RetryBudget: o.RetryBudget, MaxTries: o.MaxTries}
	}
	r, err := blobread.Download(ctx, f.link.Reveal(), &options)
	if err != nil {
		return nil, priceSheetError(err)
	}
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch err = errors.Join(err, r.Close()); {
	case err != nil:
		return nil, priceSheetError(err)
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("costmgmt: price sheet: %w: longer than %d bytes; raise MaxBytes", ErrTooLarge, limit)
	}
	return data, nil
}

// priceSheetError makes the error of a download one of package manifest.
func priceSheetError(err error) error {
	if e, is := errors.AsType[*blobread.Error](err); is {
		err = (*manifest.ReadError)(e)
	}
	return fmt.Errorf("costmgmt: price sheet: %w", err)
}
