package billingtest

import "strconv"

// reconciliationRows generates invoice reconciliation: Azure usage by month, licenses,
// reservations.
type reconciliationRows struct {
	*fixture
	items    []reconciliationItem
	invoice  string
	billed   bool
	period   string // attributes ChargeStartDate and ChargeEndDate
	rateDate string
	month    int
}

// reconciliationItem is a meter or offer, with the JSON of its attributes in the order of the row.
type reconciliationItem struct {
	catalog     string // ProductId to ProductName
	publisher   string // PublisherName to SubscriptionDescription
	term        string // TermAndBillingCycle
	unit        string // UnitType
	frequency   string // BillingFrequency
	meter       string // MeterDescription
	reservation bool
	dated       bool   // has a term with a start and an end
	qualifiers  string // ProductQualifiers
	category    string // ProductCategory
	price       amount
	eight       uint64 // price times 10^8
	usage       bool   // a meter
}

// The decimal attributes of reconciliation, in the order of facts.amounts.
const (
	reconUnitPrice = iota
	reconQuantity
	reconSubtotal
	reconTax
	reconTotal
	reconEffectivePrice
	reconBillable
	reconRate
)

func newReconciliationRows(e Export) *reconciliationRows {
	n := &reconciliationRows{fixture: newFixture(e, reconciliationAttributes), billed: e.Billed()}
	n.invoice = n.fragment("InvoiceNumber", e.InvoiceID)
	n.month = e.month()
	first := string(appendDay(nil, year, n.month, 1))
	last := string(appendDay(nil, year, n.month, 30))
	n.period = n.fragment("ChargeStartDate", first+"T00:00:00Z", "ChargeEndDate", last+"T00:00:00Z")
	n.rateDate = n.fragment("PCToBCExchangeRateDate", last+"T00:00:00.000Z")
	for _, m := range n.newMeters() {
		price := m.price
		for price.scale > 8 {
			price.lo /= 10
			price.scale--
		}
		price.exponential = false
		n.items = append(n.items, reconciliationItem{
			catalog:   n.fragment("ProductId", m.productID, "SkuId", m.skuID, "AvailabilityId", m.availability, "SkuName", m.sku, "ProductName", m.product),
			publisher: n.fragment("PublisherName", "Microsoft", "PublisherId", "NA", "SubscriptionDescription", "Azure plan"),
			term:      n.fragment("TermAndBillingCycle", m.sku+" ("+m.unit+")"), unit: n.fragment("UnitType", m.unit), frequency: "Monthly",
			meter: n.fragment("MeterDescription", m.product+" - "+m.subCategory+" - "+m.sku), qualifiers: `[]`, category: n.fragment("ProductCategory", "Azure"),
			price: price, eight: price.lo * pow10[8-price.scale], usage: true,
		})
	}
	for _, o := range offers {
		r := random(hash(e.Seed, "offer", o.product))
		n.items = append(n.items, reconciliationItem{
			catalog: n.fragment("ProductId", code("CFQ7TTC0", r.next(), 4), "SkuId", code("00", r.next(), 2), "AvailabilityId", code("CFQ7TTC0", r.next(), 4),
				"SkuName", o.sku, "ProductName", o.product),
			publisher: n.fragment("PublisherName", "Microsoft Corporation", "PublisherId", "", "SubscriptionDescription", o.product),
			term:      n.fragment("TermAndBillingCycle", o.term), unit: n.fragment("UnitType", "Licenses"), frequency: o.frequency,
			reservation: o.reservation, dated: o.term != "", qualifiers: o.qualifiers, category: n.fragment("ProductCategory", o.category),
			price: amount{lo: o.price, scale: 2}, eight: o.price * 1e6,
		})
	}
	return n
}

func (n *reconciliationRows) columns() []column {
	return n.columnsOf("Total", "UnitPrice", "Quantity", "Subtotal", "TaxTotal", "Total", "EffectiveUnitPrice", "BillableQuantity", "PCToBCExchangeRate")
}

func (n *reconciliationRows) decide(row int64, f *facts) {
	r := n.rowStream(row)
	f.row = row
	f.customer = n.customerOf(row, &r)
	c := &n.customers[f.customer]
	f.resource = n.resourceOf(row, c, &r)
	f.item = choose(f.resource, len(n.items))
	if r.chance(40) { // few offers are many rows of an invoice
		f.item = len(n.items) - 1 - r.pick(len(offers))
	}
	f.kind = someKind(&r)
	f.day = n.dayOf(row, f.customer, &r)
	n.charge(f, &n.items[f.item], &n.rates[c.currency], &r)
	f.choices = n.choicesOf(f, &r)
}

// charge sets the amounts. Each amount is rounded down to hundredths.
func (n *reconciliationRows) charge(f *facts, item *reconciliationItem, e *rate, r *random) {
	a := &f.amounts
	a[reconUnitPrice] = item.price
	a[reconRate] = e.value
	keep := uint64(100)
	if item.usage && r.chance(60) {
		keep = 85
	}
	if f.kind == benefit || f.kind == credited {
		keep = 0
	}
	effective := item.eight * keep // ten places
	a[reconEffectivePrice] = amount{lo: effective, scale: 10}

	var subtotal uint64 // hundredths
	if item.usage {
		quantity := n.corrected(f.row, someQuantity(r, false), 1e6)
		a[reconQuantity] = amount{lo: quantity, scale: 6}
		priced, _ := product(effective, quantity, 14)
		subtotal, _ = product(priced, e.nine, 9)
	} else {
		licenses := n.corrected(f.row, 1+r.below(1+r.below(300)), 1)
		a[reconQuantity] = integer(licenses)
		each, _ := product(effective, e.nine, 17)
		subtotal = each * licenses
	}
	a[reconBillable] = a[reconQuantity]
	tax := amount{}
	total := amount{lo: subtotal, scale: 2}
	if taxed := r.chance(40); taxed && n.billed { // 19 %, kept exact: four places
		tax = amount{lo: subtotal * 19, scale: 4}
		total = amount{lo: subtotal * 119, scale: 4}
	}
	a[reconSubtotal], a[reconTax], a[reconTotal] = amount{lo: subtotal, scale: 2}, tax, total
	if f.kind == refund {
		for _, i := range [...]int{reconQuantity, reconBillable, reconSubtotal, reconTax, reconTotal} {
			a[i] = a[i].negated()
		}
	}
}

