package costmgmt_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
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
