// Package apierror defines what a call to one of Microsoft's services can fail with. The clients of
// packages billing and costmgmt and the pollers that they return use the same errors.
//
//	errors.Is / errors.As  what happened                          what to do
//	---------------------  -------------------------------------  ---------------------------
//	ErrNoData              nothing charged, or no such invoice    check the input
//	ErrNotFound            no such resource, or not visible       check scope, role and proxy
//	ErrExpired             the service dropped the operation      begin a new export
//	ErrConflict            another change came first              get it again, change that
//	ErrUnauthenticated     no token, or a fresh one rejected      check the credential, resume
//	ErrPermission          a permission or a role is missing      have it granted, resume
//	ErrNotPartner          not a partner's tenant                 use the partner's tenant
//	ErrUnavailable         no usable response                     call again later
//	ErrMalformed           malformed response                     look for a proxy; report it
//	ErrForeignLocation     a link to another host, not followed   look for a proxy; report it
//	ErrRedirect            an HTTP redirect, not followed         look for a proxy
//	ErrCertificate         TLS with an unknown certificate        install the root certificate
//	ErrNotDone             Result before the operation ended      call PollUntilDone
//	ErrResumeToken         the token cannot be used here          begin a new export
//	*RequestError          the service rejected a request         as its text says
//	*OperationError        the operation failed                   begin a new export
//	*TimeoutError          not done in time                       resume with its ResumeToken
//
// A canceled context is reported by the context's own error and cause. No error holds an access
// token or a signature, in any form of printing.
package apierror
