package billing_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// memory is a store in memory. step is called before and after each call, and may panic, as if the
// program ended there.
type memory struct {
	token string
	fail  map[string]error // by method
	step  func(string)
}

func (m *memory) do(ctx context.Context, op string, f func()) error {
	m.at("before " + op)
	defer func() { m.at("after " + op) }()
	if err := cmp.Or(m.fail[op], ctx.Err()); err != nil {
		return err
	}
	f()
	return nil
}

func (m *memory) at(step string) {
	if m.step != nil {
		m.step(step)
	}
}

func (m *memory) Load(ctx context.Context) (token string, err error) {
	err = m.do(ctx, "load", func() { token = m.token })
	return token, err
}

func (m *memory) Save(ctx context.Context, token string) error {
	return m.do(ctx, "save", func() { m.token = token })
}

func (m *memory) Forget(ctx context.Context) error {
	return m.do(ctx, "forget", func() { m.token = "" })
}

// table is what a program writes rows to: rows and checkpoint are committed together.
type table struct {
	rows       []string
	checkpoint string
}

// load reads an export into the table, starting at its checkpoint, with a commit after each 40
// rows.
func (tb *table) load(ctx context.Context, m *manifest.Manifest[lineitem.Usage], at func(string)) error {
	o := manifest.ReadOptions{Concurrency: 1}
	if tb.checkpoint != "" {
		var err error
		if o.Resume, err = manifest.ParseCheckpoint(tb.checkpoint); err != nil {
			return err
		}
	}
	stream, err := m.NewStream(&o)
	if err != nil {
		return err
	}
	var rows []string
	commit := func() error {
		c, err := stream.Checkpoint()
		if err != nil {
			return err
		}
		at("before a commit")
		tb.rows, tb.checkpoint, rows = append(tb.rows, rows...), c.String(), nil
		at("after a commit")
		return nil
	}
	for _, err := range stream.All(ctx) {
		if err != nil {
			return err
		}
		if len(rows) == 40 {
			if err := commit(); err != nil {
				return err
			}
		}
		rows = append(rows, stream.Position().String())
	}
	return commit()
}

var invoice = billing.BilledUsage{InvoiceID: "G1"}

// exports counts the exports that were requested.
func exports(s *billingtest.Server) (n int) {
	for _, r := range s.Requests() {
		if r.Call == billingtest.ExportCall {
			n++
		}
	}
	return n
}

// stepping calls a function before and after each request to Graph.
type stepping struct {
	*billingtest.Server
	step func(string)
}

func (s stepping) Do(r *http.Request) (*http.Response, error) {
	graph := r.URL.Host == "graph.microsoft.com"
	if graph {
		s.step("before " + r.Method)
	}
	resp, err := s.Server.Do(r)
	if !graph || err != nil {
		return resp, err
	}
	defer func() {
		if r := recover(); r != nil {
			resp.Body.Close()
			panic(r)
		}
	}()
	s.step("after " + r.Method)
	return resp, nil
}

type crash struct{ step int }

// A program that is killed between any two steps, and started again until it succeeds, has every
// row once. It begins one export, unless it is killed where the token of the first is not saved
// yet, or has just been forgotten.
func TestReadExportIsKilledAnywhere(t *testing.T) {
	first := steps(t, -1)
	if len(first) < 20 {
		t.Fatalf("steps: %v", first)
	}
	for i := range first {
		steps(t, i)
	}
}

