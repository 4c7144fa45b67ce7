package costmgmt

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/partnerbilling/sdk-go/internal/csvheader"
	"github.com/partnerbilling/sdk-go/internal/lro"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// BeginPriceSheetOptions are the options of [Client.BeginPriceSheet]. The zero value and nil are
// the defaults: the prices of this month.
type BeginPriceSheetOptions struct {
	// Invoice is the number of an invoice, for the prices that it was made with.
	Invoice string
	// Legacy sends the request to the older provider, Microsoft.Billing, which has no price sheets
	// of invoices.
	Legacy bool
	// ResumeToken continues with a price sheet that was requested before, here or in another
	// process, instead of requesting a new one. It is what the poller's ResumeToken returned. A
	// token of another account, profile or invoice is refused with apierror.ErrResumeToken.
	ResumeToken string
}

// BeginPriceSheet requests the price sheet of a billing profile and returns the poller that waits
// for it. The result is one file, usually a ZIP archive, for [OpenPriceSheet]. A request that is
// not allowed is an error that matches [ErrInvalidRequest]; a price sheet that failed is an
// [*apierror.OperationError].
func (c *Client) BeginPriceSheet(ctx context.Context, account, profile string, o *BeginPriceSheetOptions) (*PriceSheetPoller, error) {
	const op = "price sheet"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	if o == nil {
		o = &BeginPriceSheetOptions{}
	}
	k := &call{
		what: op, api: "PriceSheetClient.BeginDownloadByBillingProfile", method: http.MethodPost,
		scope: ProfileScope(account, profile), path: "/providers/Microsoft.CostManagement/pricesheets/default/download", version: costVersion,
	}
	switch {
	case o.Legacy && o.Invoice != "":
		k.invalid = invalid(k.what, "Legacy cannot be combined with Invoice")
	case o.Legacy:
		k.path, k.version, k.query = "/pricesheet/default/download", legacyVersion, url.Values{"format": {"csv"}}
	case o.Invoice != "":
		k.scope += "/invoices" + segment(o.Invoice)
		k.api = "PriceSheetClient.BeginDownloadByInvoice"
	}
	if k.invalid != nil && o.ResumeToken == "" {
		return nil, k.invalid
	}
	begun, err := c.begin(ctx, k, priceSheetKind, lro.PriceSheet{}, o.ResumeToken)
	if err != nil {
		return nil, err
	}
	return newPriceSheetPoller(begun, c.manifest), nil
}

// DefaultMaxPriceSheet is the default of [OpenPriceSheetOptions].MaxBytes: 1 GiB.
const DefaultMaxPriceSheet = 1 << 30

// OpenPriceSheetOptions are the options of [OpenPriceSheet]. The zero value and nil are the
// defaults.
type OpenPriceSheetOptions struct {
	// MaxBytes limits the size of the file as it is stored, usually compressed. It is held in
	// memory, because the directory of an archive is at its end. 0 stands for
	// [DefaultMaxPriceSheet].
	MaxBytes int64
	// Read configures the retries of the download.
	Read *manifest.ReadOptions
}

// PriceSheet is a price sheet in memory, compressed as it was downloaded. It is safe for concurrent
// use.
type PriceSheet struct {
	files []priceFile
}

type priceFile struct {
	name string
	open func() (io.ReadCloser, error)
}

// OpenPriceSheet downloads a price sheet, retrying over broken connections, and opens it: an
// archive of CSV files, or a single one. For a damaged archive, or one without files, the error
// matches [lineitem.ErrCorrupt], for one that is too large [ErrTooLarge]; errors of the download
// are those of package manifest.
func OpenPriceSheet(ctx context.Context, f *PriceSheetFile, o *OpenPriceSheetOptions) (*PriceSheet, error) {
	if f == nil || f.link.IsZero() {
		return nil, invalid("price sheet", "no file: pass the result of a PriceSheetPoller")
	}
	if o == nil {
		o = &OpenPriceSheetOptions{}
	}
	limit := o.MaxBytes
	if limit <= 0 {
		limit = DefaultMaxPriceSheet
	}
	data, err := f.download(ctx, limit, o.Read)
	if err != nil {
		return nil, err
	}
	corrupt := func(what string) error {
		return fmt.Errorf("costmgmt: price sheet: %w: %s; request another price sheet", lineitem.ErrCorrupt, what)
	}
	switch {
	case len(data) == 0:
		return nil, corrupt("it has 0 bytes")
	case !bytes.HasPrefix(data, []byte("PK")):
		return &PriceSheet{[]priceFile{{f.name, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}}}, nil
	case bytes.Count(data, zipEntry) > maxFiles:
		// Before the directory is read, since each entry takes more memory than the archive does.
		return nil, fmt.Errorf("costmgmt: price sheet: %w: the ZIP archive has more than %d entries", ErrTooLarge, maxFiles)
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("costmgmt: price sheet: %w: invalid ZIP archive: %w", lineitem.ErrCorrupt, err)
	}
	p := &PriceSheet{}
	used, times := map[string]bool{}, map[string]int{}
	for _, f := range archive.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		name := f.Name
		for times[f.Name]++; used[name]; times[f.Name]++ {
			name = fmt.Sprintf("%s (%d)", f.Name, times[f.Name])
		}
		used[name] = true
		p.files = append(p.files, priceFile{name, f.Open})
	}
	if len(p.files) == 0 {
		return nil, corrupt("the ZIP archive has no files")
	}
	return p, nil
}

