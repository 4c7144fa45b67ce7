package manifest

import (
	"errors"
	"fmt"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// dataset is which attributes the rows of an export have, as far as that is known from the row type
// with which its manifest was made.
type dataset uint8

const (
	anyDataset dataset = iota // any attributes
	usageDataset
	reconciliationDataset
)

// datasetOf returns the dataset whose rows are of type T.
func datasetOf[T any]() dataset {
	var row T
	switch any(row).(type) {
	case lineitem.Usage, lineitem.UsageBasic:
		return usageDataset
	case lineitem.Reconciliation, lineitem.ReconciliationBasic:
		return reconciliationDataset
	default:
		return anyDataset
	}
}

// attributesOf returns the attributes of T, with those required that the dataset requires.
func attributesOf[T any](d dataset) ([]lineitem.Attribute, error) {
	switch d {
	case usageDataset:
		return lineitem.AttributesIn[T, lineitem.Usage]()
	case reconciliationDataset:
		return lineitem.AttributesIn[T, lineitem.Reconciliation]()
	case anyDataset:
	}
	return lineitem.AttributesOf[T]()
}

// checkAttributes returns an error where T has a field for an attribute that the dataset lacks.
// That a T cannot be decoded into is left to decoding.
func checkAttributes[T any](d dataset) (err error) {
	switch d {
	case usageDataset:
		err = lineitem.CheckAttributes[T, lineitem.Usage]()
	case reconciliationDataset:
		err = lineitem.CheckAttributes[T, lineitem.Reconciliation]()
	case anyDataset:
	}
	if !errors.Is(err, lineitem.ErrUnknownAttribute) {
		return nil
	}
	return fmt.Errorf("manifest: %w; set ReadOptions.AllowUnknownAttributes if the service has attributes that this version does not know", err)
}
