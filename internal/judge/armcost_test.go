package judge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/consumption/armconsumption"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/costmanagement/armcostmanagement/v3"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// September is the month of the rows.
var (
	septemberFrom = time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC)
	septemberTo   = time.Date(2024, 9, 30, 0, 0, 0, 0, time.UTC)
)

// near reports whether a sum is the expected one, up to what a float can hold.
func near(what string, got float64, want string) error {
	var w float64
	if _, err := fmt.Sscan(want, &w); err != nil {
		return err
	}
	if d := got - w; d > 1e-4 || d < -1e-4 {
		return fmt.Errorf("%s: %v, want %v", what, got, want)
	}
	return nil
}

// fetch downloads a link that has its own signature.
func fetch(ctx context.Context, s service, link string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, link, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := s.listener.Client.Do(r)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(response.Body)
	return data, errors.Join(err, response.Body.Close(), same("status", response.StatusCode, http.StatusOK))
}

// TestCosts: queries, reports, price sheets, budgets and exports through armcostmanagement.
func TestCosts(t *testing.T) {
	s := serve(t)
	j := judge{t, "armcostmanagement v3"}
	ctx := t.Context()
	f, err := armcostmanagement.NewClientFactory(s.Credential(), armOptions(s))
	if err != nil {
		t.Fatal(err)
	}
	truth, err := usage.Truth()
	if err != nil {
		t.Fatal(err)
	}
	customer := truth.Customers[0]
	for _, scope := range []struct {
		name, path, want string
		rows             int
	}{
		{"account, in USD", accountPath, truth.Sum("PricingPreTaxTotal", "EUR"), 1},
		{"billing profile", profilePath, truth.Sums()["EUR"], 1},
		{"customer", accountPath + "/customers/" + customer.ID, customer.Total, 1},
		{"invoice", profilePath + "/invoices/" + billingtest.DefaultInvoiceID, truth.Sums()["EUR"], 1},
	} {
		j.call("Query.Usage of the "+scope.name, func() (string, error) {
			r, err := f.NewQueryClient().Usage(ctx, scope.path, armcostmanagement.QueryDefinition{
				Type: to.Ptr(armcostmanagement.ExportTypeActualCost), Timeframe: to.Ptr(armcostmanagement.TimeframeTypeCustom),
				TimePeriod: &armcostmanagement.QueryTimePeriod{From: &septemberFrom, To: &septemberTo},
				Dataset:    &armcostmanagement.QueryDataset{Aggregation: map[string]*armcostmanagement.QueryAggregation{"total": {Name: new("Cost"), Function: to.Ptr(armcostmanagement.FunctionTypeSum)}}},
			}, nil)
			if err != nil {
				return "", err
			}
			sum, _ := r.Properties.Rows[0][0].(float64)
			return fmt.Sprint(r.Properties.Rows[0]...), errors.Join(same("rows", len(r.Properties.Rows), scope.rows), near("sum", sum, scope.want), same("column", value(r.Properties.Columns[0].Name), "Cost"))
		})
	}
	j.call("Query.Usage by customer and day, pages", func() (string, error) {
		dimension := func(name string) *armcostmanagement.QueryGrouping {
			return &armcostmanagement.QueryGrouping{Type: to.Ptr(armcostmanagement.QueryColumnTypeDimension), Name: &name}
		}
		r, err := f.NewQueryClient().Usage(ctx, profilePath, armcostmanagement.QueryDefinition{
			Type: to.Ptr(armcostmanagement.ExportTypeActualCost), Timeframe: to.Ptr(armcostmanagement.TimeframeTypeTheLastMonth),
			Dataset: &armcostmanagement.QueryDataset{
				Granularity: to.Ptr(armcostmanagement.GranularityTypeDaily), Grouping: []*armcostmanagement.QueryGrouping{dimension("CustomerTenantId"), dimension("ResourceId")},
				Aggregation: map[string]*armcostmanagement.QueryAggregation{"total": {Name: new("Cost"), Function: to.Ptr(armcostmanagement.FunctionTypeSum)}},
			},
		}, nil)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d rows and a nextLink", len(r.Properties.Rows)), errors.Join(same("columns", len(r.Properties.Columns), 5), same("nextLink", value(r.Properties.NextLink) != "", true))
	})
	j.call("GenerateCostDetailsReport.BeginCreateOperation", func() (string, error) {
		p, err := f.NewGenerateCostDetailsReportClient().BeginCreateOperation(ctx, profilePath, armcostmanagement.GenerateCostDetailsReportRequestDefinition{
			Metric: to.Ptr(armcostmanagement.CostDetailsMetricTypeActualCostCostDetailsMetricType), InvoiceID: to.Ptr(billingtest.DefaultInvoiceID),
		}, nil)
		if err != nil {
			return "", err
		}
		r, err := p.PollUntilDone(ctx, quick)
		if err != nil {
			return "", err
		}
		if err := errors.Join(same("status", value(r.Status), armcostmanagement.CostDetailsStatusTypeCompletedCostDetailsStatusType), same("blobs", len(r.Manifest.Blobs), 4), same("validTill", r.ValidTill != nil, true)); err != nil {
			return "", err
		}
		data, err := fetch(ctx, s, *r.Manifest.Blobs[0].BlobLink)
		return fmt.Sprintf("%d blobs", len(r.Manifest.Blobs)), errors.Join(err, same("bytes", int64(len(data)), value(r.Manifest.Blobs[0].ByteCount)))
	})
	j.call("GenerateCostDetailsReport without data", func() (string, error) {
		p, err := f.NewGenerateCostDetailsReportClient().BeginCreateOperation(ctx, profilePath, armcostmanagement.GenerateCostDetailsReportRequestDefinition{
			TimePeriod: &armcostmanagement.CostDetailsTimePeriod{Start: new("2020-01-01"), End: new("2020-01-31")},
		}, nil)
		if err != nil {
			return "", err
		}
		r, err := p.PollUntilDone(ctx, quick)
		return string(value(r.Status)), errors.Join(err, same("status", value(r.Status), armcostmanagement.CostDetailsStatusTypeNoDataFoundCostDetailsStatusType))
	})
	j.call("PriceSheet.BeginDownloadByBillingProfile", func() (string, error) {
		p, err := f.NewPriceSheetClient().BeginDownloadByBillingProfile(ctx, account, billingtest.DefaultProfile, nil)
		if err != nil {
			return "", err
		}
		r, err := p.PollUntilDone(ctx, quick)
		if err != nil {
			return "", err
		}
		data, err := fetch(ctx, s, value(r.DownloadURL))
		return fmt.Sprintf("ZIP of %d bytes", len(data)), errors.Join(err, same("archive", string(data[:2]), "PK"))
	})
	j.call("PriceSheet.BeginDownloadByInvoice", func() (string, error) {
		p, err := f.NewPriceSheetClient().BeginDownloadByInvoice(ctx, account, billingtest.DefaultProfile, billingtest.DefaultInvoiceID, nil)
		if err != nil {
			return "", err
		}
		r, err := p.PollUntilDone(ctx, quick)
		return "download URL, expiry", errors.Join(err, same("URL", value(r.DownloadURL.DownloadURL) != "", true), same("expiry", r.ExpiryTime != nil, true))
	})
	budgets(ctx, j, f)
	exports(ctx, j, f, s)

	const missing, code = http.StatusNotImplemented, "NotImplemented"
	j.refused("Forecast.Usage", missing, code, func() error {
		_, err := f.NewForecastClient().Usage(ctx, profilePath, armcostmanagement.ForecastDefinition{}, nil)
		return err
	})
	j.refused("Dimensions.List", missing, code, func() error {
		_, err := f.NewDimensionsClient().NewListPager(profilePath, nil).NextPage(ctx)
		return err
	})
	j.refused("Alerts.List", missing, code, func() error { _, err := f.NewAlertsClient().List(ctx, profilePath, nil); return err })
	j.refused("Views.ListByScope", missing, code, func() error {
		_, err := f.NewViewsClient().NewListByScopePager(profilePath, nil).NextPage(ctx)
		return err
	})
	j.refused("ScheduledActions.ListByScope", missing, code, func() error {
		_, err := f.NewScheduledActionsClient().NewListByScopePager(profilePath, nil).NextPage(ctx)
		return err
	})
	j.refused("GenerateReservationDetailsReport", missing, code, func() error {
		_, err := f.NewGenerateReservationDetailsReportClient().BeginByBillingProfileID(ctx, account, billingtest.DefaultProfile, "2024-09-01", "2024-09-30", nil)
		return err
	})
	j.refused("BenefitUtilizationSummaries.ListByBillingAccountID", missing, code, func() error {
		_, err := f.NewBenefitUtilizationSummariesClient().NewListByBillingAccountIDPager(account, nil).NextPage(ctx)
		return err
	})
	j.refused("Operations.List", missing, code, func() error { _, err := f.NewOperationsClient().NewListPager(nil).NextPage(ctx); return err })
}

