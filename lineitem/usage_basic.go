package lineitem

import (
	"encoding/json"
	"time"
)

// UsageBasic is a row of a daily rated usage export with the attributes of the
// basic set. It decodes faster than [Usage] and uses less memory. The fields are
// those of [Usage].
type UsageBasic struct {
	// PartnerID is the Entra tenant ID of the billed partner.
	PartnerID string `json:"PartnerId,omitempty"`
	// PartnerName is the display name of the partner's organization.
	PartnerName string `json:"PartnerName,omitempty"`
	// CustomerID is the Entra tenant ID of the customer that consumed the
	// resource.
	CustomerID string `json:"CustomerId,omitempty"`
	// CustomerName is the name of the customer's organization as registered in
	// Partner Center.
	CustomerName string `json:"CustomerName,omitempty"`
	// InvoiceNumber is the number of the invoice with this row; empty in
	// unbilled exports.
	InvoiceNumber string `json:"InvoiceNumber,omitempty"`
	// ProductID is the product ID in the catalog.
	ProductID string `json:"ProductId,omitempty"`
	// SKUID is the SKU ID within the product; leading zeros count.
	SKUID string `json:"SkuId,omitempty"`
	// SKUName is the title of the SKU.
	SKUName string `json:"SkuName,omitempty"`
	// PublisherName is the name of the publisher.
	PublisherName string `json:"PublisherName,omitempty"`
	// SubscriptionID is the billing platform's subscription (Azure plan) ID; the
	// Azure subscription is EntitlementID.
	SubscriptionID string `json:"SubscriptionId,omitempty"`
	// ChargeStartDate is the start of the billing cycle, except where earlier
	// unbilled usage is corrected.
	ChargeStartDate time.Time `json:"ChargeStartDate,omitzero"`
	// ChargeEndDate is the end of the billing cycle: the last day of the month or
	// the first of the next.
	ChargeEndDate time.Time `json:"ChargeEndDate,omitzero"`
	// UsageDate is the day on which the usage happened.
	UsageDate time.Time `json:"UsageDate,omitzero"`
	// Unit is the unit in which Quantity is counted.
	Unit string `json:"Unit,omitempty"`
	// ResourceURI is the full Azure resource ID of the resource.
	ResourceURI string `json:"ResourceURI,omitempty"`
	// ChargeType is the kind of charge or adjustment; it may be empty.
	ChargeType string `json:"ChargeType,omitempty"`
	// UnitPrice is the price of one unit before credits, in PricingCurrency.
	UnitPrice Decimal `json:"UnitPrice,omitzero"`
	// Quantity is the number of units consumed, in Unit.
	Quantity Decimal `json:"Quantity,omitzero"`
	// UnitType is the unit in which the meter is charged.
	UnitType string `json:"UnitType,omitempty"`
	// BillingPreTaxTotal is the amount before tax and after earned credit, in
	// BillingCurrency.
	BillingPreTaxTotal Decimal `json:"BillingPreTaxTotal,omitzero" lineitem:"required"`
	// BillingCurrency is the currency in which the partner is invoiced (ISO 4217).
	BillingCurrency string `json:"BillingCurrency,omitempty" lineitem:"required"`
	// PricingPreTaxTotal is the amount before tax, in PricingCurrency.
	PricingPreTaxTotal Decimal `json:"PricingPreTaxTotal,omitzero"`
	// PricingCurrency is the currency of the price list (ISO 4217).
	PricingCurrency string `json:"PricingCurrency,omitempty"`
	// AdditionalInfo is further data about the resource, such as size and cores of a
	// virtual machine.
	AdditionalInfo JSONText `json:"AdditionalInfo,omitempty"`
	// EffectiveUnitPrice is the price of one unit after discounts and earned
	// credit, in PricingCurrency.
	EffectiveUnitPrice Decimal `json:"EffectiveUnitPrice,omitzero"`
	// PCToBCExchangeRate is the exchange rate from PricingCurrency to
	// BillingCurrency.
	PCToBCExchangeRate Decimal `json:"PCToBCExchangeRate,omitzero"`
	// EntitlementID is the Azure subscription ID.
	EntitlementID string `json:"EntitlementId,omitempty"`
	// CreditPercentage is the share of credit, in percent (100, not 1).
	CreditPercentage Decimal `json:"CreditPercentage,omitzero"`
	// CreditType is the type of the credit applied.
	CreditType string `json:"CreditType,omitempty"`
	// BenefitOrderID is the order ID of the savings plan or reservation that
	// covered the usage; it equals ReservationOrderID of the reconciliation rows.
	BenefitOrderID string `json:"BenefitOrderID,omitempty"`
	// BenefitType is the kind of benefit, such as SavingsPlan.
	BenefitType string `json:"BenefitType,omitempty"`

	// Unknown contains the attributes without a field, by name, except those of the full set.
	Unknown map[string]json.RawMessage `json:"Unknown,omitempty"`
}