// steps runs a program that ends at a step, and then another that does not. It returns the steps of
// the first.
func steps(t *testing.T, end int) (names []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := billingtest.NewServer(nil)
		if err := s.Add(billingtest.Export{InvoiceID: "G1", Rows: 150, Blobs: 2}); err != nil {
			t.Fatal(err)
		}
		store, tb := new(memory), new(table)
		run := func(step func(string)) error {
			store.step = step
			client, err := billing.NewClient(s.Credential(), &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: stepping{s, step}}})
			if err != nil {
				t.Fatal(err)
			}
			return billing.ReadExport(t.Context(), client, invoice, store, func(m *manifest.Manifest[lineitem.Usage]) error {
				step("begin of read")
				err := tb.load(t.Context(), m, step)
				step("end of read")
				return err
			}, nil)
		}
		func() {
			defer func() {
				if r := recover(); r != nil && r != (crash{end}) {
					panic(r)
				}
			}()
			if err := run(func(name string) {
				if names = append(names, name); len(names) == end+1 {
					panic(crash{end})
				}
			}); err != nil {
				t.Error(err)
			}
		}()
		if end >= 0 {
			if err := run(func(string) {}); err != nil {
				t.Errorf("after a crash at %q: %v", names[end], err)
			}
		}
		if slices.Sort(tb.rows); len(tb.rows) != 150 || len(slices.Compact(tb.rows)) != 150 {
			t.Errorf("crash at step %d of %v: %d rows", end, names, len(tb.rows))
		}
		want := 1
		if end >= 0 && slices.Contains([]string{"after POST", "before save", "after forget"}, names[end]) {
			want = 2
		}
		if n := exports(s); n != want || store.token != "" {
			t.Errorf("crash at step %d of %v: %d exports, want %d; token %q", end, names, n, want, store.token)
		}
		clean(t, s)
	})
	return names
}

// rowsOf returns a function for ReadExport that counts rows.
func rowsOf(ctx context.Context, n *int) func(*manifest.Manifest[lineitem.Usage]) error {
	return func(m *manifest.Manifest[lineitem.Usage]) error {
		for _, err := range m.Items(ctx, nil) {
			if err != nil {
				return err
			}
			*n++
		}
		return nil
	}
}

// interrupted returns a service, a client and a store with the token of an export that is running.
func interrupted(t *testing.T, o *billingtest.Options, e billingtest.Export) (*billingtest.Server, *billing.Client, *memory) {
	t.Helper()
	s, c := service(t, o, "", e)
	store := new(memory)
	ctx, cancel := context.WithCancel(t.Context())
	err := billing.ReadExport(ctx, c, invoice, store, func(*manifest.Manifest[lineitem.Usage]) error { return nil },
		&billing.ReadExportOptions{Poll: poller.PollUntilDoneOptions{OnProgress: func(poller.Operation) { cancel() }}})
	if !errors.Is(err, context.Canceled) || store.token == "" {
		t.Fatalf("%v, token %q", err, store.token)
	}
	return s, c, store
}

// matches reports whether an error is another, or has one of its type.
func matches(err, want error) bool {
	if errors.As(want, new(*apierror.OperationError)) {
		return errors.As(err, new(*apierror.OperationError))
	}
	if errors.As(want, new(*apierror.TimeoutError)) {
		return errors.As(err, new(*apierror.TimeoutError))
	}
	return errors.Is(err, want)
}

