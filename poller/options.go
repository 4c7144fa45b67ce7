package poller

import (
	"time"

	"github.com/partnerbilling/sdk-go/internal/lro"
)

// Operation is what the service last reported about an export.
type Operation struct {
	// ID is the operation's ID as the service reports it, and before the service has reported one,
	// the last segment of the path of the operation's URL. The service is known to report another
	// ID than that of the URL. To continue the export later, store [Poller.ResumeToken], not an ID.
	ID string
	// Status is the service's word for the state, as it wrote it: for an export of Microsoft Graph
	// notStarted, running, succeeded or failed, or one that is not documented. It is empty until
	// the first poll.
	Status string
	// Created and LastAction are the times of the request and of the last change, in UTC; zero if
	// the service gave none that can be read.
	Created, LastAction time.Time
	// RetryAfter is how long the service asks to wait before the next poll; zero if it does not
	// say.
	RetryAfter time.Duration
}

// PollUntilDoneOptions are the options of [Poller.PollUntilDone].
type PollUntilDoneOptions struct {
	// Frequency is the pause between polls where the service does not ask for one. Zero is ten
	// seconds at first, growing to one minute, with some randomness. Any other value must be at
	// least one second.
	Frequency time.Duration
	// MaxWait limits the time until the export is done. Zero is two hours; exports are known to
	// take between half a minute and half an hour. With a negative value only the context limits
	// it.
	MaxWait time.Duration
	// OnProgress is called after each response about the operation, in the goroutine that waits.
	OnProgress func(Operation)
}

func (o *PollUntilDoneOptions) internal() lro.WaitOptions {
	if o == nil {
		return lro.WaitOptions{}
	}
	w := lro.WaitOptions{Frequency: o.Frequency, MaxWait: o.MaxWait}
	if report := o.OnProgress; report != nil {
		w.OnProgress = func(s lro.Status) { report(Operation(s)) }
	}
	return w
}
