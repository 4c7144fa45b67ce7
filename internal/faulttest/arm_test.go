package faulttest

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// armRows are about Azure Resource Manager, and about files that Cost Management makes.
var armRows = []row{
	{"A01", "list without an end", []trial{
		listed("empty pages", 101, func(n int) string {
			return fmt.Sprintf(`{"value":[],"nextLink":"https://management.azure.com%s?page=%d"}`, customersPath, n)
		}),
		listed("pages of null", 101, func(n int) string {
			return fmt.Sprintf(`{"value":[null],"nextLink":"https://management.azure.com%s?page=%d"}`, customersPath, n)
		}),
		listed("the same page again", 2, func(int) string { return `{"value":[{"name":"c"}],"nextLink":"?page=1"}` }),
	}},
	{"A02", "page too long", []trial{listed("17 MiB", 1, func(int) string {
		return `{"value":[],"x":"` + strings.Repeat("x", 17<<20) + `"}`
	})}},
	{"A03", "report of costs that is none", []trial{
		costReport("HTML", lineitem.ErrCSV, "lineitem.ErrCSV", "<html>\n<body>\n</html>\n"),
		costReport("JSON", lineitem.ErrCSV, "lineitem.ErrCSV", `{"error":{"code":"ServerBusy"}}`+"\n"),
		costReport("no header", lineitem.ErrCSV, "lineitem.ErrCSV", "G1,Contoso,09/30/2024,1.50\nG1,Contoso,09/30/2024,2.50\n"),
		costReport("CR alone", lineitem.ErrCSV, "lineitem.ErrCSV", "invoiceId,costInBillingCurrency\rG1,1.5\rG1,2.5\r"),
		costReport("CR alone in a record", lineitem.ErrCSV, "lineitem.ErrCSV", "invoiceId,productName,costInBillingCurrency\nG1,Disk\rSSD,1.5\n"),
		costReport("semicolons", lineitem.ErrCSV, "lineitem.ErrCSV", "kundenname;betrag\nContoso;1,5\n"),
		costReport("no known column", lineitem.ErrRowMismatch, "lineitem.ErrRowMismatch", "kundenname,betrag\nContoso,1.5\n"),
	}},
	{"A04", "price sheet that is none", []trial{
		prices("HTML", lineitem.ErrCSV, "lineitem.ErrCSV", []byte("<html>\n<body>\n</html>\n")),
		prices("no header", lineitem.ErrCSV, "lineitem.ErrCSV", []byte("m1,0.5,EUR\nm2,0.6,EUR\n")),
		prices("0 bytes", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", nil),
		prices("archive without files", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", archived(0)),
		prices("archive of empty files", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", archived(2)),
		prices("archive of too many files", costmgmt.ErrTooLarge, "costmgmt.ErrTooLarge", archived(10_001)),
		{"archive of two files of one name", nil, "", inBubble(filesOfOneName)},
	}},
	{"A06", "legacy price sheet", []trial{{"format is a parameter", nil, "", inBubble(legacyPrices)}}},
	{"A05", "error with status 200", []trial{
		polled("cost details, an error alone", `{"error":{"code":"ServerBusy","message":"m"}}`),
		polled("cost details, done with an error", `{"status":"Completed","error":{"code":"Partial"},"manifest":{"manifestVersion":"1","dataFormat":"Csv","blobCount":0,"blobs":[]}}`),
	}},
}

// costReport returns a trial with a report of costs whose file has the given text.
func costReport(name string, want error, wantName, text string) trial {
	return trial{name, want, wantName, inBubble(func(t *testing.T) result {
		s, c := resourceManager(t)
		s.Script(billingtest.Step{On: billingtest.BlobCall, For: -1, Do: billingtest.Respond(http.StatusOK, http.Header{"Etag": {`"1"`}}, text)})
		s.Script(billingtest.Step{On: billingtest.ARMCall, Skip: 2, Do: billingtest.EditJSON(func(o map[string]any) {
			m := o["manifest"].(map[string]any)
			blobs := m["blobs"].([]any)[:1]
			delete(blobs[0].(map[string]any), "byteCount") // or the length would tell
			m["blobs"], m["blobCount"] = blobs, 1
		})})
		p, err := costmgmt.BeginCostDetails[costmgmt.CostDetail](t.Context(), c, costmgmt.AccountScope(armAccount), costmgmt.CostDetailsRequest{InvoiceID: request.InvoiceID}, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := p.PollUntilDone(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var r result
		for row, err := range m.Items(t.Context(), nil) {
			if r.err = err; err == nil {
				t.Errorf("a row: %+v", row)
			}
		}
		if r.err == nil {
			silentWrong++
		} else if strings.Contains(r.err.Error(), "Contoso") {
			t.Errorf("the error has data of a customer: %v", r.err)
		}
		s.wantClean(t)
		return r
	})}
}

// prices returns a trial with the file of a price sheet.
func prices(name string, want error, wantName string, data []byte) trial {
	return trial{name, want, wantName, inBubble(func(t *testing.T) result {
		sheet, err := priceSheet(t, data)
		if err != nil {
			return result{err: err}
		}
		var r result
		for row, err := range costmgmt.Prices[lineitem.Record](sheet) {
			if r.err = err; err == nil {
				t.Errorf("a row: %v", row)
			}
		}
		if r.err == nil {
			silentWrong++
		}
		return r
	})}
}

// priceSheet opens a price sheet whose file has the given bytes.
func priceSheet(t *testing.T, data []byte) (*costmgmt.PriceSheet, error) {
	t.Helper()
	s, c := resourceManager(t)
	defer s.wantClean(t)
	m, err := s.manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	link := fmt.Sprintf(`{"downloadUrl":"%s/sheet.zip?%s"}`, m.Info().RootDirectory, m.SAS().Reveal())
	s.Script(billingtest.Step{On: billingtest.ARMCall, Do: billingtest.Respond(http.StatusOK, nil, link)})
	s.Script(billingtest.Step{On: billingtest.BlobCall, Do: billingtest.Respond(http.StatusOK, http.Header{"Etag": {`"1"`}}, string(data))})
	return opened(t, c, nil)
}

// opened requests, downloads and opens a price sheet.
func opened(t *testing.T, c *costmgmt.Client, o *costmgmt.BeginPriceSheetOptions) (*costmgmt.PriceSheet, error) {
	t.Helper()
	p, err := c.BeginPriceSheet(t.Context(), armAccount, billingtest.DefaultProfile, o)
	if err != nil {
		return nil, err
	}
	file, err := p.PollUntilDone(t.Context(), nil)
	if err != nil {
		return nil, err
	}
	return costmgmt.OpenPriceSheet(t.Context(), file, nil)
}

// filesOfOneName opens each file of an archive in which all have the same name.
func filesOfOneName(t *testing.T) result {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	want := []string{"meterId\nm1\n", "meterId\nm2\n", "meterId\nm3\n"}
	for _, text := range want {
		f, err := w.Create("prices.csv")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	sheet, err := priceSheet(t, b.Bytes())
	if err != nil {
		return result{err: err}
	}
	var got []string
	for _, name := range sheet.Files() {
		f, err := sheet.Open(name)
		if err != nil {
			return result{err: err}
		}
		text, err := io.ReadAll(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return result{err: err}
		}
		got = append(got, string(text))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the files are %q, want %q", got, want)
		silentWrong++
	}
	return result{}
}

// legacyPrices reads a price sheet of the older provider, which wants to know the format.
func legacyPrices(t *testing.T) result {
	s, c := resourceManager(t)
	defer s.wantClean(t)
	sheet, err := opened(t, c, &costmgmt.BeginPriceSheetOptions{Legacy: true})
	if err != nil {
		return result{err: err}
	}
	rows := 0
	for _, err := range costmgmt.Prices[lineitem.Record](sheet) {
		if err != nil {
			return result{err: err}
		}
		rows++
	}
	if rows == 0 {
		t.Error("no prices")
	}
	return result{}
}

// archived returns an archive of empty files.
func archived(files int) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range files {
		if _, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i)}); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// polled returns a trial with the response to a poll of a report.
func polled(name, body string) trial {
	return trial{name, errOperation, "apierror.OperationError", inBubble(func(t *testing.T) result {
		s, c := resourceManager(t)
		s.Script(billingtest.Step{On: billingtest.ARMCall, Skip: 1, Do: billingtest.Respond(http.StatusOK, nil, body)})
		p, err := costmgmt.BeginCostDetails[costmgmt.CostDetail](t.Context(), c, costmgmt.AccountScope(armAccount), costmgmt.CostDetailsRequest{InvoiceID: request.InvoiceID}, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.PollUntilDone(t.Context(), nil)
		if e := (*apierror.OperationError)(nil); errors.As(err, &e) {
			err = fmt.Errorf("%w: %w", errOperation, err)
		}
		s.wantClean(t)
		return result{err: err}
	})}
}

const (
	armAccount    = "aaaa0000-1111:bbbb2222-3333_2019-05-31"
	customersPath = "/providers/Microsoft.Billing/billingAccounts/" + armAccount + "/customers"
)

// resourceManager is an in-memory service with an account, and a client.
func resourceManager(t *testing.T) (*service, *costmgmt.Client) {
	t.Helper()
	s := serve(t, nil, 1, 10, 10)
	if err := s.SetAccount(billingtest.Account{Name: armAccount}); err != nil {
		t.Fatal(err)
	}
	c, err := costmgmt.NewClient(s.credential, &costmgmt.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: s.transport}})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// listed returns a trial with a list of which each page has the given body. It must end with an
// error after a number of requests.
func listed(name string, requests int, page func(n int) string) trial {
	return trial{name, apierror.ErrMalformed, "apierror.ErrMalformed", inBubble(func(t *testing.T) result {
		s, c := resourceManager(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		s.Script(billingtest.Step{On: billingtest.ARMCall, For: -1, Do: func(x *billingtest.Exchange, next func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
			if n++; n > requests {
				cancel() // or it would never end
			}
			return billingtest.Respond(http.StatusOK, nil, page(n))(x, next)
		}})
		var r result
		for _, err := range c.Customers(ctx, armAccount, nil) {
			r.err = err
		}
		s.wantClean(t)
		if n != requests {
			t.Errorf("%d requests, want %d", n, requests)
		}
		return r
	})}
}
