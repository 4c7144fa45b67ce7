package poller_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/poller"
)

// beginExport begins an export at a service in memory: one that is done at once, or a slow one.
func beginExport(ctx context.Context, slow bool, o *billing.BeginExportOptions) (*poller.Poller[lineitem.Usage], error) {
	service := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	if slow {
		service = billingtest.NewServer(&billingtest.Options{PollDelay: time.Hour})
	}
	client, err := billing.NewClient(service.Credential(), &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: service}})
	if err != nil {
		return nil, err
	}
	return billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: billingtest.DefaultInvoiceID}, o)
}

// After a timeout, the resume token continues the wait later, also in another process.
func Example_timeout() {
	ctx := context.Background()
	p, err := beginExport(ctx, true, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = p.PollUntilDone(ctx, &poller.PollUntilDoneOptions{MaxWait: 5 * time.Minute})
	var timeout *apierror.TimeoutError
	if !errors.As(err, &timeout) {
		fmt.Println(err)
		return
	}
	fmt.Println("come back in", timeout.RetryAfter)

	// Later: the same call, with the token from where it was stored.
	p, err = beginExport(ctx, true, &billing.BeginExportOptions{ResumeToken: timeout.ResumeToken})
	fmt.Println(p.Done(), err)
	// Output:
	// come back in 1h0m0s
	// false <nil>
}

// A program can poll at times of its own.
func ExamplePoller_Poll() {
	ctx := context.Background()
	p, err := beginExport(ctx, false, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for !p.Done() {
		op, err := p.Poll(ctx)
		if err != nil && !errors.Is(err, apierror.ErrUnavailable) {
			fmt.Println(err)
			return
		}
		fmt.Println(op.Status)
		if !p.Done() {
			time.Sleep(cmp.Or(op.RetryAfter, 10*time.Second)) // the service may not ask for a pause
		}
	}
	m, err := p.Result(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Info().BlobCount, "blobs")
	// Output:
	// succeeded
	// 4 blobs
}
