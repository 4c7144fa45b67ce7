package manifest

import (
	"context"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// Options say how storage is reached. The zero value, and nil, stand for Azure's
// public cloud over a transport of our own.
type Options struct {
	// ClientOptions are those of every Azure client: transport, telemetry, logging,
	// tracing and policies apply to the requests for blobs too. Two things differ.
	// Retry is not used, because the reader continues a broken blob at the exact
	// byte by itself; and Logging.IncludeBody is ignored, because the bodies are
	// your customers' data. (azblob itself makes no spans so far.) No policy, log or
	// span ever sees the SAS: it is added behind them all.
	//
	// A Transport must honour the context of a request also while its body is read,
	// as net/http does.
	azcore.ClientOptions

	// StorageHosts admits hosts besides Azure's own (*.blob.core.windows.net and
	// *.blob.storage.azure.net): "host" for port 443, "host:port", or ".suffix" for
	// all hosts below a domain. They are reached with https all the same.
	StorageHosts []string

	// Refresh asks the service for the manifest's JSON anew, for its fresh SAS. It
	// is called once at a time and is expected to wait out faults of the service by
	// itself: its error ends the reading with [ErrSAS], and so does a call that takes
	// longer than twenty minutes. The poller sets it; where it is nil, a read that
	// outlives the SAS ends with [ErrSAS], too.
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
