package costmgmt

import (
	"encoding/json"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// CostDetail is a row of a cost details report at the scopes of a partner's billing account, with
// the columns of schema version 2023-12-01-preview. Reports of other scopes have other columns;
// those without a field here are in Unknown. Amounts are exact, and null where the field of the
// report is empty; dates are in UTC. Each amount is in the currency that its name says:
// BillingCurrency, PricingCurrency or USD.
type CostDetail struct {
	InvoiceID                 string            `json:"invoiceId"`
	PreviousInvoiceID         string            `json:"previousInvoiceId"`
	BillingAccountID          string            `json:"billingAccountId"`
	BillingAccountName        string            `json:"billingAccountName"`
	BillingProfileID          string            `json:"billingProfileId"`
	BillingProfileName        string            `json:"billingProfileName"`
	InvoiceSectionID          string            `json:"invoiceSectionId"`
	InvoiceSectionName        string            `json:"invoiceSectionName"`
	PartnerTenantID           string            `json:"partnerTenantId"`
	PartnerName               string            `json:"partnerName"`
	ResellerName              string            `json:"resellerName"`
	ResellerMPNID             string            `json:"resellerMpnId"`
	CustomerTenantID          string            `json:"customerTenantId"`
	CustomerName              string            `json:"customerName"`
	CostCenter                string            `json:"costCenter"`
	BillingPeriodStart        time.Time         `json:"billingPeriodStartDate"`
	BillingPeriodEnd          time.Time         `json:"billingPeriodEndDate"`
	ServicePeriodStart        time.Time         `json:"servicePeriodStartDate"`
	ServicePeriodEnd          time.Time         `json:"servicePeriodEndDate"`
	Date                      time.Time         `json:"date"`
	ServiceFamily             string            `json:"serviceFamily"`
	ProductOrderID            string            `json:"productOrderId"`
	ProductOrderName          string            `json:"productOrderName"`
	ConsumedService           string            `json:"consumedService"`
	MeterID                   string            `json:"meterId"`
	MeterName                 string            `json:"meterName"`
	MeterCategory             string            `json:"meterCategory"`
	MeterSubCategory          string            `json:"meterSubCategory"`
	MeterRegion               string            `json:"meterRegion"`
	ProductID                 string            `json:"ProductId"`
	ProductName               string            `json:"ProductName"`
	SubscriptionID            string            `json:"SubscriptionId"`
	SubscriptionName          string            `json:"subscriptionName"`
	PublisherType             string            `json:"publisherType"`
	PublisherID               string            `json:"publisherId"`
	PublisherName             string            `json:"publisherName"`
	ResourceGroupName         string            `json:"resourceGroupName"`
	ResourceID                string            `json:"ResourceId"`
	ResourceLocation          string            `json:"resourceLocation"`
	Location                  string            `json:"location"`
	EffectivePrice            lineitem.Decimal  `json:"effectivePrice"`
	Quantity                  lineitem.Decimal  `json:"quantity"`
	UnitOfMeasure             string            `json:"unitOfMeasure"`
	ChargeType                string            `json:"chargeType"`
	BillingCurrency           string            `json:"billingCurrency" lineitem:"required=partnerTenantId"`
	PricingCurrency           string            `json:"pricingCurrency"`
	CostInBillingCurrency     lineitem.Decimal  `json:"costInBillingCurrency" lineitem:"required=partnerTenantId"`
	CostInPricingCurrency     lineitem.Decimal  `json:"costInPricingCurrency"`
	CostInUSD                 lineitem.Decimal  `json:"costInUsd"`
	PayGCostInBillingCurrency lineitem.Decimal  `json:"paygCostInBillingCurrency"`
	PayGCostInUSD             lineitem.Decimal  `json:"paygCostInUsd"`
	ExchangeRate              lineitem.Decimal  `json:"exchangeRatePricingToBilling"`
	ExchangeRateDate          time.Time         `json:"exchangeRateDate"`
	IsAzureCreditEligible     string            `json:"isAzureCreditEligible"`
	ServiceInfo1              string            `json:"serviceInfo1"`
	ServiceInfo2              string            `json:"serviceInfo2"`
	AdditionalInfo            lineitem.JSONText `json:"additionalInfo"`
	Tags                      lineitem.JSONText `json:"tags"`
	PartnerEarnedCreditRate   lineitem.Decimal  `json:"partnerEarnedCreditRate"`
	PartnerEarnedCreditUsed   string            `json:"partnerEarnedCreditApplied"`
	PayGPrice                 lineitem.Decimal  `json:"PayGPrice"`
	Frequency                 string            `json:"frequency"`
	Term                      string            `json:"term"`
	ReservationID             string            `json:"reservationId"`
	ReservationName           string            `json:"reservationName"`
	PricingModel              string            `json:"pricingModel"`
	UnitPrice                 lineitem.Decimal  `json:"unitPrice"`
	CostAllocationRuleName    string            `json:"costAllocationRuleName"`
	BenefitID                 string            `json:"benefitId"`
	BenefitName               string            `json:"benefitName"`
	Provider                  string            `json:"provider"`

	// Unknown has the columns without a field here, by name.
	Unknown map[string]json.RawMessage `json:"Unknown,omitempty"`
}
