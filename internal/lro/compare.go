package lro

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/internal/errtext"
)

// compare returns an error where the request of a token is not the one that the caller gives: the
// rows would be those of another invoice. A nil request is not compared.
func (s *Service) compare(t *tokenContent, request func() (*policy.Request, error)) error {
	if request == nil {
		return nil
	}
	req, err := request()
	if err != nil {
		return err
	}
	given, err := newReplay(req)
	if err != nil {
		return err
	}
	if difference := t.Replay.differs(t.Endpoint, given, s.Endpoint.String()); difference != "" {
		return s.unusable("it is of another request: " + difference + "; use the request that the token was made with, or ")
	}
	return nil
}

// differs says how a token's request differs from the given one, "" where it does not. The version
// of the service's API does not matter: a later version of the SDK or other options of the client
// may use another.
func (p *replay) differs(endpoint string, given *replay, givenEndpoint string) string {
	const is = "%s is %s in the token, but %s in the request"
	if a, b := pathBelow(p.Address, endpoint), pathBelow(given.Address, givenEndpoint); !strings.EqualFold(a, b) {
		return fmt.Sprintf(is, "the path", quote(a), quote(b))
	}
	a, b := members(p.Body), members(given.Body)
	names := slices.Collect(maps.Keys(b))
	for name := range a {
		if _, both := b[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if !bytes.Equal(a[name], b[name]) {
			return fmt.Sprintf(is, errtext.Clip(name, errtext.CodeLimit), shown(a[name]), shown(b[name]))
		}
	}
	return ""
}

// pathBelow returns the path of an address below that of the endpoint, which may end in a version.
func pathBelow(address, endpoint string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if e, err := url.Parse(endpoint); err == nil {
		return strings.TrimPrefix(u.Path, strings.TrimSuffix(e.Path, "/"))
	}
	return u.Path
}

// members returns the members of a request's body, which this module wrote: what is equal is equal
// in its bytes. Another body, or none, is a member by itself.
func members(body string) (m map[string]json.RawMessage) {
	if json.Unmarshal([]byte(body), &m) != nil {
		return map[string]json.RawMessage{"the body": json.RawMessage(body)}
	}
	return m
}

func quote(text string) string { return fmt.Sprintf("%q", errtext.Clip(text, errtext.CodeLimit)) }

// shown is a member's value for an error.
func shown(raw json.RawMessage) string {
	return cmp.Or(errtext.Clip(string(raw), errtext.CodeLimit), "missing")
}
