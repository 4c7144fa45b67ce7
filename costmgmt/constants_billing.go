package costmgmt

// Family is the commerce that an invoice belongs to, told by its number.
type Family string

// The values of Family.
const (
	// FamilyNewCommerce is an invoice whose number begins with G. Microsoft Graph exports these.
	FamilyNewCommerce Family = "new commerce"
	// FamilyLegacy is an invoice whose number begins with D: licenses and Azure of the former CSP
	// program, which Microsoft Graph does not export.
	FamilyLegacy Family = "legacy"
	// FamilyUnknown is every other invoice.
	FamilyUnknown Family = "unknown"
)

// PossibleFamilyValues returns the values of Family.
func PossibleFamilyValues() []Family {
	return []Family{
		FamilyNewCommerce,
		FamilyLegacy,
		FamilyUnknown,
	}
}

// DocumentType is what an invoice document is.
type DocumentType string

// The documented values of DocumentType.
const (
	// DocumentTypeInvoice is an invoice.
	DocumentTypeInvoice DocumentType = "Invoice"
	// DocumentTypeCreditNote gives money back; see Invoice.CreditFor.
	DocumentTypeCreditNote DocumentType = "CreditNote"
	// DocumentTypeVoidNote cancels an invoice.
	DocumentTypeVoidNote DocumentType = "VoidNote"
	// DocumentTypeTaxReceipt is a tax receipt.
	DocumentTypeTaxReceipt DocumentType = "TaxReceipt"
	// DocumentTypeSummary is a summary.
	DocumentTypeSummary DocumentType = "Summary"
	// DocumentTypeTransactions is a list of transactions.
	DocumentTypeTransactions DocumentType = "Transactions"
	// DocumentTypeOther is what the service says of documents that its API version has no value
	// for.
	DocumentTypeOther DocumentType = "Other"
)

// PossibleDocumentTypeValues returns the documented values.
func PossibleDocumentTypeValues() []DocumentType {
	return []DocumentType{
		DocumentTypeInvoice,
		DocumentTypeCreditNote,
		DocumentTypeVoidNote,
		DocumentTypeTaxReceipt,
		DocumentTypeSummary,
		DocumentTypeTransactions,
		DocumentTypeOther,
	}
}

// InvoiceStatus is the state of an invoice.
type InvoiceStatus string

// The documented values of InvoiceStatus.
const (
	InvoiceStatusDue     InvoiceStatus = "Due"
	InvoiceStatusOverDue InvoiceStatus = "OverDue"
	InvoiceStatusPaid    InvoiceStatus = "Paid"
	InvoiceStatusVoid    InvoiceStatus = "Void"
	InvoiceStatusLocked  InvoiceStatus = "Locked"
	InvoiceStatusOther   InvoiceStatus = "Other"
)

// PossibleInvoiceStatusValues returns the documented values.
func PossibleInvoiceStatusValues() []InvoiceStatus {
	return []InvoiceStatus{
		InvoiceStatusDue,
		InvoiceStatusOverDue,
		InvoiceStatusPaid,
		InvoiceStatusVoid,
		InvoiceStatusLocked,
		InvoiceStatusOther,
	}
}

// InvoiceType is the kind of charges that an invoice has.
type InvoiceType string

// The documented values of InvoiceType.
const (
	InvoiceTypeAzureServices    InvoiceType = "AzureServices"
	InvoiceTypeAzureMarketplace InvoiceType = "AzureMarketplace"
	InvoiceTypeAzureSupport     InvoiceType = "AzureSupport"
	InvoiceTypeOther            InvoiceType = "Other"
)

// PossibleInvoiceTypeValues returns the documented values.
func PossibleInvoiceTypeValues() []InvoiceType {
	return []InvoiceType{
		InvoiceTypeAzureServices,
		InvoiceTypeAzureMarketplace,
		InvoiceTypeAzureSupport,
		InvoiceTypeOther,
	}
}

// AgreementType is the kind of agreement that a billing account belongs to.
type AgreementType string

// The documented values of AgreementType.
const (
	AgreementTypeMicrosoftPartnerAgreement      AgreementType = "MicrosoftPartnerAgreement"
	AgreementTypeMicrosoftCustomerAgreement     AgreementType = "MicrosoftCustomerAgreement"
	AgreementTypeEnterpriseAgreement            AgreementType = "EnterpriseAgreement"
	AgreementTypeMicrosoftOnlineServicesProgram AgreementType = "MicrosoftOnlineServicesProgram"
	AgreementTypeOther                          AgreementType = "Other"
)

// PossibleAgreementTypeValues returns the documented values.
func PossibleAgreementTypeValues() []AgreementType {
	return []AgreementType{
		AgreementTypeMicrosoftPartnerAgreement,
		AgreementTypeMicrosoftCustomerAgreement,
		AgreementTypeEnterpriseAgreement,
		AgreementTypeMicrosoftOnlineServicesProgram,
		AgreementTypeOther,
	}
}

// AccountType is the kind of a billing account.
type AccountType string

// The documented values of AccountType.
const (
	AccountTypePartner        AccountType = "Partner"
	AccountTypeClassicPartner AccountType = "ClassicPartner"
	AccountTypeReseller       AccountType = "Reseller"
	AccountTypeEnterprise     AccountType = "Enterprise"
	AccountTypeBusiness       AccountType = "Business"
	AccountTypeIndividual     AccountType = "Individual"
	AccountTypeInternal       AccountType = "Internal"
	AccountTypeTenant         AccountType = "Tenant"
	AccountTypeOther          AccountType = "Other"
)

