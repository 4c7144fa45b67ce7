package billingtest

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// fixture is what the rows of an export share: the partner, its customers, exchange rates, tags. It
// is made once per export. Text that repeats is kept as JSON.
type fixture struct {
	export    Export
	seed      uint64
	full      bool
	set       map[string]bool // the attributes to write
	partner   string          // attributes PartnerId and PartnerName
	customers []customer      // sorted by id
	upTo      []uint64        // upTo[i]: the end of customer i's share of all rows, as a fraction of 2^63
	rates     []rate          // one per currency of the export
	tags      []string
}

type customer struct {
	id, name     string
	seed         uint64
	text         string // CustomerId to CustomerCountry
	mpn, tier2   string // attributes MpnId and Tier2MpnId, or nothing
	subscription string // attribute SubscriptionId
	entitlements []entitlement
	currency     int
	resources    uint64
}

type entitlement struct{ id, name, idText, description string }

// rate is a billing currency and the exchange rate from the pricing currency.
type rate struct {
	currency string
	value    amount // nine decimal places at most
	nine     uint64 // value times 10^9
}

const tenantSeed = 0x7e4a47

// partnerTenant is the partner's tenant ID in all exports.
var partnerTenant = guid(tenantSeed)

func newFixture(e Export, attributes []attribute) *fixture {
	s := &fixture{export: e, seed: hash(e.Seed, e.Dataset.String()), full: e.AttributeSet == "full", set: map[string]bool{}}
	for _, a := range attributes {
		if s.full || a.basic {
			s.set[a.name] = true
		}
	}
	s.partner = s.fragment("PartnerId", partnerTenant, "PartnerName", "Fabrikam Cloud Solutions")
	for _, currency := range e.Currencies {
		s.rates = append(s.rates, newRate(currency))
	}
	s.makeCustomers()
	s.makeTags()
	return s
}

// fragment returns the JSON of pairs of attribute and text, each after a comma. It leaves out
// attributes that are not in the attribute set.
func (s *fixture) fragment(pairs ...string) string {
	var b []byte
	for pair := range slices.Chunk(pairs, 2) {
		if name, text := pair[0], pair[1]; s.set[name] {
			b = append(b, `,"`+name+`":`...)
			b = appendText(b, text, false)
		}
	}
	return string(b)
}

// appendText writes a JSON string. With ascii, all other characters are escaped.
func appendText(b []byte, text string, ascii bool) []byte {
	b = append(b, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || ascii && r > '~':
			for _, unit := range utf16.AppendRune(nil, r) {
				b = appendHex(append(b, `\u`...), uint64(unit), 4)
			}
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}

func newRate(currency string) rate {
	known := map[string]uint64{"USD": 1e9, "EUR": 846_202_666, "GBP": 765_110_943, "CHF": 884_530_001, "INR": 83_906_412_500, "AUD": 1_478_300_007, "JPY": 147_228_000_000}
	nine, ok := known[currency]
	if !ok {
		nine = 500_000_000 + hash(0, currency)%1_500_000_000
	}
	return rate{currency: currency, value: amount{lo: nine, scale: 9}, nine: nine}
}

// makeCustomers makes the customers, sorted by ID, with shares by Zipf's law, or with equal shares
// in ShapeUniform.
func (s *fixture) makeCustomers() {
	n := s.export.Customers
	weights := make([]float64, n)
	total := 0.0
	for i := range n {
		s.customers = append(s.customers, s.newCustomer(i))
		weights[i] = 1 / math.Pow(float64(i+1), 1.1)
		if s.export.Shape == ShapeUniform {
			weights[i] = 1
		}
		total += weights[i]
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(s.customers[a].id, s.customers[b].id) })
	sorted := make([]customer, 0, n)
	sum := 0.0
	for _, i := range order {
		share := weights[i] / total
		sum += share
		c := s.customers[i]
		c.resources = 3 + uint64(share*float64(s.export.Rows)/25)
		sorted = append(sorted, c)
		s.upTo = append(s.upTo, uint64(min(sum, 1)*(1<<63)))
	}
	s.customers = sorted
	s.upTo[n-1] = math.MaxUint64
}

func (s *fixture) newCustomer(i int) customer {
	c := customer{seed: hash(s.export.Seed, "customer", strconv.Itoa(i))}
	r := random(c.seed)
	c.id = guid(r.next())
	c.name = customerNames[r.pick(len(customerNames))]
	if i >= len(customerNames)/2 {
		c.name += " " + strconv.Itoa(i)
	}
	domain := string(appendCode(nil, r.next(), 8))
	c.text = s.fragment("CustomerId", c.id)
	if s.set["CustomerName"] {
		b := append([]byte(c.text), `,"CustomerName":`...)
		c.text = string(appendText(b, c.name, r.chance(50)))
	}
	c.text += s.fragment("CustomerDomainName", strings.ToLower(domain)+".onmicrosoft.com",
		"CustomerCountry", countries[r.pick(len(countries))])
	c.mpn = s.fragment("MpnId", "6034453")
	switch r.below(4) {
	case 0: // left out
	case 1:
		c.tier2 = s.fragment("Tier2MpnId", "0")
	case 2:
		c.tier2 = s.fragment("Tier2MpnId", "")
	default:
		c.tier2 = s.fragment("Tier2MpnId", strconv.FormatUint(4_000_000+r.below(3_000_000), 10))
	}
	c.subscription = s.fragment("SubscriptionId", guid(r.next()))
	for range 1 + r.below(4) {
		id := guid(r.next())
		name := entitlementNames[r.pick(len(entitlementNames))]
		c.entitlements = append(c.entitlements, entitlement{
			id: id, name: name, idText: s.fragment("EntitlementId", id), description: s.fragment("EntitlementDescription", name),
		})
	}
	c.currency = i % len(s.rates)
	return c
}

func (s *fixture) makeTags() {
	r := random(hash(s.seed, "tags"))
	s.tags = append(s.tags, s.fragment("Tags", ""), "") // no tags: an empty text or no key at all
	for range 62 {
		text := tagTemplates[r.pick(len(tagTemplates))]
		text = strings.ReplaceAll(text, "#", strconv.FormatUint(1000+r.below(9000), 10))
		if !s.set["Tags"] {
			s.tags = append(s.tags, "")
			continue
		}
		s.tags = append(s.tags, string(appendText([]byte(`,"Tags":`), text, r.chance(30))))
	}
}
