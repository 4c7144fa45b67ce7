package lineitem

import "strings"

// known is what is known about an attribute of billing data, whichever row type has a field for it.
type known struct {
	name string
	kind Kind
	// currency is the attribute with the currency of an amount that can be summed. Prices have
	// none, since a sum of prices means nothing.
	currency string
	doc      string
}

// defaultScale is the number of decimal places of decimal columns. Prices with 22 places occur, and
// 14 digits before the point are more than any amount has.
const defaultScale = 24

// knownAttributes are the attributes of the exports, of cost details, and the amounts of FOCUS. It
// is the one place that knows which attributes are calendar days: an order has a time, so OrderDate
// is none.
var knownAttributes = func() map[string]known {
	table := []known{
		// Usage and invoice reconciliation.
		{"PartnerId", KindText, "", "Entra tenant ID of the billed partner"},
		{"PartnerName", KindText, "", "display name of the partner's organization"},
		{"CustomerId", KindText, "", "Entra tenant ID of the customer"},
		{"CustomerName", KindText, "", "name of the customer's organization as registered in Partner Center"},
		{"CustomerDomainName", KindText, "", "primary domain of the customer's tenant"},
		{"CustomerCountry", KindText, "", "two-letter country code of the customer"},
		{"MpnId", KindText, "", "partner (MPN) ID of the CSP partner"},
		{"Tier2MpnId", KindText, "", "partner (MPN) ID of the indirect reseller; empty, 0 or -1 if there is none"},
		{"InvoiceNumber", KindText, "", "number of the invoice with this row; empty in unbilled exports"},
		{"OrderId", KindText, "", "ID of the order in the commerce platform; its case counts"},
		{"OrderDate", KindTime, "", "when the order was placed"},
		{"ProductId", KindText, "", "product ID in the catalog"},
		{"SkuId", KindText, "", "SKU ID within the product; leading zeros count"},
		{"AvailabilityId", KindText, "", "availability ID in the catalog: the offer of a SKU to a customer"},
		{"SkuName", KindText, "", "title of the SKU"},
		{"ProductName", KindText, "", "title of the product"},
		{"PublisherName", KindText, "", "name of the publisher"},
		{"PublisherId", KindText, "", "ID of the publisher; may be NA or empty"},
		{"SubscriptionDescription", KindText, "", "commercial name of the subscription or plan"},
		{"SubscriptionId", KindText, "", "ID of the subscription; in partner exports that of the Azure plan, while EntitlementId is the Azure subscription"},
		{"SubscriptionStartDate", KindDate, "", "start of the subscription's term"},
		{"SubscriptionEndDate", KindDate, "", "end of the subscription's term"},
		{"ChargeType", KindText, "", "kind of charge or adjustment; may be empty"},
		{"ChargeStartDate", KindDate, "", "start of the charged period"},
		{"ChargeEndDate", KindDate, "", "end of the charged period: its last day or the day after"},
		{"UsageDate", KindDate, "", "day on which the usage happened"},
		{"MeterType", KindText, "", "type of the meter"},
		{"MeterCategory", KindText, "", "service of the meter"},
		{"MeterId", KindText, "", "ID of the meter"},
		{"MeterSubCategory", KindText, "", "class of the meter within its category"},
		{"MeterName", KindText, "", "name of the meter"},
		{"MeterDescription", KindText, "", "description of the meter of usage rows"},
		{"MeterRegion", KindText, "", "datacenter region for which the meter is priced; often empty"},
		{"Unit", KindText, "", "unit in which Quantity is counted"},
		{"UnitType", KindText, "", "unit in which the meter or quantity is charged"},
		{"UnitPrice", KindDecimal, "", "price of one unit before credits and adjustments, in PricingCurrency"},
		{"EffectiveUnitPrice", KindDecimal, "", "price of one unit after adjustments and credits, in PricingCurrency"},
		{"Quantity", KindDecimal, "", "number of units consumed, bought or licensed"},
		{"BillableQuantity", KindDecimal, "", "number of units that are charged"},
		{"BillingFrequency", KindText, "", "how often the row is billed; empty for one-time purchases and unbilled rows"},
		{"ResourceLocation", KindText, "", "region in which the resource runs"},
		{"ConsumedService", KindText, "", "Azure resource provider that was used"},
		{"ResourceGroup", KindText, "", "Azure resource group"},
		{"ResourceURI", KindText, "", "full Azure resource ID of the resource"},
		{"BillingPreTaxTotal", KindDecimal, "BillingCurrency", "amount before tax and after earned credit, in BillingCurrency"},
		{"BillingCurrency", KindText, "", "currency of the invoice (ISO 4217)"},
		{"PricingPreTaxTotal", KindDecimal, "PricingCurrency", "amount before tax, in PricingCurrency"},
		{"PricingCurrency", KindText, "", "currency of the price list (ISO 4217)"},
		{"Subtotal", KindDecimal, "Currency", "amount before tax, in Currency; negative on refunds"},
		{"TaxTotal", KindDecimal, "Currency", "tax, in Currency"},
		{"Total", KindDecimal, "Currency", "amount after tax, in Currency"},
		{"Currency", KindText, "", "billing currency of the row (ISO 4217)"},
		{"PriceAdjustmentDescription", KindText, "", "discounts and credits in the price; mostly the text of a JSON array"},
		{"TermAndBillingCycle", KindText, "", "term of the commitment and its billing cycle in words; empty for perpetual products"},
		{"ServiceInfo1", KindText, "", "metadata of the service, such as provisioned connections"},
		{"ServiceInfo2", KindText, "", "older metadata of the service"},
		{"Tags", KindJSON, "", "tags of the resource"},
		{"AdditionalInfo", KindJSON, "", "further data about the resource, such as size and cores of a virtual machine"},
		{"PCToBCExchangeRate", KindDecimal, "", "exchange rate from PricingCurrency to the billing currency"},
		{"PCToBCExchangeRateDate", KindDate, "", "date of PCToBCExchangeRate"},
		{"EntitlementId", KindText, "", "Azure subscription ID"},
		{"EntitlementDescription", KindText, "", "display name of the Azure subscription"},
		{"PartnerEarnedCreditPercentage", KindDecimal, "", "share of partner earned credit, in percent (15, not 0.15)"},
		{"CreditPercentage", KindDecimal, "", "share of credit, in percent (100, not 1)"},
		{"CreditType", KindText, "", "type of the credit applied"},
		{"CreditReasonCode", KindText, "", "reason for a credit; empty for refunds"},
		{"BenefitOrderID", KindText, "", "order ID of the savings plan or reservation that covered the usage; equals ReservationOrderId of reconciliation"},
		{"BenefitID", KindText, "", "ID of the savings plan or reservation that covered the usage"},
		{"BenefitType", KindText, "", "kind of benefit, such as SavingsPlan"},
		{"ReservationOrderId", KindText, "", "order ID of a reservation or savings plan; equals BenefitOrderID of usage"},
		{"AlternateId", KindText, "", "another ID of the order or quote"},
		{"ReferenceId", KindText, "", "ID that ties related rows or transactions together"},
		{"ProductQualifiers", KindJSON, "", "qualifiers of the product, such as AddOn or Trial"},
		{"PromotionId", KindText, "", "promotion that was applied to the row"},
		{"ProductCategory", KindText, "", "category of the product"},

		// Cost details, where they differ.
		{"invoiceId", KindText, "", "number of the invoice with this row"},
		{"previousInvoiceId", KindText, "", "number of an earlier invoice that this row refers to"},
		{"billingAccountId", KindText, "", "ID of the billing account"},
		{"billingAccountName", KindText, "", "name of the billing account"},
		{"billingProfileId", KindText, "", "ID of the billing profile"},
		{"billingProfileName", KindText, "", "name of the billing profile"},
		{"invoiceSectionId", KindText, "", "ID of the invoice section"},
		{"invoiceSectionName", KindText, "", "name of the invoice section"},
		{"partnerTenantId", KindText, "", "Entra tenant ID of the partner"},
		{"resellerName", KindText, "", "name of the indirect reseller"},
		{"customerTenantId", KindText, "", "Entra tenant ID of the customer"},
		{"costCenter", KindText, "", "cost center of the subscription"},
		{"billingPeriodStartDate", KindDate, "", "first day of the billing period"},
		{"billingPeriodEndDate", KindDate, "", "last day of the billing period"},
		{"servicePeriodStartDate", KindDate, "", "first day of the charged period"},
		{"servicePeriodEndDate", KindDate, "", "last day of the charged period"},
		{"date", KindDate, "", "day of the usage or purchase"},
		{"serviceFamily", KindText, "", "family of the service"},
		{"productOrderId", KindText, "", "ID of the order or plan"},
		{"productOrderName", KindText, "", "name of the order or plan"},
		{"subscriptionName", KindText, "", "name of the Azure subscription"},
		{"publisherType", KindText, "", "kind of publisher: Microsoft, Azure or Marketplace"},
		{"resourceGroupName", KindText, "", "Azure resource group"},
		{"ResourceId", KindText, "", "full Azure resource ID of the resource"},
		{"location", KindText, "", "region in which the resource runs, under its normalized name"},
		{"effectivePrice", KindDecimal, "", "price of one unit after discounts"},
		{"costInBillingCurrency", KindDecimal, "billingCurrency", "cost before tax, in billingCurrency"},
		{"costInPricingCurrency", KindDecimal, "pricingCurrency", "cost before tax, in pricingCurrency"},
		{"costInUsd", KindDecimal, "", "cost before tax, in USD"},
		{"paygCostInBillingCurrency", KindDecimal, "billingCurrency", "cost before tax at pay-as-you-go prices, in billingCurrency"},
		{"paygCostInUsd", KindDecimal, "", "cost before tax at pay-as-you-go prices, in USD"},
		{"exchangeRatePricingToBilling", KindDecimal, "", "exchange rate from pricingCurrency to billingCurrency"},
		{"exchangeRateDate", KindDate, "", "date of the exchange rate"},
		{"isAzureCreditEligible", KindText, "", "whether Azure credit can pay for the charge"},
		{"partnerEarnedCreditRate", KindDecimal, "", "share of partner earned credit"},
		{"partnerEarnedCreditApplied", KindText, "", "whether partner earned credit was applied"},
		{"PayGPrice", KindDecimal, "", "pay-as-you-go price of one unit"},
		{"frequency", KindText, "", "how often the charge occurs"},
		{"term", KindText, "", "term of the commitment"},
		{"reservationId", KindText, "", "ID of the reservation"},
		{"reservationName", KindText, "", "name of the reservation"},
		{"pricingModel", KindText, "", "how the usage was priced, such as OnDemand or Reservation"},
		{"costAllocationRuleName", KindText, "", "name of the rule that allocated the cost"},
		{"benefitName", KindText, "", "name of the savings plan or reservation"},
		{"provider", KindText, "", "kind of product, such as Azure"},

		// Amounts of FOCUS.
		{"BilledCost", KindDecimal, "BillingCurrency", "amount that is invoiced, in BillingCurrency"},
		{"EffectiveCost", KindDecimal, "BillingCurrency", "amortized cost after discounts, in BillingCurrency"},
		{"ContractedCost", KindDecimal, "BillingCurrency", "cost at contracted prices, in BillingCurrency"},
		{"ListCost", KindDecimal, "BillingCurrency", "cost at list prices, in BillingCurrency"},
		{"PricingCurrencyEffectiveCost", KindDecimal, "PricingCurrency", "amortized cost after discounts, in PricingCurrency"},
		{"PaymentCurrencyBilledCost", KindDecimal, "PaymentCurrency", "amount that is invoiced, in PaymentCurrency"},
	}
	byName := make(map[string]known, len(table))
	for _, k := range table {
		byName[strings.ToLower(k.name)] = k
	}
	for current, others := range aliases {
		for _, alias := range others {
			byName[strings.ToLower(alias)] = byName[strings.ToLower(current)]
		}
	}
	return byName
}()

// knownAttribute returns what is known about an attribute; its kind is zero if nothing is.
func knownAttribute(name string) known { return knownAttributes[strings.ToLower(name)] }

// isDay reports whether an attribute stands for a calendar day.
func isDay(name string) bool { return knownAttribute(name).kind == KindDate }