// budgets creates, changes, reads and deletes a budget.
func budgets(ctx context.Context, j judge, f *armcostmanagement.ClientFactory) {
	client := f.NewBudgetsClient()
	budget := armcostmanagement.Budget{Properties: &armcostmanagement.BudgetProperties{
		Category: to.Ptr(armcostmanagement.CategoryTypeCost), Amount: to.Ptr[float32](1000), TimeGrain: to.Ptr(armcostmanagement.TimeGrainTypeMonthly),
		TimePeriod: &armcostmanagement.BudgetTimePeriod{StartDate: &septemberFrom},
	}}
	j.call("Budgets.CreateOrUpdate", func() (string, error) {
		b, err := client.CreateOrUpdate(ctx, accountPath, "b", budget, nil)
		budget.ETag = b.ETag
		return "201, eTag", errors.Join(err, same("eTag", b.ETag != nil, true), same("amount", value(b.Properties.Amount), 1000))
	})
	j.call("Budgets.CreateOrUpdate by its eTag", func() (string, error) {
		b, err := client.CreateOrUpdate(ctx, accountPath, "b", budget, nil)
		return "200, another eTag", errors.Join(err, same("eTag", value(b.ETag) != value(budget.ETag), true))
	})
	j.refused("Budgets.CreateOrUpdate by an old eTag", http.StatusPreconditionFailed, "PreconditionFailed", func() error { _, err := client.CreateOrUpdate(ctx, accountPath, "b", budget, nil); return err })
	j.call("Budgets.Get", func() (string, error) {
		b, err := client.Get(ctx, accountPath, "b", nil)
		return "200", errors.Join(err, same("name", value(b.Name), "b"))
	})
	j.call("Budgets.List", func() (string, error) {
		list, pages, err := all(ctx, client.NewListPager(accountPath, nil), func(p armcostmanagement.BudgetsClientListResponse) []*armcostmanagement.Budget { return p.Value })
		return counted(len(list), pages), errors.Join(err, same("budgets", len(list), 1))
	})
	j.call("Budgets.Delete", func() (string, error) { _, err := client.Delete(ctx, accountPath, "b", nil); return "200", err })
	j.refused("Budgets.Get of a deleted one", http.StatusNotFound, "ResourceNotFound", func() error { _, err := client.Get(ctx, accountPath, "b", nil); return err })
}

