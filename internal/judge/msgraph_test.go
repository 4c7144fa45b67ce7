package judge_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"testing"
	"time"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	azureauth "github.com/microsoft/kiota-authentication-azure-go"
	kiota "github.com/microsoft/kiota-http-go"
	kiotajson "github.com/microsoft/kiota-serialization-json-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
	models "github.com/microsoftgraph/msgraph-sdk-go/models/partners/billing"
	"github.com/microsoftgraph/msgraph-sdk-go/reports"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// newGraph returns the request builders of the partner billing reports, with the middleware of
// Microsoft's client, which compresses requests. The package that has the whole client is not used,
// because it compiles all of Graph.
func newGraph(t *testing.T, s service) *reports.PartnersBillingRequestBuilder {
	t.Helper()
	abstractions.RegisterDefaultSerializer(func() serialization.SerializationWriterFactory {
		return kiotajson.NewJsonSerializationWriterFactory()
	})
	abstractions.RegisterDefaultDeserializer(func() serialization.ParseNodeFactory { return kiotajson.NewJsonParseNodeFactory() })
	scopes := []string{"https://graph.microsoft.com/.default"}
	provider, err := azureauth.NewAzureIdentityAuthenticationProviderWithScopes(s.Credential(), scopes)
	if err != nil {
		t.Fatal(err)
	}
	options := core.GraphClientOptions{GraphServiceLibraryVersion: "1.0.0"}
	client := core.GetDefaultClient(&options)
	client.Transport = kiota.NewCustomTransportWithParentTransport(s.listener.Client.Transport, core.GetDefaultMiddlewaresWithOptions(&options)...)
	adapter, err := core.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(provider, options, nil, nil, client)
	if err != nil {
		t.Fatal(err)
	}
	adapter.SetBaseUrl("https://graph.microsoft.com/v1.0")
	return reports.NewPartnersBillingRequestBuilderInternal(map[string]string{"baseurl": adapter.GetBaseUrl()}, adapter)
}

