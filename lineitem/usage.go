package lineitem

import (
	"encoding/json"
	"time"
)

// Usage is a row of a daily rated usage export, billed or unbilled, with all 55 attributes. In an
// export of the basic set the other fields are zero. Names, meanings and sets are those of
// Microsoft's documentation. An attribute for which the documentation contradicts itself is listed
// with the larger set.
//
// Amounts are exact, and null if absent. Dates are in UTC, and zero if absent.
type Usage struct {
	// PartnerID is the Entra tenant ID of the billed partner. Full and
	// basic set.
	PartnerID string `json:"PartnerId,omitempty"`
	// PartnerName is the display name of the partner's organization. Full and
	// basic set.
	PartnerName string `json:"PartnerName,omitempty"`
	// CustomerID is the Entra tenant ID of the customer that consumed the
	// resource. Full and basic set.
	CustomerID string `json:"CustomerId,omitempty"`
	// CustomerName is the name of the customer's organization as registered in
	// Partner Center. Full and basic set.
	CustomerName string `json:"CustomerName,omitempty"`
	// CustomerDomainName is the primary domain of the customer's tenant. Full set
	// only.
	CustomerDomainName string `json:"CustomerDomainName,omitempty"`
	// CustomerCountry is the two-letter country code of the customer. Full set
	// only.
	CustomerCountry string `json:"CustomerCountry,omitempty"`
	// MPNID is the partner (MPN) ID of the CSP partner. Full set only.
	MPNID string `json:"MpnId,omitempty"`
	// Tier2MPNID is the partner (MPN) ID of the indirect reseller on record; it
	// may be empty, "0" or "-1" if there is none. Full set only.
	Tier2MPNID string `json:"Tier2MpnId,omitempty"`
	// InvoiceNumber is the number of the invoice with this row; empty in
	// unbilled exports. Full and basic set.
	InvoiceNumber string `json:"InvoiceNumber,omitempty"`
	// ProductID is the product ID in the catalog. Full and basic set.
	ProductID string `json:"ProductId,omitempty"`
	// SKUID is the SKU ID within the product; leading zeros count. Full and basic
	// set.
	SKUID string `json:"SkuId,omitempty"`
	// AvailabilityID is the availability ID in the catalog: the offer of a SKU
	// to a customer. Full set only.
	AvailabilityID string `json:"AvailabilityId,omitempty"`
	// SKUName is the title of the SKU. Full and basic set.
	SKUName string `json:"SkuName,omitempty"`
	// ProductName is the title of the product. Full set only.
	ProductName string `json:"ProductName,omitempty"`
	// PublisherName is the name of the publisher. Full and basic set.
	PublisherName string `json:"PublisherName,omitempty"`
	// PublisherID is the ID of the publisher; it may be empty. Full set only.
	PublisherID string `json:"PublisherId,omitempty"`
	// SubscriptionDescription is the commercial name of the subscription or plan.
	// Full set only.
	SubscriptionDescription string `json:"SubscriptionDescription,omitempty"`
	// SubscriptionID is the billing platform's subscription (Azure plan) ID; the
	// Azure subscription is EntitlementID. Full and basic set.
	SubscriptionID string `json:"SubscriptionId,omitempty"`
	// ChargeStartDate is the start of the billing cycle, except where earlier
	// unbilled usage is corrected. Full and basic set.
	ChargeStartDate time.Time `json:"ChargeStartDate,omitzero"`
	// ChargeEndDate is the end of the billing cycle: the last day of the month or
	// the first of the next. Full and basic set.
	ChargeEndDate time.Time `json:"ChargeEndDate,omitzero"`
	// UsageDate is the day on which the usage happened. Full and basic set.
	UsageDate time.Time `json:"UsageDate,omitzero"`
	// MeterType is the type of the meter. Full set only.
	MeterType string `json:"MeterType,omitempty"`
	// MeterCategory is the service of the meter. Full set only.
	MeterCategory string `json:"MeterCategory,omitempty"`
	// MeterID is the ID of the meter. Full set only.
	MeterID string `json:"MeterId,omitempty"`
	// MeterSubCategory is the class of the meter within its category. Full set
	// only.
	MeterSubCategory string `json:"MeterSubCategory,omitempty"`
	// MeterName is the name of the meter. Full set only.
	MeterName string `json:"MeterName,omitempty"`
	// MeterRegion is the datacenter region for which the meter is priced; often
	// empty. Full set only.
	MeterRegion string `json:"MeterRegion,omitempty"`
	// Unit is the unit in which Quantity is counted. Full and basic set.
	Unit string `json:"Unit,omitempty"`
	// ResourceLocation is the region in which the resource runs. Full set only.
	ResourceLocation string `json:"ResourceLocation,omitempty"`
	// ConsumedService is the Azure resource provider that was used. Full set only.
	ConsumedService string `json:"ConsumedService,omitempty"`
	// ResourceGroup is the Azure resource group. Full set only.
	ResourceGroup string `json:"ResourceGroup,omitempty"`
	// ResourceURI is the full Azure resource ID of the resource. Full and basic
	// set.
	ResourceURI string `json:"ResourceURI,omitempty"`
	// ChargeType is the kind of charge or adjustment; it may be empty. Full and
	// basic set.
	ChargeType string `json:"ChargeType,omitempty"`
	// UnitPrice is the price of one unit before credits, in PricingCurrency. Full
	// and basic set.
	UnitPrice Decimal `json:"UnitPrice,omitzero"`
	// Quantity is the number of units consumed, in Unit. Full and basic set.
	Quantity Decimal `json:"Quantity,omitzero"`
	// UnitType is the unit in which the meter is charged. Full and basic set.
	UnitType string `json:"UnitType,omitempty"`
	// BillingPreTaxTotal is the amount before tax and after earned credit, in
	// BillingCurrency. Full and basic set.
	BillingPreTaxTotal Decimal `json:"BillingPreTaxTotal,omitzero" lineitem:"required"`
	// BillingCurrency is the currency in which the partner is invoiced (ISO 4217).
	// Full and basic set.
	BillingCurrency string `json:"BillingCurrency,omitempty" lineitem:"required"`
	// PricingPreTaxTotal is the amount before tax, in PricingCurrency. Full and
	// basic set.
	PricingPreTaxTotal Decimal `json:"PricingPreTaxTotal,omitzero"`
	// PricingCurrency is the currency of the price list (ISO 4217). Full and basic
	// set.
	PricingCurrency string `json:"PricingCurrency,omitempty"`
	// ServiceInfo1 is metadata of the service, such as provisioned connections.
	// Full set only.
	ServiceInfo1 string `json:"ServiceInfo1,omitempty"`
	// ServiceInfo2 is older metadata of the service. Full set only.
	ServiceInfo2 string `json:"ServiceInfo2,omitempty"`
	// Tags are the tags of the resource. Full set only.
	Tags JSONText `json:"Tags,omitempty"`
	// AdditionalInfo is further data about the resource, such as size and cores of a
	// virtual machine. Full and basic set.
	AdditionalInfo JSONText `json:"AdditionalInfo,omitempty"`
	// EffectiveUnitPrice is the price of one unit after discounts and earned
	// credit, in PricingCurrency. Full and basic set.
	EffectiveUnitPrice Decimal `json:"EffectiveUnitPrice,omitzero"`
	// PCToBCExchangeRate is the exchange rate from PricingCurrency to
	// BillingCurrency. Full and basic set.
	PCToBCExchangeRate Decimal `json:"PCToBCExchangeRate,omitzero"`
	// PCToBCExchangeRateDate is the date of PCToBCExchangeRate. Full set only.
	PCToBCExchangeRateDate time.Time `json:"PCToBCExchangeRateDate,omitzero"`
	// EntitlementID is the Azure subscription ID. Full and basic set.
	EntitlementID string `json:"EntitlementId,omitempty"`
	// EntitlementDescription is the display name of the Azure subscription. Full
	// set only.
	EntitlementDescription string `json:"EntitlementDescription,omitempty"`
	// PartnerEarnedCreditPercentage is the share of partner earned credit, in
	// percent (15, not 0.15). Full set only.
	PartnerEarnedCreditPercentage Decimal `json:"PartnerEarnedCreditPercentage,omitzero"`
	// CreditPercentage is the share of credit, in percent (100, not 1). Full and
	// basic set.
	CreditPercentage Decimal `json:"CreditPercentage,omitzero"`
	// CreditType is the type of the credit applied. Full and basic set.
	CreditType string `json:"CreditType,omitempty"`
	// BenefitOrderID is the order ID of the savings plan or reservation that
	// covered the usage; it equals ReservationOrderID of the reconciliation rows.
	// Full and basic set.
	BenefitOrderID string `json:"BenefitOrderID,omitempty"`
	// BenefitID is the ID of the savings plan or reservation that covered the
	// usage. Full set only.
	BenefitID string `json:"BenefitID,omitempty"`
	// BenefitType is the kind of benefit, such as SavingsPlan. Full and basic set.
	BenefitType string `json:"BenefitType,omitempty"`

	// Unknown contains the attributes without a field, by name.
	Unknown map[string]json.RawMessage `json:"Unknown,omitempty"`
}