// exports creates an export, runs it, waits for it, and reads what it has delivered.
func exports(ctx context.Context, j judge, f *armcostmanagement.ClientFactory, s service) {
	client := f.NewExportsClient()
	export := armcostmanagement.Export{Properties: &armcostmanagement.ExportProperties{
		Format: to.Ptr(armcostmanagement.FormatTypeCSV), CompressionMode: to.Ptr(armcostmanagement.CompressionModeTypeGzip), PartitionData: new(true),
		Definition: &armcostmanagement.ExportDefinition{Type: to.Ptr(armcostmanagement.ExportTypeActualCost), Timeframe: to.Ptr(armcostmanagement.TimeframeTypeTheLastMonth)},
		DeliveryInfo: &armcostmanagement.ExportDeliveryInfo{Destination: &armcostmanagement.ExportDeliveryDestination{
			ResourceID: new("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/contoso"), Container: new("costs"), RootFolderPath: new("a"),
		}},
	}}
	j.call("Exports.CreateOrUpdate", func() (string, error) {
		e, err := client.CreateOrUpdate(ctx, profilePath, "e", export, nil)
		return "201, eTag", errors.Join(err, same("eTag", e.ETag != nil, true))
	})
	j.call("Exports.Execute", func() (string, error) {
		_, err := client.Execute(ctx, profilePath, "e", nil)
		return "200", err
	})
	var manifest string
	j.call("Exports.GetExecutionHistory", func() (string, error) {
		var words string
		for range 5 {
			h, err := client.GetExecutionHistory(ctx, profilePath, "e", nil)
			if err != nil {
				return "", err
			}
			run := h.Value[0].Properties
			words += string(value(run.Status)) + " "
			if value(run.Status) == armcostmanagement.ExecutionStatusCompleted {
				manifest = value(run.ManifestFile)
				return words, errors.Join(same("file", value(run.FileName) != "", true), same("manifest", manifest != "", true), same("submitted", run.SubmittedTime != nil, true))
			}
		}
		return "", errors.New("the run never ends: " + words)
	})
	j.client = "azblob v1"
	j.call("ListBlobsFlat and DownloadStream of delivered files", func() (string, error) {
		files, rows, err := delivered(ctx, s, manifest)
		return fmt.Sprintf("%d files, %d rows, by a token", files, rows), errors.Join(err, same("files", files, 5), same("rows", rows, int64(usage.Rows)))
	})
	j.client = "armcostmanagement v3"
	j.call("Exports.Get with its runs", func() (string, error) {
		e, err := client.Get(ctx, profilePath, "e", &armcostmanagement.ExportsClientGetOptions{Expand: new("runHistory")})
		if err != nil {
			return "", err
		}
		return "200", errors.Join(same("name", value(e.Name), "e"), same("runs", len(e.Properties.RunHistory.Value), 1))
	})
	j.call("Exports.List", func() (string, error) {
		list, err := client.List(ctx, profilePath, nil)
		return counted(len(list.Value), 1), errors.Join(err, same("exports", len(list.Value), 1))
	})
	j.call("Exports.Delete", func() (string, error) { _, err := client.Delete(ctx, profilePath, "e", nil); return "200", err })
	j.refused("Exports.Execute of a deleted one", http.StatusNotFound, "ResourceNotFound", func() error { _, err := client.Execute(ctx, profilePath, "e", nil); return err })
}

