package billingtest

// aggregatedRows generates billed aggregated usage: the usage of a month in one row, with invented
// attributes.
type aggregatedRows struct {
	*usageRows
	items []aggregatedItem
}

type aggregatedItem struct{ catalog, meter string }

func newAggregatedRows(e Export) *aggregatedRows {
	u := newUsageRows(e)
	u.fixture = newFixture(e, aggregatedAttributes)
	g := &aggregatedRows{usageRows: u}
	u.meters = u.newMeters()
	u.head = u.fragment("InvoiceNumber", e.InvoiceID)
	for i := range u.meters {
		m := &u.meters[i]
		g.items = append(g.items, aggregatedItem{
			catalog: m.catalog,
			meter:   u.fragment("MeterCategory", m.category, "MeterSubCategory", m.subCategory, "MeterName", m.subCategory+" - "+m.sku, "Unit", m.unit),
		})
	}
	u.locations = nil
	for _, l := range locations {
		u.locations = append(u.locations, u.fragment("ResourceLocation", l.code))
	}
	return g
}

func (g *aggregatedRows) columns() []column {
	return g.columnsOf("BillingPreTaxTotal", "UnitPrice", "Quantity", "BillingPreTaxTotal", "PricingPreTaxTotal",
		"EffectiveUnitPrice", "PCToBCExchangeRate", "PartnerEarnedCreditPercentage", "CreditPercentage")
}

func (g *aggregatedRows) append(b []byte, f *facts) []byte {
	c, m, a := &g.customers[f.customer], &g.items[f.item], &f.amounts
	b = append(b, '{')
	b = append(b, g.partner[1:]...)
	b = append(b, c.text...)
	b = append(b, c.mpn...)
	b = append(b, c.tier2...)
	b = append(b, g.head...)
	b = append(b, m.catalog...)
	b = append(b, c.subscription...)
	b = append(b, `,"AggregationPeriod":"Monthly"`...)
	b = append(b, m.meter...)
	b = append(b, g.locations[f.resource>>8%uint64(len(locations))]...)
	b = append(b, `,"UsageRowCount":`...)
	b = integer(1 + f.choices%31).append(b)
	b = append(b, `,"FirstUsageDate":"`...)
	b = appendDay(b, year, g.month, 1)
	b = append(b, `","LastUsageDate":"`...)
	b = appendDay(b, year, g.month, f.day)
	b = append(b, `","Quantity":`...)
	b = a[usageQuantity].append(b)
	b = append(b, `,"BillingPreTaxTotal":`...)
	b = a[usageBillingTotal].append(b)
	b = append(b, `,"BillingCurrency":"`...)
	b = append(b, g.rates[c.currency].currency...)
	b = append(b, `","PricingPreTaxTotal":`...)
	b = a[usagePricingTotal].append(b)
	b = append(b, `,"PricingCurrency":"USD","PCToBCExchangeRate":`...)
	b = a[usageRate].append(b)
	b = append(b, c.entitlements[f.resource>>16%uint64(len(c.entitlements))].idText...)
	b = append(b, `,"CreditType":"`...)
	if a[usageEarnedCredit].zero() {
		b = append(b, `Credit Not Applied"`...)
	} else {
		b = append(b, `Partner Earned Credit Applied"`...)
	}
	return append(b, '}', '\n')
}
