package billingtest

import (
	"bytes"
	"encoding/xml"
	"maps"
	"net/http"
	"time"
)

// storageError is an error of Azure Storage.
type storageError struct {
	status                int
	code, message, detail string
	headerName            string // of an invalid header
	header                http.Header
}

// response returns the error as Azure sends it: as an XML body, with the code also in a header.
func (e *storageError) response(x *Exchange) *Response {
	header := storageHeader()
	maps.Copy(header, e.header)
	header.Set("X-Ms-Error-Code", e.code)
	if x.Request.Method == http.MethodHead || e.status == http.StatusNotModified {
		return &Response{Status: e.status, Header: header}
	}
	header.Set(headerContentType, "application/xml")
	var body bytes.Buffer
	element := func(name, text string) {
		body.WriteString("<" + name + ">")
		_ = xml.EscapeText(&body, []byte(text)) // writing to a bytes.Buffer does not fail
		body.WriteString("</" + name + ">")
	}
	body.WriteString("\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?><Error>")
	element("Code", e.code)
	element("Message", e.message+"\nRequestId:"+header.Get("X-Ms-Request-Id")+"\nTime:"+time.Now().UTC().Format("2006-01-02T15:04:05.0000000Z"))
	if e.detail != "" {
		element("AuthenticationErrorDetail", e.detail)
	}
	if e.headerName != "" {
		element("HeaderName", e.headerName)
		element("HeaderValue", x.Request.Header.Get(e.headerName))
	}
	body.WriteString("</Error>")
	return respond(e.status, header, body.Bytes())
}

// storageHeader returns the headers of every response of storage.
func storageHeader() http.Header {
	return http.Header{
		"Server":          {"Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0"},
		"X-Ms-Request-Id": {newID()},
		"X-Ms-Version":    {"2021-08-06"},
		"Date":            {timestamp(time.Now())},
	}
}
