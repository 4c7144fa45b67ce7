package billingtest

import (
	"bytes"
	"cmp"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// The costs of Cost Management are the rows of the usage exports: those of invoices, and unbilled
// ones of a month without an invoice. Blobs that are given as raw bytes are left out.

// costFilter selects costs. The zero value selects all.
type costFilter struct {
	invoice, customer, subscription, group string // not case-sensitive
	days                                   period
	account                                bool // the scope is the account, whose costs are in US dollars
}

// period is a range of days, both included. The zero value is all days.
type period struct{ from, to time.Time }

func (p period) contains(day time.Time) bool {
	return p == period{} || !day.Before(p.from) && !day.After(p.to)
}

// ofRows returns the days of the rows that a requested period selects. The rows do not depend on
// the clock: a period that begins in this month or the one before selects those of the current or
// the last period. Any other one selects by the dates of the rows.
func (p period) ofRows(now time.Time) period {
	months := func(t time.Time) int { return t.Year()*12 + int(t.Month()) }
	ago := months(now.UTC()) - months(p.from)
	if ago != 0 && ago != 1 {
		return p
	}
	shift := months(now.UTC()) - months(today)
	move := func(t time.Time) time.Time {
		first := time.Date(t.Year(), t.Month()-time.Month(shift), 1, 0, 0, 0, 0, time.UTC)
		return first.AddDate(0, 0, min(t.Day(), first.AddDate(0, 1, -1).Day())-1)
	}
	return period{move(p.from), move(p.to)}
}

// today is the last day of the rows. Relative periods such as MonthToDate refer to it, as the rows
// do not depend on the clock.
var today = time.Date(year, currentMonth, 31, 0, 0, 0, 0, time.UTC)

// currentMonth is the month of the unbilled exports of the current period.
const currentMonth = 10

// timeframe returns the period that Cost Management has a word for.
func timeframe(word string) (period, bool) {
	first := today.AddDate(0, 0, 1-today.Day())
	switch strings.ToLower(word) {
	case "monthtodate", "billingmonthtodate", "thecurrentmonth":
		return period{first, today}, true
	case "thelastmonth", "thelastbillingmonth":
		return period{first.AddDate(0, -1, 0), first.AddDate(0, 0, -1)}, true
	case "weektodate":
		return period{today.AddDate(0, 0, -int(today.Weekday())), today}, true
	case "thelastweek":
		sunday := today.AddDate(0, 0, -int(today.Weekday()))
		return period{sunday.AddDate(0, 0, -7), sunday.AddDate(0, 0, -1)}, true
	case "yeartodate", "thecurrentyear":
		return period{first.AddDate(0, 1-int(first.Month()), 0), today}, true
	case "thelastyear":
		return period{first.AddDate(-1, 1-int(first.Month()), 0), first.AddDate(0, 1-int(first.Month()), -1)}, true
	default:
		return period{}, false
	}
}

// scopes are the resources that have costs.
var scopes = []*regexp.Regexp{
	pathPattern(pathAccount),
	pathPattern(pathProfile),
	pathPattern(pathCustomer),
	pathPattern(pathProfile + "/customers/{customer}"),
	pathPattern(pathAccount + "/invoices/{invoice}"),
	pathPattern(pathProfile + "/invoices/{invoice}"),
	pathPattern("/subscriptions/{subscription}"),
	pathPattern("/subscriptions/{subscription}/resourceGroups/{group}"),
}

// costsOf returns the filter of the scope that the path names, or false if it does not exist.
func (s *Server) costsOf(c *armCall) (f costFilter, ok bool) {
	for i, pattern := range scopes {
		found := pattern.FindStringSubmatch(c.path["scope"])
		if found == nil {
			continue
		}
		part := func(name string) string {
			if at := pattern.SubexpIndex(name); at >= 0 {
				return found[at]
			}
			return ""
		}
		f = costFilter{account: i == 0, invoice: part("invoice"), customer: part("customer"), subscription: part("subscription"), group: part("group")}
		known := c.account != nil
		if name := part("account"); name != "" {
			known = known && strings.EqualFold(name, c.account.Name)
		}
		if profile := part("profile"); profile != "" {
			known = known && strings.EqualFold(profile, DefaultProfile)
		}
		known = known && (f.customer == "" || s.isCustomer(f.customer)) && (f.subscription == "" || s.isSubscription(f.subscription))
		return f, known
	}
	return f, false
}

// costExports returns the exports with the costs of a filter, in a fixed order.
func (s *Server) costExports(f costFilter) (exports []Export) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var billed []int
	for _, address := range slices.Sorted(maps.Keys(s.exports)) {
		e := s.exports[address].export
		if e.Dataset != Usage || f.invoice != "" && !strings.EqualFold(e.InvoiceID, f.invoice) {
			continue
		}
		if n, err := e.normal(); err == nil {
			exports = append(exports, n)
			if n.Billed() {
				billed = append(billed, n.month())
			}
		}
	}
	return slices.DeleteFunc(exports, func(e Export) bool {
		e.AttributeSet = "full"
		return !e.Billed() && slices.Contains(billed, e.month())
	})
}

