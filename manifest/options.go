package manifest

import (
	"context"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// Options say how storage is reached. The zero value and nil are the defaults: Azure's public
// cloud, over a transport of the SDK.
type Options struct {
	// ClientOptions are those of every Azure client: transport, telemetry, logging, tracing and
	// policies apply to the requests for blobs too. Two things differ. Retry is not used, because
	// reads continue a broken blob at the exact byte; and Logging.IncludeBody is ignored, because
	// the bodies are your customers' data. (azblob itself makes no spans so far.) No policy, log or
	// span sees the SAS: it is added after all of them.
	//
	// A Transport must honor the context of a request also while its body is read, as net/http
	// does.
	azcore.ClientOptions

	// StorageHosts admits hosts besides Azure's own (*.blob.core.windows.net and
	// *.blob.storage.azure.net): "host" for port 443, "host:port", or ".suffix" for all hosts below
	// a domain. They are reached by https all the same.
	StorageHosts []string

	// AllowUnverifiedManifest accepts a dataFormat that this version does not know, of which it
	// judges the rows by their content (JSON Lines or CSV, compressed with gzip or not), and a
	// blobCount that is missing or is not the number of blobs. It is for the day on which the
	// service changes before a release of this module does: the rows of blobs that are not listed
	// are not read. [Report.Admitted] says whether it made a difference.
	AllowUnverifiedManifest bool

	// Refresh requests the manifest's JSON again, for its fresh SAS. It is called once at a time
	// and is expected to retry by itself: its error ends the read with [ErrSAS], and so does a call
	// that takes longer than 100 minutes. The poller sets it; without it, a read that outlives the
	// SAS ends with [ErrSAS], too.
	Refresh func(context.Context) ([]byte, error)
}

// clone makes later changes to the caller's options harmless.
func (o *Options) clone() Options {
	if o == nil {
		return Options{}
	}
	c := *o
	c.StorageHosts = slices.Clone(o.StorageHosts)
	c.PerCallPolicies = slices.Clone(o.PerCallPolicies)
	c.PerRetryPolicies = slices.Clone(o.PerRetryPolicies)
	return c
}
