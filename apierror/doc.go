// Package apierror defines what a call to one of Microsoft's services can fail with. The clients of
// packages billing and costmgmt and the pollers that they return use the same errors.
//
//	errors.Is / errors.As   what happened                                  what to do
//	---------------------   --------------------------------------------   --------------------------------------------
//	ErrNoData               nothing was charged, or no such invoice        check the input; nothing charged: no data
//	ErrNotFound             the resource does not exist or is not visible  check the scope and the identity's role
//	ErrConflict             the resource was changed by somebody else      get it again and change that
//	ErrExpired              the service dropped the operation              begin a new export
//	ErrUnauthenticated      no token, or a fresh one refused               repair the credential, then resume
//	ErrPermission           a permission or a role is missing              have an administrator grant it, then resume
//	ErrNotPartner           the tenant is not a partner's                  use a credential of the partner's tenant
//	ErrUnavailable          no usable response                             call again later
//	ErrMalformed            malformed response                             look for a proxy in between; report it
//	ErrForeignLocation      a link to another host, not followed           look for a proxy in between; report it
//	ErrRedirect             an HTTP redirect, not followed                 look for a proxy in between
//	ErrCertificate          TLS with an unknown certificate                install the proxy's root certificate
//	ErrNotDone              Result was called before the operation ended   call PollUntilDone
//	ErrResumeToken          the resume token cannot be used here           begin a new export
//	*RequestError           the service rejected a request                 as its text says
//	*OperationError         the operation failed                           begin a new export
//	*TimeoutError           not done in time, or told to wait for longer   resume later with its ResumeToken
//
// A canceled context is reported by the context's own error and cause. No error holds an access token
// or a signature, in any form of printing.
package apierror