// TestGraph: exports, operations and manifests through Microsoft's SDK for Graph.
func TestGraph(t *testing.T) {
	s := serve(t)
	g := newGraph(t, s)
	j := judge{t, "msgraph-sdk-go v1"}
	ctx := t.Context()
	invoice, currency := billingtest.DefaultInvoiceID, billingtest.DefaultCurrency
	full, basic, current := models.FULL_ATTRIBUTESET, models.BASIC_ATTRIBUTESET, models.CURRENT_BILLINGPERIOD

	exports := []struct {
		name string
		e    billingtest.Export
		post func(options []abstractions.RequestOption) (models.Operationable, error)
	}{
		{"usage/billed export", usage, func(o []abstractions.RequestOption) (models.Operationable, error) {
			body := reports.NewPartnersBillingUsageBilledMicrosoftGraphPartnersBillingExportExportPostRequestBody()
			body.SetInvoiceId(&invoice)
			body.SetAttributeSet(&full)
			return g.Usage().Billed().MicrosoftGraphPartnersBillingExport().Post(ctx, body,
				&reports.PartnersBillingUsageBilledMicrosoftGraphPartnersBillingExportRequestBuilderPostRequestConfiguration{Options: o})
		}},
		{"usage/unbilled export", billingtest.Export{Rows: 300, AttributeSet: "basic"}, func(o []abstractions.RequestOption) (models.Operationable, error) {
			body := reports.NewPartnersBillingUsageUnbilledMicrosoftGraphPartnersBillingExportExportPostRequestBody()
			body.SetCurrencyCode(&currency)
			body.SetBillingPeriod(&current)
			body.SetAttributeSet(&basic)
			return g.Usage().Unbilled().MicrosoftGraphPartnersBillingExport().Post(ctx, body,
				&reports.PartnersBillingUsageUnbilledMicrosoftGraphPartnersBillingExportRequestBuilderPostRequestConfiguration{Options: o})
		}},
		{"reconciliation/billed export", lines, func(o []abstractions.RequestOption) (models.Operationable, error) {
			body := reports.NewPartnersBillingReconciliationBilledMicrosoftGraphPartnersBillingExportExportPostRequestBody()
			body.SetInvoiceId(&invoice)
			body.SetAttributeSet(&full)
			return g.Reconciliation().Billed().MicrosoftGraphPartnersBillingExport().Post(ctx, body,
				&reports.PartnersBillingReconciliationBilledMicrosoftGraphPartnersBillingExportRequestBuilderPostRequestConfiguration{Options: o})
		}},
		{"reconciliation/unbilled export", billingtest.Export{Dataset: billingtest.Reconciliation, Rows: 200}, func(o []abstractions.RequestOption) (models.Operationable, error) {
			body := reports.NewPartnersBillingReconciliationUnbilledMicrosoftGraphPartnersBillingExportExportPostRequestBody()
			body.SetCurrencyCode(&currency)
			body.SetBillingPeriod(&current)
			return g.Reconciliation().Unbilled().MicrosoftGraphPartnersBillingExport().Post(ctx, body,
				&reports.PartnersBillingReconciliationUnbilledMicrosoftGraphPartnersBillingExportRequestBuilderPostRequestConfiguration{Options: o})
		}},
	}
	for _, x := range exports {
		var id string
		j.call(x.name, func() (string, error) {
			headers := kiota.NewHeadersInspectionOptions()
			headers.InspectResponseHeaders = true
			_, err := x.post([]abstractions.RequestOption{headers})
			if err != nil {
				return "", described(err)
			}
			location := headers.ResponseHeaders.Get("location")
			if len(location) != 1 {
				return "", fmt.Errorf("Location %q", location)
			}
			id = path.Base(location[0])
			return "202, operation in Location, request in gzip", nil
		})
		j.call(x.name+": operation", func() (string, error) { return graphOperation(ctx, g, id, x.e) })
	}
	j.call("manifest", func() (string, error) { return graphManifest(t) })

	j.call("export of an unknown invoice", func() (string, error) {
		none := "G000000001"
		body := reports.NewPartnersBillingUsageBilledMicrosoftGraphPartnersBillingExportExportPostRequestBody()
		body.SetInvoiceId(&none)
		headers := kiota.NewHeadersInspectionOptions()
		headers.InspectResponseHeaders = true
		_, err := g.Usage().Billed().MicrosoftGraphPartnersBillingExport().Post(ctx, body,
			&reports.PartnersBillingUsageBilledMicrosoftGraphPartnersBillingExportRequestBuilderPostRequestConfiguration{Options: []abstractions.RequestOption{headers}})
		if err != nil {
			return "", described(err)
		}
		o, _, err := poll(ctx, g, path.Base(headers.ResponseHeaders.Get("location")[0]))
		if err != nil {
			return "", err
		}
		failed, ok := o.(models.FailedOperationable)
		if !ok {
			return "", fmt.Errorf("operation is a %T", o)
		}
		return "failed operation, code 5000", same("code", value(failed.GetError().GetCode()), "5000")
	})

	refused := func(name string, status int, code string, do func() error) {
		j.call(name, func() (string, error) {
			var failed *odataerrors.ODataError
			err := do()
			if !errors.As(err, &failed) || failed.GetStatusCode() != status || failed.GetErrorEscaped() == nil || value(failed.GetErrorEscaped().GetCode()) != code {
				return "", fmt.Errorf("error is %w; want status %d, %s", described(err), status, code)
			}
			return refusal(status, code), nil
		})
	}
	refused("export without an invoice", http.StatusBadRequest, "BadRequest", func() error {
		_, err := g.Usage().Billed().MicrosoftGraphPartnersBillingExport().Post(ctx, reports.NewPartnersBillingUsageBilledMicrosoftGraphPartnersBillingExportExportPostRequestBody(), nil)
		return err
	})
	refused("operation that is unknown", http.StatusNotFound, "NotFound", func() error {
		_, err := g.Operations().ByOperationId("1").Get(ctx, nil)
		return err
	})
	const missing, code = http.StatusNotImplemented, "NotImplemented"
	refused("billing", missing, code, func() error { _, err := g.Get(ctx, nil); return err })
	refused("usage", missing, code, func() error { _, err := g.Usage().Get(ctx, nil); return err })
	refused("usage/billed", missing, code, func() error { _, err := g.Usage().Billed().Get(ctx, nil); return err })
	refused("usage/unbilled", missing, code, func() error { _, err := g.Usage().Unbilled().Get(ctx, nil); return err })
	refused("reconciliation", missing, code, func() error { _, err := g.Reconciliation().Get(ctx, nil); return err })
	refused("reconciliation/billed", missing, code, func() error { _, err := g.Reconciliation().Billed().Get(ctx, nil); return err })
	refused("reconciliation/unbilled", missing, code, func() error { _, err := g.Reconciliation().Unbilled().Get(ctx, nil); return err })
	refused("operations", missing, code, func() error { _, err := g.Operations().Get(ctx, nil); return err })
	refused("operations/$count", missing, code, func() error { _, err := g.Operations().Count().Get(ctx, nil); return err })
	refused("operations: create", missing, code, func() error { _, err := g.Operations().Post(ctx, models.NewOperation(), nil); return err })
	refused("operation: change", missing, code, func() error {
		_, err := g.Operations().ByOperationId("1").Patch(ctx, models.NewOperation(), nil)
		return err
	})
	refused("operation: delete", missing, code, func() error { return g.Operations().ByOperationId("1").Delete(ctx, nil) })
	refused("manifests", missing, code, func() error { _, err := g.Manifests().Get(ctx, nil); return err })
	refused("manifests/$count", missing, code, func() error { _, err := g.Manifests().Count().Get(ctx, nil); return err })
	refused("manifests: create", missing, code, func() error { _, err := g.Manifests().Post(ctx, models.NewManifest(), nil); return err })
	refused("manifest: change", missing, code, func() error {
		_, err := g.Manifests().ByManifestId("1").Patch(ctx, models.NewManifest(), nil)
		return err
	})
	refused("manifest: delete", missing, code, func() error { return g.Manifests().ByManifestId("1").Delete(ctx, nil) })
}

