package costmgmt

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/partnerbilling/sdk-go/internal/lro"
	"github.com/partnerbilling/sdk-go/lineitem"
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
		return newPriceSheetFile(string(link), &storage)
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
	// Package manifest reads the bytes of blobs. A document of one blob is the way to have it read
	// this one until there is a way to read a blob alone.
	file *manifest.Manifest[lineitem.Record]
}

// newPriceSheetFile checks a link: it must lead to Azure storage and have a SAS.
func newPriceSheetFile(link string, storage *manifest.Options) (*PriceSheetFile, error) {
	document, err := json.Marshal(map[string]any{
		"dataFormat": "zip", "blobCount": 1, "blobs": []any{map[string]string{"blobLink": link}},
	})
	if err != nil {
		return nil, err
	}
	m, err := manifest.Parse[lineitem.Record](document, storage)
	if err != nil {
		return nil, err
	}
	return &PriceSheetFile{m}, nil
}

// Name is the path of the file in its storage account.
func (f *PriceSheetFile) Name() string { return f.file.Blobs()[0].Name }

// Expires is when the SAS of the file expires. A download must begin before.
func (f *PriceSheetFile) Expires() time.Time { return f.file.Blobs()[0].SAS.Expires() }

func (f *PriceSheetFile) open(ctx context.Context, o *manifest.ReadOptions) (io.ReadCloser, error) {
	return f.file.OpenBlob(ctx, f.file.Blobs()[0], o)
}
