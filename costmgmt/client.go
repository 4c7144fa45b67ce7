package costmgmt

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/tracing"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/azpolicy"
	"github.com/partnerbilling/sdk-go/internal/httpguard"
	"github.com/partnerbilling/sdk-go/internal/origin"
	"github.com/partnerbilling/sdk-go/internal/version"
	"github.com/partnerbilling/sdk-go/manifest"
)

// The API versions, those of the newest Azure modules.
const (
	billingVersion     = "2024-04-01"
	costVersion        = "2025-03-01"
	consumptionVersion = "2021-10-01"
	legacyVersion      = "2019-10-01-preview" // for the price sheet of Microsoft.Billing
)

// DefaultMaxThrottleWait is the default of [ClientOptions.MaxThrottleWait].
const DefaultMaxThrottleWait = 5 * time.Minute

// maxBody bounds any response body but those of blobs.
const maxBody = 80 << 20

// throttled are the headers by which Cost Management requests a delay, besides Retry-After. The
// longest of all counts.
var throttled = []string{
	"x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after",
	"x-ms-ratelimit-microsoft.costmanagement-entity-retry-after",
	"x-ms-ratelimit-microsoft.costmanagement-tenant-retry-after",
	"x-ms-ratelimit-microsoft.costmanagement-clienttype-retry-after",
	"x-ms-ratelimit-microsoft.consumption-retry-after",
	"x-ms-ratelimit-microsoft.consumption-tenant-retry-after",
}

// ClientOptions are the options of [NewClient]. The zero value and nil are the defaults.
type ClientOptions struct {
	// ClientOptions are those of every Azure client. The Transport, where set, sends the requests
	// to storage too. Cloud determines the endpoint of Azure Resource Manager. APIVersion is
	// ignored, because responses of other versions may differ, and so is Logging.IncludeBody,
	// because bodies contain signatures.
	azcore.ClientOptions

	// MaxThrottleWait is the longest delay requested by the service that a call waits for; a longer
	// one ends the call with [apierror.ErrUnavailable]. 0 stands for [DefaultMaxThrottleWait].
	MaxThrottleWait time.Duration

	// StorageHosts are hosts that reports may be read from in addition to Azure's: a name, a name
	// with a port, or a suffix that begins with a dot. It is meant for private endpoints and
	// emulators.
	StorageHosts []string

	// AllowUnverifiedManifest reads exports whose manifest has a data format that this version does
	// not know, or another number of blobs than it says: see manifest.Options.
	AllowUnverifiedManifest bool
}

// Client calls Azure Resource Manager. It is safe for concurrent use. [NewClient] makes one; the
// zero Client fails with [ErrInvalidRequest].
type Client struct {
	pipeline runtime.Pipeline
	endpoint origin.Endpoint
	tracer   tracing.Tracer
	manifest manifest.Options
}

// NewClient returns a client that signs in with cred, whose identity needs the roles that the
// package documentation names. No request is sent yet.
//
// The error says what is wrong with the options.
func NewClient(cred azcore.TokenCredential, o *ClientOptions) (*Client, error) {
	if cred == nil {
		return nil, errors.New("costmgmt: NewClient: missing credential")
	}
	var c ClientOptions
	if o != nil {
		c = *o
	}
	service := c.Cloud.Services[cloud.ResourceManager]
	if len(c.Cloud.Services) == 0 {
		service = cloud.AzurePublic.Services[cloud.ResourceManager]
	}
	endpoint, err := origin.Parse(service.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("costmgmt: NewClient: ClientOptions.Cloud: Azure Resource Manager: %w", err)
	}
	c.APIVersion = ""
	c.PerCallPolicies = slices.Clone(c.PerCallPolicies)
	c.PerRetryPolicies = slices.Clone(c.PerRetryPolicies)
	c.Logging = azpolicy.SafeLogOptions(c.Logging)
	storage := manifest.Options{ClientOptions: c.ClientOptions, StorageHosts: slices.Clone(c.StorageHosts), AllowUnverifiedManifest: c.AllowUnverifiedManifest}
	options := c.arm()
	options.Transport = httpguard.New(c.Transport, httpguard.Rules{Name: "Azure Resource Manager", Allow: endpoint.Check, MaxBody: maxBody})
	options.PerCallPolicies = append(options.PerCallPolicies, azpolicy.RetryUnauthorized{})
	azure, err := arm.NewClient(version.Module, version.Version, azpolicy.Credential(cred, apierror.ErrUnauthenticated), options)
	if err != nil {
		return nil, fmt.Errorf("costmgmt: NewClient: %w", err)
	}
	return &Client{pipeline: azure.Pipeline(), endpoint: endpoint, tracer: azure.Tracer(), manifest: storage}, nil
}

// arm returns the options of the pipeline, with which it waits for as long as Cost Management
// requests.
func (c ClientOptions) arm() *arm.ClientOptions {
	if c.MaxThrottleWait <= 0 {
		c.MaxThrottleWait = DefaultMaxThrottleWait
	}
	options := &arm.ClientOptions{ClientOptions: c.ClientOptions}
	options.APIVersion = ""
	// A longer delay than this makes azcore give up at once.
	options.Retry.MaxRetryDelay = max(c.Retry.MaxRetryDelay, c.MaxThrottleWait)
	options.PerCallPolicies = slices.Clone(c.PerCallPolicies)
	options.PerRetryPolicies = append([]policy.Policy{azpolicy.RetryAfter{Headers: throttled}}, c.PerRetryPolicies...)
	return options
}

// ready refuses a client that NewClient did not return.
func (c *Client) ready(op string) error {
	if c == nil || c.endpoint == (origin.Endpoint{}) {
		return invalid(op, "the Client was not returned by NewClient")
	}
	return nil
}
