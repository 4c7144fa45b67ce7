package manifest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/partnerbilling/sdk-go/internal/blobread"
	"github.com/partnerbilling/sdk-go/internal/bloburl"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/exportdoc"
	"github.com/partnerbilling/sdk-go/internal/redact"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// freshOne ends the text of errors about a SAS.
const freshOne = "poll the operation again for a fresh one, or make a new export"

// export is a finished export that was checked once. It does not change, except for the SAS that
// its source refreshes. Manifests of it, of parts of it and of other row types share it.
type export struct {
	doc      exportdoc.Document
	blobs    []Blob
	byName   map[string]int
	same     identity
	rank     []int    // of each blob in the order of names
	admitted []string // what was accepted although it cannot be verified
	options  Options
	source   blobread.Source  // nil: there are no blobs
	rooted   *blobread.Rooted // the source, where the blobs are below a root directory
}

// identity is what a refreshed manifest must agree with.
type identity struct {
	eTag  string
	names []string // sorted
}

func (a identity) equals(b identity) bool { return a.eTag == b.eTag && slices.Equal(a.names, b.names) }

func identityOf(d *exportdoc.Document) identity {
	names := make([]string, len(d.Blobs))
	for i, b := range d.Blobs {
		names[i] = b.Name
	}
	slices.Sort(names)
	return identity{eTag: d.ETag, names: names}
}

// newExport checks a document: everything on which money or a secret depends. It does no I/O.
func newExport(d exportdoc.Document, o *Options) (*export, error) {
	e := &export{doc: d, options: o.clone()}
	if _, _, err := e.format(); err != nil && !errors.Is(err, errArchive) {
		return nil, err
	}
	err := e.count()
	if err != nil {
		return nil, err
	}
	switch {
	case len(d.Blobs) == 0:
		if !d.SASToken.IsZero() {
			_, err = NewSAS(d.SASToken.Reveal())
		}
	case slices.ContainsFunc(d.Blobs, func(b exportdoc.Blob) bool { return !b.Link.IsZero() }):
		err = e.link()
	default:
		err = e.root()
	}
	if err == nil {
		err = e.list()
	}
	if err != nil {
		return nil, err
	}
	e.same = identityOf(&e.doc)
	e.admitted = e.exceptions()
	e.rank = make([]int, len(e.blobs))
	for rank, name := range e.same.names {
		e.rank[e.byName[name]] = rank
	}
	return e, nil
}

// errArchive is returned where there are blobs, but no rows.
var errArchive = &Error{Field: "dataFormat", Reason: "an archive has no rows of its own; read its bytes with OpenBlob", Err: ErrMalformed}

// format returns how the rows are written. Where the format is not known, but admitted, they are
// judged by their content.
func (e *export) format() (f lineitem.Format, known bool, err error) {
	switch strings.ToLower(e.doc.DataFormat) {
	case "", "compressedjson", "compressedjsonlines":
		return lineitem.FormatJSONLines, true, nil
	case "csv":
		return lineitem.FormatCSV, true, nil
	case "zip":
		return 0, true, errArchive
	}
	if e.options.AllowUnverifiedManifest {
		return 0, false, nil
	}
	return 0, false, &Error{Field: "dataFormat", Reason: fmt.Sprintf("%q is not supported by this version; use a newer one, or set AllowUnverifiedManifest, with which rows are judged by their content",
		errtext.Clip(e.doc.DataFormat, errtext.CodeLimit)), Err: ErrMalformed}
}

// count compares the number of blobs with the one that is promised.
func (e *export) count() error {
	reason := ""
	switch promised := e.doc.BlobCount; {
	case !promised.Set:
		reason = "it is missing, so the list of blobs cannot be verified"
	case promised.Value != int64(len(e.doc.Blobs)):
		reason = fmt.Sprintf("it is %d, but %d blobs are listed", promised.Value, len(e.doc.Blobs))
	}
	if reason == "" || e.options.AllowUnverifiedManifest {
		return nil
	}
	return &Error{Field: "blobCount", Reason: reason + "; run the export again", Err: ErrIncomplete}
}

// exceptions says what of the manifest was accepted only because [Options.AllowUnverifiedManifest]
// is set.
func (e *export) exceptions() (list []string) {
	if !e.options.AllowUnverifiedManifest {
		return nil
	}
	strict := export{doc: e.doc}
	if _, _, err := strict.format(); err != nil && !errors.Is(err, errArchive) {
		list = append(list, fmt.Sprintf("dataFormat is %q, which this version does not know: rows were judged by their content", errtext.Clip(e.doc.DataFormat, errtext.CodeLimit)))
	}
	if strict.count() != nil {
		list = append(list, fmt.Sprintf("blobCount does not agree with the %d blobs that are listed", len(e.doc.Blobs)))
	}
	return list
}

// root makes the source of blobs below a root directory.
func (e *export) root() error {
	root, err := bloburl.ParseRoot(e.doc.RootDirectory, e.options.StorageHosts)
	if err != nil {
		return &Error{Field: "rootDirectory", Reason: "it " + err.Error(), Err: ErrUntrusted}
	}
	if e.doc.SASToken.IsZero() {
		return sasError("it is missing; " + freshOne)
	}
	token, err := NewSAS(e.doc.SASToken.Reveal())
	if err != nil {
		return err
	}
	var refresh blobread.Refresh
	if e.options.Refresh != nil {
		refresh = e.refresh
	}
	for i, b := range e.doc.Blobs {
		if _, err := root.Join(b.Name); err != nil {
			return &Error{Field: fmt.Sprintf("blobs[%d].name", i), Reason: "it " + err.Error(), Err: ErrUntrusted}
		}
		e.blobs = append(e.blobs, blobOf(b))
	}
	e.rooted = blobread.NewRooted(blobread.Lease{Root: root, URL: e.doc.RootDirectory, SAS: token.token}, refresh, e.options.ClientOptions)
	e.source = e.rooted
	return nil
}

