package poller

import (
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/tracing"

	"github.com/partnerbilling/sdk-go/internal/origin"
	"github.com/partnerbilling/sdk-go/manifest"
)

// Options say which service a poller talks to. The zero value, and nil, stand for Microsoft Graph v1.0.
type Options struct {
	// Endpoint is the root of the API, by default https://graph.microsoft.com/v1.0. No address off its scheme, host and port is
	// ever called.
	Endpoint string
	// Kind names what the rows of the export are, for instance "usage". It becomes part of the resume token, and a token is only
	// accepted where the Kind is the same, so that the rows of one kind are not read as another. [manifest.As] changes the Go
	// type within a kind.
	Kind string
	// Manifest says how the export's storage is reached. Refresh is set by the poller.
	Manifest manifest.Options
	// NoReexport keeps the reading of a manifest from asking for the same export again when it needs a fresh signature and the
	// service has dropped both the manifest and the operation. Such an export is only used if it is of the very same data.
	NoReexport bool
	// Answer puts an answer about the operation, or to the request that begins it, into the form that Graph has, where the
	// service is another one: an object with a status of running, succeeded or failed, the manifest in resourceLocation, and an
	// error if there is one. An empty answer stands for an operation that is still running. nil leaves answers as they are.
	Answer func(status int, body []byte) []byte
	// Permission says in the text of [apierror.ErrPermission] what the identity is lacking. Empty stands for Graph's permission.
	Permission string
	// Tracer makes the spans of the poller's methods. The zero value makes none.
	Tracer tracing.Tracer
}

// PollUntilDoneOptions are the options of [Poller.PollUntilDone].
type PollUntilDoneOptions struct {
	// Frequency is the pause between polls when the service does not ask for one. Zero stands for ten seconds in the beginning,
	// growing to one minute, with some randomness. A second is the least.
	Frequency time.Duration
	// MaxWait limits the time until the export is done. Zero stands for two hours; exports are known to take between half a minute
	// and half an hour. With a negative value only the context limits it.
	MaxWait time.Duration
	// OnProgress is called after each answer about the operation, in the goroutine that waits.
	OnProgress func(Operation)
}

const defaultMaxWait = 2 * time.Hour

func (o *PollUntilDoneOptions) withDefaults() (PollUntilDoneOptions, error) {
	var c PollUntilDoneOptions
	if o != nil {
		c = *o
	}
	if c.MaxWait == 0 {
		c.MaxWait = defaultMaxWait
	}
	if c.Frequency != 0 && c.Frequency < time.Second {
		return c, fmt.Errorf("poller: Frequency is %v; a second is the least", c.Frequency)
	}
	if c.OnProgress == nil {
		c.OnProgress = func(Operation) {}
	}
	return c, nil
}

const defaultEndpoint = "https://graph.microsoft.com/v1.0"

// newService copies what o says, so that later changes to it are without effect.
func newService(pl runtime.Pipeline, o *Options) (*service, error) {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Endpoint == "" {
		c.Endpoint = defaultEndpoint
	}
	endpoint, err := origin.Parse(c.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("poller: Options.Endpoint: %w", err)
	}
	return &service{
		pl: pl, endpoint: endpoint, kind: c.Kind, manifest: c.Manifest, tracer: c.Tracer, translate: c.Answer, permission: c.Permission,
	}, nil
}
