package manifest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// The error names what may be the new name of an attribute: attributes that no dataset has, of
// which there are few, and not those that the struct does not use.
func TestMissingAttributeNamesTheUnknown(t *testing.T) {
	type amount struct {
		Amount lineitem.Decimal `json:"BillingPreTaxTotal"`
	}
	type meter struct {
		Meter string `json:"MeterId" lineitem:"required"`
	}
	row := strings.Replace(usageRow, `"BillingPreTaxTotal":1.25`, `"BillingPreTaxAmount":1.25`, 1)
	many := row
	for i := range 50 {
		many += fmt.Sprintf(`,"X%02d%s":1`, i, strings.Repeat("x", 200))
	}
	for name, c := range map[string]struct {
		rows       string
		read       func(rows string) error
		want, lack string
	}{
		"own struct":       {row, own[amount](t), `: "BillingPreTaxAmount"`, "SkuId"},
		"row type":         {row, own[lineitem.Usage](t), `: "BillingPreTaxAmount"`, "SkuId"},
		"many":             {many, own[amount](t), `"BillingPreTaxAmount", "X00`, strings.Repeat("x", 100)},
		"none is unknown":  {strings.Replace(row, "BillingPreTaxAmount", "Quantity", 1), own[amount](t), "AllowMissing", "Quantity"},
		"not in the basic": {usageRow, own[meter](t), "full attribute set", "SkuId"},
		"in every set":     {row, own[amount](t), "AllowMissing", "attribute set"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.read(c.rows)
			if !errors.Is(err, manifest.ErrAttributeMissing) {
				t.Fatalf("got %v", err)
			}
			if text := err.Error(); !strings.Contains(text, c.want) || strings.Contains(text, c.lack) || strings.Contains(text, "see Unknown") || len(text) > 1500 {
				t.Errorf("got %v", err)
			}
		})
	}
}

// own returns a function that reads ten rows of usage as another type.
func own[T any](t *testing.T) func(row string) error {
	return func(row string) error {
		m := of[lineitem.Usage](t, rowsOf(0, 10, row))
		_, _, err := readAll(t.Context(), manifest.As[T](m), nil)
		return err
	}
}

// Options that cannot be meant are an error and not a default.
func TestInvalidReadOptions(t *testing.T) {
	m := of[lineitem.Usage](t, rowsOf(0, 10, usageRow))
	for field, o := range map[string]*manifest.ReadOptions{
		"Concurrency":  {Concurrency: -1},
		"MaxTries":     {MaxTries: -1},
		"RetryBudget":  {RetryBudget: -time.Second},
		"MaxLineBytes": {MaxLineBytes: -1},
		"MaxBlobBytes": {MaxBlobBytes: -1},
		"StallTimeout": {StallTimeout: time.Second - 1},
	} {
		if _, err := m.NewStream(o); err == nil || !strings.Contains(err.Error(), "ReadOptions."+field+" ") {
			t.Errorf("%s: NewStream: %v", field, err)
		}
		if r, err := m.OpenBlob(t.Context(), m.Blobs()[0], o); err == nil {
			t.Errorf("%s: OpenBlob accepts it: %v", field, r.Close())
		}
	}
	if _, err := m.NewStream(&manifest.ReadOptions{StallTimeout: time.Second}); err != nil {
		t.Error(err)
	}
}

// Other data than those of the checkpoint: the text says what to do with the rows, and that the
// checkpoint may be of another export.
func TestDataChangedSaysWhatToDo(t *testing.T) {
	m := of[lineitem.Usage](t, rowsOf(0, 10, usageRow))
	s, err := m.NewStream(nil)
	if err != nil {
		t.Fatal(err)
	}
	for range s.All(t.Context()) {
	}
	c, err := s.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	other := of[lineitem.Usage](t, rowsOf(0, 10, usageRow), rowsOf(10, 10, usageRow))
	_, err = other.NewStream(&manifest.ReadOptions{Resume: c})
	if !errors.Is(err, manifest.ErrDataChanged) {
		t.Fatal(err)
	}
	for _, want := range []string{"of another export", "delete the rows", "Resume nil"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
