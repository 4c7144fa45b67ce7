package billing

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/azpolicy"
	"github.com/partnerbilling/sdk-go/internal/httpguard"
	"github.com/partnerbilling/sdk-go/internal/origin"
	"github.com/partnerbilling/sdk-go/internal/version"
	"github.com/partnerbilling/sdk-go/manifest"
)

// ServiceName is the key of a cloud configuration's Services for the endpoint and audience of
// Microsoft Graph. It need not be set for the global cloud, the only one that has the service.
const ServiceName cloud.ServiceName = "partnerbilling/graph"

const (
	graphEndpoint = "https://graph.microsoft.com"
	versionStable = "v1.0"
	versionBeta   = "beta"
)

// maxBody limits every response body of Graph. The poller reads each kind within lower limits.
const maxBody = 80 << 20

// ClientOptions change how a [Client] works. The zero value and nil are the defaults.
type ClientOptions struct {
	// ClientOptions are those of every Azure client: retry, transport, logging, tracing, telemetry,
	// policies, cloud. The Transport, if set, also sends the requests to storage; policies see
	// those, too, without the SAS.
	//
	// APIVersion is the version of Graph, "v1.0" unless set to "beta". Retry is for Graph; reading
	// blobs has its own options, see manifest.ReadOptions. IncludeBody of Logging is ignored, since
	// the bodies contain a SAS, and an Authorization header is not logged even where AllowedHeaders
	// has it.
	azcore.ClientOptions

	// StorageHosts are hosts that exports may be read from in addition to Azure's: a name, a name
	// with a port, or a suffix that begins with a dot. It is meant for private endpoints and
	// emulators.
	StorageHosts []string

	// AllowUnverifiedManifest reads exports whose manifest has a data format that this version does
	// not know, or another number of blobs than it says: see manifest.Options.
	AllowUnverifiedManifest bool
}

// Client exports billing data from Microsoft Graph. It is safe for concurrent use and starts no
// goroutines.
type Client struct {
	azure    *azcore.Client
	endpoint origin.Endpoint // without a version
	version  string          // as in the options; may be empty
	manifest manifest.Options
}

// NewClient returns a client that authenticates with cred, such as azidentity's
// DefaultAzureCredential. Its app registration is in the partner's tenant and needs Graph's
// permission PartnerBilling.Read.All with the consent of an administrator. Nothing is sent yet.
//
// An error says which option is invalid.
func NewClient(cred azcore.TokenCredential, o *ClientOptions) (*Client, error) {
	if cred == nil {
		return nil, errors.New("billing: NewClient: the credential is nil")
	}
	var opts ClientOptions
	if o != nil {
		opts = *o
	}
	endpoint, audience, err := serviceOf(opts.Cloud)
	if err != nil {
		return nil, err
	}
	apiVersion := opts.APIVersion
	if apiVersion != "" && apiVersion != versionStable && apiVersion != versionBeta {
		return nil, fmt.Errorf("billing: ClientOptions.APIVersion is %.32q: it must be %q or %q", apiVersion, versionStable, versionBeta)
	}
	// The pipeline for blobs has the caller's options, too, except for Graph's version.
	opts.APIVersion = ""
	opts.PerCallPolicies = slices.Clone(opts.PerCallPolicies)
	opts.PerRetryPolicies = slices.Clone(opts.PerRetryPolicies)
	opts.Logging = azpolicy.SafeLogOptions(opts.Logging)
	storage := manifest.Options{ClientOptions: opts.ClientOptions, StorageHosts: slices.Clone(opts.StorageHosts), AllowUnverifiedManifest: opts.AllowUnverifiedManifest}
	opts.Transport = httpguard.New(opts.Transport, httpguard.Rules{Name: "Graph", Allow: endpoint.Check, MaxBody: maxBody})

	bearer := runtime.NewBearerTokenPolicy(azpolicy.Credential(cred, apierror.ErrUnauthenticated), []string{audience + "/.default"}, nil)
	azure, err := azcore.NewClient(version.Module, version.Version, runtime.PipelineOptions{
		AllowedHeaders: []string{"request-id", "client-request-id"},
		PerRetry:       []policy.Policy{azpolicy.RetryAfter{}, azpolicy.RetryUnauthorized{}, bearer, azpolicy.RequestID{}},
		Tracing:        runtime.TracingOptions{Namespace: "Microsoft.Graph"},
	}, &opts.ClientOptions)
	if err != nil {
		return nil, fmt.Errorf("billing: %w", err)
	}
	return &Client{azure: azure, endpoint: endpoint, version: apiVersion, manifest: storage}, nil
}

// serviceOf returns Graph's endpoint and audience in a cloud configuration.
func serviceOf(c cloud.Configuration) (endpoint origin.Endpoint, audience string, err error) {
	service, ok := c.Services[ServiceName]
	switch {
	case ok:
	case c.ActiveDirectoryAuthorityHost != "" && strings.TrimRight(c.ActiveDirectoryAuthorityHost, "/") != strings.TrimRight(cloud.AzurePublic.ActiveDirectoryAuthorityHost, "/"):
		return endpoint, "", fmt.Errorf("billing: ClientOptions.Cloud: partner billing exports are only in the global cloud; set Services[%q] if this cloud has them", ServiceName)
	}
	if service.Endpoint == "" {
		service.Endpoint = graphEndpoint
	}
	if service.Audience == "" {
		service.Audience = service.Endpoint
	}
	if endpoint, err = origin.Parse(service.Endpoint); err != nil {
		return endpoint, "", fmt.Errorf("billing: ClientOptions.Cloud.Services[%q]: %w", ServiceName, err)
	}
	return endpoint, strings.TrimRight(service.Audience, "/"), nil
}

// versioned returns the endpoint of the version that a request is sent to.
func (c *Client) versioned(w wire) (origin.Endpoint, error) {
	version := c.version
	switch {
	case version != "":
	case w.beta:
		version = versionBeta
	default:
		version = versionStable
	}
	return origin.Parse(c.endpoint.String() + "/" + version)
}