// A token that cannot be resumed is replaced, and the program is told why.
func TestReadExportAbandonsWhatCannotBeResumed(t *testing.T) {
	cases := map[string]struct {
		want    error
		options billingtest.Options
		change  func(s *billingtest.Server, store *memory)
	}{
		"expired": {apierror.ErrExpired, billingtest.Options{OperationLifetime: time.Hour}, func(*billingtest.Server, *memory) { time.Sleep(2 * time.Hour) }},
		"failed": {&apierror.OperationError{}, billingtest.Options{}, func(s *billingtest.Server, _ *memory) {
			s.Script(billingtest.Step{On: billingtest.OperationCall, For: 1, Do: billingtest.EditJSON(func(o map[string]any) { o["status"] = "failed" })})
		}},
		"no data": {apierror.ErrNoData, billingtest.Options{}, func(s *billingtest.Server, _ *memory) {
			s.Script(billingtest.Step{On: billingtest.OperationCall, For: 1, Do: billingtest.EditJSON(func(o map[string]any) {
				o["status"], o["error"] = "failed", map[string]any{"code": "5000"}
			})})
		}},
		"damaged":     {apierror.ErrResumeToken, billingtest.Options{}, func(_ *billingtest.Server, store *memory) { store.token = store.token[:40] }},
		"not a token": {apierror.ErrResumeToken, billingtest.Options{}, func(_ *billingtest.Server, store *memory) { store.token = "G1" }},
		"no blobs in it": {manifest.ErrIncomplete, billingtest.Options{}, func(s *billingtest.Server, _ *memory) {
			edited := false
			s.Script(billingtest.Step{On: billingtest.OperationCall, For: -1, Do: billingtest.EditJSON(func(o map[string]any) {
				if m, is := o["resourceLocation"].(map[string]any); is && !edited {
					m["blobs"], edited = []any{}, true
				}
			})})
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, client, store := interrupted(t, &c.options, billingtest.Export{InvoiceID: "G1", Rows: 10})
				c.change(s, store)
				before := store.token
				var starts []billing.Start
				rows := 0
				err := billing.ReadExport(t.Context(), client, invoice, store, rowsOf(t.Context(), &rows), &billing.ReadExportOptions{OnStart: func(s billing.Start) {
					starts = append(starts, s)
					if !s.Resumed && (store.token == "" || store.token == before) {
						t.Errorf("the token of the new export was not saved: %q", store.token)
					}
				}})
				if err != nil || rows != 10 || store.token != "" {
					t.Errorf("%d rows, %v; token %q", rows, err, store.token)
				}
				last := starts[len(starts)-1]
				if last.Resumed || !matches(last.Abandoned, c.want) {
					t.Errorf("starts %+v", starts)
				}
				if n := exports(s); n != 2 {
					t.Errorf("%d exports", n)
				}
			})
		})
	}
}

func TestReadExportOfAnotherInvoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client, store := interrupted(t, nil, billingtest.Export{InvoiceID: "G1", Rows: 10})
		if err := s.Add(billingtest.Export{InvoiceID: "G2", Rows: 20}); err != nil {
			t.Fatal(err)
		}
		rows := 0
		var started billing.Start
		err := billing.ReadExport(t.Context(), client, billing.BilledUsage{InvoiceID: "G2"}, store, rowsOf(t.Context(), &rows),
			&billing.ReadExportOptions{OnStart: func(s billing.Start) { started = s }})
		if err != nil || rows != 20 || store.token != "" || !errors.Is(started.Abandoned, apierror.ErrResumeToken) {
			t.Errorf("%d rows, %v, %+v; token %q", rows, err, started, store.token)
		}
	})
}

// An export that was begun last month has the data of another "current" period.
func TestReadExportOfAnotherPeriod(t *testing.T) {
	for _, c := range []struct {
		after time.Duration // since the first of a month
		edit  func(operation map[string]any)
		want  int
	}{
		{30 * 24 * time.Hour, nil, 1},
		{31 * 24 * time.Hour, nil, 2},
		{366 * 24 * time.Hour, nil, 2}, // the same month of another year
		{366 * 24 * time.Hour, func(o map[string]any) { delete(o, "createdDateTime") }, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, client := service(t, nil, "", billingtest.Export{BillingPeriod: "current", CurrencyCode: "EUR", Rows: 10, EditOperation: c.edit})
			request := billing.UnbilledUsage{BillingPeriod: billing.BillingPeriodCurrent, CurrencyCode: "EUR"}
			store := new(memory)
			unread := errors.New("not read yet")
			if err := billing.ReadExport(t.Context(), client, request, store, func(*manifest.Manifest[lineitem.Usage]) error { return unread }, nil); err != unread || store.token == "" { //nolint:errorlint // It is returned as it is.
				t.Fatalf("%v; token %q", err, store.token)
			}
			time.Sleep(c.after)
			rows := 0
			if err := billing.ReadExport(t.Context(), client, request, store, rowsOf(t.Context(), &rows), nil); err != nil || rows != 10 {
				t.Errorf("%d rows, %v", rows, err)
			}
			if n := exports(s); n != c.want {
				t.Errorf("after %v: %d exports, want %d", c.after, n, c.want)
			}
		})
	}
}

