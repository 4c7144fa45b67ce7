package billingtest

import "strings"

// meter is a meter of usage: a service, a SKU, a price.
type meter struct {
	*service
	subCategory, sku string
	id               string // GUID
	catalog          string // attributes ProductId to SubscriptionDescription
	meterText        string // attributes MeterType to MeterName
	unitText         string // attribute Unit
	consumed         string // attribute ConsumedService
	unitType         string // attribute UnitType
	info             string // attribute AdditionalInfo, or nothing
	productID, skuID string
	availability     string
	price            amount // in pricing currency, sixteen places at most
	sixteen          uint64 // price times 10^16
}

// newMeters returns the meters of an export: every SKU of every service in each of its
// sub-categories.
func (s *fixture) newMeters() []meter {
	var meters []meter
	for i := range services {
		v := &services[i]
		for _, sub := range v.subCategories {
			for _, sku := range v.skus {
				meters = append(meters, s.newMeter(v, sub, sku))
			}
		}
	}
	return meters
}

func (s *fixture) newMeter(v *service, sub, sku string) meter {
	r := random(hash(s.export.Seed, "meter", v.product, sub, sku))
	m := meter{service: v, subCategory: sub, sku: sku, id: guid(r.next())}
	m.productID = code("DZH318Z0", r.next(), 4)
	m.skuID = code("00", r.next(), 2)
	m.availability = code("DZH318Z0", r.next(), 4)
	publisher := ""
	if r.chance(30) {
		publisher = "28503520"
	}
	m.catalog = s.fragment("ProductId", m.productID, "SkuId", m.skuID, "AvailabilityId", m.availability,
		"SkuName", sku, "ProductName", v.product, "PublisherName", "Microsoft", "PublisherId", publisher, "SubscriptionDescription", "Azure plan")
	m.meterText = s.fragment("MeterType", v.unit+" - "+sku, "MeterCategory", v.category, "MeterId", m.id,
		"MeterSubCategory", sub, "MeterName", sub+" - "+sku)
	m.unitText = s.fragment("Unit", v.unit)
	m.consumed = s.fragment("ConsumedService", v.provider)
	m.unitType = s.fragment("UnitType", v.unit)
	switch {
	case v.info != "":
		m.info = s.fragment("AdditionalInfo", strings.ReplaceAll(v.info, "#", sku))
	case r.chance(60):
		m.info = s.fragment("AdditionalInfo", "")
	}
	m.price = somePrice(&r, v.floor, v.ceiling)
	m.sixteen = m.price.lo * pow10[16-m.price.scale]
	return m
}

// somePrice returns a price between floor and ceiling (millionths) with 4 to 16 decimal places.
// Very small prices are written with an exponent, as the JVM writes them.
func somePrice(r *random, floor, ceiling uint64) amount {
	price := floor + r.below(ceiling-floor)
	switch n := r.below(10); {
	case n < 2:
		return amount{lo: price, scale: 6, exponential: price < 1000}
	case n < 5:
		return amount{lo: price*1e4 + r.below(1e4), scale: 10, exponential: price < 1000}
	default:
		return amount{lo: price*1e10 + r.below(1e10), scale: 16, exponential: price < 1000}
	}
}
