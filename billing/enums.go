package billing

// AttributeSet says how many attributes the rows of an export have.
type AttributeSet string

const (
	// AttributeSetFull is every attribute: 55 in usage, 47 in reconciliation. It is what the
	// zero value stands for.
	AttributeSetFull AttributeSet = "full"
	// AttributeSetBasic is about half of them, for smaller and faster exports. The rows
	// stay of the same Go type, with the other fields zero; manifest.As turns them into
	// lineitem.UsageBasic or lineitem.ReconciliationBasic.
	AttributeSetBasic AttributeSet = "basic"
)

// PossibleAttributeSetValues returns the values that there are.
func PossibleAttributeSetValues() []AttributeSet {
	return []AttributeSet{AttributeSetBasic, AttributeSetFull}
}

// BillingPeriod says which month an unbilled export is about.
type BillingPeriod string

const (
	// BillingPeriodCurrent is the billing month in progress.
	BillingPeriodCurrent BillingPeriod = "current"
	// BillingPeriodLast is the billing month before, as long as it has not been invoiced.
	BillingPeriodLast BillingPeriod = "last"
)

// PossibleBillingPeriodValues returns the values that there are.
func PossibleBillingPeriodValues() []BillingPeriod {
	return []BillingPeriod{BillingPeriodCurrent, BillingPeriodLast}
}
