package billingtest

import (
	"encoding/json"
	"strings"
	"time"
)

// usagePage is how many rows a page of usage details has, if the request does not say it.
const usagePage = 1000

// usageProperties are the properties of usage details, with the attributes of usage that they are
// derived from.
var usageProperties = map[string]string{
	"additionalInfo": "AdditionalInfo", "billingCurrencyCode": "BillingCurrency", "chargeType": "ChargeType", "consumedService": "ConsumedService",
	"costInBillingCurrency": "BillingPreTaxTotal", "costInPricingCurrency": "PricingPreTaxTotal", "customerName": "CustomerName", "customerTenantId": "CustomerId",
	"effectivePrice": "EffectiveUnitPrice", "instanceName": "ResourceURI", "invoiceId": "InvoiceNumber",
	"meterCategory": "MeterCategory", "meterId": "MeterId", "meterName": "MeterName", "meterRegion": "MeterRegion", "meterSubCategory": "MeterSubCategory",
	"partnerName": "PartnerName", "partnerTenantId": "PartnerId", "pricingCurrencyCode": "PricingCurrency", "product": "ProductName", "productIdentifier": "ProductId",
	"publisherName": "PublisherName", "quantity": "Quantity", "resellerMpnId": "Tier2MpnId", "resourceGroup": "ResourceGroup", "resourceLocation": "ResourceLocation",
	"subscriptionGuid": "EntitlementId", "subscriptionName": "EntitlementDescription", "unitOfMeasure": "Unit", "unitPrice": "UnitPrice",
}

// usageDetails lists the rows of usage of a scope, page by page. Filters are ignored, as the
// service does for partners: startDate and endDate are not.
func (s *Server) usageDetails(c *armCall) *Response {
	f, ok := s.costsOf(c)
	if !ok {
		return armNotFound()
	}
	q := c.Request.URL.Query()
	if q.Has("startDate") || q.Has("endDate") {
		p := requestedPeriod{From: q.Get("startDate"), To: q.Get("endDate")}
		if f.days, ok = p.days(); !ok {
			return armBadRequest("startDate and endDate are not a period.")
		}
	}
	if metric := strings.ToLower(q.Get("metric")); metric != "" && metric != "actualcost" && metric != "amortizedcost" && metric != "usage" {
		return armBadRequest("The metric is invalid.")
	}
	var value []any
	for row, err := range s.allCosts(f) {
		if err != nil {
			return &Response{Err: err}
		}
		value = append(value, lazyUsage{&row, c, len(value)})
	}
	return c.page(value, usagePage)
}

// lazyUsage is a row that becomes JSON only if it is on the page.
type lazyUsage struct {
	row  *cost
	call *armCall
	at   int
}

// MarshalJSON implements json.Marshaler.
func (l lazyUsage) MarshalJSON() ([]byte, error) {
	properties := map[string]any{"date": l.row.day.Format(time.RFC3339), "billingAccountId": l.call.account.id(), "billingProfileId": l.call.account.profileID()}
	if rate := l.row.Text("PCToBCExchangeRate"); rate != "" {
		properties["exchangeRate"] = rate // the only number that is a text
	}
	for name, attribute := range usageProperties {
		if raw := l.row.Raw(attribute); raw != nil {
			properties[name] = raw
		}
	}
	object := map[string]any{"kind": "modern", "type": "Microsoft.Consumption/usageDetails", "properties": properties}
	var tags map[string]string
	if json.Unmarshal([]byte(l.row.Text("Tags")), &tags) == nil {
		object["tags"] = tags
	}
	name := guid(hash(uint64(l.at), l.call.path["scope"])) //nolint:gosec // an index is not negative
	object["name"], object["id"] = name, l.call.path["scope"]+"/providers/Microsoft.Consumption/usageDetails/"+name
	return json.Marshal(object)
}
