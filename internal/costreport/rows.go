package costreport

import (
	"bytes"
	"fmt"
	"math/rand/v2"
)

// header lists the columns of a report at the scope of a billing account, as the service spells
// them.
const header = "invoiceId,previousInvoiceId,billingAccountId,billingAccountName,billingProfileId,billingProfileName," +
	"invoiceSectionId,invoiceSectionName,resellerName,resellerMpnId,costCenter,billingPeriodEndDate,billingPeriodStartDate," +
	"servicePeriodEndDate,servicePeriodStartDate,date,serviceFamily,productOrderId,productOrderName,consumedService,meterId," +
	"meterName,meterCategory,meterSubCategory,meterRegion,ProductId,ProductName,SubscriptionId,subscriptionName,publisherType," +
	"publisherId,publisherName,resourceGroupName,ResourceId,resourceLocation,location,effectivePrice,quantity,unitOfMeasure," +
	"chargeType,billingCurrency,pricingCurrency,costInBillingCurrency,costInPricingCurrency,costInUsd,paygCostInBillingCurrency," +
	"paygCostInUsd,exchangeRatePricingToBilling,exchangeRateDate,isAzureCreditEligible,serviceInfo1,serviceInfo2,additionalInfo," +
	"tags,PayGPrice,frequency,term,reservationId,reservationName,pricingModel,unitPrice,costAllocationRuleName,benefitId," +
	"benefitName,provider,partnerTenantId,partnerName,customerTenantId,customerName,partnerEarnedCreditRate,partnerEarnedCreditApplied\r\n"

// Columns is the number of columns of a report.
const Columns = 71

// CostColumn is the index of costInBillingCurrency.
const CostColumn = 42

// makeRows makes rows as a partner's customers cause them: few subscriptions and meters, which
// determine most of a row, in no order, and quantities and costs that hardly ever repeat.
func makeRows(seed uint64, rows int) []byte {
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // The rows are the same every time.
	id := func(kind, n int) string {
		return fmt.Sprintf("%08x-%04x-4000-8000-%012x", uint32(n)*0x9e3779b1, kind, n*7919) //nolint:gosec // n is small.
	}
	var b bytes.Buffer
	for range rows {
		subscription, meter, group, at := r.IntN(150), r.IntN(400), r.IntN(12), r.IntN(30)+1
		customer := subscription / 3
		price, quantity := fmt.Sprintf("0.%06d", 1+meter*2503), fmt.Sprintf("%d.%d", r.IntN(50), r.Uint64N(1e9)+1)
		cost := fmt.Sprintf("%d.%d", r.IntN(30), r.Uint64N(1e15)+1)
		day := fmt.Sprintf("09/%02d/2024", at)
		resource := fmt.Sprintf("/subscriptions/%s/resourcegroups/rg-app-%d/providers/microsoft.compute/virtualmachines/vm-%s-%03d", id(1, subscription), group, "prod", r.IntN(40))
		fmt.Fprint(&b, "G016907411,,aaaa0000-1111:bbbb2222-3333_2019-05-31,Contoso Distribution GmbH,ABCD-EFGH-BG7-PGB,Contoso EUR,",
			"BMN4-XCKM-PJA-PGB,Default,,,,09/30/2024,09/01/2024,", day, ",", day, ",", day, ",Compute,", id(2, subscription), ",Azure plan,Microsoft.Compute,", id(3, meter), ",",
			"D", meter%64, "s v5/E", meter%64, "s v5,Virtual Machines,Dsv5 Series ", meter%20, ",EU West,DZH318Z0BPS6000", meter%10, ",Virtual Machines Dsv5 Series - EU West ", meter,
			",", id(1, subscription), ",Subscription ", subscription, ",Azure,,Microsoft,rg-app-", group, ",", resource, ",westeurope,EU West,", price, ",", quantity, ",1 Hour,Usage,EUR,USD,",
			cost, ",", cost, ",", cost, ",", cost, ",", cost, ",0.9017", meter%2, ",09/01/2024,True,,,",
			`"{""UsageType"":""ComputeHR"",""ImageType"":""Canonical"",""ServiceType"":""Standard_D`, meter%64, `s_v5"",""VMName"":""vm"",""VCPUs"":`, 2+meter%30, `}",`,
			`"""env"": ""prod"",""owner"": ""team-`, group, `"",""cost center"": ""`, customer, `""",`, price, ",UsageBased,,,,OnDemand,", price, ",,,,Azure,",
			id(4, 1), ",Contoso Distribution GmbH,", id(5, customer), ",Customer ", customer, " Ltd,0.15,1\r\n")
	}
	return b.Bytes()
}
