package billingtest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// tryRead reads a blob with a timeout. It returns the data before an error, too.
func tryRead(t *testing.T, s *billingtest.Server, address string, header http.Header) (*http.Response, []byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, header)
	response, err := s.Do(r)
	if err != nil {
		return nil, nil, err
	}
	data, err := io.ReadAll(response.Body)
	return response, data, errors.Join(err, response.Body.Close())
}

func TestActionsOnBlobs(t *testing.T) {
	whole := packed(t, small, 0)
	n := len(whole)
	for _, c := range []struct {
		name   string
		do     billingtest.Action
		status int
		data   []byte
		err    error
		check  func(*http.Response) bool
	}{
		{"usual", func(x *billingtest.Exchange, next func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
			return next(x)
		}, 206, whole[5:], nil, nil},
		{"storage error", billingtest.StorageError(503, "ServerBusy", "The server is busy."), 503, nil, nil, func(r *http.Response) bool { return r.Header.Get("X-Ms-Error-Code") == "ServerBusy" }},
		{"respond", billingtest.Respond(200, http.Header{"Content-Type": {"text/html"}}, "<html>"), 200, []byte("<html>"), nil, func(r *http.Response) bool { return r.Header.Get("Content-Type") == "text/html" }},
		{"redirect", billingtest.RedirectTo("https://storage.example/"), 302, nil, nil, func(r *http.Response) bool { return r.Header.Get("Location") == "https://storage.example/" }},
		{"drop", billingtest.Drop(billingtest.ErrReset), 0, nil, syscall.ECONNRESET, nil},
		{"cut", billingtest.Cut(100, billingtest.ErrClosed), 206, whole[5:105], io.ErrUnexpectedEOF, nil},
		{"reset", billingtest.Cut(100, billingtest.ErrReset), 206, whole[5:105], syscall.ECONNRESET, nil},
		{"cut at 0", billingtest.Cut(0, billingtest.ErrClosed), 206, nil, io.ErrUnexpectedEOF, nil},
		{"stall", billingtest.Stall(), 0, nil, context.DeadlineExceeded, nil},
		{"stall in the body", billingtest.StallAfter(100), 206, whole[5:105], context.DeadlineExceeded, nil},
		{"dribble", billingtest.Dribble(n/10, time.Second), 206, whole[5:], nil, nil},
		{"dribble too slow", billingtest.Dribble(5, 25*time.Second), 206, whole[5:15], context.DeadlineExceeded, nil},
		{"other Content-Range", billingtest.Header("Content-Range", "bytes 0-9/10"), 206, whole[5:], nil, func(r *http.Response) bool { return r.Header.Get("Content-Range") == "bytes 0-9/10" }},
		{"no ETag", billingtest.Header("ETag", ""), 206, whole[5:], nil, func(r *http.Response) bool { return r.Header.Get("ETag") == "" }},
		{"shorter length", billingtest.Header("Content-Length", "100"), 206, whole[5:105], nil, func(r *http.Response) bool { return r.ContentLength == 100 }},
		{"longer length", billingtest.Header("Content-Length", "999999"), 206, whole[5:], io.ErrUnexpectedEOF, nil},
		{"no length", billingtest.Header("Content-Length", ""), 206, whole[5:], nil, func(r *http.Response) bool { return r.ContentLength == -1 }},
		{"whole blob", billingtest.IgnoreRange(), 200, whole, nil, nil},
		{"shifted range", billingtest.EditRequest(func(r *http.Request) { r.Header.Set("Range", "bytes=6-") }), 206, whole[6:], nil, nil},
		{"other status", billingtest.Status(200), 200, whole[5:], nil, nil},
		{"chain", billingtest.Chain(billingtest.Header("X", "1"), billingtest.Cut(3, billingtest.ErrClosed), billingtest.IgnoreRange()), 200, whole[:3], io.ErrUnexpectedEOF, func(r *http.Response) bool { return r.Header.Get("X") == "1" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, urls := serve(t, nil, small)
				s.Script(billingtest.Step{On: billingtest.BlobCall, Do: c.do})
				header := http.Header{"Range": {"bytes=5-"}}
				response, data, err := tryRead(t, s, urls[0], header)
				if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
					t.Fatalf("error is %v; want %v", err, c.err)
				}
				if c.status == 0 && response != nil || c.status != 0 && response.StatusCode != c.status {
					t.Fatalf("response is %v; want status %d", response, c.status)
				}
				if (c.data != nil || c.err != nil) && !bytes.Equal(data, c.data) {
					t.Errorf("%d bytes; want %d", len(data), len(c.data))
				}
				if c.check != nil && !c.check(response) {
					t.Errorf("header is %v, length %d", response.Header, response.ContentLength)
				}
				if len(header) != 1 || header.Get("Range") != "bytes=5-" {
					t.Errorf("the client's header became %v", header)
				}
				if err := s.ScriptDone(); err != nil || s.OpenBodies() != 0 {
					t.Errorf("%v, %d open bodies", err, s.OpenBodies())
				}
				if _, data, err := tryRead(t, s, urls[0], nil); err != nil || !bytes.Equal(data, whole) {
					t.Errorf("after the step: %d bytes, %v", len(data), err)
				}
			})
		})
	}
}

