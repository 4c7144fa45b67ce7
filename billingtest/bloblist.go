package billingtest

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"strconv"
)

// listBlobs lists the blobs of a container below a prefix, in pages of maxresults.
func listBlobs(x *Exchange, host, name string, c *container) *Response {
	q := x.Request.URL.Query()
	if q.Get("delimiter") != "" {
		return storageNotImplemented(x)
	}
	length := 5000
	if text := q.Get("maxresults"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > length {
			return (&storageError{status: http.StatusBadRequest, code: "OutOfRangeQueryParameterValue", message: "One of the query parameters specified in the request URI is outside the permissible range."}).response(x)
		}
		length = n
	}
	type properties struct {
		LastModified string `xml:"Last-Modified"`
		ETag         string `xml:"Etag"`
		Length       int    `xml:"Content-Length"`
		Type         string `xml:"Content-Type"`
		MD5          string `xml:"Content-MD5"`
		BlobType     string
	}
	type listed struct {
		Name       string
		Properties properties
	}
	result := struct {
		XMLName    xml.Name `xml:"EnumerationResults"`
		Endpoint   string   `xml:"ServiceEndpoint,attr"`
		Container  string   `xml:"ContainerName,attr"`
		Prefix     string   `xml:",omitempty"`
		Marker     string   `xml:",omitempty"`
		Blobs      []listed `xml:"Blobs>Blob"`
		NextMarker string
	}{Endpoint: "https://" + host + "/", Container: name, Prefix: q.Get("prefix"), Marker: q.Get("marker")}
	for _, b := range c.list(q.Get("prefix")) {
		if b.name < result.Marker {
			continue
		}
		if len(result.Blobs) == length {
			result.NextMarker = b.name
			break
		}
		result.Blobs = append(result.Blobs, listed{b.name, properties{
			timestamp(b.lastModified()), b.eTag, len(b.fixed), "application/octet-stream", encodedMD5(b.fixed), "BlockBlob",
		}})
	}
	var body bytes.Buffer
	body.WriteString(xml.Header)
	if err := xml.NewEncoder(&body).Encode(result); err != nil {
		return &Response{Err: err}
	}
	header := storageHeader()
	header.Set(headerContentType, "application/xml")
	return respond(http.StatusOK, header, body.Bytes())
}