// maxFiles bounds the entries of an archive. A file has up to 75 MB, so that real price sheets have
// few.
const maxFiles = 10_000

// zipEntry is the signature of an entry in the directory of an archive.
var zipEntry = []byte("PK\x01\x02")

// Files returns the names of the files. Where an archive has several files of one name, the second
// is listed as "name (2)", and so on.
func (p *PriceSheet) Files() []string {
	var names []string
	for _, f := range p.files {
		names = append(names, f.name)
	}
	return names
}

// Open opens a file by its name. If there is none, the error matches [fs.ErrNotExist].
func (p *PriceSheet) Open(name string) (io.ReadCloser, error) {
	i := slices.IndexFunc(p.files, func(f priceFile) bool { return f.name == name })
	if i < 0 {
		return nil, fmt.Errorf("costmgmt: price sheet: file %q: %w", name, fs.ErrNotExist)
	}
	return p.files[i].read()
}

// read opens the file.
func (f priceFile) read() (io.ReadCloser, error) {
	r, err := f.open()
	if err != nil {
		return nil, fmt.Errorf("costmgmt: price sheet: %w: file %q: %w", lineitem.ErrCorrupt, f.name, err)
	}
	return &priceReader{ReadCloser: r, name: f.name}, nil
}

// priceReader reports every error of an archive as [lineitem.ErrCorrupt].
type priceReader struct {
	io.ReadCloser
	name string
}

func (r *priceReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // Readers return io.EOF itself.
		err = fmt.Errorf("costmgmt: price sheet: %w: file %q: %w", lineitem.ErrCorrupt, r.name, err)
	}
	return n, err
}

// Prices returns the rows of all files, one file after the other. T is [lineitem.Record], or a
// struct with the columns that are needed. An error is yielded once, as the last element; rows
// before it are not the whole price sheet.
func Prices[T any](p *PriceSheet) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, f := range p.files {
			if !prices(f, yield) {
				return
			}
		}
	}
}

// prices yields the rows of a file.
func prices[T any](f priceFile, yield func(T, error) bool) (more bool) {
	var none T
	file, err := f.read()
	if err != nil {
		return yield(none, err) && false
	}
	defer file.Close() //nolint:errcheck // It is memory.
	text := bufio.NewReaderSize(file, headerSize)
	if err := checkHeader(f.name, text); err != nil {
		return yield(none, err) && false
	}
	r := lineitem.NewReader[T](text, &lineitem.ReaderOptions{Blob: f.name, Format: lineitem.FormatCSV})
	for row, err := range r.All() {
		if !yield(row, err) || err != nil {
			return false
		}
	}
	return true
}

// headerSize is more than a header takes, with blank lines before it.
const headerSize = 64 << 10

// checkHeader refuses a text that does not begin with a header of CSV, such as an error page.
func checkHeader(name string, text *bufio.Reader) error {
	start, err := text.Peek(headerSize)
	line, number, offset := csvheader.First(start)
	switch {
	case err != nil && err != io.EOF:
		return nil // the reader returns it
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		return nil // compressed once more
	case len(bytes.TrimSpace(line)) == 0:
		return fmt.Errorf("costmgmt: price sheet: %w: file %q has no header", lineitem.ErrCorrupt, name)
	}
	if err := csvheader.Check(line); err != nil {
		err = fmt.Errorf("%w: %w; request another price sheet", lineitem.ErrCSV, err)
		return &lineitem.DecodeError{Position: lineitem.Position{Blob: name, Line: number, Offset: offset}, Err: err}
	}
	return nil
}
