package costmgmt

import (
	"crypto/sha256"

	"github.com/partnerbilling/sdk-go/apierror"
)

const (
	// maxPage bounds the size of a page, and of every other response that is read as one value.
	// Pages of the services have up to 5000 rows, and a few MiB.
	maxPage = 16 << 20
	// maxEmptyPages is how many pages in a row may be without elements. A service that filters may
	// send some.
	maxEmptyPages = 100
)

// pageLinks are the links that were followed from page to page. Only their hashes are kept.
type pageLinks struct {
	seen  map[[sha256.Size]byte]struct{}
	empty int // pages in a row
}

// follow takes the link to the next page from a page with a number of elements. The error says that
// the list has no end.
func (l *pageLinks) follow(k *call, link string, elements int) error {
	if l.empty++; elements > 0 {
		l.empty = 0
	}
	hash := sha256.Sum256([]byte(link))
	_, again := l.seen[hash]
	switch {
	case again:
		return k.op().Errorf(apierror.ErrMalformed, "nextLink cycle")
	case l.empty > maxEmptyPages:
		return k.op().Errorf(apierror.ErrMalformed, "%d pages in a row without elements, each with a nextLink", maxEmptyPages)
	case l.seen == nil:
		l.seen = map[[sha256.Size]byte]struct{}{}
	}
	l.seen[hash] = struct{}{}
	return nil
}
