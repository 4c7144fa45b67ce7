package lineitem

import (
	"encoding/json"
	"time"
)

// Reconciliation is a row of an invoice reconciliation export, billed or unbilled, with all 47
// attributes. In an export of the basic set the other fields are zero. Names, meanings and sets are
// those of Microsoft's documentation.
//
// Amounts are exact, and null if absent. Dates are in UTC, and zero if absent. Subtotals are
// rounded by the service, so quantity times price can differ from the subtotal. How they relate to
// daily usage and to the invoice:
// https://github.com/partnerbilling/sdk-go/blob/main/docs/reconciliation.md
type Reconciliation struct {
	// PartnerID is the Entra tenant ID of the billed partner. Full and
	// basic set.
	PartnerID string `json:"PartnerId,omitempty"`
	// CustomerID is the Entra tenant ID of the customer. Full and basic set.
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
	// InvoiceNumber is the number of the invoice with this row; expect it
	// empty in unbilled exports. Full and basic set.
	InvoiceNumber string `json:"InvoiceNumber,omitempty"`
	// MPNID is the partner (MPN) ID of the CSP partner. Full set only.
	MPNID string `json:"MpnId,omitempty"`
	// Tier2MPNID is the partner (MPN) ID of the indirect reseller of the
	// subscription; it may be empty, "0" or "-1" if there is none. Full and
	// basic set.
	Tier2MPNID string `json:"Tier2MpnId,omitempty"`
	// OrderID is the ID of the order in the commerce platform; its case counts.
	// Full and basic set.
	OrderID string `json:"OrderId,omitempty"`
	// OrderDate is when the order was placed. Full and basic set.
	OrderDate time.Time `json:"OrderDate,omitzero"`
	// ProductID is the product ID in the catalog. Full and basic set.
	ProductID string `json:"ProductId,omitempty"`
	// SKUID is the SKU ID within the product; leading zeros count. Full and basic
	// set.
	SKUID string `json:"SkuId,omitempty"`
	// AvailabilityID is the availability ID in the catalog: the offer of a SKU
	// to a customer. Full and basic set.
	AvailabilityID string `json:"AvailabilityId,omitempty"`
	// SKUName is the title of the SKU. Full and basic set.
	SKUName string `json:"SkuName,omitempty"`
	// ProductName is the title of the product. Full and basic set.
	ProductName string `json:"ProductName,omitempty"`
	// ChargeType is the kind of charge: new, renew, cycleCharge, addQuantity,
	// removeQuantity, cancelImmediate, convert, customerCredit and others. Full
	// and basic set.
	ChargeType string `json:"ChargeType,omitempty"`
	// UnitPrice is the list price of one unit, in PricingCurrency. Full and basic
	// set.
	UnitPrice Decimal `json:"UnitPrice,omitzero"`
	// Quantity is the number of units bought, or of licenses. Full set only.
	Quantity Decimal `json:"Quantity,omitzero"`
	// Subtotal is the amount before tax, in Currency; negative on refunds. Full
	// and basic set.
	Subtotal Decimal `json:"Subtotal,omitzero" lineitem:"required"`
	// TaxTotal is the tax, in Currency. Full and basic set.
	TaxTotal Decimal `json:"TaxTotal,omitzero"`
	// Total is the amount after tax, in Currency. Full and basic set.
	Total Decimal `json:"Total,omitzero" lineitem:"required=InvoiceNumber"`
	// Currency is the billing currency of the row (ISO 4217). Full and basic set.
	Currency string `json:"Currency,omitempty" lineitem:"required"`
	// PriceAdjustmentDescription explains discounts and credits in the price;
	// mostly the text of a JSON array. Full and basic set.
	PriceAdjustmentDescription string `json:"PriceAdjustmentDescription,omitempty"`
	// PublisherName is the name of the publisher. Full and basic set.
	PublisherName string `json:"PublisherName,omitempty"`
	// PublisherID is the ID of the publisher; it may be "NA" or empty. Full set
	// only.
	PublisherID string `json:"PublisherId,omitempty"`
	// SubscriptionDescription is the commercial name or nickname of the
	// subscription. Full set only.
	SubscriptionDescription string `json:"SubscriptionDescription,omitempty"`
	// SubscriptionID is the billing platform's subscription ID. Full and basic
	// set.
	SubscriptionID string `json:"SubscriptionId,omitempty"`
	// ChargeStartDate is the start of the charged period. Full and basic set.
	ChargeStartDate time.Time `json:"ChargeStartDate,omitzero"`
	// ChargeEndDate is the end of the charged period. Full and basic set.
	ChargeEndDate time.Time `json:"ChargeEndDate,omitzero"`
	// TermAndBillingCycle is the term of the commitment and its billing cycle in
	// words; empty for perpetual products. Full and basic set.
	TermAndBillingCycle string `json:"TermAndBillingCycle,omitempty"`
	// EffectiveUnitPrice is the price of one unit after adjustments, in
	// PricingCurrency. Full and basic set.
	EffectiveUnitPrice Decimal `json:"EffectiveUnitPrice,omitzero"`
	// UnitType is the unit in which the quantity is counted. Full set only.
	UnitType string `json:"UnitType,omitempty"`
	// AlternateID is another ID of the order or quote. Full set only.
	AlternateID string `json:"AlternateId,omitempty"`
	// BillableQuantity is the number of units that are charged. Full and basic
	// set.
	BillableQuantity Decimal `json:"BillableQuantity,omitzero"`
	// BillingFrequency is how often the row is billed (Monthly, Annual); empty
	// for one-time purchases and unbilled rows. Full set only.
	BillingFrequency string `json:"BillingFrequency,omitempty"`
	// PricingCurrency is the currency of the price list (ISO 4217). Full and basic
	// set.
	PricingCurrency string `json:"PricingCurrency,omitempty"`
	// PCToBCExchangeRate is the exchange rate from PricingCurrency to Currency.
	// Full and basic set.
	PCToBCExchangeRate Decimal `json:"PCToBCExchangeRate,omitzero"`
	// PCToBCExchangeRateDate is the date of PCToBCExchangeRate. Full set only.
	PCToBCExchangeRateDate time.Time `json:"PCToBCExchangeRateDate,omitzero"`
	// MeterDescription describes the meter of usage rows. Full set only.
	MeterDescription string `json:"MeterDescription,omitempty"`
	// ReservationOrderID is the order ID of a reservation or savings plan; it
	// equals BenefitOrderID of the usage rows. Full and basic set.
	ReservationOrderID string `json:"ReservationOrderId,omitempty"`
	// CreditReasonCode is the reason for a credit; empty for refunds. Full and
	// basic set.
	CreditReasonCode string `json:"CreditReasonCode,omitempty"`
	// SubscriptionStartDate is the start of the subscription's term. Full and
	// basic set.
	SubscriptionStartDate time.Time `json:"SubscriptionStartDate,omitzero"`
	// SubscriptionEndDate is the end of the subscription's term. Full and basic
	// set.
	SubscriptionEndDate time.Time `json:"SubscriptionEndDate,omitzero"`
	// ReferenceID ties related rows or transactions together. Full and basic set.
	ReferenceID string `json:"ReferenceId,omitempty"`
	// ProductQualifiers are qualifiers of the product, such as AddOn or Trial.
	// Full set only.
	ProductQualifiers Qualifiers `json:"ProductQualifiers,omitempty"`
	// PromotionID is the promotion that was applied to the row. Full and basic
	// set.
	PromotionID string `json:"PromotionId,omitempty"`
	// ProductCategory is the category of the product. Full and basic set.
	ProductCategory string `json:"ProductCategory,omitempty"`

	// Unknown contains the attributes without a field, by name.
	Unknown map[string]json.RawMessage `json:"Unknown,omitempty"`
}
