package billingtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// delivery is what a run of an export has written into a storage account.
type delivery struct {
	container *container
	files     []File // names are paths in the container
	manifest  string // path in the container
}

// exportColumns are the columns of exports, by their type in lower case.
var exportColumns = map[string][]costColumn{
	"usage": costColumns, "actualcost": costColumns, "amortizedcost": costColumns, "focuscost": focusColumns,
}

// focusColumns are columns of FOCUS 1.0.
var focusColumns = []costColumn{
	{"BilledCost", "BillingPreTaxTotal"},
	{"BillingCurrency", "BillingCurrency"},
	{"BillingPeriodStart", "ChargeStartDate"},
	{"BillingPeriodEnd", "ChargeEndDate"},
	{"ChargeDescription", "MeterName"},
	{"ChargePeriodStart", "UsageDate"},
	{"ConsumedQuantity", "Quantity"},
	{"ConsumedUnit", "Unit"},
	{"EffectiveCost", "BillingPreTaxTotal"},
	{"ListUnitPrice", "UnitPrice"},
	{"ProviderName", "PublisherName"},
	{"RegionId", "ResourceLocation"},
	{"ResourceId", "ResourceURI"},
	{"ServiceName", "MeterCategory"},
	{"SkuId", "SkuId"},
	{"SubAccountId", "EntitlementId"},
	{"SubAccountName", "EntitlementDescription"},
	{"Tags", "Tags"},
	{"x_CustomerId", "CustomerId"},
	{"x_CustomerName", "CustomerName"},
	{"x_InvoiceId", "InvoiceNumber"},
}

// deliver writes the files of a run and their manifest. Without a row it returns nil.
func (s *Server) deliver(e *exportSpec, r *resource, run *exportRun, f costFilter, columns []costColumn) (*delivery, error) {
	d := &delivery{container: s.containerOf(e.host(), e.Delivery.Destination.Container)}
	span := f.days.from.Format("20060102") + "-" + f.days.to.Format("20060102")
	above := strings.Trim(e.Delivery.Destination.Folder+"/"+r.name+"/"+span, "/")
	directory := above + "/" + run.id
	zipped := strings.EqualFold(e.Compression, "gzip")
	var blobs []any
	var bytesIn, rowsIn int64
	for _, one := range s.costExports(f) {
		names, err := one.BlobNames()
		if err != nil {
			return nil, err
		}
		for i := range names {
			text, rows, err := costCSV(one, i, f, columns)
			if err != nil {
				return nil, err
			}
			if rows == 0 {
				continue
			}
			name := fmt.Sprintf("%s/part_%d_0001.csv", directory, len(d.files))
			if zipped {
				name += ".gz"
				if text, err = gzipped(text); err != nil {
					return nil, err
				}
			}
			d.files = append(d.files, File{Name: name, Raw: text})
			blobs = append(blobs, map[string]any{"blobName": name, "byteCount": len(text), "dataRowCount": rows})
			bytesIn, rowsIn = bytesIn+int64(len(text)), rowsIn+rows
		}
	}
	if len(d.files) == 0 {
		return nil, nil //nolint:nilnil // no data is no error
	}
	d.manifest = directory + "/manifest.json"
	manifest, err := json.Marshal(map[string]any{
		"manifestVersion": "2024-04-01", "byteCount": bytesIn, "blobCount": len(blobs), "dataRowCount": rowsIn, "blobs": blobs,
		"exportConfig": map[string]any{
			"exportName": r.name, "resourceId": r.id, "dataVersion": cmp.Or(e.Definition.DataSet.Configuration.DataVersion, "2023-12-01-preview"),
			"apiVersion": "2025-03-01", "type": e.Definition.Type, "timeFrame": cmp.Or(e.Definition.Timeframe, "Custom"), "granularity": e.Definition.DataSet.Granularity,
		},
		"deliveryConfig": map[string]any{
			"partitionData": e.Partition, "dataOverwriteBehavior": cmp.Or(e.Overwrite, "CreateNewReport"), "fileFormat": "Csv",
			"compressionMode": cmp.Or(e.Compression, "none"), "containerUri": "https://" + e.host() + "/" + e.Delivery.Destination.Container,
			"rootFolderPath": e.Delivery.Destination.Folder,
		},
		"runInfo": map[string]any{
			"executionType": "OnDemand", "submittedTime": run.submitted.Format("2006-01-02T15:04:05.0000000Z"), "runId": run.id,
			"startDate": f.days.from.Format("2006-01-02T15:04:05"), "endDate": f.days.to.Format("2006-01-02T15:04:05"),
		},
	})
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(e.Overwrite, "OverwritePreviousReport") {
		d.container.removeBelow(above + "/")
	}
	d.container.put(append(d.files, File{Name: d.manifest, Raw: manifest}), time.Now())
	return d, nil
}

func gzipped(text []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	err := z.Close()
	return b.Bytes(), err
}
