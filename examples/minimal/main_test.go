package main

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
)

func TestAddUp(t *testing.T) {
	service := billingtest.NewServer(nil)
	invoice := billingtest.Export{InvoiceID: "G000000001", Rows: 5000, Currencies: []string{"EUR", "USD"}}
	if err := service.Add(invoice); err != nil {
		t.Fatal(err)
	}
	client, err := billing.NewClient(service.Credential(), &billing.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: service},
	})
	if err != nil {
		t.Fatal(err)
	}

	totals, err := addUp(t.Context(), client, "G000000001")
	if err != nil {
		t.Fatal(err)
	}
	truth, err := invoice.Truth()
	if err != nil {
		t.Fatal(err)
	}
	for currency, sum := range truth.Sums() {
		if got := totals.Text(currency); got != sum {
			t.Errorf("%s: got %s, want %s", currency, got, sum)
		}
	}
}
