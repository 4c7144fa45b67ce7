//go:build unix

package sqlitedb_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/sink/sqlsink"
)

var speedRows = flag.Int("speed", 0, "compare Load with a loop over `rows`, in TestSpeed")

// TestSpeed compares Load with what one would write by hand: a prepared INSERT of the same columns
// for each row, in transactions of as many rows. It is a measurement, which the flag -speed starts;
// without it, a few rows show that both store the same.
func TestSpeed(t *testing.T) {
	rows, rounds := 2000, 1
	if *speedRows > 0 {
		rows, rounds = *speedRows, 5
	}
	e := export(rows, 1)
	m := manifestOf(t, e)
	want := truth(t, e)
	var ratios []float64
	for range rounds {
		var took, spent [2]time.Duration
		for way, run := range []func(context.Context, *sql.DB, *manifest.Manifest[lineitem.Usage]) error{byLoad, byHand} {
			folder := t.TempDir()
			db := open(t, filepath.Join(folder, "bill.db"))
			start, used := time.Now(), cpu()
			if err := run(t.Context(), db, m); err != nil {
				t.Fatal(err)
			}
			took[way], spent[way] = time.Since(start), cpu()-used
			expect(t, db, want)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
		}
		ratios = append(ratios, float64(took[0])/float64(took[1]))
		t.Logf("%d rows: Load %v, loop %v, ratio %.3f; CPU %v and %v, ratio %.3f", rows, took[0].Round(time.Millisecond), took[1].Round(time.Millisecond), ratios[len(ratios)-1], spent[0], spent[1], float64(spent[0])/float64(spent[1]))
	}
	slices.Sort(ratios)
	t.Logf("median ratio %.3f", ratios[len(ratios)/2])
}

func byLoad(ctx context.Context, db *sql.DB, m *manifest.Manifest[lineitem.Usage]) error {
	schema, err := lineitem.SchemaOf[lineitem.Usage](&lineitem.SchemaOptions{Omit: []string{"Unknown"}})
	if err != nil {
		return err
	}
	_, err = sqlsink.Load(ctx, db, unit, m, schema, nil)
	return err
}

// byHand inserts the rows with a prepared statement, as in any program.
func byHand(ctx context.Context, db *sql.DB, m *manifest.Manifest[lineitem.Usage]) (err error) {
	schema, err := lineitem.SchemaOf[lineitem.Usage](&lineitem.SchemaOptions{Omit: []string{"Unknown"}})
	if err != nil {
		return err
	}
	var names []string
	for _, c := range schema.Columns() {
		names = append(names, c.Name)
	}
	if _, err := db.ExecContext(ctx, "CREATE TABLE billed_usage ("+strings.Join(names, " TEXT, ")+" TEXT)"); err != nil {
		return err
	}
	insert := fmt.Sprintf("INSERT INTO billed_usage VALUES (?%s)", strings.Repeat(", ?", len(names)-1)) //nolint:gosec // No names, placeholders alone.
	const commitRows = 10_000
	var tx *sql.Tx
	var statement *sql.Stmt
	n := 0
	for item, err := range m.Items(ctx, nil) {
		if err != nil {
			return err
		}
		if n%commitRows == 0 {
			if tx != nil {
				if err := tx.Commit(); err != nil {
					return err
				}
			}
			if tx, err = db.BeginTx(ctx, nil); err != nil {
				return err
			}
			if statement, err = tx.PrepareContext(ctx, insert); err != nil {
				return err
			}
		}
		n++
		if _, err := statement.ExecContext(ctx, fields(&item)...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// fields are the values of a row as one passes them to a driver.
func fields(u *lineitem.Usage) []any {
	return []any{
		u.PartnerID, u.PartnerName, u.CustomerID, u.CustomerName, u.CustomerDomainName, u.CustomerCountry, u.MPNID,
		u.Tier2MPNID, u.InvoiceNumber, u.ProductID, u.SKUID, u.AvailabilityID, u.SKUName, u.ProductName,
		u.PublisherName, u.PublisherID, u.SubscriptionDescription, u.SubscriptionID, day(u.ChargeStartDate),
		day(u.ChargeEndDate), day(u.UsageDate), u.MeterType, u.MeterCategory, u.MeterID, u.MeterSubCategory,
		u.MeterName, u.MeterRegion, u.Unit, u.ResourceLocation, u.ConsumedService, u.ResourceGroup, u.ResourceURI,
		u.ChargeType, u.UnitPrice, u.Quantity, u.UnitType, u.BillingPreTaxTotal, u.BillingCurrency,
		u.PricingPreTaxTotal, u.PricingCurrency, u.ServiceInfo1, u.ServiceInfo2, string(u.Tags),
		string(u.AdditionalInfo), u.EffectiveUnitPrice, u.PCToBCExchangeRate, day(u.PCToBCExchangeRateDate),
		u.EntitlementID, u.EntitlementDescription, u.PartnerEarnedCreditPercentage, u.CreditPercentage, u.CreditType,
		u.BenefitOrderID, u.BenefitID, u.BenefitType,
	}
}

// day is a date as text.
func day(at time.Time) string { return at.Format(time.DateOnly) }

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
