package billingtest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// operation is an accepted export.
type operation struct {
	id                  string
	export              Export
	content             *content // nil: failed
	manifest            *manifest
	message             string // error message of a failed operation
	created, lastAction time.Time
	polls               int
}

// manifest lists the blobs of a content. All operations with the same content share it.
type manifest struct {
	id      string
	content *content
	granted time.Time // when the newest operation with it began
}

const noData = "5000" // the only error code of operations

// begin starts an operation for a valid request.
func (s *Server) begin(q exportRequest) (*operation, error) {
	now := time.Now().UTC()
	o := &operation{id: newID(), export: q.export(), created: now, lastAction: now}
	s.mu.Lock()
	offer := s.exports[o.export.address()]
	s.mu.Unlock()
	switch {
	case offer != nil:
		c, err := s.contentOf(offer, q.attributes)
		if err != nil {
			return nil, err
		}
		o.content, o.export = c, c.export
	case strings.HasPrefix(strings.ToUpper(q.invoiceID), "D"):
		o.message = "No reconciliation data available currently for Invoice " + q.invoiceID
	default:
		o.message = "No data available"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.operations[o.id] = o
	if o.content != nil {
		id := guid(hash(o.content.seed, o.content.export.Version))
		if m := s.manifests[id]; m == nil || m.content != o.content { // added again, perhaps with other edit functions
			s.manifests[id] = &manifest{id: id, content: o.content}
		}
		o.manifest = s.manifests[id]
		o.manifest.granted = now
	}
	return o, nil
}

func (s *Server) expired(since time.Time) bool {
	return s.options.OperationLifetime > 0 && time.Since(since) >= s.options.OperationLifetime
}

const billingType = "#microsoft.graph.partners.billing."

// getOperation handles a poll. Each poll advances the operation: notStarted, running, and finally
// succeeded or failed.
func (s *Server) getOperation(x *Exchange, version, id string) *Response {
	s.mu.Lock()
	o := s.operations[id]
	if o == nil {
		s.mu.Unlock()
		return graphError(x, http.StatusNotFound, "NotFound", "Operation not found.")
	}
	if s.expired(o.created) {
		s.mu.Unlock()
		return graphError(x, http.StatusGone, "Gone", "The operation is no longer available.")
	}
	o.polls++
	running := o.polls <= 1+s.options.RunningPolls
	done := o.polls >= 2+s.options.RunningPolls
	if o.polls <= 2+s.options.RunningPolls {
		o.lastAction = time.Now().UTC()
	}
	polls, lastAction := o.polls, o.lastAction
	s.mu.Unlock()
	if s.options.RunningPolls < 0 {
		running, done = false, true
	}

	object := map[string]any{
		"@odata.context":     "https://" + x.Request.URL.Host + "/" + version + "/$metadata#reports/partners/billing/operations/$entity",
		"id":                 id,
		"createdDateTime":    o.created.Format("2006-01-02T15:04:05Z"),
		"lastActionDateTime": lastAction.Format("2006-01-02T15:04:05.0000000Z"),
	}
	header := graphHeader(x)
	switch {
	case running && polls == 1:
		object["@odata.type"], object["status"] = billingType+"runningOperation", "notStarted"
	case !done:
		object["@odata.type"], object["status"] = billingType+"runningOperation", "running"
	case o.content == nil:
		object["@odata.type"], object["status"] = billingType+"failedOperation", "failed"
		object["error"] = map[string]any{"code": noData, "message": o.message}
	default:
		object["@odata.type"], object["status"] = billingType+"exportSuccessOperation", s.options.SuccessStatus
		s.locate(x, version, o, object)
	}
	if !done && s.options.PollDelay > 0 {
		header.Set(headerRetryAfter, strconv.FormatInt(int64((s.options.PollDelay+time.Second-1)/time.Second), 10))
	}
	if o.export.EditOperation != nil {
		o.export.EditOperation(object)
	}
	return graphJSON(http.StatusOK, header, object)
}

// locate sets resourceLocation of a succeeded operation.
func (s *Server) locate(x *Exchange, version string, o *operation, object map[string]any) {
	link := "https://" + x.Request.URL.Host + "/" + version + "/reports/partners/billing/manifests/" + o.manifest.id
	switch s.options.ResourceLocation {
	case LocationNavigationLink:
		object["resourceLocation@odata.navigationLink"] = link
	case LocationURI:
		object["resourceLocation"] = link
	case LocationEmbedded:
		object["resourceLocation"] = s.describe(x, o.manifest)
	}
}

func (s *Server) getManifest(x *Exchange, id string) *Response {
	s.mu.Lock()
	m := s.manifests[id]
	gone := m != nil && s.expired(m.granted)
	s.mu.Unlock()
	switch {
	case m == nil:
		return graphError(x, http.StatusNotFound, "NotFound", "Manifest not found.")
	case gone:
		return graphError(x, http.StatusGone, "Gone", "The manifest is no longer available.")
	default:
		object := s.describe(x, m)
		return graphJSON(http.StatusOK, graphHeader(x), object)
	}
}

// describe returns a manifest with a new SAS token.
func (s *Server) describe(x *Exchange, m *manifest) map[string]any {
	c := m.content
	host := s.options.StorageHost
	if isAddress(x.Request.URL) { // a client that uses the listener's URL uses it for storage, too
		host = x.Request.URL.Host
	}
	blobs := []any{}
	for i, b := range s.blobsOf(c) {
		blobs = append(blobs, map[string]any{"name": b.name, "partitionValue": strconv.Itoa(i + 1)})
	}
	directory := c.directory()
	object := map[string]any{
		"id":              m.id,
		"createdDateTime": c.stored.UTC().Add(-50 * time.Hour).Format("2006-01-02T15:04:05.000Z"), // long before the request
		"schemaVersion":   "2", "dataFormat": "compressedJSON", "partitionType": "default", "eTag": c.eTag,
		"partnerTenantId": partnerTenant, "rootDirectory": "https://" + host + directory, "sasToken": s.SASToken(directory, s.options.SASLifetime),
		"blobCount": len(blobs), "blobs": blobs,
	}
	if c.export.EditManifest != nil {
		c.export.EditManifest(object)
	}
	return object
}
