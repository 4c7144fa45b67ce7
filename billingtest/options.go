package billingtest

import (
	"net/http"
	"strings"
	"time"
)

// LocationForm is a form in which a finished operation names its manifest. All are seen on the wire.
type LocationForm int

// The forms of resourceLocation.
const (
	LocationEmbedded       LocationForm = iota // the manifest itself
	LocationNavigationLink                     // resourceLocation@odata.navigationLink, a URL to GET
	LocationURI                                // resourceLocation as text, a URL to GET
)

// Options change how a [Server] behaves. Nil and the zero value are the defaults.
type Options struct {
	GraphHost   string // default: graph.microsoft.com
	ARMHost     string // of Azure Resource Manager; default: management.azure.com
	StorageHost string // default: a name like the real ones below blob.core.windows.net

	// RunningPolls is how often an operation says that it is running, after one answer notStarted and before it is done.
	// 0: 2; negative: it is done at the first look.
	RunningPolls int
	// PollDelay is what Retry-After asks for while an operation runs, in whole seconds. 0: 1 s (the real service says 10 s);
	// negative: no Retry-After.
	PollDelay time.Duration
	// SuccessStatus is the word for success. Default: succeeded; the documentation also has completed.
	SuccessStatus string
	// ResourceLocation is the form in which an operation names its manifest. Default: LocationEmbedded.
	ResourceLocation LocationForm

	TokenLifetime     time.Duration // of bearer tokens; 0: 1 h
	SASLifetime       time.Duration // of SAS tokens; 0: 1 h
	OperationLifetime time.Duration // after which operations and their manifests answer 410; 0: for ever

	// NotAPartner makes the tenant one that is no partner: every export is refused with status 400.
	NotAPartner bool
	// AggregatedInV1 offers aggregated usage in v1.0, too. Default: in beta only.
	AggregatedInV1 bool

	// CacheBytes is how much compressed data the server keeps so that it need not be made again for each request. 0: 64 MiB;
	// negative: none. What does not fit is made while it is sent.
	CacheBytes int64
}

func (o *Options) normal() Options {
	var n Options
	if o != nil {
		n = *o
	}
	setDefault(&n.GraphHost, "graph.microsoft.com")
	setDefault(&n.ARMHost, "management.azure.com")
	n.ARMHost = strings.ToLower(n.ARMHost)
	setDefault(&n.StorageHost, "adlsreconbuprodeastus201.blob.core.windows.net")
	setDefault(&n.RunningPolls, 2)
	n.RunningPolls = max(n.RunningPolls, -1)
	setDefault(&n.PollDelay, time.Second)
	setDefault(&n.SuccessStatus, "succeeded")
	setDefault(&n.TokenLifetime, time.Hour)
	setDefault(&n.SASLifetime, time.Hour)
	setDefault(&n.CacheBytes, 64<<20)
	n.GraphHost, n.StorageHost = strings.ToLower(n.GraphHost), strings.ToLower(n.StorageHost)
	return n
}

// canonical spelling of the headers that the service is about.
const (
	headerETag         = "Etag"
	headerRange        = "Range"
	headerStorageRange = "X-Ms-Range"
	headerContentRange = "Content-Range"
	headerContentType  = "Content-Type"
	headerRetryAfter   = "Retry-After"
	headerLocation     = "Location"
)

func timestamp(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
