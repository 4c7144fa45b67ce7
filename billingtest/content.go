package billingtest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"
)

// content is an export in one attribute set, ready to be served.
type content struct {
	export Export
	rows   rowMaker // nil: the rows are given
	eTag   string
	seed   uint64 // of the data; equal data have equal seeds
	blobs  []*blob

	path   string    // the directory; "": that of an export
	md5    bool      // the blobs have the property Content-MD5
	stored time.Time // when the server stored it
	serial int       // order of storing
}

// newContent sets the export's defaults and divides it into blobs. It generates no rows.
func newContent(e Export) (*content, error) {
	e, err := e.normal()
	if err != nil {
		return nil, err
	}
	c := &content{export: e, seed: hash(e.identity(), e.AttributeSet)}
	setDefault(&c.export.Version, strconv.FormatUint(202410010000+c.seed%9*10000+c.seed/9%24*100+c.seed/216%60, 10))
	c.eTag = code("Rw", c.seed, 15)
	switch {
	case e.Files != nil:
		return c, c.addFiles(e.Files)
	case e.Lines != nil:
		files := make([]File, e.Blobs)
		for i := range files {
			files[i].Lines = e.Lines[i*len(e.Lines)/e.Blobs : (i+1)*len(e.Lines)/e.Blobs]
		}
		return c, c.addFiles(files)
	}
	c.rows = newRowMaker(e)
	for i := range e.Blobs {
		first := int64(i) * int64(e.Rows) / int64(e.Blobs)
		next := int64(i+1) * int64(e.Rows) / int64(e.Blobs)
		c.add(&blob{first: first, rows: next - first})
	}
	return c, nil
}

func (c *content) addFiles(files []File) error {
	for _, f := range files {
		b, err := newFixedBlob(f, c.export.Level)
		if err != nil {
			return err
		}
		c.add(b)
	}
	return nil
}

func newFixedBlob(f File, level int) (*blob, error) {
	b := &blob{name: f.Name, rows: int64(len(f.Lines)), lines: f.Lines, fixed: f.Raw}
	if f.Raw == nil {
		var buffer bytes.Buffer
		if err := writeGzip(&buffer, f.Lines, level); err != nil {
			return nil, err
		}
		b.fixed = buffer.Bytes()
	}
	return b, nil
}

// add adds a blob and sets its name and ETag.
func (c *content) add(b *blob) {
	i := uint64(len(c.blobs))
	if b.name == "" { // Spark's part numbers have gaps
		b.name = "part-" + string(appendPadded(nil, c.seed%50+i*3+i/4, 5)) + "-" + guid(c.seed) + ".c000.json.gz"
	}
	b.content = c
	b.eTag = string(appendHex([]byte("0x8DC"), hash(mix(c.seed, i), c.export.Version), 12))
	c.blobs = append(c.blobs, b)
}

func writeGzip(w io.Writer, lines []string, level int) error {
	z, err := gzip.NewWriterLevel(w, level)
	if err != nil {
		return fmt.Errorf("billingtest: %w", err)
	}
	if err := writeLines(z, lines); err != nil {
		return err
	}
	return z.Close()
}

func writeLines(w io.Writer, lines []string) error {
	buffered := bufio.NewWriter(w)
	for _, line := range lines {
		if _, err := buffered.WriteString(line + "\n"); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// directory returns the path of the blobs in the storage account, similar to the real one. The
// container names of reconciliation are not known.
func (c *content) directory() string {
	if c.path != "" {
		return c.path
	}
	e := c.export
	container := "billed" + e.Dataset.String() + "fastpath"
	month := fmt.Sprintf("%d%02d", year, e.month())
	fragment := "/Fragment=" + e.AttributeSet + "/PartitionType=default"
	if e.Billed() {
		return "/" + container + "/v1/PartnerTenantId=" + partnerTenant + "/BillingMonth=" + month +
			"/InvoiceId=" + e.InvoiceID + "/InvoiceVersion=" + e.Version + fragment
	}
	return "/un" + container + "/v1/" + e.Version + "/PartnerTenantId=" + partnerTenant + "/BillingMonth=" + month +
		"/Currency=" + e.CurrencyCode + fragment
}

// BlobNames returns the names of the export's blobs in the order of the manifest.
func (e Export) BlobNames() ([]string, error) {
	c, err := newContent(e)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, b := range c.blobs {
		names = append(names, b.name)
	}
	return names, nil
}

// WriteBlob writes blob i, counted from 0, as a server sends it: compressed. It does not hold the
// whole blob in memory.
func (e Export) WriteBlob(w io.Writer, i int) error {
	b, err := e.blob(i)
	if err != nil {
		return err
	}
	if b.fixed != nil {
		_, err = w.Write(b.fixed)
		return err
	}
	return b.writeGenerated(w)
}

// WriteLines writes the rows of blob i, counted from 0, as plain JSON Lines. It writes nothing for
// a blob given as raw bytes.
func (e Export) WriteLines(w io.Writer, i int) error {
	b, err := e.blob(i)
	if err != nil {
		return err
	}
	if b.fixed != nil {
		return writeLines(w, b.lines)
	}
	return b.eachText(0, b.rows, func(text []byte) error {
		_, err := w.Write(text)
		return err
	})
}

func (e Export) blob(i int) (*blob, error) {
	c, err := newContent(e)
	if err != nil {
		return nil, err
	}
	if i < 0 || i >= len(c.blobs) {
		return nil, fmt.Errorf("billingtest: blob %d not found: the export has %d blobs", i, len(c.blobs))
	}
	return c.blobs[i], nil
}