var reconciliationCharges = [...]string{"new", "renew", "cycleCharge", "addQuantity", "changeBillingPlan", "extendTerm", "convert", "moveQuantity"}

func (n *reconciliationRows) append(b []byte, f *facts) []byte {
	c, item, a := &n.customers[f.customer], &n.items[f.item], &f.amounts
	ids := random(f.resource)
	b = append(b, '{')
	b = append(b, n.partner[1:]...)
	b = append(b, c.text...)
	b = append(b, n.invoice...)
	b = append(b, c.mpn...)
	b = append(b, c.tier2...)
	b = append(b, `,"OrderId":"`...)
	b = appendHex(b, ids.next(), 12)
	b = append(b, `","OrderDate":"`...)
	b = appendDay(b, year-1, n.month, f.day)
	b = append(b, `T18:30:06.`...)
	b = appendPadded(b, f.choices>>20%1e7, 7)
	b = append(b, `Z"`...)
	b = append(b, item.catalog...)
	b = append(b, `,"ChargeType":"`...)
	switch {
	case f.kind == refund:
		b = append(b, `cancelImmediate"`...)
	case item.usage:
		b = append(b, `new"`...)
	default:
		b = append(append(b, reconciliationCharges[f.choices%8]...), '"')
	}
	b = append(b, `,"UnitPrice":`...)
	b = a[reconUnitPrice].append(b)
	if n.full {
		b = append(b, `,"Quantity":`...)
		b = a[reconQuantity].append(b)
	}
	b = append(b, `,"Subtotal":`...)
	b = a[reconSubtotal].append(b)
	b = append(b, `,"TaxTotal":`...)
	b = a[reconTax].append(b)
	b = append(b, `,"Total":`...)
	b = a[reconTotal].append(b)
	b = append(b, `,"Currency":"`...)
	b = append(b, n.rates[c.currency].currency...)
	if f.kind == ordinary && item.usage {
		b = append(b, `","PriceAdjustmentDescription":"[\"15.0% Partner earned credit for services managed\"]"`...)
	} else {
		b = append(b, `","PriceAdjustmentDescription":""`...)
	}
	b = append(b, item.publisher...)
	b = append(b, c.subscription...)
	b = append(b, n.period...)
	b = append(b, item.term...)
	b = append(b, `,"EffectiveUnitPrice":`...)
	b = a[reconEffectivePrice].append(b)
	b = append(b, item.unit...)
	if n.full {
		b = append(b, `,"AlternateId":"`...)
		b = appendHex(b, ids.next(), 12)
		b = append(b, '"')
	}
	b = append(b, `,"BillableQuantity":`...)
	b = a[reconBillable].append(b)
	if n.full {
		b = append(b, `,"BillingFrequency":"`...)
		if n.billed {
			b = append(b, item.frequency...)
		}
		b = append(b, '"')
	}
	b = append(b, `,"PricingCurrency":"USD","PCToBCExchangeRate":`...)
	b = a[reconRate].append(b)
	b = append(b, n.rateDate...)
	b = append(b, item.meter...)
	return append(n.appendTail(b, f, item, &ids), '}', '\n')
}

// appendTail writes the attributes from ReservationOrderId on. Most of them are often empty or
// missing.
func (n *reconciliationRows) appendTail(b []byte, f *facts, item *reconciliationItem, ids *random) []byte {
	if item.reservation {
		b = append(b, `,"ReservationOrderId":"`...)
		b = append(appendGUID(b, ids.next()), '"')
	} else if f.choices&1 == 0 {
		b = append(b, `,"ReservationOrderId":""`...)
	}
	if f.kind == credited {
		b = append(b, `,"CreditReasonCode":"Azure Credit Offer"`...)
	} else {
		b = append(b, `,"CreditReasonCode":""`...)
	}
	if item.dated {
		b = append(b, `,"SubscriptionStartDate":"`...)
		b = appendDay(b, year, 1+f.day%n.month, f.day)
		b = append(b, `T00:00:00Z","SubscriptionEndDate":"`...)
		b = appendDay(b, year+1, 1+f.day%n.month, f.day)
		b = append(b, `T00:00:00Z"`...)
	}
	b = append(b, `,"ReferenceId":"`...)
	b = append(appendGUID(b, f.choices), '"')
	if n.full {
		b = append(b, `,"ProductQualifiers":`...)
		b = append(b, item.qualifiers...)
	}
	if f.choices&6 == 0 {
		b = append(b, `,"PromotionId":"39NFJQT1PFPP:`...)
		b = strconv.AppendUint(b, 1+f.choices>>8%9, 10)
		b = append(b, `:39NFJQT1Q5KJ"`...)
	} else {
		b = append(b, `,"PromotionId":""`...)
	}
	return append(b, item.category...)
}