// After any other error the token is kept, and the next call continues with the same export.
func TestReadExportKeepsTheToken(t *testing.T) {
	canceled := func(t *testing.T, o *billing.ReadExportOptions) context.Context {
		ctx, cancel := context.WithCancel(t.Context())
		o.Poll.OnProgress = func(poller.Operation) { cancel() }
		return ctx
	}
	failing := true
	scripted := func(a billingtest.Action) func(*billingtest.Server) {
		return func(s *billingtest.Server) {
			polls := 0
			s.Script(billingtest.Step{On: billingtest.OperationCall, For: -1, Do: a, When: func(*http.Request) bool {
				polls++
				return failing && polls > 1
			}})
		}
	}
	for name, c := range map[string]struct {
		want   error
		script func(*billingtest.Server)
		ctx    func(*testing.T, *billing.ReadExportOptions) context.Context
		read   error
	}{
		"canceled": {want: context.Canceled, ctx: canceled},
		"deadline": {want: &apierror.TimeoutError{}, ctx: func(t *testing.T, _ *billing.ReadExportOptions) context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			t.Cleanup(cancel)
			return ctx
		}},
		"MaxWait": {want: &apierror.TimeoutError{}, ctx: func(t *testing.T, o *billing.ReadExportOptions) context.Context {
			o.Poll.MaxWait = 2 * time.Second
			return t.Context()
		}},
		"no connection": {want: apierror.ErrUnavailable, script: scripted(billingtest.Drop(billingtest.ErrReset))},
		"no permission": {want: apierror.ErrPermission, script: scripted(billingtest.GraphError(403, "Forbidden", "No."))},
		"a proxy":       {want: apierror.ErrMalformed, script: scripted(billingtest.Respond(200, nil, "<html>"))},
		"read":          {want: http.ErrAbortHandler, read: http.ErrAbortHandler},
		"storage":       {want: manifest.ErrUnavailable, read: fmt.Errorf("row 7: %w", manifest.ErrUnavailable)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, client := service(t, nil, "", billingtest.Export{InvoiceID: "G1", Rows: 10})
				if failing = true; c.script != nil {
					c.script(s)
				}
				var o billing.ReadExportOptions
				ctx := t.Context()
				if c.ctx != nil {
					ctx = c.ctx(t, &o)
				}
				store := new(memory)
				err := billing.ReadExport(ctx, client, invoice, store, func(*manifest.Manifest[lineitem.Usage]) error { return c.read }, &o)
				if !matches(err, c.want) {
					t.Fatalf("got %v", err)
				}
				if store.token == "" {
					t.Fatal("the token was forgotten")
				}
				failing = false
				rows := 0
				var started billing.Start
				if err := billing.ReadExport(t.Context(), client, invoice, store, rowsOf(t.Context(), &rows), &billing.ReadExportOptions{OnStart: func(s billing.Start) { started = s }}); err != nil || rows != 10 || !started.Resumed {
					t.Errorf("%d rows, %v, %+v", rows, err, started)
				}
				if n := exports(s); n != 1 {
					t.Errorf("%d exports", n)
				}
			})
		})
	}
}

