package billingtest_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// call sends a request to Graph and decodes the response.
func call(srv *billingtest.Server, method, address, body string) (location string, object map[string]any, err error) {
	token, err := srv.Credential().GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	if err != nil {
		return "", nil, err
	}
	r, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(body))
	if err != nil {
		return "", nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token.Token)
	r.Header.Set("Content-Type", "application/json")
	response, err := srv.Do(r)
	if err != nil {
		return "", nil, err
	}
	defer response.Body.Close()
	err = json.NewDecoder(response.Body).Decode(&object)
	if errors.Is(err, io.EOF) { // no body
		err = nil
	}
	return response.Header.Get("Location"), object, err
}

// An export, request by request. A client of the SDK sends the same requests if srv is its
// transport.
func Example() {
	srv := billingtest.NewServer(nil)
	operation, _, err := call(srv, http.MethodPost, "https://graph.microsoft.com/v1.0/reports/partners/billing/usage/billed/export", `{"invoiceId":"G016907411"}`)
	if err != nil {
		log.Fatal(err)
	}
	for {
		_, object, err := call(srv, http.MethodGet, operation, "")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(object["status"])
		if manifest, ok := object["resourceLocation"].(map[string]any); ok {
			fmt.Println(manifest["blobCount"], "blobs")
			break
		}
	}
	// Output:
	// notStarted
	// running
	// running
	// succeeded
	// 4 blobs
}

func ExampleServer_Add() {
	srv := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	err := srv.Add(
		billingtest.Export{InvoiceID: "G058476717", Rows: 10_000_000, Blobs: 64, Currencies: []string{"EUR", "USD"}},
		billingtest.Export{BillingPeriod: "last", CurrencyCode: "INR"},
		billingtest.Export{Dataset: billingtest.Reconciliation, InvoiceID: "G058476717", Lines: []string{`{"Total":0.1,"Currency":"EUR"}`}},
	)
	if err != nil {
		log.Fatal(err)
	}
	operation, _, err := call(srv, http.MethodPost, "https://graph.microsoft.com/v1.0/reports/partners/billing/usage/unbilled/export", `{"currencyCode":"INR","billingPeriod":"last"}`)
	if err != nil {
		log.Fatal(err)
	}
	_, object, err := call(srv, http.MethodGet, operation, "")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(object["status"])
	// Output: succeeded
}

func ExampleExport_Truth() {
	export := billingtest.Export{InvoiceID: "G058476717", Rows: 1000, Currencies: []string{"EUR", "USD"}}
	truth, err := export.Truth()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(truth.Rows, "rows in blobs of", truth.BlobRows)
	fmt.Println(truth.Total, "in", truth.Currencies())
	// Output:
	// 1000 rows in blobs of [250 250 250 250]
	// BillingPreTaxTotal in [EUR USD]
}

// The service corrects a month that was exported before: a program that loads it again must replace
// all rows. The truth of both editions is known.
func ExampleExport_edition() {
	export := billingtest.Export{InvoiceID: "G058476717", Rows: 1000}
	for export.Edition = range 2 {
		truth, err := export.Truth()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(truth.Rows, "rows,", truth.Sum("Quantity", "EUR"), "units")
	}
	// Output:
	// 1000 rows, 253847.365459 units
	// 1000 rows, 255019.365459 units
}

// WriteBlob writes a blob to a file, or to an emulator of Azure Storage.
func ExampleExport_WriteBlob() {
	export := billingtest.Export{Dataset: billingtest.Reconciliation, InvoiceID: "G058476717", Rows: 3, Blobs: 1}
	pipe, writer := io.Pipe()
	go func() { writer.CloseWithError(export.WriteBlob(writer, 0)) }()
	z, err := gzip.NewReader(pipe)
	if err != nil {
		log.Fatal(err)
	}
	d := json.NewDecoder(z)
	for d.More() {
		var row map[string]any
		if err := d.Decode(&row); err != nil {
			log.Fatal(err)
		}
		fmt.Println(row["InvoiceNumber"], row["Currency"])
	}
	// Output:
	// G058476717 EUR
	// G058476717 EUR
	// G058476717 EUR
}

func ExampleExport_WriteLines() {
	export := billingtest.Export{InvoiceID: "G058476717", Lines: []string{`{"CustomerName":"Contoso"}`, `{"CustomerName":"Fabrikam"}`}}
	if err := export.WriteLines(os.Stdout, 0); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"CustomerName":"Contoso"}
	// {"CustomerName":"Fabrikam"}
}

func ExampleServer_Script() {
	srv := billingtest.NewServer(nil)
	srv.Script(
		billingtest.Step{On: billingtest.ExportCall, Do: billingtest.GraphError(429, "TooManyRequests", "Slow down.")},
		billingtest.Step{On: billingtest.BlobCall, Do: billingtest.Cut(1000, billingtest.ErrReset)},
	)
	_, object, err := call(srv, http.MethodPost, "https://graph.microsoft.com/v1.0/reports/partners/billing/usage/billed/export", `{"invoiceId":"G016907411"}`)
	if err != nil {
		log.Fatal(err)
	}
	graphError, ok := object["error"].(map[string]any)
	fmt.Println(ok, graphError["code"])
	fmt.Println(srv.ScriptDone())
	// Output:
	// true TooManyRequests
	// billingtest: step 2 on blob: applied 0 times, want 1
}

func ExampleServer_Listen() {
	srv := billingtest.NewServer(nil)
	listener, err := srv.Listen()
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://graph.microsoft.com/v1.0/reports/partners/billing/operations/1", nil)
	if err != nil {
		log.Fatal(err)
	}
	response, err := listener.Client.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	fmt.Println(response.Status)
	// Output: 401 Unauthorized
}
