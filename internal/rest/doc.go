// Package rest sends a request to one of Microsoft's REST services and reads the response within
// limits. Whatever goes wrong becomes an error of package apierror that names the caller's
// operation. It has one home because the exports of Microsoft Graph and the calls to Azure Resource
// Manager fail in the same ways.
package rest