// graphOperation polls an operation and checks its manifest.
func graphOperation(ctx context.Context, g *reports.PartnersBillingRequestBuilder, id string, e billingtest.Export) (string, error) {
	o, polls, err := poll(ctx, g, id)
	if err != nil {
		return "", err
	}
	done, ok := o.(models.ExportSuccessOperationable)
	if !ok {
		return "", fmt.Errorf("operation is a %T", o)
	}
	names, err := e.BlobNames()
	if err != nil {
		return "", err
	}
	m := done.GetResourceLocation()
	return fmt.Sprintf("succeeded after %d polls, manifest with %d blobs", polls, len(m.GetBlobs())), errors.Join(
		checkManifest(m), same("blobs", len(m.GetBlobs()), len(names)), same("first blob", value(m.GetBlobs()[0].GetName()), names[0]),
		same("created", o.GetCreatedDateTime() != nil && o.GetLastActionDateTime() != nil, true),
	)
}

// poll polls an operation until it has ended.
func poll(ctx context.Context, g *reports.PartnersBillingRequestBuilder, id string) (models.Operationable, int, error) {
	for polls := 1; polls < 10; polls++ {
		o, err := g.Operations().ByOperationId(id).Get(ctx, nil)
		if err != nil {
			return nil, polls, described(err)
		}
		if _, running := o.(*models.RunningOperation); !running {
			return o, polls, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, 10, errors.New("the operation never ends")
}

func checkManifest(m models.Manifestable) error {
	return errors.Join(
		same("blobCount", int(value(m.GetBlobCount())), len(m.GetBlobs())), same("dataFormat", value(m.GetDataFormat()), "compressedJSON"),
		same("rootDirectory", value(m.GetRootDirectory()) != "", true), same("sasToken", value(m.GetSasToken()) != "", true),
		same("eTag", value(m.GetETag()) != "", true), same("schemaVersion", value(m.GetSchemaVersion()), "2"),
		same("partitionType", value(m.GetPartitionType()), "default"), same("partnerTenantId", value(m.GetPartnerTenantId()) != "", true),
		same("createdDateTime", m.GetCreatedDateTime() != nil, true), same("id", value(m.GetId()) != "", true),
	)
}

// graphManifest gets a manifest that an operation only links to.
func graphManifest(t *testing.T) (string, error) {
	t.Helper()
	s := billingtest.NewServer(&billingtest.Options{RunningPolls: -1, ResourceLocation: billingtest.LocationNavigationLink})
	l, err := s.Listen()
	if err != nil {
		return "", err
	}
	defer l.Close()
	g, ctx := newGraph(t, service{s, l}), t.Context()
	body := reports.NewPartnersBillingUsageBilledMicrosoftGraphPartnersBillingExportExportPostRequestBody()
	invoice := billingtest.DefaultInvoiceID
	body.SetInvoiceId(&invoice)
	headers := kiota.NewHeadersInspectionOptions()
	headers.InspectResponseHeaders = true
	if _, err := g.Usage().Billed().MicrosoftGraphPartnersBillingExport().Post(ctx, body,
		&reports.PartnersBillingUsageBilledMicrosoftGraphPartnersBillingExportRequestBuilderPostRequestConfiguration{Options: []abstractions.RequestOption{headers}}); err != nil {
		return "", described(err)
	}
	o, err := g.Operations().ByOperationId(path.Base(headers.ResponseHeaders.Get("location")[0])).Get(ctx, nil)
	if err != nil {
		return "", described(err)
	}
	link, ok := o.GetAdditionalData()["resourceLocation@odata.navigationLink"].(*string)
	if !ok {
		return "", fmt.Errorf("additional data %v", o.GetAdditionalData())
	}
	m, err := g.Manifests().ByManifestId(path.Base(*link)).Get(ctx, nil)
	if err != nil {
		return "", described(err)
	}
	return fmt.Sprintf("%d blobs, SAS and root directory", len(m.GetBlobs())), checkManifest(m)
}

// described adds to an error of Graph what it says.
func described(err error) error {
	var failed *odataerrors.ODataError
	if errors.As(err, &failed) && failed.GetErrorEscaped() != nil {
		e := failed.GetErrorEscaped()
		return fmt.Errorf("%w: %d %s %s", err, failed.GetStatusCode(), value(e.GetCode()), value(e.GetMessage()))
	}
	return err
}
