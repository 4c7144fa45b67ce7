package billingtest

// usageRows generates daily rated usage.
type usageRows struct {
	*fixture
	meters    []meter
	head      string // attribute InvoiceNumber, or nothing
	period    string // attributes ChargeStartDate and ChargeEndDate
	rateDate  string // attribute PCToBCExchangeRateDate
	month     int
	billed    bool
	locations []string // attribute ResourceLocation
	regions   []string // attribute MeterRegion
	benefits  []benefitText
}

type benefitText struct{ order, id string }

// The decimal attributes of usage, in the order of facts.amounts.
const (
	usageUnitPrice = iota
	usageQuantity
	usageBillingTotal
	usagePricingTotal
	usageEffectivePrice
	usageRate
	usageEarnedCredit
	usageCredit
)

func newUsageRows(e Export) *usageRows {
	u := &usageRows{fixture: newFixture(e, usageAttributes), billed: e.Billed()}
	u.meters = u.newMeters()
	if u.billed {
		u.head = u.fragment("InvoiceNumber", e.InvoiceID)
	}
	u.month = e.month()
	first := string(appendDay(nil, year, u.month, 1))
	next := string(appendDay(nil, year, u.month+1, 1))
	u.period = u.fragment("ChargeStartDate", first+"T00:00:00Z", "ChargeEndDate", next+"T00:00:00Z")
	u.rateDate = u.fragment("PCToBCExchangeRateDate", first+"T00:00:00.000Z")
	for _, l := range locations {
		u.locations = append(u.locations, u.fragment("ResourceLocation", l.code))
		u.regions = append(u.regions, u.fragment("MeterRegion", l.region))
	}
	r := random(hash(u.seed, "benefits"))
	for range 16 {
		u.benefits = append(u.benefits, benefitText{u.fragment("BenefitOrderID", guid(r.next())), u.fragment("BenefitID", guid(r.next()))})
	}
	return u
}

func (u *usageRows) columns() []column {
	return u.columnsOf("BillingPreTaxTotal", "UnitPrice", "Quantity", "BillingPreTaxTotal", "PricingPreTaxTotal",
		"EffectiveUnitPrice", "PCToBCExchangeRate", "PartnerEarnedCreditPercentage", "CreditPercentage")
}

func (u *usageRows) decide(row int64, f *facts) {
	r := u.rowStream(row)
	f.row = row
	f.customer = u.customerOf(row, &r)
	c := &u.customers[f.customer]
	f.resource = u.resourceOf(row, c, &r)
	f.item = choose(f.resource, len(u.meters))
	f.kind = someKind(&r)
	f.day = u.dayOf(row, f.customer, &r)
	m := &u.meters[f.item]
	quantity := u.corrected(row, someQuantity(&r, m.whole), 1e6)
	u.rates[c.currency].charge(f, m.price, m.sixteen, quantity, &r)
	f.choices = u.choicesOf(f, &r)
}

// someQuantity returns a quantity in millionths: whole, tiny, or hours with a fraction.
func someQuantity(r *random, whole bool) uint64 {
	switch n := r.below(10); {
	case whole || n < 2:
		return (1 + r.below(24)) * 1e6
	case n < 3:
		return 1 + r.below(9999)
	default:
		return 1 + r.below(744e6)
	}
}

// charge sets the amounts of a usage row: price times quantity, less the credits, converted to the
// billing currency.
func (e *rate) charge(f *facts, price amount, sixteen, quantity uint64, r *random) {
	keep := uint64(100) // percent of the price that is paid
	earned := uint64(0)
	if r.chance(60) {
		keep, earned = 85, 15
	}
	credit := earned
	effective := amount{lo: sixteen, scale: 16}
	switch {
	case f.kind == benefit:
		keep, earned, credit, effective = 0, 0, 0, amount{}
	case f.kind == credited:
		keep, earned, credit, effective = 0, 0, 100, amount{}
	case keep < 100: // 22 decimal places: no float64 holds them
		effective = wide(sixteen, keep*1e4, r.below(1e4), 22)
	}
	pricing, dropped := product(sixteen/100*keep, quantity, 7)
	places := 22 - dropped
	billing, dropped := product(pricing, e.nine, 9)
	a := &f.amounts
	a[usageUnitPrice] = price
	a[usageQuantity] = amount{lo: quantity, scale: 6}
	a[usagePricingTotal] = amount{lo: pricing, scale: places}
	a[usageBillingTotal] = amount{lo: billing, scale: places + 9 - dropped}
	a[usageEffectivePrice] = effective
	a[usageRate] = e.value
	a[usageEarnedCredit] = integer(earned)
	a[usageCredit] = integer(credit)
	if f.kind == refund {
		for _, i := range [...]int{usageQuantity, usagePricingTotal, usageBillingTotal} {
			a[i] = a[i].negated()
		}
	}
}