// cost is a row of usage.
type cost struct {
	lineitem.Record
	day time.Time
}

// costs returns the rows of a blob that a filter selects.
func (e Export) costs(blob int, f costFilter) iter.Seq2[cost, error] {
	return func(yield func(cost, error) bool) {
		e.AttributeSet = "full"
		var lines bytes.Buffer
		if err := e.WriteLines(&lines, blob); err != nil {
			yield(cost{}, err)
			return
		}
		for row, err := range lineitem.NewReader[lineitem.Record](&lines, nil).All() {
			if err != nil {
				yield(cost{}, err)
				return
			}
			c := cost{Record: row, day: time.Date(year, time.Month(e.month()), 1, 0, 0, 0, 0, time.UTC)}
			if t, err := row.Time("UsageDate"); err == nil && !t.IsZero() {
				c.day = t.Truncate(24 * time.Hour)
			}
			if f.selects(&c) && !yield(c, nil) {
				return
			}
		}
	}
}

func (f *costFilter) selects(c *cost) bool {
	is := func(want, attribute string) bool { return want == "" || strings.EqualFold(want, c.Text(attribute)) }
	return f.days.contains(c.day) && is(f.customer, "CustomerId") && is(f.subscription, "EntitlementId") && is(f.group, "ResourceGroup")
}

// allCosts returns the rows of all exports that a filter selects.
func (s *Server) allCosts(f costFilter) iter.Seq2[cost, error] {
	return func(yield func(cost, error) bool) {
		for _, e := range s.costExports(f) {
			names, err := e.BlobNames()
			if err != nil {
				yield(cost{}, err)
				return
			}
			for blob := range names {
				for c, err := range e.costs(blob, f) {
					if !yield(c, err) || err != nil {
						return
					}
				}
			}
		}
	}
}

// partnerCustomer is a customer in the exports, with its Azure subscriptions.
type partnerCustomer struct {
	id, name      string
	subscriptions []partnerSubscription
}

type partnerSubscription struct{ id, name string }

// customers returns the customers of all exports, sorted by ID.
func (s *Server) customers() []partnerCustomer {
	s.mu.Lock()
	var exports []Export
	for _, o := range s.exports {
		exports = append(exports, o.export)
	}
	s.mu.Unlock()
	known := map[string]partnerCustomer{}
	for _, e := range exports {
		e.AttributeSet = "full"
		c, err := newContent(e)
		if err != nil {
			continue // Add has rejected it
		}
		for _, one := range c.customers() {
			if before, ok := known[one.id]; ok {
				one.subscriptions = append(before.subscriptions, one.subscriptions...)
			}
			slices.SortFunc(one.subscriptions, func(a, b partnerSubscription) int { return cmp.Compare(a.id, b.id) })
			one.subscriptions = slices.CompactFunc(one.subscriptions, func(a, b partnerSubscription) bool { return a.id == b.id })
			known[one.id] = one
		}
	}
	return slices.SortedFunc(maps.Values(known), func(a, b partnerCustomer) int { return cmp.Compare(a.id, b.id) })
}

// customers returns the customers of an export: of generated rows without generating them.
func (c *content) customers() (all []partnerCustomer) {
	if c.rows != nil {
		_, n := c.rows.customerAt(0)
		for i := range n {
			one, _ := c.rows.customerAt(i)
			made := partnerCustomer{id: one.id, name: one.name}
			for _, e := range one.entitlements {
				made.subscriptions = append(made.subscriptions, partnerSubscription{e.id, e.name})
			}
			all = append(all, made)
		}
		return all
	}
	for i := range c.blobs {
		for row, err := range c.export.costs(i, costFilter{}) {
			if err != nil {
				break // given lines may be anything
			}
			if id := row.Text("CustomerId"); id != "" {
				made := partnerCustomer{id: id, name: row.Text("CustomerName")}
				if e := row.Text("EntitlementId"); e != "" {
					made.subscriptions = []partnerSubscription{{e, row.Text("EntitlementDescription")}}
				}
				all = append(all, made)
			}
		}
	}
	return all
}

func (s *Server) isCustomer(id string) bool {
	return slices.ContainsFunc(s.customers(), func(c partnerCustomer) bool { return strings.EqualFold(c.id, id) })
}

func (s *Server) isSubscription(id string) bool {
	return slices.ContainsFunc(s.customers(), func(c partnerCustomer) bool {
		return slices.ContainsFunc(c.subscriptions, func(p partnerSubscription) bool { return strings.EqualFold(p.id, id) })
	})
}
