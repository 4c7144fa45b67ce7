// Minimal prints the exact total of an invoice for each currency. It is the first example of the
// README. It uses DefaultAzureCredential: environment variables, managed identity or az login.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/lineitem"
)

func main() {
	invoice := flag.String("invoice", "", "`number` of the invoice, such as G016907411")
	flag.Parse()
	cred, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		log.Fatal(err)
	}
	client, err := billing.NewClient(cred, nil)
	if err != nil {
		log.Fatal(err)
	}
	totals, err := addUp(context.Background(), client, *invoice)
	if err != nil {
		log.Fatal(err) // says what to do
	}
	fmt.Println(totals) // EUR 48213.0794816354, USD 1077.25
}

func addUp(ctx context.Context, client *billing.Client, invoice string) (*lineitem.Totals, error) {
	p, err := billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: invoice}, nil)
	if err != nil {
		return nil, err
	}
	m, err := p.PollUntilDone(ctx, nil)
	if err != nil {
		return nil, err
	}
	var totals lineitem.Totals
	for item, err := range m.Items(ctx, nil) { // item is a lineitem.Usage
		if err != nil {
			return nil, err
		}
		totals.Add(item.BillingCurrency, item.BillingPreTaxTotal)
	}
	return &totals, nil
}
