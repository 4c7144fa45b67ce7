package costmgmt_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// noHeaders are texts in place of a file of CSV, each with data of a customer in its first line.
var noHeaders = map[string]string{
	"HTML":             "<!DOCTYPE html>\n<html><body>Sign in, Contoso\n</body></html>\n",
	"HTML in one line": "<html><head><title>Contoso</title></head></html>",
	"XML":              "<?xml version=\"1.0\"?><Error><Code>Contoso</Code></Error>\n\n",
	"JSON":             "{\"error\":{\"code\":\"Contoso\",\"message\":\"x\"}}\n",
	"no header":        "G1,Contoso,09/30/2024,1.50,EUR\nG2,Contoso,09/30/2024,2.50,EUR\n",
	"the same twice":   "Contoso,Contoso,2.5\nContoso,Contoso,2.5\n",
	"lone CR":          "invoiceId,customerName,costInBillingCurrency\rG1,Contoso,1.5\rG2,Contoso,2.5\r",
	"semicolons":       "kundenname;betrag;Contoso\nx;1,5;y\n",
	"archive":          "PK\x03\x04Contoso",
}

// TestReportWithoutHeader: what is not a report of costs is an error, and not rows, whatever the
// type of the rows. The error has nothing of the text.
func TestReportWithoutHeader(t *testing.T) {
	for name, text := range noHeaders {
		for _, ends := range []string{text, strings.ReplaceAll(text, "\n", "\r\n"), "\ufeff" + text, "\n\n" + text} {
			errs := []error{
				readReport[costmgmt.CostDetail](t, ends), readReport[lineitem.Record](t, ends), readReport[map[string]any](t, ends),
				readReport[struct {
					Name string `json:"kundenname"`
				}](t, ends),
			}
			for i, err := range errs {
				if !errors.Is(err, lineitem.ErrCSV) || strings.Contains(err.Error(), "Contoso") {
					t.Errorf("%s, type %d: %v", name, i, err)
				}
				if _, ok := errors.AsType[*lineitem.DecodeError](err); !ok {
					t.Errorf("%s, type %d: no position: %v", name, i, err)
				}
			}
		}
	}
	// A header, but of something else.
	for _, text := range []string{"kundenname,betrag\nContoso,1.5\n", "x\ny\n"} {
		if err := readReport[costmgmt.CostDetail](t, text); !errors.Is(err, lineitem.ErrRowMismatch) {
			t.Errorf("%q: %v", text, err)
		}
		if err := readReport[lineitem.Record](t, text); err != nil {
			t.Errorf("%q as records: %v", text, err)
		}
	}
	for _, text := range []string{"COSTINBILLINGCURRENCY,of tomorrow\n1.5,x\n", "\n\ufeffdate\n2024-09-30\n"} {
		if err := readReport[costmgmt.CostDetail](t, text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// readReport reads a report of one blob.
func readReport[T any](t *testing.T, text string) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, ok(`{"status":"Completed","manifest":`+manifestOf([]string{text})+`}`), response{200, map[string]string{"ETag": `"1"`}, text})
		p, begun := beginReport(t, s)
		if begun != nil {
			t.Fatal(begun)
		}
		m, polled := p.PollUntilDone(t.Context(), nil)
		if polled != nil {
			t.Fatal(polled)
		}
		_, err = all(manifest.As[T](m).Items(t.Context(), nil))
	})
	return err
}

// TestPriceSheetWithoutHeader: what is no price sheet is an error, and not prices or none.
func TestPriceSheetWithoutHeader(t *testing.T) {
	for name, text := range noHeaders {
		if name == "archive" {
			continue
		}
		for what, data := range map[string][]byte{"plain": []byte(text), "in an archive": archiveOf(t, "a.csv", text)} {
			sheet, err := openPriceSheet(t, data)
			if err != nil {
				t.Errorf("%s, %s: %v", name, what, err)
				continue
			}
			_, records := all(costmgmt.Prices[lineitem.Record](sheet))
			_, prices := all(costmgmt.Prices[price](sheet))
			for _, err := range []error{records, prices} {
				if !errors.Is(err, lineitem.ErrCSV) || strings.Contains(err.Error(), "Contoso") {
					t.Errorf("%s, %s: %v", name, what, err)
				}
			}
		}
	}
	for name, data := range map[string][]byte{
		"empty": {}, "archive without files": archiveOf(t, "folder/", ""), "cut archive": []byte("PK\x03\x04Contoso"),
	} {
		if _, err := openPriceSheet(t, data); !errors.Is(err, lineitem.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, data := range map[string][]byte{"archive of an empty file": archiveOf(t, "a.csv", ""), "blank lines": []byte("\n \r\n\n")} {
		sheet, err := openPriceSheet(t, data)
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := all(costmgmt.Prices[price](sheet)); !errors.Is(err, lineitem.ErrCorrupt) || len(rows) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	sheet, err := openPriceSheet(t, []byte("meterId,unitPrice\n"))
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := all(costmgmt.Prices[price](sheet)); err != nil || len(rows) != 0 {
		t.Errorf("a header alone: %v", err)
	}
}

// TestPriceSheetOfManyEntries: the directory of an archive is not read where it is too long.
func TestPriceSheetOfManyEntries(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range 10_001 {
		if _, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i), Method: zip.Store}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := openPriceSheet(t, b.Bytes()); !errors.Is(err, costmgmt.ErrTooLarge) || !strings.Contains(err.Error(), "10000 entries") {
		t.Errorf("%v", err)
	}
}

func archiveOf(t *testing.T, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if text != "" {
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func openPriceSheet(t *testing.T, data []byte) (*costmgmt.PriceSheet, error) {
	t.Helper()
	link := "https://account.blob.core.windows.net/c/sheet.zip?sp=r&se=2099-01-01&sig=" + signature
	p, err := client(t, serve(t, ok(`{"downloadUrl":"`+link+`"}`), response{200, map[string]string{"ETag": `"1"`}, string(data)})).BeginPriceSheet(t.Context(), account, "BP", nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := p.Result(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return costmgmt.OpenPriceSheet(t.Context(), file, nil)
}
