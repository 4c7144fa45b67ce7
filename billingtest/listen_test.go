package billingtest_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
)

func listen(t *testing.T, s *billingtest.Server) *billingtest.Listener {
	t.Helper()
	l, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// roundTrip sends a request with an HTTP client and reads the body.
func roundTrip(t *testing.T, client *http.Client, method, address, body string, header http.Header) (*http.Response, []byte, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, header)
	response, err := client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	data, err := io.ReadAll(response.Body)
	return response, data, errors.Join(err, response.Body.Close())
}

func TestListenerServesTheSame(t *testing.T) {
	s, urls := serve(t, nil, small)
	l := listen(t, s)
	whole := packed(t, small, 0)
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for range 5 {
				response, data, err := roundTrip(t, l.Client, http.MethodGet, urls[0], "", nil)
				if err != nil || !bytes.Equal(data, whole) || response.ProtoMajor != 1 || response.ContentLength != int64(len(whole)) {
					t.Errorf("%d bytes, %v", len(data), err)
				}
			}
		})
	}
	clients.Wait()
	response, data, err := roundTrip(t, l.Client, http.MethodGet, urls[0], "", http.Header{"X-Ms-Range": {"bytes=10-19"}})
	if err != nil || response.StatusCode != 206 || !bytes.Equal(data, whole[10:20]) {
		t.Errorf("range: %v, %v", response, err)
	}
	response, data, err = roundTrip(t, l.Client, http.MethodHead, urls[0], "", nil)
	if err != nil || len(data) != 0 || response.ContentLength != int64(len(whole)) {
		t.Errorf("HEAD: %v, %v", response, err)
	}
	if v := s.Violations(); len(v) != 0 || s.OpenBodies() != 0 {
		t.Errorf("violations %v, %d open bodies", v, s.OpenBodies())
	}
}

// TestListenerByAddress: a client without a configurable transport uses the listener's own URL, for
// Graph and for storage.
func TestListenerByAddress(t *testing.T) {
	s := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	l := listen(t, s)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: l.CA, MinVersion: tls.VersionTLS12}, DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	header := http.Header{"Authorization": {"Bearer " + bearer(t, s)}, "Content-Type": {"application/json"}}
	response, data, err := roundTrip(t, client, http.MethodPost, l.URL+"/v1.0"+report+"usage/billed/export", `{"invoiceId":"G016907411"}`, header)
	if err != nil || response.StatusCode != http.StatusAccepted {
		t.Fatalf("%v: %s", err, data)
	}
	location := response.Header.Get("Location")
	if !strings.HasPrefix(location, l.URL+"/v1.0/") {
		t.Fatalf("Location %s", location)
	}
	_, o, err := roundTrip(t, client, http.MethodGet, location, "", header)
	if err != nil || !strings.Contains(string(o), l.URL+"/billedusagefastpath/v1/") {
		t.Fatalf("%v: %s", err, o)
	}
	urls := urlsOf(t, manifestOf(t, object(t, o)))
	if _, data, err = roundTrip(t, client, http.MethodGet, urls[0], "", nil); err != nil || strings.Count(inflate(t, data), "\n") != billingtest.DefaultRows/4 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if v := s.Violations(); len(v) != 0 {
		t.Errorf("violations %v", v)
	}
}

func TestListenerBreaksConnections(t *testing.T) {
	e := small
	e.Rows = 20_000
	whole := packed(t, e, 0)
	s, urls := serve(t, nil, e)
	l := listen(t, s)
	for _, c := range []struct {
		name string
		do   billingtest.Action
		err  error
		data int // at most; -1: exactly the whole
	}{
		{"dropped", billingtest.Drop(billingtest.ErrClosed), io.EOF, 0},
		{"reset before the response", billingtest.Drop(billingtest.ErrReset), syscall.ECONNRESET, 0},
		{"cut", billingtest.Cut(200_000, billingtest.ErrClosed), io.ErrUnexpectedEOF, 200_000},
		{"reset", billingtest.Cut(200_000, billingtest.ErrReset), syscall.ECONNRESET, 200_000},
		{"no length", billingtest.Header("Content-Length", ""), nil, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.Script(billingtest.Step{On: billingtest.BlobCall, Do: c.do})
			l.Client.CloseIdleConnections() // the client retries when a reused connection breaks
			response, data, err := roundTrip(t, l.Client, http.MethodGet, urls[0], "", nil)
			if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Errorf("error is %v; want %v", err, c.err)
			}
			if c.data < 0 && (!bytes.Equal(data, whole) || response.ContentLength != -1) || c.data >= 0 && (len(data) > c.data || !bytes.HasPrefix(whole, data)) {
				t.Errorf("%d bytes of %d", len(data), len(whole))
			}
			if err := s.ScriptDone(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestListenerRecordsForeignHosts(t *testing.T) {
	s := billingtest.NewServer(nil)
	l := listen(t, s)
	for want, address := range map[string]string{
		"unknown host: connection to storage.example":  "https://storage.example/x",
		"unknown host: GET graph.microsoft.com:8443":   "https://graph.microsoft.com:8443/v1.0/x",
		"not https: connection to graph.microsoft.com": "http://graph.microsoft.com/v1.0/x",
	} {
		if response, _, err := roundTrip(t, l.Client, http.MethodGet, address, "", nil); err == nil {
			t.Errorf("%s: status %d", address, response.StatusCode)
		}
		if v := strings.Join(s.Violations(), "\n"); !strings.Contains(v, want) {
			t.Errorf("violations %s; want %s", v, want)
		}
	}
}

// TestListenerCloseEndsRequests: Close ends requests that hang.
func TestListenerCloseEndsRequests(t *testing.T) {
	s, urls := serve(t, nil, small)
	l, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	s.Script(billingtest.Step{On: billingtest.BlobCall, Do: billingtest.StallAfter(10)})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, urls[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	end := make(chan error)
	go func() {
		response, err := l.Client.Do(r)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			err = errors.Join(err, response.Body.Close())
		}
		end <- err
	}()
	for s.ScriptDone() != nil {
		time.Sleep(time.Millisecond)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-end; err == nil {
		t.Error("the request succeeded")
	}
	if n := s.OpenBodies(); n != 0 {
		t.Errorf("%d open bodies", n)
	}
}
