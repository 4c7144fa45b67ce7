package blobread

import (
	"context"
	"io"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// DownloadOptions are the options of [Download].
type DownloadOptions struct {
	// ClientOptions apply to the requests; Retry and Logging.IncludeBody are not used.
	azcore.ClientOptions
	// StorageHosts are admitted in addition to Azure's own blob endpoints.
	StorageHosts []string
	// Limits say when to give up.
	Limits Limits
}

// Download opens one blob by its URL, which has its own SAS. Nothing is sent before the first Read.
// io.EOF means that every byte was read; any other error is an [*Error].
//
// The sentinels of this package are those of package manifest, so errors.Is(err, manifest.ErrSAS)
// and the like hold. Until it is canceled, ctx must stay valid until Close.
func Download(ctx context.Context, url string, o *DownloadOptions) (io.ReadCloser, error) {
	if o == nil {
		o = &DownloadOptions{}
	}
	link, name, err := ParseLink(url, slices.Clone(o.StorageHosts))
	if err != nil {
		return nil, err
	}
	source := NewFixed(map[string]Link{name: link}, nil, o.ClientOptions)
	return Open(ctx, source, Blob{Name: name}, o.Limits, NewThrottle(1)), nil
}
