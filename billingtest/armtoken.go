package billingtest

import "net/http"

// armTokenErrors are Resource Manager's codes and messages about invalid bearer tokens.
var armTokenErrors = map[tokenProblem][2]string{
	tokenMissing:  {"AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."},
	tokenInvalid:  {"InvalidAuthenticationToken", "The access token is invalid."},
	tokenExpired:  {"ExpiredAuthenticationToken", "The access token has expired."},
	tokenAudience: {"InvalidAuthenticationTokenAudience", "The access token has been obtained for wrong audience or resource. It should exactly match with one of the allowed audiences '" + armAudience + "'."},
}

// armTokenError returns Resource Manager's response to an invalid bearer token.
func armTokenError(problem tokenProblem) *Response {
	e := armTokenErrors[problem]
	resp := armError(http.StatusUnauthorized, e[0], e[1])
	resp.Header.Set("Www-Authenticate", `Bearer authorization_uri="https://login.windows.net/`+partnerTenant+`", error="invalid_token", error_description="`+e[1]+`"`)
	return resp
}
