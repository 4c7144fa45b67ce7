package costmgmt

import (
	"errors"
	"fmt"

	"github.com/partnerbilling/sdk-go/internal/errtext"
)

var (
	// ErrInvalidRequest means that a request cannot be right; the text names what is invalid or
	// missing. Nothing was sent.
	ErrInvalidRequest = errors.New("invalid request")

	// ErrNoPartnerAccount means that no billing account under a Microsoft Partner Agreement is
	// visible. The identity may have no billing role: the service then returns an empty list and
	// does not reject the request.
	ErrNoPartnerAccount = errors.New("no billing account under a Microsoft Partner Agreement is visible; " +
		"the identity needs a billing role (such as Admin agent) in the partner's tenant")

	// ErrSeveralPartnerAccounts means that several accounts under a Microsoft Partner Agreement are
	// visible. Choose one of those that [Client.BillingAccounts] lists.
	ErrSeveralPartnerAccounts = errors.New("several billing accounts under a Microsoft Partner Agreement are visible; choose one of BillingAccounts")

	// ErrRunFailed means that a run of an export has ended without delivering its files.
	ErrRunFailed = errors.New("export run failed")

	// ErrTooLarge means that a price sheet is larger than [OpenPriceSheetOptions].MaxBytes, or is
	// an archive with more than 10,000 entries.
	ErrTooLarge = errors.New("price sheet too large")
)

// permission says what to do after a 403.
const permission = "the identity needs a role on this scope: Global admin or Admin agent of the partner's tenant for billing scopes, " +
	"Cost Management Reader (Contributor for changes) for subscriptions"

// failed makes an error of a call.
func failed(what string, format string, args []any, kinds ...error) error {
	return errtext.New("costmgmt: "+what+": "+fmt.Sprintf(format, args...), kinds...)
}

func invalid(what, reason string) error {
	return failed(what, "%s", []any{reason}, ErrInvalidRequest)
}
