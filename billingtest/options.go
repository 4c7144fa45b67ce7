package billingtest

import (
	"net/http"
	"strings"
	"time"
)

// LocationForm is the form of resourceLocation, with which a succeeded operation names its
// manifest. The real service uses all of them.
type LocationForm int

// The forms of resourceLocation.
const (
	LocationEmbedded       LocationForm = iota // the manifest itself
	LocationNavigationLink                     // resourceLocation@odata.navigationLink, a URL to GET
	LocationURI                                // resourceLocation as text, a URL to GET
)

// Options configure a [Server]. Nil and the zero value are the defaults.
type Options struct {
	GraphHost   string // default: graph.microsoft.com
	ARMHost     string // of Azure Resource Manager; default: management.azure.com
	StorageHost string // default: a name like the real ones below blob.core.windows.net

	// RunningPolls is how many polls of an operation return running, after one that returns
	// notStarted. 0: 2; negative: the first poll returns the final status.
	RunningPolls int
	// PollDelay is the Retry-After of an operation that is not done, in whole seconds. 0: 1 s (the
	// real service sends 10 s); negative: no Retry-After.
	PollDelay time.Duration
	// SuccessStatus is the status of a successful operation. Default: succeeded; the documentation
	// also has completed.
	SuccessStatus string
	// ResourceLocation is the form in which an operation names its manifest. Default:
	// LocationEmbedded.
	ResourceLocation LocationForm

	// USDates writes the dates of invoices as 10/31/2026. Default: RFC 3339, which is what
	// Microsoft's own client expects.
	USDates bool

	TokenLifetime     time.Duration // of bearer tokens; 0: 1 h
	SASLifetime       time.Duration // of SAS tokens; 0: 1 h
	OperationLifetime time.Duration // after which operations and their manifests return 410; 0: unlimited

	// NotAPartner makes the tenant one that is not a partner: every export is rejected with status
	// 400.
	NotAPartner bool
	// AggregatedInV1 serves aggregated usage in v1.0, too. Default: in beta only.
	AggregatedInV1 bool

	// ContentMD5 gives the blobs of exports the property Content-MD5, as storage does with a blob
	// that is written in one request. Default: none, as with blobs that are written in parts,
	// unless the writer sets it. Cost reports, price sheets and configured exports always have it.
	ContentMD5 bool

	// CacheBytes is how much compressed data the server keeps. What does not fit is generated again
	// for each request. 0: 64 MiB; negative: none.
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

// Canonical names of headers.
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
