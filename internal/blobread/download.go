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
	// Credential authorizes the requests where the URL has no SAS.
	Credential azcore.TokenCredential
	// Size is the expected length of the blob in bytes; 0: unknown.
	Size int64
	// Limits say when to give up.
	Limits Limits
}

// Download opens one blob by its URL, which has its own SAS, or none where the options have a
// credential. Nothing is sent before the first Read. io.EOF means that every byte was read; any
// other error is an [*Error]. For example a price sheet, whose response holds a URL with a SAS:
//
//	r, err := blobread.Download(ctx, link, &blobread.DownloadOptions{
//		ClientOptions: options.ClientOptions, StorageHosts: options.StorageHosts,
//		Limits: blobread.Limits{StallTimeout: read.StallTimeout, RetryBudget: read.RetryBudget},
//	})
//	if err != nil {
//		return nil, fmt.Errorf("costmgmt: price sheet: %w", err)
//	}
//	data, err := io.ReadAll(io.LimitReader(r, limit+1))
//	err = errors.Join(err, r.Close())
//
// The sentinels of this package are those of package manifest, so errors.Is(err, manifest.ErrSAS)
// and the like hold. Until it is canceled, ctx must stay valid until Close.
func Download(ctx context.Context, url string, o *DownloadOptions) (io.ReadCloser, error) {
	if o == nil {
		o = &DownloadOptions{}
	}
	parse := ParseLink
	if o.Credential != nil {
		parse = ParseURL
	}
	link, name, err := parse(url, slices.Clone(o.StorageHosts))
	if err != nil {
		return nil, err
	}
	source := NewFixed(map[string]Link{name: link}, o.Credential, o.ClientOptions)
	return Open(ctx, source, Blob{Name: name, Size: o.Size}, o.Limits, NewThrottle(1)), nil
}
