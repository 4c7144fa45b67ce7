package lro

import (
	"net/url"
	"time"

	"github.com/partnerbilling/sdk-go/internal/redact"
	"github.com/partnerbilling/sdk-go/internal/rest"
)

// State is what a response says about an operation: [Pending], [Succeeded] or [Failed].
type State interface{ isState() }

// Pending is the state of an operation that has not ended.
type Pending struct{}

// Succeeded is the state of an operation with a result: in the response, or at an address of the
// service. A success with neither is polled again a few times.
type Succeeded struct {
	// Embedded is the result as it stands in the response. It holds a SAS.
	Embedded redact.Secret
	// Link is the address of the result, on the service's endpoint.
	Link *url.URL
}

// Failed is the state of an operation that ended with an error.
type Failed struct{ Err error }

func (Pending) isState()   {}
func (Succeeded) isState() {}
func (Failed) isState()    {}

func (s Succeeded) isEmpty() bool { return s.Embedded.IsZero() && s.Link == nil }

// Status describes an operation in the service's words.
type Status struct {
	// ID identifies the operation.
	ID string
	// Status is the service's word for the state, as it wrote it.
	Status string
	// Created and LastAction are in UTC; zero if unknown.
	Created, LastAction time.Time
	// RetryAfter is how long the service asks to wait before the next poll; zero if it does not
	// say.
	RetryAfter time.Duration
}

// Decoder knows what a service's responses about operations mean. An error says that a response
// could not be understood; op describes the request to it.
type Decoder interface {
	Decode(r *rest.Response, op rest.Op) (Status, State, error)
}

// Directory is a [Decoder] of a service that keeps operations and results under their IDs. Only
// results of such a service can be refreshed.
type Directory interface {
	Decoder
	// OperationID returns the ID of the operation that the response to a request names in its body;
	// empty if it names none.
	OperationID(r *rest.Response, op rest.Op) (string, error)
	// OperationAddress returns the address of an operation.
	OperationAddress(id string) (*url.URL, error)
	// Identify returns the address of a result, nil if unknown, and the SAS that is in it.
	Identify(result []byte) (*url.URL, redact.Secret)
}
