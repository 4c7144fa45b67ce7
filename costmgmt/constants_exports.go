package costmgmt

// ExportType is the dataset of an export.
type ExportType string

// The documented values of ExportType.
const (
	// ExportTypeActualCost has what was billed: a purchase counts in full on its day.
	ExportTypeActualCost ExportType = "ActualCost"
	// ExportTypeAmortizedCost spreads a purchase over its term.
	ExportTypeAmortizedCost ExportType = "AmortizedCost"
	// ExportTypeFocusCost has actual and amortized costs in the columns of FOCUS.
	ExportTypeFocusCost ExportType = "FocusCost"
	// ExportTypeUsage is like ActualCost, for accounts that have no data about reservations.
	ExportTypeUsage ExportType = "Usage"
	// ExportTypePriceSheet has prices.
	ExportTypePriceSheet ExportType = "PriceSheet"
	// ExportTypeReservationDetails has the use of reservations.
	ExportTypeReservationDetails ExportType = "ReservationDetails"
	// ExportTypeReservationRecommendations has recommendations to buy reservations.
	ExportTypeReservationRecommendations ExportType = "ReservationRecommendations"
	// ExportTypeReservationTransactions has purchases of reservations.
	ExportTypeReservationTransactions ExportType = "ReservationTransactions"
)

// PossibleExportTypeValues returns the documented values.
func PossibleExportTypeValues() []ExportType {
	return []ExportType{
		ExportTypeActualCost,
		ExportTypeAmortizedCost,
		ExportTypeFocusCost,
		ExportTypeUsage,
		ExportTypePriceSheet,
		ExportTypeReservationDetails,
		ExportTypeReservationRecommendations,
		ExportTypeReservationTransactions,
	}
}

// ExportFormat is the file format of an export.
type ExportFormat string

// The documented values of ExportFormat.
const (
	// ExportFormatCSV is CSV with a header.
	ExportFormatCSV ExportFormat = "Csv"
	// ExportFormatParquet is Apache Parquet.
	ExportFormatParquet ExportFormat = "Parquet"
)

// PossibleExportFormatValues returns the documented values.
func PossibleExportFormatValues() []ExportFormat {
	return []ExportFormat{
		ExportFormatCSV,
		ExportFormatParquet,
	}
}

// ExportCompression is the compression of an export's files.
type ExportCompression string

// The documented values of ExportCompression.
const (
	// ExportCompressionNone does not compress.
	ExportCompressionNone ExportCompression = "none"
	// ExportCompressionGzip is for CSV.
	ExportCompressionGzip ExportCompression = "gzip"
	// ExportCompressionSnappy is for Parquet.
	ExportCompressionSnappy ExportCompression = "snappy"
)

// PossibleExportCompressionValues returns the documented values.
func PossibleExportCompressionValues() []ExportCompression {
	return []ExportCompression{
		ExportCompressionNone,
		ExportCompressionGzip,
		ExportCompressionSnappy,
	}
}

// OverwriteBehavior is what a run does with the files of an earlier run for the same month.
type OverwriteBehavior string

// The documented values of OverwriteBehavior.
const (
	// OverwriteBehaviorCreateNewReport keeps the earlier files.
	OverwriteBehaviorCreateNewReport OverwriteBehavior = "CreateNewReport"
	// OverwriteBehaviorOverwritePreviousReport replaces them.
	OverwriteBehaviorOverwritePreviousReport OverwriteBehavior = "OverwritePreviousReport"
)

// PossibleOverwriteBehaviorValues returns the documented values.
func PossibleOverwriteBehaviorValues() []OverwriteBehavior {
	return []OverwriteBehavior{
		OverwriteBehaviorCreateNewReport,
		OverwriteBehaviorOverwritePreviousReport,
	}
}

// Recurrence is how often a scheduled export runs.
type Recurrence string

// The documented values of Recurrence.
const (
	RecurrenceDaily    Recurrence = "Daily"
	RecurrenceWeekly   Recurrence = "Weekly"
	RecurrenceMonthly  Recurrence = "Monthly"
	RecurrenceAnnually Recurrence = "Annually"
)

// PossibleRecurrenceValues returns the documented values.
func PossibleRecurrenceValues() []Recurrence {
	return []Recurrence{
		RecurrenceDaily,
		RecurrenceWeekly,
		RecurrenceMonthly,
		RecurrenceAnnually,
	}
}

// ScheduleStatus says whether a schedule runs.
type ScheduleStatus string

// The documented values of ScheduleStatus.
const (
	// ScheduleStatusActive runs the export as scheduled.
	ScheduleStatusActive ScheduleStatus = "Active"
	// ScheduleStatusInactive pauses the schedule.
	ScheduleStatusInactive ScheduleStatus = "Inactive"
)

// PossibleScheduleStatusValues returns the documented values.
func PossibleScheduleStatusValues() []ScheduleStatus {
	return []ScheduleStatus{
		ScheduleStatusActive,
		ScheduleStatusInactive,
	}
}

// RunStatus is the state of a run of an export.
type RunStatus string

// The documented values of RunStatus.
const (
	// RunStatusQueued waits for its turn.
	RunStatusQueued RunStatus = "Queued"
	// RunStatusInProgress is running.
	RunStatusInProgress RunStatus = "InProgress"
	// RunStatusCompleted has delivered its files.
	RunStatusCompleted RunStatus = "Completed"
	// RunStatusFailed has ended without files; see ExportRunInfo.Code.
	RunStatusFailed RunStatus = "Failed"
	// RunStatusTimeout took too long and has ended.
	RunStatusTimeout RunStatus = "Timeout"
	// RunStatusDataNotAvailable found no data.
	RunStatusDataNotAvailable RunStatus = "DataNotAvailable"
	// RunStatusNewDataNotAvailable found no data that an earlier run has not delivered.
	RunStatusNewDataNotAvailable RunStatus = "NewDataNotAvailable"
)

// PossibleRunStatusValues returns the documented values.
func PossibleRunStatusValues() []RunStatus {
	return []RunStatus{
		RunStatusQueued,
		RunStatusInProgress,
		RunStatusCompleted,
		RunStatusFailed,
		RunStatusTimeout,
		RunStatusDataNotAvailable,
		RunStatusNewDataNotAvailable,
	}
}

// RunTrigger is what started a run of an export.
type RunTrigger string

// The documented values of RunTrigger.
const (
	// RunTriggerOnDemand was started by a call, such as [Client.RunExport].
	RunTriggerOnDemand RunTrigger = "OnDemand"
	// RunTriggerScheduled was started by the export's schedule.
	RunTriggerScheduled RunTrigger = "Scheduled"
)

// PossibleRunTriggerValues returns the documented values.
func PossibleRunTriggerValues() []RunTrigger {
	return []RunTrigger{
		RunTriggerOnDemand,
		RunTriggerScheduled,
	}
}
