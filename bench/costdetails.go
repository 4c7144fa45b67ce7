package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/internal/costreport"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// costDetails reads a cost details report as rows of all columns and of five, and the same bytes
// with encoding/csv alone, which makes no rows of them.
func costDetails(ctx context.Context, s *settings, out *report) error {
	doing("cost-details: generating %s", plural(s.costRows, "row"))
	data := costreport.New(s.costRows)
	rows, sums, err := sumCosts(data)
	if err != nil {
		return err
	}
	contenders, err := costContenders(ctx, data)
	if err != nil {
		return err
	}
	timings, err := rounds(ctx, "cost-details", s.rounds, contenders, func(i int, r result) error { return contenders[i].checkSums(r, rows, sums) })
	if err != nil {
		return err
	}
	out.title("Cost details, %s of %s, %s", plural(int(rows), "row"), plural(costreport.Columns, "column"), plural(len(data.Blobs), "blob"))
	out.line("%.1f MB of CSV, not compressed; times in seconds, median of %d", float64(data.Size())/1e6, s.rounds)
	out.line("")
	t := newTable("contender", "threads", "median", "min – max", "/ encoding/csv", "<result")
	for i, c := range contenders {
		median, span := timings[i].cells(time.Second, 3)
		t.add(c.name, c.threads, median, span, number(timings[i].over(timings[2]), 2), c.proof.String())
	}
	t.write(out)
	return nil
}

func costContenders(ctx context.Context, data *costreport.Report) ([]contender, error) {
	full, err := costManifest(ctx, data)
	if err != nil {
		return nil, err
	}
	return []contender{
		costRows("CostDetail, all columns", full, func(totals *lineitem.Totals, row *costmgmt.CostDetail) {
			totals.Add(row.BillingCurrency, row.CostInBillingCurrency)
		}),
		costRows("struct of five columns", manifest.As[fiveColumns](full), func(totals *lineitem.Totals, row *fiveColumns) {
			totals.Add(row.Currency, row.Cost)
		}),
		costCSV(data),
	}, nil
}

// fiveColumns is a row type of a program's own.
type fiveColumns struct {
	Customer string           `json:"customerName"`
	Date     string           `json:"date"`
	Service  string           `json:"meterCategory"`
	Currency string           `json:"billingCurrency"`
	Cost     lineitem.Decimal `json:"costInBillingCurrency"`
}

// sumCosts returns what every contender must find, computed with encoding/csv from the generated
// rows.
func sumCosts(data *costreport.Report) (rows int64, sums map[string]string, err error) {
	var totals lineitem.Totals
	for _, blob := range data.Blobs {
		records, err := csv.NewReader(bytes.NewReader(blob.Rows)).ReadAll()
		if err != nil {
			return 0, nil, err
		}
		for _, record := range records {
			cost, err := lineitem.ParseDecimal(record[costreport.CostColumn])
			if err != nil {
				return 0, nil, err
			}
			for range blob.Times {
				totals.Add("EUR", cost)
			}
		}
		rows += int64(len(records) * blob.Times)
	}
	return rows, found(rows, &totals).sums, nil
}

// costManifest requests the report and waits for it, as any program would.
func costManifest(ctx context.Context, data *costreport.Report) (*manifest.Manifest[costmgmt.CostDetail], error) {
	client, err := costmgmt.NewClient(billingtest.NewServer(nil).Credential(), &costmgmt.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: data},
	})
	if err != nil {
		return nil, err
	}
	p, err := costmgmt.BeginCostDetails[costmgmt.CostDetail](ctx, client, costmgmt.ProfileScope("account", "profile"), costmgmt.CostDetailsRequest{InvoiceID: invoice}, nil)
	if err != nil {
		return nil, err
	}
	return p.PollUntilDone(ctx, nil)
}

// costRows reads rows of a type.
func costRows[T any](name string, m *manifest.Manifest[T], add func(*lineitem.Totals, *T)) contender {
	return contender{
		name: name, threads: procs(),
		read: func(ctx context.Context) (result, error) {
			var rows int64
			var totals lineitem.Totals
			for item, err := range m.Items(ctx, nil) {
				if err != nil {
					return result{}, err
				}
				add(&totals, &item)
				rows++
			}
			return found(rows, &totals), nil
		},
	}
}

// costCSV reads records with encoding/csv, as many blobs at once as there are processors.
func costCSV(data *costreport.Report) contender {
	return contender{
		name: "encoding/csv, no rows", threads: procs(), proof: counted,
		read: func(ctx context.Context) (result, error) {
			var rows [len(data.Blobs)]int64
			var errs [len(data.Blobs)]error
			var readers sync.WaitGroup
			seats := make(chan struct{}, runtime.GOMAXPROCS(0))
			for i, blob := range data.Blobs {
				seats <- struct{}{}
				readers.Go(func() {
					defer func() { <-seats }()
					rows[i], errs[i] = countRecords(ctx, blob.Open(0))
				})
			}
			readers.Wait()
			var all result
			for _, n := range rows {
				all.rows += n
			}
			return all, errors.Join(errs[:]...)
		},
	}
}

// countRecords counts the records below a header.
func countRecords(ctx context.Context, blob io.Reader) (n int64, err error) {
	records := csv.NewReader(blob)
	records.ReuseRecord = true
	for n = -1; ctx.Err() == nil; n++ {
		if _, err := records.Read(); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return n, err
		}
	}
	return n, ctx.Err()
}
