package sqlitedb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/sink"
	"github.com/partnerbilling/sdk-go/sink/sqlsink"
	"github.com/partnerbilling/sdk-go/sink/sqlsink/sqlitedb"
)

// Load an invoice into a database, and add it up there. A load that is killed is resumed by the
// next one, and the same export again changes nothing.
func Example() {
	db, err := sqlitedb.Open(":memory:") // or a file
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // a database in memory belongs to a connection
	if err := loadInvoice(context.Background(), db, exported()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Loaded: 3 rows, EUR 0.3, USD 1.1999968000511991808131
	// Unchanged: 3 rows, EUR 0.3, USD 1.1999968000511991808131
	// c1 EUR 0.3
	// c2 USD 1.1999968000511991808131
}

func loadInvoice(ctx context.Context, db *sql.DB, m *manifest.Manifest[lineitem.Usage]) error {
	schema, err := lineitem.SchemaOf[lineitem.Usage](nil)
	if err != nil {
		return err
	}
	unit := sink.Unit{Dataset: "billed_usage", Invoice: "G016907411"}
	for range 2 {
		result, err := sqlsink.Load(ctx, db, unit, m, schema, nil)
		if err != nil {
			return err
		}
		fmt.Printf("%v: %d rows, %v\n", result.Status, result.Rows, result.Sums["BillingPreTaxTotal"])
	}
	rows, err := db.QueryContext(ctx, `SELECT CustomerId, BillingCurrency, decimal_sum(BillingPreTaxTotal)
		FROM billed_usage GROUP BY 1, 2 ORDER BY 1, 2`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var customer, currency string
		var total lineitem.Decimal
		if err := rows.Scan(&customer, &currency, &total); err != nil {
			return err
		}
		fmt.Println(customer, currency, total)
	}
	return rows.Err()
}

// exported returns the manifest of an export with three rows.
func exported() *manifest.Manifest[lineitem.Usage] {
	server := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	err := server.Add(billingtest.Export{InvoiceID: invoice, Lines: []string{
		`{"CustomerId":"c1","BillingPreTaxTotal":0.1,"BillingCurrency":"EUR"}`,
		`{"CustomerId":"c1","BillingPreTaxTotal":0.2,"BillingCurrency":"EUR"}`,
		`{"CustomerId":"c2","BillingPreTaxTotal":1.1999968000511991808131,"BillingCurrency":"USD"}`,
	}})
	if err != nil {
		panic(err)
	}
	m, err := fetch(context.Background(), server.Credential(), azcore.ClientOptions{Transport: server})
	if err != nil {
		panic(err)
	}
	return m
}

// Load rows that come from no export, such as the findings of a program.
func Example_writer() {
	type finding struct {
		Customer string
		Amount   lineitem.Decimal `json:"BillingPreTaxTotal"`
		Currency string           `json:"BillingCurrency"`
	}
	db, err := sqlitedb.Open(":memory:") // or a file
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // a database in memory belongs to a connection

	amount, err := lineitem.ParseDecimal("-12.5")
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := writeAll(context.Background(), db, []finding{{"c1", amount, "EUR"}, {"c2", amount, "EUR"}})
	fmt.Println(result.Status, result.Rows, result.Sums["BillingPreTaxTotal"], err)
	// Output: Loaded 2 EUR -25 <nil>
}

func writeAll[T any](ctx context.Context, db *sql.DB, rows []T) (result sink.Result, err error) {
	schema, err := lineitem.SchemaOf[T](nil)
	if err != nil {
		return result, err
	}
	unit := sink.Unit{Dataset: "findings", Month: "2026-10", Currency: sink.AllCurrencies}
	w, err := sqlsink.NewWriter(ctx, db, unit, schema, nil)
	if err != nil {
		return result, err
	}
	if err := w.Write(ctx, rows); err != nil {
		return result, errors.Join(err, w.Abort(ctx))
	}
	return w.Close(ctx)
}
