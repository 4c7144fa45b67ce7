package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/lineitem"
)

func TestDemo(t *testing.T) {
	var out, shown bytes.Buffer
	if code := cli.Run(t.Context(), cli.NewCall(about, []string{"-rows", "20000"}, nil, &out, &shown), run); code != cli.ExitOK {
		t.Fatalf("exit %d\n%s\n%s", code, &shown, &out)
	}
	if !regexp.MustCompile(`(?s)200 OK, whole: 20000 rows,\n.*as generated\n.*200 OK, then after [0-9]+ rows: unexpected EOF; .*404 Not Found, before any row\n.*sent [0-9]{1,5} rows and waits`).Match(out.Bytes()) {
		t.Errorf("%s", &out)
	}
	for _, want := range []string{"sent 20000 rows\n", "blob is missing", `usage": 404: `, "next: "} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("no %q in\n%s", want, &shown)
		}
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > 81 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}

// serving returns the address of a service of these exports.
func serving(t *testing.T, exports ...billingtest.Export) (*billingtest.Server, string) {
	t.Helper()
	memory := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	if err := memory.Add(exports...); err != nil {
		t.Fatal(err)
	}
	client, err := billing.NewClient(memory.Credential(), &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: memory}})
	if err != nil {
		t.Fatal(err)
	}
	s := &service{client: client, log: func(text string) { t.Log(text) }}
	server := httptest.NewServer(s.handler())
	t.Cleanup(server.Close)
	return memory, server.URL
}

func get(t *testing.T, address string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// Each line is a row with all its digits.
func TestRowsAreExact(t *testing.T) {
	const amount = "1234567890123456789.012345678901234"
	_, address := serving(t, billingtest.Export{InvoiceID: "G1", Lines: []string{
		`{"CustomerId":"a","BillingPreTaxTotal":` + amount + `,"BillingCurrency":"EUR"}`, `{"CustomerId":"b","BillingPreTaxTotal":-0.1,"BillingCurrency":"EUR"}`,
	}})
	resp := get(t, address+"/invoices/G1/usage")
	if resp.Header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("%v", resp.Header)
	}
	var got []string
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		var item lineitem.Usage
		if err := json.Unmarshal(lines.Bytes(), &item); err != nil {
			t.Fatal(err)
		}
		got = append(got, item.CustomerID+" "+item.BillingPreTaxTotal.String())
	}
	if err := lines.Err(); err != nil || len(got) != 2 || got[0] != "a "+amount || got[1] != "b -0.1" || resp.Trailer.Get(rowCount) != "2" {
		t.Errorf("%q, %v, %v", got, resp.Trailer, err)
	}
}

func TestExportWithoutRows(t *testing.T) {
	_, address := serving(t, billingtest.Export{InvoiceID: "G1", Files: []billingtest.File{{Name: "a.json.gz"}}})
	resp := get(t, address+"/invoices/G1/usage")
	if text, err := io.ReadAll(resp.Body); resp.StatusCode != 200 || len(text) > 0 || err != nil || resp.Trailer.Get(rowCount) != "0" {
		t.Errorf("%s, %q, %v, %v", resp.Status, text, err, resp.Trailer)
	}
}

func TestStatuses(t *testing.T) {
	memory, address := serving(t, billingtest.Export{InvoiceID: "G1", Rows: 10})
	for path, want := range map[string]int{
		"/invoices/G9/usage": 404, "/invoices/D1/usage": 400, "/invoices/a-b/usage": 400, "/invoices/G1": 404, "/": 404,
	} {
		if resp := get(t, address+path); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
	}
	memory.Script(billingtest.Step{On: billingtest.ExportCall, For: 1, Do: billingtest.GraphError(403, "Forbidden", "No.")})
	resp := get(t, address+"/invoices/G1/usage")
	if text, err := io.ReadAll(resp.Body); resp.StatusCode != 502 || err != nil || strings.Contains(string(text), "Forbidden") {
		t.Errorf("%s, %q, %v", resp.Status, text, err)
	}
}