var usageCharges = [...]string{ordinary: "new", refund: "customerCredit", benefit: "new", credited: ""}

func (u *usageRows) append(b []byte, f *facts) []byte {
	c, m, a := &u.customers[f.customer], &u.meters[f.item], &f.amounts
	loc := f.resource >> 8 % uint64(len(locations))
	owner := &c.entitlements[f.resource>>16%uint64(len(c.entitlements))]
	group := resourceGroups[f.resource>>24%uint64(len(resourceGroups))]
	choices := f.choices

	b = append(b, '{')
	b = append(b, u.partner[1:]...)
	b = append(b, c.text...)
	b = append(b, c.mpn...)
	b = append(b, c.tier2...)
	b = append(b, u.head...)
	b = append(b, m.catalog...)
	b = append(b, c.subscription...)
	b = append(b, u.period...)
	b = append(b, `,"UsageDate":"`...)
	b = appendDay(b, year, u.month, f.day)
	b = append(b, '"')
	b = append(b, m.meterText...)
	if choices&3 != 0 {
		b = append(b, u.regions[loc]...)
	}
	b = append(b, m.unitText...)
	if u.full {
		b = append(b, u.locations[loc]...)
		b = append(b, m.consumed...)
		b = append(b, `,"ResourceGroup":"`...)
		b = append(b, group...)
		b = append(b, '"')
	}
	b = append(b, `,"ResourceURI":"`...)
	b = appendResource(b, owner.id, group, m.service, f.resource)
	b = append(b, `","ChargeType":"`...)
	b = append(b, usageCharges[f.kind]...)
	b = append(b, `","UnitPrice":`...)
	b = a[usageUnitPrice].append(b)
	b = append(b, `,"Quantity":`...)
	b = a[usageQuantity].append(b)
	b = append(b, m.unitType...)
	b = append(b, `,"BillingPreTaxTotal":`...)
	b = a[usageBillingTotal].append(b)
	b = append(b, `,"BillingCurrency":"`...)
	b = append(b, u.rates[c.currency].currency...)
	b = append(b, `","PricingPreTaxTotal":`...)
	b = a[usagePricingTotal].append(b)
	b = append(b, `,"PricingCurrency":"USD"`...)
	if u.full {
		if choices&12 == 0 {
			b = append(b, `,"ServiceInfo1":"`...)
			b = appendPadded(b, choices>>32%1000, 3)
			b = append(b, `","ServiceInfo2":""`...)
		}
		b = append(b, u.tags[f.resource>>40%uint64(len(u.tags))]...)
	}
	b = append(b, m.info...)
	b = append(b, `,"EffectiveUnitPrice":`...)
	b = a[usageEffectivePrice].append(b)
	b = append(b, `,"PCToBCExchangeRate":`...)
	b = a[usageRate].append(b)
	b = append(b, u.rateDate...)
	b = append(b, owner.idText...)
	if u.full {
		b = append(b, owner.description...)
		b = append(b, `,"PartnerEarnedCreditPercentage":`...)
		b = a[usageEarnedCredit].append(b)
	}
	b = append(b, `,"CreditPercentage":`...)
	b = a[usageCredit].append(b)
	b = append(b, `,"CreditType":"`...)
	switch {
	case f.kind == credited:
		b = append(b, `Azure Credit Applied"`...)
	case a[usageEarnedCredit].zero():
		b = append(b, `Credit Not Applied"`...)
	default:
		b = append(b, `Partner Earned Credit Applied"`...)
	}
	return append(u.appendBenefit(b, f), '}', '\n')
}

// appendBenefit writes the savings plan that covered the usage. Unbilled rows have no IDs of it.
func (u *usageRows) appendBenefit(b []byte, f *facts) []byte {
	switch {
	case f.kind == benefit:
		if t := &u.benefits[f.resource%16]; u.billed {
			b = append(append(b, t.order...), t.id...)
		}
		return append(b, `,"BenefitType":"SavingsPlan"`...)
	case f.choices&0x30 == 0:
		if u.billed {
			b = append(b, `,"BenefitOrderID":""`...)
			if u.full {
				b = append(b, `,"BenefitID":""`...)
			}
		}
		return append(b, `,"BenefitType":"Charge"`...)
	}
	return b
}

// appendResource writes an Azure resource ID.
func appendResource(b []byte, subscription, group string, v *service, resource uint64) []byte {
	b = append(b, "/subscriptions/"...)
	b = append(b, subscription...)
	b = append(b, "/resourceGroups/"...)
	b = append(b, group...)
	b = append(b, "/providers/"...)
	b = append(b, v.provider...)
	b = append(b, '/')
	b = append(b, v.kind...)
	b = append(b, '/')
	b = append(b, v.prefix...)
	b = append(b, '-')
	return appendHex(b, resource>>20, 10)
}