// link makes the source of blobs with URLs of their own. Two names of one blob would double its
// rows.
func (e *export) link() error {
	parse := blobread.ParseLink
	if e.doc.Credential != nil {
		parse = blobread.ParseURL
	}
	e.doc.Blobs = slices.Clone(e.doc.Blobs)
	links := make(map[string]blobread.Link, len(e.doc.Blobs))
	first := make(map[string]int, len(e.doc.Blobs)) // by URL
	for i := range e.doc.Blobs {
		b := &e.doc.Blobs[i]
		l, path, err := parse(b.Link.Reveal(), e.options.StorageHosts)
		if refused, ok := errors.AsType[*blobread.Error](err); ok {
			return &Error{Field: fmt.Sprintf("blobs[%d].blobLink", i), Reason: refused.Reason, Err: refused.Err}
		}
		if other, twice := first[l.URL]; twice {
			return &Error{Field: fmt.Sprintf("blobs[%d].blobLink", i), Reason: fmt.Sprintf("it is the same as blobs[%d].blobLink; its rows would count twice", other), Err: ErrIncomplete}
		}
		first[l.URL] = i
		if b.Name == "" {
			b.Name = path
		}
		links[b.Name] = l
		public := blobOf(*b)
		public.URL, public.SAS = l.URL, SAS{l.SAS}
		e.blobs = append(e.blobs, public)
	}
	e.source = blobread.NewFixed(links, e.doc.Credential, e.options.ClientOptions)
	return nil
}

func blobOf(b exportdoc.Blob) Blob {
	return Blob{Name: b.Name, PartitionValue: b.PartitionValue, Size: b.Size.Value, Rows: b.Rows.Value}
}

// list makes sure that no blob is listed twice.
func (e *export) list() error {
	e.byName = make(map[string]int, len(e.blobs))
	for i, b := range e.blobs {
		if first, twice := e.byName[b.Name]; twice {
			return &Error{Field: fmt.Sprintf("blobs[%d].name", i), Reason: fmt.Sprintf("it is the same as blobs[%d].name; its rows would count twice", first), Err: ErrIncomplete}
		}
		e.byName[b.Name] = i
	}
	return nil
}

// refresh requests the manifest again, for its storage root and SAS.
func (e *export) refresh(ctx context.Context) (blobread.Lease, error) {
	data, err := e.options.Refresh(ctx)
	if err != nil {
		return blobread.Lease{}, err
	}
	return e.judge(data)
}

// judge returns root and SAS of a refreshed manifest if it describes the same data, whatever part
// of them is read. The root may be another one: whether its blobs are the same is found out by
// reading them.
func (e *export) judge(data []byte) (blobread.Lease, error) {
	refuse := func(kind, cause error, reason string) (blobread.Lease, error) {
		return blobread.Lease{}, &blobread.Error{Err: kind, Cause: cause, Reason: reason}
	}
	d, err := exportdoc.Decode(data)
	if err != nil {
		return refuse(ErrSAS, malformed(), "it had to be refreshed, but the service's response is not a manifest; "+freshOne)
	}
	if e.same.eTag == "" {
		// Names and roots stay when data change; without an eTag nothing tells.
		return refuse(ErrDataChanged, nil, "the SAS had to be refreshed, and without an eTag it cannot be verified that the data are the same; make a new export and start over")
	}
	if fresh := identityOf(&d); !e.same.equals(fresh) {
		return refuse(ErrDataChanged, nil, fmt.Sprintf(
			"the SAS had to be refreshed, and the service now has other data (eTag %q, was %q); make a new export and start over",
			errtext.Clip(fresh.eTag, errtext.CodeLimit), errtext.Clip(e.same.eTag, errtext.CodeLimit)))
	}
	token, err := NewSAS(d.SASToken.Reveal())
	if err != nil {
		return refuse(ErrSAS, err, "it had to be refreshed, but the new one is not usable; "+freshOne)
	}
	root, err := bloburl.ParseRoot(d.RootDirectory, e.options.StorageHosts)
	if err != nil {
		cause := &Error{Field: "rootDirectory", Reason: "it " + err.Error(), Err: ErrUntrusted}
		return refuse(ErrUntrusted, cause, "the SAS had to be refreshed, and the service names an untrusted storage root; make a new export")
	}
	return blobread.Lease{Root: root, URL: d.RootDirectory, SAS: token.token}, nil
}

// current returns the storage root as the service wrote it, and the current SAS.
func (e *export) current() (root string, s SAS) {
	if e.rooted != nil {
		l := e.rooted.Current()
		return l.URL, SAS{l.SAS}
	}
	if e.doc.SASToken.IsZero() {
		return e.doc.RootDirectory, SAS{}
	}
	s, _ = NewSAS(e.doc.SASToken.Reveal()) // which newExport has checked
	return e.doc.RootDirectory, s
}

// document returns the whole export with its current root and SAS.
func (e *export) document() (exportdoc.Document, error) {
	d := e.doc
	if d.Credential != nil {
		return d, &Error{Field: "sasToken", Reason: "there is none: requests are authorized by a credential; keep the manifest.json instead", Err: ErrSAS}
	}
	root, s := e.current()
	d.RootDirectory, d.SASToken = root, redact.New(s.Reveal())
	return d, nil
}

// malformed says that data is not a manifest.
func malformed() *Error {
	return &Error{Field: "manifest", Reason: exportdoc.ErrShape.Error(), Err: ErrMalformed}
}