func TestActionsOnGraph(t *testing.T) {
	s := billingtest.NewServer(nil)
	s.Script(
		billingtest.Step{On: billingtest.ExportCall, Do: billingtest.GraphError(429, "TooManyRequests", "Slow down.")},
		billingtest.Step{On: billingtest.ExportCall, Do: billingtest.Header("Location", "/v1.0/elsewhere")},
		billingtest.Step{On: billingtest.OperationCall, Skip: 1, Do: billingtest.EditJSON(func(o map[string]any) { o["status"] = "processing" })},
		billingtest.Step{On: billingtest.OperationCall, Do: billingtest.Chain(billingtest.Status(202), billingtest.Header("Retry-After", "7"))},
		billingtest.Step{On: billingtest.ManifestCall, Do: billingtest.Respond(200, nil, "<html>")},
	)
	response, object := callGraph(t, s, http.MethodPost, graph+report+"usage/billed/export", `{"invoiceId":"G016907411"}`)
	checkGraphError(t, response, object, 429, "TooManyRequests", "Slow down.")
	response, _ = callGraph(t, s, http.MethodPost, graph+report+"usage/billed/export", `{"invoiceId":"G016907411"}`)
	if got := response.Header.Get("Location"); got != "/v1.0/elsewhere" {
		t.Errorf("Location %q", got)
	}
	operation := begin(t, s, "usage/billed/export", `{"invoiceId":"G016907411"}`)
	for i, want := range []struct {
		status int
		word   string
		after  string
	}{{200, "notStarted", "1"}, {200, "processing", "1"}, {202, "running", "7"}, {200, "succeeded", ""}} {
		response, o := callGraph(t, s, http.MethodGet, operation, "")
		if response.StatusCode != want.status || o["status"] != want.word || response.Header.Get("Retry-After") != want.after {
			t.Errorf("poll %d: %d, %v, %v; want %v", i, response.StatusCode, o["status"], response.Header, want)
		}
	}
	err := s.ScriptDone()
	if err == nil || strings.Count(err.Error(), "\n") != 0 || !strings.Contains(err.Error(), "step 5 on manifest") {
		t.Errorf("error is %v; want one line about step 5", err)
	}
}

func TestStepsMatch(t *testing.T) {
	s, urls := serve(t, nil, small)
	names, err := small.BlobNames()
	if err != nil {
		t.Fatal(err)
	}
	respond := func(status int) billingtest.Action { return billingtest.Respond(status, nil, "") }
	s.Script(
		billingtest.Step{On: billingtest.BlobCall, Blob: names[1], For: 2, Do: respond(501)},
		billingtest.Step{On: billingtest.BlobCall, Skip: 1, Do: respond(502)},
		billingtest.Step{When: func(r *http.Request) bool { return r.Header.Get("Range") != "" }, Do: respond(503)},
		billingtest.Step{On: billingtest.BlobCall, Blob: names[0], For: -1, Do: respond(504)},
	)
	for i, c := range []struct{ blob, want int }{{0, 200}, {1, 501}, {0, 502}, {1, 501}, {1, 200}, {0, 504}, {0, 504}, {0, 504}} {
		response := get(t, s, urls[c.blob], nil)
		if err := response.Body.Close(); err != nil || response.StatusCode != c.want {
			t.Errorf("request %d: status %d, %v; want %d", i, response.StatusCode, err, c.want)
		}
	}
	if err := s.ScriptDone(); err == nil || !strings.Contains(err.Error(), "step 3 on any call") {
		t.Errorf("error is %v; want one about step 3", err)
	}
	response := get(t, s, urls[1], http.Header{"Range": {"bytes=1-"}})
	if err := response.Body.Close(); err != nil || response.StatusCode != 503 {
		t.Errorf("status %d, %v; want 503", response.StatusCode, err)
	}
	if err := s.ScriptDone(); err != nil {
		t.Error(err)
	}
}

func TestBefore(t *testing.T) {
	s, urls := serve(t, nil, small)
	s.Script(billingtest.Step{On: billingtest.BlobCall, Skip: 1, Do: billingtest.Before(s.ExpireSAS)})
	read(t, s, urls[0], "", http.StatusOK)
	checkStorageError(t, get(t, s, urls[0], nil), http.StatusForbidden, "AuthenticationFailed")
	if err := s.ScriptDone(); err != nil {
		t.Error(err)
	}
}

func TestCloseUnblocksAStalledRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, urls := serve(t, nil, small)
		s.Script(billingtest.Step{On: billingtest.BlobCall, Do: billingtest.StallAfter(10)})
		response := get(t, s, urls[0], nil)
		if s.OpenBodies() != 1 {
			t.Errorf("%d open bodies; want 1", s.OpenBodies())
		}
		end := make(chan error)
		go func() {
			_, err := io.Copy(io.Discard, response.Body)
			end <- err
		}()
		synctest.Wait()
		if err := errors.Join(response.Body.Close(), response.Body.Close()); err != nil {
			t.Error(err)
		}
		if err := <-end; !errors.Is(err, http.ErrBodyReadAfterClose) {
			t.Errorf("error is %v", err)
		}
		if _, err := response.Body.Read(make([]byte, 1)); !errors.Is(err, http.ErrBodyReadAfterClose) || s.OpenBodies() != 0 {
			t.Errorf("read after close: %v, %d open bodies", err, s.OpenBodies())
		}
	})
}

func TestReadFailsAfterCancel(t *testing.T) {
	s, urls := serve(t, nil, small)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, urls[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.ReadFull(response.Body, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := response.Body.Read(make([]byte, 5)); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if _, err := s.Do(r); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}
