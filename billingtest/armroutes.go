package billingtest

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// route is a call of Resource Manager.
type route struct {
	method string
	path   *regexp.Regexp
	handle func(*Server, *armCall) *Response // nil: Microsoft has this call, but it is not implemented
}

// Paths of resources. A {name} is one segment, {scope} any number of them.
const (
	pathAccounts = "/providers/Microsoft.Billing/billingAccounts"
	pathAccount  = pathAccounts + "/{account}"
	pathProfile  = pathAccount + "/billingProfiles/{profile}"
	pathCustomer = pathAccount + "/customers/{customer}"
	pathCosts    = "{scope}/providers/Microsoft.CostManagement"
	pathUsage    = "{scope}/providers/Microsoft.Consumption"
)

var routes = func() (all []route) {
	add := func(method, path string, handle func(*Server, *armCall) *Response) {
		all = append(all, route{method, pathPattern(path), handle})
	}
	list := func(path string, handle func(*Server, *armCall) []any) {
		add(http.MethodGet, path, func(s *Server, c *armCall) *Response { return c.list(handle(s, c)) })
		add(http.MethodGet, path+"/{name}", func(s *Server, c *armCall) *Response { return c.one(handle(s, c)) })
	}
	list(pathAccounts, (*Server).accountResources)
	list(pathAccount+"/billingProfiles", (*Server).profileResources)
	for _, parent := range []string{pathAccount, pathProfile} {
		list(parent+"/customers", (*Server).customerResources)
	}
	for _, parent := range []string{pathAccount, pathProfile, pathCustomer, pathProfile + "/customers/{customer}"} {
		list(parent+"/billingSubscriptions", (*Server).subscriptionResources)
	}
	for _, parent := range []string{pathAccount, pathProfile} {
		add(http.MethodGet, parent+"/invoices", (*Server).listInvoices)
		add(http.MethodGet, parent+"/invoices/{name}", func(s *Server, c *armCall) *Response { return c.one(s.invoiceResources(c, nil)) })
	}
	add(http.MethodGet, pathCustomer+"/policies/default", (*Server).getPolicy)
	add(http.MethodPut, pathCustomer+"/policies/default", (*Server).putPolicy)

	add(http.MethodPost, pathCosts+"/query", (*Server).query)
	add(http.MethodGet, pathUsage+"/usageDetails", (*Server).usageDetails)
	add(http.MethodPost, pathCosts+"/generateCostDetailsReport", (*Server).beginReport)
	add(http.MethodGet, pathCosts+"/costDetailsOperationResults/{id}", (*Server).pollOperation)
	add(http.MethodPost, pathProfile+"/providers/Microsoft.CostManagement/pricesheets/default/download", (*Server).beginPriceSheet)
	add(http.MethodPost, pathProfile+"/invoices/{invoice}/providers/Microsoft.CostManagement/pricesheets/default/download", (*Server).beginPriceSheet)
	add(http.MethodPost, pathProfile+"/pricesheet/default/download", (*Server).beginLegacyPriceSheet)
	add(http.MethodGet, pathProfile+"/pricesheetDownloadOperations/{id}", (*Server).pollOperation)
	add(http.MethodGet, pathAccount+"/operationResults/{id}", (*Server).pollOperation)

	for _, collection := range []string{pathCosts + "/budgets", pathUsage + "/budgets", pathCosts + "/exports"} {
		add(http.MethodGet, collection, (*Server).listKept)
		add(http.MethodGet, collection+"/{name}", (*Server).getKept)
		add(http.MethodPut, collection+"/{name}", (*Server).putKept)
		add(http.MethodDelete, collection+"/{name}", (*Server).deleteKept)
	}
	add(http.MethodPost, pathCosts+"/exports/{name}/run", (*Server).runExport)
	add(http.MethodGet, pathCosts+"/exports/{name}/runHistory", (*Server).exportRuns)
	return append(all, unimplemented()...)
}()