// TestConsumption: usage details through armconsumption.
func TestConsumption(t *testing.T) {
	s := serve(t)
	j := judge{t, "armconsumption v1"}
	ctx := t.Context()
	f, err := armconsumption.NewClientFactory("", s.Credential(), armOptions(s))
	if err != nil {
		t.Fatal(err)
	}
	truth, err := usage.Truth()
	if err != nil {
		t.Fatal(err)
	}
	j.call("UsageDetails.List of an invoice", func() (string, error) {
		list, pages, err := all(ctx, f.NewUsageDetailsClient().NewListPager(profilePath+"/invoices/"+billingtest.DefaultInvoiceID, nil),
			func(p armconsumption.UsageDetailsClientListResponse) (rows []*armconsumption.UsageDetailClassification) {
				for i := range p.Value {
					rows = append(rows, &p.Value[i])
				}
				return rows
			})
		sum := 0.0
		for _, one := range list {
			row, ok := (*one).(*armconsumption.ModernUsageDetail)
			if !ok || row.Properties.Date == nil {
				return "", fmt.Errorf("row is a %T", *one)
			}
			sum += value(row.Properties.CostInBillingCurrency)
		}
		return counted(len(list), pages), errors.Join(err, same("rows", len(list), usage.Rows), near("sum", sum, truth.Sums()["EUR"]))
	})
	j.call("Budgets.CreateOrUpdate", func() (string, error) {
		b, err := f.NewBudgetsClient().CreateOrUpdate(ctx, accountPath, "b", armconsumption.Budget{Properties: &armconsumption.BudgetProperties{Amount: new(12.5)}}, nil)
		return "201", errors.Join(err, same("amount", value(b.Properties.Amount), 12.5))
	})
	j.refused("Marketplaces.List", http.StatusNotImplemented, "NotImplemented", func() error {
		_, err := f.NewMarketplacesClient().NewListPager(profilePath, nil).NextPage(ctx)
		return err
	})
	j.refused("Balances.GetByBillingAccount", http.StatusNotImplemented, "NotImplemented", func() error {
		_, err := f.NewBalancesClient().GetByBillingAccount(ctx, account, nil)
		return err
	})
}
