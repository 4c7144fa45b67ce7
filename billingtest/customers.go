package billingtest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

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