// An export that can never be read whole is not resumed by the next call.
func TestReadExportForgetsWhatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		want error
		step billingtest.Step
		read error
	}{
		"failed":          {want: apierror.ErrNoData, step: billingtest.Step{On: billingtest.OperationCall, For: -1, Do: billingtest.EditJSON(func(o map[string]any) { o["status"], o["error"] = "failed", map[string]any{"code": "5000"} })}},
		"gone":            {want: apierror.ErrExpired, step: billingtest.Step{On: billingtest.OperationCall, Skip: 1, For: -1, Do: billingtest.GraphError(410, "Gone", "No more.")}},
		"a blob is gone":  {want: manifest.ErrBlobMissing, step: billingtest.Step{On: billingtest.BlobCall, For: -1, Do: billingtest.StorageError(404, "BlobNotFound", "Gone.")}},
		"rows are gone":   {want: manifest.ErrIncomplete, read: fmt.Errorf("reading: %w", manifest.ErrIncomplete)},
		"gone at refresh": {want: apierror.ErrExpired, read: fmt.Errorf("reading: %w", apierror.ErrExpired)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, client := service(t, nil, "", billingtest.Export{InvoiceID: "G1", Rows: 10})
				if c.read == nil {
					s.Script(c.step)
				}
				store := new(memory)
				rows := 0
				read := rowsOf(t.Context(), &rows)
				err := billing.ReadExport(t.Context(), client, invoice, store, func(m *manifest.Manifest[lineitem.Usage]) error {
					return cmp.Or(c.read, read(m))
				}, nil)
				if !errors.Is(err, c.want) || store.token != "" || exports(s) != 1 {
					t.Fatalf("%v, token %q, %d exports", err, store.token, exports(s))
				}
				// Where the store fails too, neither error hides the other.
				broken := &memory{fail: map[string]error{"forget": http.ErrServerClosed}}
				err = billing.ReadExport(t.Context(), client, invoice, broken, func(m *manifest.Manifest[lineitem.Usage]) error {
					return cmp.Or(c.read, read(m))
				}, nil)
				if !errors.Is(err, c.want) || !errors.Is(err, http.ErrServerClosed) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// A new export whose request fails names the reason of both.
func TestReadExportCannotBeginAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client, store := interrupted(t, &billingtest.Options{OperationLifetime: time.Hour}, billingtest.Export{InvoiceID: "G1", Rows: 10})
		time.Sleep(2 * time.Hour)
		s.Script(billingtest.Step{On: billingtest.ExportCall, For: 1, Do: billingtest.GraphError(403, "Forbidden", "No.")})
		err := billing.ReadExport(t.Context(), client, invoice, store, func(*manifest.Manifest[lineitem.Usage]) error { return nil }, nil)
		if !errors.Is(err, apierror.ErrPermission) || errors.Is(err, apierror.ErrExpired) || !strings.Contains(err.Error(), "the export before it was abandoned: ") || !strings.Contains(err.Error(), "410") {
			t.Errorf("got %v", err)
		}
		if store.token != "" {
			t.Errorf("token %q", store.token)
		}
	})
}

func TestReadExportStoreFails(t *testing.T) {
	full := errors.New("disk full")
	for op, c := range map[string]struct {
		exports int
		advice  string
		rows    int
	}{
		"load":   {0, "nothing was sent; repair the store", 0},
		"save":   {1, "save the error's ResumeToken in it", 0},
		"forget": {1, "remove the token", 10},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, client := service(t, nil, "", billingtest.Export{InvoiceID: "G1", Rows: 10})
			store := &memory{fail: map[string]error{op: full}}
			rows := 0
			err := billing.ReadExport(t.Context(), client, invoice, store, rowsOf(t.Context(), &rows), nil)
			failed, is := errors.AsType[*poller.StoreError](err)
			if !is || failed.Op != op || !errors.Is(err, full) || !strings.HasPrefix(err.Error(), "poller: "+op+" resume token: disk full; ") || !strings.Contains(err.Error(), c.advice) {
				t.Fatalf("%s: %v", op, err)
			}
			if n := exports(s); n != c.exports || rows != c.rows {
				t.Errorf("%s: %d exports, %d rows", op, n, rows)
			}
			if op != "save" {
				return
			}
			// The export that was begun is not lost.
			store.token, store.fail = failed.ResumeToken, nil
			if err := billing.ReadExport(t.Context(), client, invoice, store, rowsOf(t.Context(), &rows), nil); err != nil || rows != 10 || exports(s) != 1 {
				t.Errorf("%d rows, %v, %d exports", rows, err, exports(s))
			}
		})
	}
}

// An export that cannot be forgotten is not replaced either: the store would keep its token.
func TestReadExportCannotForgetAnExpiredExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client, store := interrupted(t, &billingtest.Options{OperationLifetime: time.Hour}, billingtest.Export{InvoiceID: "G1", Rows: 10})
		time.Sleep(2 * time.Hour)
		store.fail = map[string]error{"forget": http.ErrServerClosed}
		err := billing.ReadExport(t.Context(), client, invoice, store, func(*manifest.Manifest[lineitem.Usage]) error { return nil }, nil)
		if !errors.Is(err, http.ErrServerClosed) || !errors.Is(err, apierror.ErrExpired) || exports(s) != 1 {
			t.Errorf("%v, %d exports", err, exports(s))
		}
	})
}

