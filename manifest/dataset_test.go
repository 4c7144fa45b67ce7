package manifest_test

import (
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// misspelled has a field that no row of usage fills.
type misspelled struct {
	N     int              `json:"-"`
	Total lineitem.Decimal `json:"BillingPreTaxAmount"`
}

// parsedAs is a manifest of the blobs with rows of type T.
func parsedAs[T any](t *testing.T, s *storage) *manifest.Manifest[T] {
	t.Helper()
	o := &manifest.Options{}
	o.Transport = s
	m, err := manifest.Parse[T](s.json(token(time.Hour)), o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMisspelledAttribute: a struct whose tag names no attribute of the dataset is refused by
// NewStream, and by Items and BlobItems as their first element, before anything is requested.
func TestMisspelledAttribute(t *testing.T) {
	store := several(t, 2)
	usage := parsedAs[lineitem.Usage](t, store)
	m := manifest.As[misspelled](usage)
	part, err := manifest.As[misspelled](usage).Select(name(0))
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, lineitem.ErrUnknownAttribute) || !strings.HasPrefix(err.Error(), "manifest: ") ||
			!strings.Contains(err.Error(), `did you mean "BillingPreTaxTotal"?`) || !strings.Contains(err.Error(), "AllowUnknownAttributes") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = m.NewStream(nil)
	check("NewStream", err)
	_, err = part.NewStream(nil)
	check("a part", err)
	_, err = manifest.As[misspelled](manifest.As[lineitem.Record](usage)).NewStream(nil)
	check("As of As", err)
	for what, rows := range map[string]iter.Seq2[misspelled, error]{
		"Items": m.Items(t.Context(), nil), "BlobItems": m.BlobItems(t.Context(), m.Blobs()[0], nil),
	} {
		elements := 0
		for _, err := range rows {
			elements++
			check(what, err)
		}
		if elements != 1 {
			t.Errorf("%s: %d elements", what, elements)
		}
	}
	if len(store.hosts) != 0 {
		t.Errorf("requests to %v", store.hosts)
	}
	for what, m := range map[string]*manifest.Manifest[misspelled]{
		"Record":          manifest.As[misspelled](parsedAs[lineitem.Record](t, store)),
		"its own rows":    parsedAs[misspelled](t, store),
		"another dataset": manifest.As[misspelled](parsedAs[row](t, store)),
	} {
		if _, err := m.NewStream(nil); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestUnknownAttributesAdmitted: an attribute that this version does not know is decoded.
func TestUnknownAttributesAdmitted(t *testing.T) {
	m := manifest.As[row](parsedAs[lineitem.Usage](t, several(t, 2))) // N is no attribute
	if _, err := m.NewStream(nil); !errors.Is(err, lineitem.ErrUnknownAttribute) {
		t.Errorf("got %v", err)
	}
	sum := 0
	for r, err := range m.Items(t.Context(), &manifest.ReadOptions{AllowUnknownAttributes: true}) {
		if err != nil {
			t.Fatal(err)
		}
		sum += r.N
	}
	if sum != 1999*1000 {
		t.Errorf("the sum is %d", sum)
	}
}
