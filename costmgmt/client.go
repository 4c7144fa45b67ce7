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

// The versions of the API, those of Azure's newest modules.
const (
	billingVersion     = "2024-04-01"
	costVersion        = "2025-03-01"
	consumptionVersion = "2021-10-01"
	legacyVersion      = "2019-10-01-preview" // of the price sheet of Microsoft.Billing
)

// DefaultMaxThrottleWait is how long a pause that the service asks for may be.
const DefaultMaxThrottleWait = 5 * time.Minute

// maxBody bounds any answer but that of blobs.
const maxBody = 80 << 20

// throttled are the headers by which Cost Management asks to wait, besides Retry-After. The longest
// of all counts.
var throttled = []string{
	"x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after",
	"x-ms-ratelimit-microsoft.costmanagement-entity-retry-after",
	"x-ms-ratelimit-microsoft.costmanagement-tenant-retry-after",
	"x-ms-ratelimit-microsoft.costmanagement-clienttype-retry-after",
	"x-ms-ratelimit-microsoft.consumption-retry-after",
	"x-ms-ratelimit-microsoft.consumption-tenant-retry-after",
}

// ClientOptions change how a [Client] works. The zero value and nil are the defaults.
type ClientOptions struct {
	// ClientOptions are those of every Azure client. The Transport, where set, carries the requests
	// to storage too. Cloud says where Resource Manager is. APIVersion is not used: answers are
	// understood in the versions of the calls alone. Logging.IncludeBody is ignored.
	azcore.ClientOptions

	// MaxThrottleWait is how long a pause may be that the service asks for; a longer one ends the
	// call. 0 stands for [DefaultMaxThrottleWait].
	MaxThrottleWait time.Duration

	// StorageHosts are hosts that reports may be read from in addition to Azure's, as in package
	// billing.
	StorageHosts []string
}

// Client makes calls to Azure Resource Manager. It is safe for concurrent use.
type Client struct {
	pipeline runtime.Pipeline
	endpoint origin.Endpoint
	tracer   tracing.Tracer
	manifest manifest.Options
}

// NewClient returns a client that signs in with cred. See the package's documentation for the roles
// that its identity needs. Nothing is sent yet.
//
// The error says what is wrong with the options.
func NewClient(cred azcore.TokenCredential, o *ClientOptions) (*Client, error) {
	if cred == nil {
		return nil, errors.New("costmgmt: NewClient needs a credential")
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
		return nil, fmt.Errorf("costmgmt: ClientOptions.Cloud: Resource Manager: %w", err)
	}
	c.APIVersion = ""
	storage := manifest.Options{ClientOptions: c.ClientOptions, StorageHosts: slices.Clone(c.StorageHosts)}
	options := ARMOptions(&c)
	options.Transport = httpguard.New(c.Transport, httpguard.Rules{Name: "Azure Resource Manager", Allow: endpoint.Check, MaxBody: maxBody})
	options.PerCallPolicies = append(options.PerCallPolicies, azpolicy.RetryUnauthorized{})
	azure, err := arm.NewClient(version.Module, version.Version, azpolicy.Credential(cred, apierror.ErrUnauthenticated), options)
	if err != nil {
		return nil, fmt.Errorf("costmgmt: %w", err)
	}
	return &Client{pipeline: azure.Pipeline(), endpoint: endpoint, tracer: azure.Tracer(), manifest: storage}, nil
}

// ARMOptions are the options for any client of Azure's own modules, with which it waits as long as
// Cost Management asks it to. They are for the calls that this package does not have.
func ARMOptions(o *ClientOptions) *arm.ClientOptions {
	var c ClientOptions
	if o != nil {
		c = *o
	}
	if c.MaxThrottleWait <= 0 {
		c.MaxThrottleWait = DefaultMaxThrottleWait
	}
	options := &arm.ClientOptions{ClientOptions: c.ClientOptions}
	options.APIVersion = ""
	options.Logging = azpolicy.SafeLogOptions(c.Logging)
	// A longer pause than this makes azcore give up at once.
	options.Retry.MaxRetryDelay = max(c.Retry.MaxRetryDelay, c.MaxThrottleWait)
	options.PerCallPolicies = slices.Clone(c.PerCallPolicies)
	options.PerRetryPolicies = append([]policy.Policy{azpolicy.RetryAfter{Headers: throttled}}, c.PerRetryPolicies...)
	return options
}
