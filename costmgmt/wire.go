package costmgmt

import (
	"strings"

	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// Amount is an exact amount of money.
type Amount struct {
	// Value is null where the service gave none.
	Value lineitem.Decimal `json:"value"`
	// Currency is the three-letter code of ISO 4217.
	Currency string `json:"currency"`
}

// String returns the amount with its currency, such as "12.50 EUR".
func (a Amount) String() string { return strings.TrimSpace(a.Value.String() + " " + a.Currency) }

// resource is what every resource of Azure Resource Manager has.
type resource[P any] struct {
	ID         jsonscalar.Text `json:"id"`
	Name       jsonscalar.Text `json:"name"`
	Kind       jsonscalar.Text `json:"kind"`
	ETag       jsonscalar.Text `json:"eTag"`
	Properties P               `json:"properties"`
}