// unimplemented returns calls that Microsoft has and this service has not.
func unimplemented() (all []route) {
	known := map[string]string{
		pathAccount: "agreements|availableBalance|billingPermissions|billingProperty|billingRequests|billingRoleAssignments|billingRoleDefinitions|departments|" +
			"enrollmentAccounts|invoiceSections|listInvoiceSectionsWithCreateSubscriptionPermission|partnerTransfers|paymentMethods|policies|products|" +
			"reservationOrders|reservations|savingsPlanOrders|savingsPlans|transactions|transfers|associatedTenants",
		pathProfile:  "availableBalance|billingPermissions|billingRoleAssignments|billingRoleDefinitions|instructions|invoiceSections|paymentMethodLinks|policies|products|reservations|transactions",
		pathCustomer: "billingPermissions|billingRequests|billingRoleAssignments|billingRoleDefinitions|products|transactions|transfers",
		pathCosts: "alerts|benefitRecommendations|benefitUtilizationSummaries|costAllocationRules|dimensions|forecast|generateBenefitUtilizationSummariesReport|" +
			"generateDetailedCostReport|generateReservationDetailsReport|operationResults|operationStatus|priceSheets|pricesheets|scheduledActions|settings|views",
		pathUsage:                                                   "aggregatedCost|balances|charges|credits|events|lots|marketplaces|pricesheets|reservationDetails|reservationRecommendations|reservationSummaries|reservationTransactions|tags",
		pathAccount + "/invoices/{invoice}":                         "amend|download|downloadDocuments|downloadSummary|transactions|transactionsDownload|transactionSummary",
		pathProfile + "/invoices/{invoice}":                         "download|downloadDocuments|transactions",
		pathAccount + "/billingSubscriptions/{subscription}":        "billingSubscriptionAliases|cancel|invoices|merge|move|split|validateMoveEligibility",
		"/subscriptions/{subscription}/providers/Microsoft.Billing": "[^/]+",
	}
	for parent, names := range known {
		all = append(all, route{"", regexp.MustCompile("(?i)^" + expand(parent) + "/(?:" + names + ")(?:/.*)?$"), nil})
	}
	return append(all,
		route{"", pathPattern("/providers/Microsoft.CostManagement{scope}"), nil},
		route{"", pathPattern("/providers/Microsoft.Billing/operations"), nil},
		route{"", pathPattern("/providers/Microsoft.Consumption/operations"), nil},
		route{"", pathPattern("/providers/Microsoft.Billing/transfers{scope}"), nil},
	)
}

// pathPattern compiles a path. Resource Manager ignores case.
func pathPattern(path string) *regexp.Regexp {
	return regexp.MustCompile("(?i)^" + expand(path) + "$")
}

var variable = regexp.MustCompile(`\{(\w+)\}`)

// expand replaces the variables of a path by groups.
func expand(path string) string {
	return variable.ReplaceAllStringFunc(strings.ReplaceAll(path, ".", `\.`), func(v string) string {
		if name := strings.Trim(v, "{}"); name != "scope" {
			return "(?P<" + name + ">[^/]+)"
		}
		return "(?P<scope>/.+?)"
	})
}

// routeOf returns the route of a request and the variables of its path. Without a route, exists
// tells whether there is one for another method.
func routeOf(method, escaped string) (r *route, path map[string]string, exists bool) {
	for i := range routes {
		r := &routes[i]
		found := r.path.FindStringSubmatch(escaped)
		switch {
		case found == nil:
			continue
		case r.method != "" && r.method != method:
			exists = true
			continue
		}
		path := map[string]string{}
		for j, name := range r.path.SubexpNames() {
			if name == "" || j == 0 {
				continue
			}
			text, err := url.PathUnescape(found[j])
			if err != nil {
				text = found[j]
			}
			path[name] = text
		}
		return r, path, true
	}
	return nil, nil, exists
}