// Where the context ends between the response and the store, the token is saved; where it ends
// after the last row, it is forgotten.
func TestReadExportStoresAfterCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := service(t, nil, "", billingtest.Export{InvoiceID: "G1", Rows: 10})
		for _, at := range []string{"before save", "end of read"} {
			ctx, cancel := context.WithCancel(t.Context())
			store := new(memory)
			step := func(name string) {
				if name == at {
					cancel()
				}
			}
			store.step = step
			err := billing.ReadExport(ctx, client, invoice, store, func(*manifest.Manifest[lineitem.Usage]) error {
				step("end of read")
				return nil
			}, nil)
			if at == "before save" && (!errors.Is(err, context.Canceled) || store.token == "") || at == "end of read" && (err != nil || store.token != "") {
				t.Errorf("%s: %v, token %q", at, err, store.token)
			}
			cancel()
		}
	})
}

// An operation that the service moves to another address is resumed there.
func TestReadExportSavesAnotherAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := service(t, nil, "", billingtest.Export{InvoiceID: "G1", Rows: 10})
		s.Script(billingtest.Step{On: billingtest.OperationCall, Skip: 1, For: 1, Do: billingtest.Header("Location", "/v1.0/moved")})
		saves := map[string]bool{}
		store := new(memory)
		ctx, cancel := context.WithCancel(t.Context())
		store.step = func(step string) {
			if saves[store.token] = true; step == "after save" && len(saves) == 3 {
				cancel()
			}
		}
		err := billing.ReadExport(ctx, client, invoice, store, func(*manifest.Manifest[lineitem.Usage]) error { return nil }, nil)
		if !errors.Is(err, context.Canceled) || len(saves) != 3 { // none, and two addresses
			t.Errorf("%v, %d tokens", err, len(saves))
		}
		// A store that fails then ends the wait.
		s.Script(billingtest.Step{On: billingtest.OperationCall, Skip: 1, For: 1, Do: billingtest.Header("Location", "/v1.0/moved")})
		store = new(memory)
		store.step = func(step string) {
			if step == "after save" {
				store.fail = map[string]error{"save": http.ErrServerClosed}
			}
		}
		err = billing.ReadExport(t.Context(), client, invoice, store, func(*manifest.Manifest[lineitem.Usage]) error { return nil }, nil)
		if failed, is := errors.AsType[*poller.StoreError](err); !is || failed.Op != "save" || failed.ResumeToken == "" || failed.ResumeToken == store.token {
			t.Errorf("got %v", err)
		}
	})
}

func TestReadExportInvalid(t *testing.T) {
	s, client := service(t, nil, "", billingtest.Export{InvoiceID: "G1"})
	read := func(*manifest.Manifest[lineitem.Usage]) error { return nil }
	store := &memory{token: "a token", step: func(string) { t.Error("the store was used") }}
	if err := billing.ReadExport(t.Context(), client, billing.BilledUsage{}, store, read, nil); !errors.Is(err, billing.ErrInvalidRequest) {
		t.Errorf("got %v", err)
	}
	for _, err := range []error{
		billing.ReadExport(t.Context(), nil, invoice, store, read, nil),
		billing.ReadExport(t.Context(), new(billing.Client), invoice, store, read, nil),
		billing.ReadExport(t.Context(), client, nil, store, read, nil),
		billing.ReadExport(t.Context(), client, invoice, nil, read, nil),
		billing.ReadExport(t.Context(), client, invoice, store, nil, nil),
	} {
		if !errors.Is(err, billing.ErrInvalidRequest) || !strings.Contains(err.Error(), "a store and a function") {
			t.Errorf("got %v", err)
		}
	}
	if len(s.Requests()) != 0 {
		t.Error("something was sent")
	}
}