// A failure at any row is an error for the client, whatever it reads with, and no end of the body.
func TestAbortedBody(t *testing.T) {
	var lines []string
	for i := range 3000 {
		lines = append(lines, fmt.Sprintf(`{"CustomerId":"%d","BillingPreTaxTotal":1,"BillingCurrency":"EUR"}`, i))
	}
	for _, bad := range []int{0, 1, 100, 2999} {
		damaged := append([]string(nil), lines...)
		damaged[bad] = `{"BillingPreTaxTotal":"x"}`
		_, address := serving(t, billingtest.Export{InvoiceID: "G1", Files: []billingtest.File{{Name: "a.json.gz", Lines: damaged}}})
		resp := get(t, address+"/invoices/G1/usage")
		text, err := io.ReadAll(resp.Body)
		switch rows := bytes.Count(text, []byte("\n")); {
		case bad == 0 && resp.StatusCode != 502:
			t.Errorf("row 0: %s, %d rows, %v", resp.Status, rows, err)
		case bad > 0 && (resp.StatusCode != 200 || rows > bad || !errors.Is(err, io.ErrUnexpectedEOF) || resp.Trailer.Get(rowCount) != ""):
			t.Errorf("row %d: %s, %d rows, %v, %v", bad, resp.Status, rows, resp.Trailer, err)
		}
	}
}

// HTTP/1.0 has no way to abort a body.
func TestOldClientIsRefused(t *testing.T) {
	_, address := serving(t, billingtest.Export{InvoiceID: "G1", Rows: 10})
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /invoices/G1/usage HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(conn); err != nil || !strings.Contains(string(text), " 505 ") {
		t.Errorf("%s, %v", text, err)
	}
}

// When the client disconnects, the read ends. The next request continues with the same export.
func TestDisconnect(t *testing.T) {
	memory, address := serving(t, generated("G1", 15_000))
	resp := get(t, address+"/invoices/G1/usage")
	if _, err := resp.Body.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for deadline := time.Now().Add(time.Minute); memory.OpenBodies() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections to storage are open", memory.OpenBodies())
		}
	}
	again := get(t, address+"/invoices/G1/usage")
	if rows, _, err := sum(again); rows != 15_000 || err != nil {
		t.Errorf("%d rows, %v", rows, err)
	}
	exports := 0
	for _, r := range memory.Requests() {
		if r.Call == billingtest.ExportCall {
			exports++
		}
	}
	if exports != 1 {
		t.Errorf("%d exports", exports)
	}
}

// The service serves until it is interrupted, and aborts what it is sending then.
func TestServeUntilInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	address, told := io.Pipe()
	var shown bytes.Buffer
	codes := make(chan int, 1)
	go func() {
		codes <- cli.Run(ctx, cli.NewCall(about, []string{"-addr", "localhost:0", "-rows", "15000"}, nil, told, &shown), run)
	}()
	line, err := bufio.NewReader(address).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	resp := get(t, strings.TrimSpace(strings.TrimPrefix(line, "serving ")))
	if _, err := resp.Body.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	interrupt()
	if _, err := io.Copy(io.Discard, resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the body ended with %v", err)
	}
	if code := <-codes; code != cli.ExitInterrupted || !strings.HasSuffix(shown.String(), "interrupted\n") {
		t.Errorf("exit %d\n%s", code, &shown)
	}
}

func TestUsageErrors(t *testing.T) {
	for args, want := range map[string]string{
		"-live": "-live needs -addr", "-rows 0": "-rows must be positive", "-live -addr :0 -rows 7": "-rows has no effect with -live",
		"-what": "not defined: -what", "G016907411": "unexpected argument",
	} {
		var out, shown bytes.Buffer
		code := cli.Run(t.Context(), cli.NewCall(about, strings.Fields(args), nil, &out, &shown), run)
		if code != cli.ExitUsage || out.Len() > 0 || strings.Count(shown.String(), want) != 1 || strings.Count(shown.String(), "\n") != 1 {
			t.Errorf("%s: exit %d\n%s%s", args, code, &out, &shown)
		}
	}
}