// PossibleAccountTypeValues returns the documented values.
func PossibleAccountTypeValues() []AccountType {
	return []AccountType{
		AccountTypePartner,
		AccountTypeClassicPartner,
		AccountTypeReseller,
		AccountTypeEnterprise,
		AccountTypeBusiness,
		AccountTypeIndividual,
		AccountTypeInternal,
		AccountTypeTenant,
		AccountTypeOther,
	}
}

// AccountStatus is the state of a billing account.
type AccountStatus string

// The documented values of AccountStatus.
const (
	AccountStatusActive      AccountStatus = "Active"
	AccountStatusDeleted     AccountStatus = "Deleted"
	AccountStatusDisabled    AccountStatus = "Disabled"
	AccountStatusExpired     AccountStatus = "Expired"
	AccountStatusExtended    AccountStatus = "Extended"
	AccountStatusNew         AccountStatus = "New"
	AccountStatusPending     AccountStatus = "Pending"
	AccountStatusTerminated  AccountStatus = "Terminated"
	AccountStatusTransferred AccountStatus = "Transferred"
	AccountStatusUnderReview AccountStatus = "UnderReview"
	AccountStatusOther       AccountStatus = "Other"
)

// PossibleAccountStatusValues returns the documented values.
func PossibleAccountStatusValues() []AccountStatus {
	return []AccountStatus{
		AccountStatusActive,
		AccountStatusDeleted,
		AccountStatusDisabled,
		AccountStatusExpired,
		AccountStatusExtended,
		AccountStatusNew,
		AccountStatusPending,
		AccountStatusTerminated,
		AccountStatusTransferred,
		AccountStatusUnderReview,
		AccountStatusOther,
	}
}

// CustomerStatus is the state of a customer.
type CustomerStatus string

// The documented values of CustomerStatus.
const (
	CustomerStatusActive      CustomerStatus = "Active"
	CustomerStatusDeleted     CustomerStatus = "Deleted"
	CustomerStatusDisabled    CustomerStatus = "Disabled"
	CustomerStatusPending     CustomerStatus = "Pending"
	CustomerStatusUnderReview CustomerStatus = "UnderReview"
	CustomerStatusWarned      CustomerStatus = "Warned"
	CustomerStatusOther       CustomerStatus = "Other"
)

// PossibleCustomerStatusValues returns the documented values.
func PossibleCustomerStatusValues() []CustomerStatus {
	return []CustomerStatus{
		CustomerStatusActive,
		CustomerStatusDeleted,
		CustomerStatusDisabled,
		CustomerStatusPending,
		CustomerStatusUnderReview,
		CustomerStatusWarned,
		CustomerStatusOther,
	}
}

// SubscriptionStatus is the state of a billing subscription.
type SubscriptionStatus string

// The documented values of SubscriptionStatus.
const (
	SubscriptionStatusActive    SubscriptionStatus = "Active"
	SubscriptionStatusAutoRenew SubscriptionStatus = "AutoRenew"
	SubscriptionStatusCancelled SubscriptionStatus = "Cancelled"
	SubscriptionStatusDeleted   SubscriptionStatus = "Deleted"
	SubscriptionStatusDisabled  SubscriptionStatus = "Disabled"
	SubscriptionStatusExpired   SubscriptionStatus = "Expired"
	SubscriptionStatusExpiring  SubscriptionStatus = "Expiring"
	SubscriptionStatusFailed    SubscriptionStatus = "Failed"
	SubscriptionStatusSuspended SubscriptionStatus = "Suspended"
	SubscriptionStatusUnknown   SubscriptionStatus = "Unknown"
	SubscriptionStatusWarned    SubscriptionStatus = "Warned"
	SubscriptionStatusOther     SubscriptionStatus = "Other"
)

// PossibleSubscriptionStatusValues returns the documented values.
func PossibleSubscriptionStatusValues() []SubscriptionStatus {
	return []SubscriptionStatus{
		SubscriptionStatusActive,
		SubscriptionStatusAutoRenew,
		SubscriptionStatusCancelled,
		SubscriptionStatusDeleted,
		SubscriptionStatusDisabled,
		SubscriptionStatusExpired,
		SubscriptionStatusExpiring,
		SubscriptionStatusFailed,
		SubscriptionStatusSuspended,
		SubscriptionStatusUnknown,
		SubscriptionStatusWarned,
		SubscriptionStatusOther,
	}
}

// ViewCharges says whether the users and the resellers of a customer see the costs of its
// subscriptions, at pay-as-you-go prices.
type ViewCharges string

// The documented values of ViewCharges.
const (
	// ViewChargesAllowed lets them see the costs.
	ViewChargesAllowed ViewCharges = "Allowed"
	// ViewChargesNotAllowed hides the costs.
	ViewChargesNotAllowed ViewCharges = "NotAllowed"
	// ViewChargesOther is only in responses; it cannot be set.
	ViewChargesOther ViewCharges = "Other"
)

// PossibleViewChargesValues returns the documented values.
func PossibleViewChargesValues() []ViewCharges {
	return []ViewCharges{
		ViewChargesAllowed,
		ViewChargesNotAllowed,
		ViewChargesOther,
	}
}
