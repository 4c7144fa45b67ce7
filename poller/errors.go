package poller

import (
	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
)

// advice says what to do now. It becomes part of the text of errors that come from responses.
var advice = map[error]string{
	apierror.ErrNoData:          "check invoice number, period and currency; legacy invoices (D...) cannot be exported, and where nothing was charged there is nothing to export",
	apierror.ErrExpired:         "begin a new export",
	apierror.ErrUnauthenticated: "not even a fresh access token was accepted; check the credential, whose app registration must live in the partner's tenant",
	apierror.ErrPermission: "the app registration in the partner's tenant needs Microsoft Graph's permission PartnerBilling.Read.All, " +
		"with the consent of an administrator of that tenant",
	apierror.ErrNotPartner:  "the credential signed in to a tenant that is not enrolled as a Cloud Solution Provider partner; use an app registration in the partner's own tenant, not in a customer's",
	apierror.ErrUnavailable: "try again later",
}

// newError makes every error of this package that is not a type of package apierror.
func newError(text string, kinds ...error) error { return errtext.New("poller: "+text, kinds...) }
