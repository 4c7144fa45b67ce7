package costmgmt

// Metric is how reservations and savings plans count in costs.
type Metric string

// The documented values of Metric.
const (
	// MetricActualCost is what was billed: a purchase counts in full on its day.
	MetricActualCost Metric = "ActualCost"
	// MetricAmortizedCost spreads a purchase over its term.
	MetricAmortizedCost Metric = "AmortizedCost"
	// MetricUsage is usage alone. Only [Client.UsageDetails] has it.
	MetricUsage Metric = "Usage"
)

// PossibleMetricValues returns the documented values.
func PossibleMetricValues() []Metric {
	return []Metric{
		MetricActualCost,
		MetricAmortizedCost,
		MetricUsage,
	}
}

// QueryType is what a query adds up.
type QueryType string

// The documented values of QueryType.
const (
	// QueryTypeActualCost is what was billed: a purchase counts in full on its day.
	QueryTypeActualCost QueryType = "ActualCost"
	// QueryTypeAmortizedCost spreads a purchase over its term.
	QueryTypeAmortizedCost QueryType = "AmortizedCost"
	// QueryTypeUsage is usage alone.
	QueryTypeUsage QueryType = "Usage"
)

// PossibleQueryTypeValues returns the documented values.
func PossibleQueryTypeValues() []QueryType {
	return []QueryType{
		QueryTypeActualCost,
		QueryTypeAmortizedCost,
		QueryTypeUsage,
	}
}

// Timeframe is a period that the service computes at the time of a query or of a run of an export.
type Timeframe string

// The documented values of Timeframe.
const (
	TimeframeMonthToDate         Timeframe = "MonthToDate"
	TimeframeTheCurrentMonth     Timeframe = "TheCurrentMonth"
	TimeframeTheLastMonth        Timeframe = "TheLastMonth"
	TimeframeBillingMonthToDate  Timeframe = "BillingMonthToDate"
	TimeframeTheLastBillingMonth Timeframe = "TheLastBillingMonth"
	TimeframeWeekToDate          Timeframe = "WeekToDate"
)

// PossibleTimeframeValues returns the documented values.
func PossibleTimeframeValues() []Timeframe {
	return []Timeframe{
		TimeframeMonthToDate,
		TimeframeTheCurrentMonth,
		TimeframeTheLastMonth,
		TimeframeBillingMonthToDate,
		TimeframeTheLastBillingMonth,
		TimeframeWeekToDate,
	}
}

// Granularity is the period that a row covers.
type Granularity string

// The documented values of Granularity.
const (
	GranularityDaily   Granularity = "Daily"
	GranularityMonthly Granularity = "Monthly"
)

// PossibleGranularityValues returns the documented values.
func PossibleGranularityValues() []Granularity {
	return []Granularity{
		GranularityDaily,
		GranularityMonthly,
	}
}

// Provider is the resource provider that keeps a budget.
type Provider string

// The documented values of Provider.
const (
	// ProviderCostManagement is for all scopes and the default.
	ProviderCostManagement Provider = "Microsoft.CostManagement"
	// ProviderConsumption is the older one, which the documentation uses for customers' scopes.
	ProviderConsumption Provider = "Microsoft.Consumption"
)

// PossibleProviderValues returns the documented values.
func PossibleProviderValues() []Provider {
	return []Provider{
		ProviderCostManagement,
		ProviderConsumption,
	}
}

// BudgetCategory is what a budget watches.
type BudgetCategory string

// The documented values of BudgetCategory.
const (
	// BudgetCategoryCost watches costs against an amount.
	BudgetCategoryCost BudgetCategory = "Cost"
	// BudgetCategoryReservationUtilization watches how much of reservations is used. It has no
	// amount.
	BudgetCategoryReservationUtilization BudgetCategory = "ReservationUtilization"
)

// PossibleBudgetCategoryValues returns the documented values.
func PossibleBudgetCategoryValues() []BudgetCategory {
	return []BudgetCategory{
		BudgetCategoryCost,
		BudgetCategoryReservationUtilization,
	}
}

// TimeGrain is the period after which a budget starts again from zero.
type TimeGrain string

// The documented values of TimeGrain.
const (
	TimeGrainMonthly   TimeGrain = "Monthly"
	TimeGrainQuarterly TimeGrain = "Quarterly"
	TimeGrainAnnually  TimeGrain = "Annually"
	// TimeGrainBillingMonth and the other billing periods are for accounts that Microsoft bills
	// directly.
	TimeGrainBillingMonth   TimeGrain = "BillingMonth"
	TimeGrainBillingQuarter TimeGrain = "BillingQuarter"
	TimeGrainBillingAnnual  TimeGrain = "BillingAnnual"
	// TimeGrainLast7Days and TimeGrainLast30Days are for [BudgetCategoryReservationUtilization].
	TimeGrainLast7Days  TimeGrain = "Last7Days"
	TimeGrainLast30Days TimeGrain = "Last30Days"
)

// PossibleTimeGrainValues returns the documented values.
func PossibleTimeGrainValues() []TimeGrain {
	return []TimeGrain{
		TimeGrainMonthly,
		TimeGrainQuarterly,
		TimeGrainAnnually,
		TimeGrainBillingMonth,
		TimeGrainBillingQuarter,
		TimeGrainBillingAnnual,
		TimeGrainLast7Days,
		TimeGrainLast30Days,
	}
}

// NotificationOperator compares what a budget watches with a threshold.
type NotificationOperator string

// The documented values of NotificationOperator.
const (
	NotificationOperatorGreaterThan          NotificationOperator = "GreaterThan"
	NotificationOperatorGreaterThanOrEqualTo NotificationOperator = "GreaterThanOrEqualTo"
	// NotificationOperatorEqualTo matches only costs that are exactly at the threshold; Microsoft
	// advises against it.
	NotificationOperatorEqualTo NotificationOperator = "EqualTo"
	// NotificationOperatorLessThan is for [BudgetCategoryReservationUtilization].
	NotificationOperatorLessThan NotificationOperator = "LessThan"
)

// PossibleNotificationOperatorValues returns the documented values.
func PossibleNotificationOperatorValues() []NotificationOperator {
	return []NotificationOperator{
		NotificationOperatorGreaterThan,
		NotificationOperatorGreaterThanOrEqualTo,
		NotificationOperatorEqualTo,
		NotificationOperatorLessThan,
	}
}

// ThresholdType is the cost that a notification compares.
type ThresholdType string

// The documented values of ThresholdType.
const (
	// ThresholdTypeActual is the cost so far.
	ThresholdTypeActual ThresholdType = "Actual"
	// ThresholdTypeForecasted is the forecast for the whole period.
	ThresholdTypeForecasted ThresholdType = "Forecasted"
)

// PossibleThresholdTypeValues returns the documented values.
func PossibleThresholdTypeValues() []ThresholdType {
	return []ThresholdType{
		ThresholdTypeActual,
		ThresholdTypeForecasted,
	}
}
