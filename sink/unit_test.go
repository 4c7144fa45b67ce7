package sink_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/sink"
)

func ExampleUnit() {
	for _, u := range []sink.Unit{
		{Dataset: "billed_usage", Invoice: "G016907411"},
		{Dataset: "unbilled_usage", Month: "2026-10", Currency: "EUR"},
		{Dataset: "cost_details", Scope: "account 7", Month: "2026-10", Currency: sink.AllCurrencies},
		{Dataset: "unbilled_usage", Month: "last", Currency: "EUR"},
	} {
		fmt.Println(u, u.Check())
	}
	// Output:
	// billed_usage/invoice/G016907411 <nil>
	// unbilled_usage/month/2026-10/EUR <nil>
	// cost_details/scope/account%207/month/2026-10/all <nil>
	// unbilled_usage/month/last/EUR sink: invalid unit: month "last" means another one later; write the month as 2026-10
}

func TestUnitsThatNameNoRows(t *testing.T) {
	for _, u := range []sink.Unit{
		{},
		{Dataset: "billed usage", Invoice: "G1"},
		{Dataset: "1usage", Invoice: "G1"},
		{Dataset: strings.Repeat("x", 51), Invoice: "G1"},
		{Dataset: "usage"},
		{Dataset: "usage", Invoice: "G1", Month: "2026-10"},
		{Dataset: "usage", Invoice: "G1", Currency: "EUR"},
		{Dataset: "usage", Invoice: "Current"},
		{Dataset: "usage", Invoice: strings.Repeat("é", 100)},
		{Dataset: "usage", Month: "LAST", Currency: "EUR"},
		{Dataset: "usage", Month: "2026-13", Currency: "EUR"},
		{Dataset: "usage", Month: "10-2026", Currency: "EUR"},
		{Dataset: "usage", Month: "2026-10-01", Currency: "EUR"},
		{Dataset: "usage", Month: "2026-10"},
		{Dataset: "usage", Month: "2026-10", Currency: "eur"},
	} {
		if err := u.Check(); !errors.Is(err, sink.ErrUnit) {
			t.Errorf("%+v: %v", u, err)
		}
	}
}

// TestKeysAreDifferent: no two units have the same key, whatever their texts contain.
func TestKeysAreDifferent(t *testing.T) {
	keys := make(map[string]sink.Unit)
	for _, u := range []sink.Unit{
		{Dataset: "usage", Invoice: "a"},
		{Dataset: "usage", Scope: "a", Invoice: "a"},
		{Dataset: "usage", Scope: "a/invoice/b", Invoice: "c"},
		{Dataset: "usage", Scope: "a", Invoice: "b/invoice/c"},
		{Dataset: "usage", Scope: "a%2Finvoice%2Fb", Invoice: "c"},
		{Dataset: "usage", Invoice: "scope/a/invoice/a"},
		{Dataset: "usage", Month: "2026-10", Currency: "EUR"},
		{Dataset: "usage", Month: "2026-10", Currency: "USD"},
		{Dataset: "usage", Month: "2026-11", Currency: "EUR"},
		{Dataset: "usage2", Month: "2026-10", Currency: "EUR"},
	} {
		if other, twice := keys[u.Key()]; twice || u.Check() != nil {
			t.Errorf("%+v: key %s of %+v, %v", u, u.Key(), other, u.Check())
		}
		keys[u.Key()] = u
	}
}

func TestStatusNames(t *testing.T) {
	for _, s := range sink.PossibleStatusValues() {
		if strings.HasPrefix(s.String(), "Status(") {
			t.Error(s)
		}
	}
	if got := sink.Status(9).String(); got != "Status(9)" {
		t.Error(got)
	}
}
