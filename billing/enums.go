package billing

// AttributeSet selects which attributes the rows of an export have.
type AttributeSet string

const (
	// AttributeSetFull is every attribute: 55 in usage, 47 in reconciliation. It is the default.
	AttributeSetFull AttributeSet = "full"
	// AttributeSetBasic is about half of them, for smaller and faster exports. The rows are of the
	// same Go type, with the other fields zero; manifest.As makes them lineitem.UsageBasic or
	// lineitem.ReconciliationBasic.
	AttributeSetBasic AttributeSet = "basic"
)

// PossibleAttributeSetValues returns all values.
func PossibleAttributeSetValues() []AttributeSet {
	return []AttributeSet{AttributeSetBasic, AttributeSetFull}
}

// BillingPeriod is the month of an unbilled export.
type BillingPeriod string

const (
	// BillingPeriodCurrent is the billing month in progress.
	BillingPeriodCurrent BillingPeriod = "current"
	// BillingPeriodLast is the previous billing month, until it is invoiced.
	BillingPeriodLast BillingPeriod = "last"
)

// PossibleBillingPeriodValues returns all values.
func PossibleBillingPeriodValues() []BillingPeriod {
	return []BillingPeriod{BillingPeriodCurrent, BillingPeriodLast}
}
