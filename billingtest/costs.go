package billingtest

import (
	"bytes"
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
