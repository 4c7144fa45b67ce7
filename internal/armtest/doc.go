// Package armtest tests costmgmt against the fake servers that Microsoft generates with its
// Resource Manager modules: a request must have the path and the body that they parse. A module
// of its own, so that armbilling and armcostmanagement never become dependencies of the SDK.
package armtest
