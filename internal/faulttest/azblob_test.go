package faulttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// azblobScripts are the scripts that are also run with azblob's reader, by row.
var azblobScripts = map[string][][]billingtest.Step{}

// azblobVerdicts are the outcomes, by row.
var azblobVerdicts = map[string][]string{}

func TestAzblobReader(t *testing.T) {
	for id, scripts := range azblobScripts {
		for _, steps := range scripts {
			var verdict string
			t.Run(id, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { verdict = azblobReads(t, steps) })
			})
			azblobVerdicts[id] = addOnce(azblobVerdicts[id], verdict)
		}
	}
}

// azblobReads reads a blob with azblob's RetryReader while storage runs the steps.
func azblobReads(t *testing.T, steps []billingtest.Step) string {
	s := serve(t, nil, 1, 3000, 200)
	want := zipped(3000, 200)
	m, err := s.manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Script(steps...)
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	client, err := blob.NewClientWithNoCredential(m.Info().RootDirectory+"/"+m.Blobs()[0].Name+"?"+m.SAS().Reveal(), &blob.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: s.Server, Retry: policy.RetryOptions{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := azblobDownload(ctx, client)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "hangs until its context is done"
	case err != nil && secrets.find(printed(err)) != "":
		return "error that shows the SAS"
	case err != nil:
		return "error"
	case bytes.Equal(got, want):
		return "ok"
	case len(got) < len(want) && bytes.HasPrefix(want, got):
		return fmt.Sprintf("SILENT: %d bytes lost", len(want)-len(got))
	case len(got) > len(want):
		return fmt.Sprintf("SILENT: %d bytes too many", len(got)-len(want))
	default:
		return "SILENT: wrong bytes"
	}
}

func azblobDownload(ctx context.Context, client *blob.Client) (data []byte, err error) {
	resp, err := client.DownloadStream(ctx, nil)
	if err != nil {
		return nil, err
	}
	body := resp.NewRetryReader(ctx, nil)
	defer func() { err = errors.Join(err, body.Close()) }()
	return io.ReadAll(body)
}

// azblobVerdict returns the text for the table.
func azblobVerdict(id string) string {
	if verdicts := azblobVerdicts[id]; len(verdicts) > 0 {
		return "azblob: " + strings.Join(verdicts, "; ")
	}
	return ""
}
