package costmgmt_test

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// TestExportsOfService: an export is created, changed, run, and deleted on the in-memory service.
func TestExportsOfService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := billingtest.NewServer(nil)
		if err := server.SetAccount(billingtest.Account{Name: account}); err != nil {
			t.Fatal(err)
		}
		c, err := costmgmt.NewClient(server.Credential(), &costmgmt.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: server}})
		if err != nil {
			t.Fatal(err)
		}
		scope := costmgmt.AccountScope(account)
		wanted := export()
		first, err := c.PutExport(t.Context(), scope, wanted, nil)
		if err != nil || first.ETag == "" {
			t.Fatalf("%+v, %v", first, err)
		}
		wanted.Description = "by its name"
		second, err := c.PutExport(t.Context(), scope, wanted, nil)
		if err != nil || second.Description != wanted.Description || second.ETag == first.ETag {
			t.Errorf("%+v, %v", second, err)
		}
		if _, err := c.PutExport(t.Context(), scope, first, nil); !errors.Is(err, apierror.ErrConflict) {
			t.Errorf("an old ETag: %v", err)
		}
		if got, err := c.GetExport(t.Context(), scope, "e", nil); err != nil || got.ETag != second.ETag || got.Schedule != wanted.Schedule {
			t.Errorf("%+v, %v", got, err)
		}
		if list, err := all(c.Exports(t.Context(), scope, nil)); err != nil || len(list) != 1 || list[0].ETag != second.ETag {
			t.Errorf("%+v, %v", list, err)
		}
		var ids []string
		for range 2 {
			run, err := c.RunExport(t.Context(), scope, "e", nil)
			if err != nil {
				t.Fatal(err)
			}
			polls := 0
			r, err := run.Wait(t.Context(), &costmgmt.ExportRunWaitOptions{OnProgress: func(costmgmt.ExportRunInfo) { polls++ }})
			if err != nil || r.Status != costmgmt.RunStatusCompleted || polls != 4 {
				t.Errorf("%+v after %d polls, %v", r, polls, err)
			}
			ids = append(ids, r.ID)
		}
		if list, err := all(c.ExportRuns(t.Context(), scope, "e", nil)); err != nil || len(list) != 2 || list[0].ID != ids[1] || list[1].ID != ids[0] {
			t.Errorf("%+v of %q, %v", list, ids, err)
		}
		if err := c.DeleteExport(t.Context(), scope, "e", nil); err != nil {
			t.Error(err)
		}
		if _, err := c.RunExport(t.Context(), scope, "e", nil); !errors.Is(err, apierror.ErrNotFound) {
			t.Errorf("deleted: %v", err)
		}
		if list, err := all(c.Exports(t.Context(), scope, nil)); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		if v := server.Violations(); len(v) > 0 || server.OpenBodies() != 0 {
			t.Errorf("violations %v, %d bodies left open", v, server.OpenBodies())
		}
	})
}

// TestDeliveredExportOfService: what a run delivers is read by its manifest.
func TestDeliveredExportOfService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := billingtest.NewServer(nil)
		usage := billingtest.Export{InvoiceID: billingtest.DefaultInvoiceID, Rows: 700}
		if err := errors.Join(server.Add(usage), server.SetAccount(billingtest.Account{Name: account})); err != nil {
			t.Fatal(err)
		}
		azure := azcore.ClientOptions{Transport: server}
		c, err := costmgmt.NewClient(server.Credential(), &costmgmt.ClientOptions{ClientOptions: azure})
		if err != nil {
			t.Fatal(err)
		}
		wanted := export()
		wanted.Type, wanted.DataVersion = costmgmt.ExportTypeActualCost, ""
		scope := costmgmt.ProfileScope(account, billingtest.DefaultProfile)
		if _, err := c.PutExport(t.Context(), scope, wanted, nil); err != nil {
			t.Fatal(err)
		}
		run, err := c.RunExport(t.Context(), scope, wanted.Name, nil)
		if err != nil {
			t.Fatal(err)
		}
		ended, err := run.Wait(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		document, err := blob.NewClient("https://storage.blob.core.windows.net/c/"+ended.Manifest, server.Credential(), &blob.ClientOptions{ClientOptions: azure})
		if err != nil {
			t.Fatal(err)
		}
		response, err := document.DownloadStream(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil {
			t.Fatal(err)
		}
		m, err := costmgmt.ParseExport[costmgmt.CostDetail](data, server.Credential(), &costmgmt.ParseExportOptions{ClientOptions: azure})
		if err != nil {
			t.Fatal(err)
		}
		truth, err := usage.Truth()
		if err != nil {
			t.Fatal(err)
		}
		var totals lineitem.Totals
		n := int64(0)
		for row, err := range m.Items(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			n++
			totals.Add(row.BillingCurrency, row.CostInBillingCurrency)
		}
		if n != truth.Rows || totals.Text("EUR") != truth.Sums()["EUR"] {
			t.Errorf("%d rows, %v; want %d, %v", n, totals, truth.Rows, truth.Sums())
		}
		if v := server.Violations(); len(v) > 0 || server.OpenBodies() != 0 {
			t.Errorf("violations %v, %d bodies left open", v, server.OpenBodies())
		}
	})
}
