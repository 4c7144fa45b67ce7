package lineitem

import (
	"encoding/json"
	"time"
)

// ReconciliationBasic is a row of an invoice reconciliation export with the
// attributes of the basic set. It decodes faster than [Reconciliation] and uses
// less memory. The fields are those of [Reconciliation].
type ReconciliationBasic struct {
	// PartnerID is the Entra tenant ID of the billed partner.
	PartnerID string `json:"PartnerId,omitempty"`
	// CustomerID is the Entra tenant ID of the customer.
	CustomerID string `json:"CustomerId,omitempty"`
	// CustomerName is the name of the customer's organization as registered in
	// Partner Center.
	CustomerName string `json:"CustomerName,omitempty"`
	// InvoiceNumber is the number of the invoice with this row; expect it
	// empty in unbilled exports.
	InvoiceNumber string `json:"InvoiceNumber,omitempty"`
	// Tier2MPNID is the partner (MPN) ID of the indirect reseller of the
	// subscription; it may be empty, "0" or "-1" if there is none.
	Tier2MPNID string `json:"Tier2MpnId,omitempty"`
	// OrderID is the ID of the order in the commerce platform; its case counts.
	OrderID string `json:"OrderId,omitempty"`
	// OrderDate is when the order was placed.
	OrderDate time.Time `json:"OrderDate,omitzero"`
	// ProductID is the product ID in the catalog.
	ProductID string `json:"ProductId,omitempty"`
	// SKUID is the SKU ID within the product; leading zeros count.
	SKUID string `json:"SkuId,omitempty"`
	// AvailabilityID is the availability ID in the catalog: the offer of a SKU
	// to a customer.
	AvailabilityID string `json:"AvailabilityId,omitempty"`
	// SKUName is the title of the SKU.
	SKUName string `json:"SkuName,omitempty"`
	// ProductName is the title of the product.
	ProductName string `json:"ProductName,omitempty"`
	// ChargeType is the kind of charge: new, renew, cycleCharge, addQuantity,
	// removeQuantity, cancelImmediate, convert, customerCredit and others.
	ChargeType string `json:"ChargeType,omitempty"`
	// UnitPrice is the list price of one unit, in PricingCurrency.
	UnitPrice Decimal `json:"UnitPrice,omitzero"`
	// Subtotal is the amount before tax, in Currency; negative on refunds.
	Subtotal Decimal `json:"Subtotal,omitzero" lineitem:"required"`
	// TaxTotal is the tax, in Currency.
	TaxTotal Decimal `json:"TaxTotal,omitzero"`
	// Total is the amount after tax, in Currency.
	Total Decimal `json:"Total,omitzero" lineitem:"required=InvoiceNumber"`
	// Currency is the billing currency of the row (ISO 4217).
	Currency string `json:"Currency,omitempty" lineitem:"required"`
	// PriceAdjustmentDescription explains discounts and credits in the price;
	// mostly the text of a JSON array.
	PriceAdjustmentDescription string `json:"PriceAdjustmentDescription,omitempty"`
	// PublisherName is the name of the publisher.
	PublisherName string `json:"PublisherName,omitempty"`
	// SubscriptionID is the billing platform's subscription ID.
	SubscriptionID string `json:"SubscriptionId,omitempty"`
	// ChargeStartDate is the start of the charged period.
	ChargeStartDate time.Time `json:"ChargeStartDate,omitzero"`
	// ChargeEndDate is the end of the charged period.
	ChargeEndDate time.Time `json:"ChargeEndDate,omitzero"`
	// TermAndBillingCycle is the term of the commitment and its billing cycle in
	// words; empty for perpetual products.
	TermAndBillingCycle string `json:"TermAndBillingCycle,omitempty"`
	// EffectiveUnitPrice is the price of one unit after adjustments, in
	// PricingCurrency.
	EffectiveUnitPrice Decimal `json:"EffectiveUnitPrice,omitzero"`
	// BillableQuantity is the number of units that are charged.
	BillableQuantity Decimal `json:"BillableQuantity,omitzero"`
	// PricingCurrency is the currency of the price list (ISO 4217).
	PricingCurrency string `json:"PricingCurrency,omitempty"`
	// PCToBCExchangeRate is the exchange rate from PricingCurrency to Currency.
	PCToBCExchangeRate Decimal `json:"PCToBCExchangeRate,omitzero"`
	// ReservationOrderID is the order ID of a reservation or savings plan; it
	// equals BenefitOrderID of the usage rows.
	ReservationOrderID string `json:"ReservationOrderId,omitempty"`
	// CreditReasonCode is the reason for a credit; empty for refunds.
	CreditReasonCode string `json:"CreditReasonCode,omitempty"`
	// SubscriptionStartDate is the start of the subscription's term.
	SubscriptionStartDate time.Time `json:"SubscriptionStartDate,omitzero"`
	// SubscriptionEndDate is the end of the subscription's term.
	SubscriptionEndDate time.Time `json:"SubscriptionEndDate,omitzero"`
	// ReferenceID ties related rows or transactions together.
	ReferenceID string `json:"ReferenceId,omitempty"`
	// PromotionID is the promotion that was applied to the row.
	PromotionID string `json:"PromotionId,omitempty"`
	// ProductCategory is the category of the product.
	ProductCategory string `json:"ProductCategory,omitempty"`

	// Unknown contains the attributes without a field, by name, except those of the full set.
	Unknown map[string]json.RawMessage `json:"Unknown,omitempty"`
}
