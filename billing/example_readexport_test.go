package billing_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// variable is a poller.TokenStore. That of a real program is a file, as in examples/resume, or a
// row of a database, as in examples/checkpoint.
type variable struct{ token string }

func (v *variable) Load(context.Context) (string, error) { return v.token, nil }

func (v *variable) Save(_ context.Context, token string) error {
	v.token = token
	return nil
}

func (v *variable) Forget(context.Context) error {
	v.token = ""
	return nil
}

// A program that is started again continues with the export that it had begun.
func ExampleReadExport() {
	client, err := newClient()
	if err != nil {
		fmt.Println(err)
		return
	}
	var store variable
	run := func(ctx context.Context, interrupt func()) error {
		var totals lineitem.Totals
		return billing.ReadExport(ctx, client, billing.BilledUsage{InvoiceID: "G016907411"}, &store, func(m *manifest.Manifest[lineitem.Usage]) error {
			for item, err := range m.Items(ctx, nil) {
				if err != nil {
					return err
				}
				totals.Add(item.BillingCurrency, item.BillingPreTaxTotal)
			}
			fmt.Println(totals)
			return nil
		}, &billing.ReadExportOptions{OnStart: func(s billing.Start) {
			fmt.Println("resumed:", s.Resumed)
			interrupt()
		}})
	}

	// The first run is interrupted when the export is begun, the second is not.
	ctx, cancel := context.WithCancel(context.Background())
	if err := run(ctx, cancel); !errors.Is(err, context.Canceled) {
		fmt.Println(err)
		return
	}
	if err := run(context.Background(), func() {}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("the token is forgotten:", store.token == "")
	// Output:
	// resumed: false
	// resumed: true
	// USD 12.986031696515249
	// the token is forgotten: true
}
