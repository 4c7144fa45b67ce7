package costmgmt_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// costHeader are the columns of a report at the scope of a billing account, in the case
// of the service.
const costHeader = "invoiceId,previousInvoiceId,billingAccountId,billingAccountName,billingProfileId,billingProfileName," +
	"invoiceSectionId,invoiceSectionName,resellerName,resellerMpnId,costCenter,billingPeriodEndDate,billingPeriodStartDate," +
	"servicePeriodEndDate,servicePeriodStartDate,date,serviceFamily,productOrderId,productOrderName,consumedService,meterId," +
	"meterName,meterCategory,meterSubCategory,meterRegion,ProductId,ProductName,SubscriptionId,subscriptionName,publisherType," +
	"publisherId,publisherName,resourceGroupName,ResourceId,resourceLocation,location,effectivePrice,quantity,unitOfMeasure," +
	"chargeType,billingCurrency,pricingCurrency,costInBillingCurrency,costInPricingCurrency,costInUsd,paygCostInBillingCurrency," +
	"paygCostInUsd,exchangeRatePricingToBilling,exchangeRateDate,isAzureCreditEligible,serviceInfo1,serviceInfo2,additionalInfo," +
	"tags,PayGPrice,frequency,term,reservationId,reservationName,pricingModel,unitPrice,costAllocationRuleName,benefitId," +
	"benefitName,provider,partnerTenantId,partnerName,customerTenantId,customerName,partnerEarnedCreditRate,partnerEarnedCreditApplied\r\n"

const costColumn = 42 // costInBillingCurrency

// costRows writes so many rows as a partner's customers make them: few subscriptions and meters,
// which determine most of a row, in no order; and quantities and costs that hardly ever repeat.
func costRows(seed uint64, rows int) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	id := func(kind, n int) string {
		return fmt.Sprintf("%08x-%04x-4000-8000-%012x", uint32(n)*0x9e3779b1, kind, n*7919)
	}
	var b bytes.Buffer
	for range rows {
		subscription, meter, group, at := r.IntN(150), r.IntN(400), r.IntN(12), r.IntN(30)+1
		customer := subscription / 3
		price, quantity := fmt.Sprintf("0.%06d", 1+meter*2503), fmt.Sprintf("%d.%d", r.IntN(50), r.Uint64N(1e9)+1)
		cost := fmt.Sprintf("%d.%d", r.IntN(30), r.Uint64N(1e15)+1)
		day := fmt.Sprintf("09/%02d/2024", at)
		resource := fmt.Sprintf("/subscriptions/%s/resourcegroups/rg-app-%d/providers/microsoft.compute/virtualmachines/vm-%s-%03d", id(1, subscription), group, "prod", r.IntN(40))
		fmt.Fprint(&b, "G016907411,,aaaa0000-1111:bbbb2222-3333_2019-05-31,Contoso Distribution GmbH,ABCD-EFGH-BG7-PGB,Contoso EUR,",
			"BMN4-XCKM-PJA-PGB,Default,,,,09/30/2024,09/01/2024,", day, ",", day, ",", day, ",Compute,", id(2, subscription), ",Azure plan,Microsoft.Compute,", id(3, meter), ",",
			"D", meter%64, "s v5/E", meter%64, "s v5,Virtual Machines,Dsv5 Series ", meter%20, ",EU West,DZH318Z0BPS6000", meter%10, ",Virtual Machines Dsv5 Series - EU West ", meter,
			",", id(1, subscription), ",Subscription ", subscription, ",Azure,,Microsoft,rg-app-", group, ",", resource, ",westeurope,EU West,", price, ",", quantity, ",1 Hour,Usage,EUR,USD,",
			cost, ",", cost, ",", cost, ",", cost, ",", cost, ",0.9017", meter%2, ",09/01/2024,True,,,",
			`"{""UsageType"":""ComputeHR"",""ImageType"":""Canonical"",""ServiceType"":""Standard_D`, meter%64, `s_v5"",""VMName"":""vm"",""VCPUs"":`, 2+meter%30, `}",`,
			`"""env"": ""prod"",""owner"": ""team-`, group, `"",""cost center"": ""`, customer, `""",`, price, ",UsageBased,,,,OnDemand,", price, ",,,,Azure,",
			id(4, 1), ",Contoso Distribution GmbH,", id(5, customer), ",Customer ", customer, " Ltd,0.15,1\r\n")
	}
	return b.Bytes()
}

// repeated are rows that come so many times, below a header: a blob of any size in the memory of a
// small one.
type repeated struct {
	rows  []byte
	times int
}

func (r repeated) size() int64 { return int64(len(costHeader)) + int64(len(r.rows))*int64(r.times) }

// ReadAt implements io.ReaderAt.
func (r repeated) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) {
		switch from := at + int64(n); {
		case from >= r.size():
			return n, io.EOF
		case from < int64(len(costHeader)):
			n += copy(p[n:], costHeader[from:])
		default:
			n += copy(p[n:], r.rows[(from-int64(len(costHeader)))%int64(len(r.rows)):])
		}
	}
	return n, nil
}

func (r repeated) open(from int64) io.Reader { return io.NewSectionReader(r, from, r.size()-from) }

// wide is Resource Manager and a storage account with a report of four blobs.
type wide struct{ blobs [4]repeated }

func newWide(rows int) *wide {
	const different = 5000
	w := new(wide)
	for i := range w.blobs {
		w.blobs[i] = repeated{rows: costRows(uint64(i), different), times: rows / len(w.blobs) / different}
	}
	return w
}

func (w *wide) links() string {
	var links []string
	for i, b := range w.blobs {
		links = append(links, fmt.Sprintf(`{"blobLink":"https://account.blob.core.windows.net/c/%d?sp=r&se=2099-01-01&sig=s%d","byteCount":%d}`, i, i, b.size()))
	}
	return `{"manifestVersion":"2022-05-01","dataFormat":"Csv","blobCount":4,"compressData":false,"requestContext":{},"blobs":[` + strings.Join(links, ",") + `]}`
}

// Do implements policy.Transporter.
func (w *wide) Do(req *http.Request) (*http.Response, error) {
	res := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: req, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody}
	switch {
	case req.Method == http.MethodPost:
		res.StatusCode = http.StatusAccepted
		res.Header.Set("Location", "https://management.azure.com/operations/1")
		res.Header.Set("Retry-After", "1")
	case req.URL.Host == "management.azure.com":
		res.Body = io.NopCloser(strings.NewReader(`{"status":"Completed","manifest":` + w.links() + `}`))
	default:
		i, err := strconv.Atoi(path.Base(req.URL.Path))
		if err != nil {
			return nil, err
		}
		from := int64(0)
		if _, err := fmt.Sscanf(req.Header.Get("Range"), "bytes=%d-", &from); err == nil {
			res.StatusCode = http.StatusPartialContent
			res.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, w.blobs[i].size()-1, w.blobs[i].size()))
		}
		res.Header.Set("ETag", `"1"`)
		res.ContentLength = w.blobs[i].size() - from
		res.Body = io.NopCloser(w.blobs[i].open(from))
	}
	return res, nil
}

// reportOf waits for the report, with rows of a type.
func reportOf[T any](tb testing.TB, w *wide) *manifest.Manifest[T] {
	tb.Helper()
	p, err := costmgmt.BeginCostDetails[T](tb.Context(), client(tb, w), costmgmt.ProfileScope(account, "BP"), costmgmt.CostDetailsRequest{InvoiceID: "G016907411"}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	m, err := p.PollUntilDone(tb.Context(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// TestMillionRows: a report of a million rows of all columns comes out whole, to the last digit, in
// the memory of some batches.
func TestMillionRows(t *testing.T) {
	w := newWide(rowsInTest)
	m := reportOf[costmgmt.CostDetail](t, w)
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	var first, last lineitem.Totals
	var rows, most int
	for row, err := range m.Items(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if len(row.Unknown) > 0 || row.CustomerTenantID == "" || row.Date.IsZero() {
			t.Fatalf("%+v", row)
		}
		first.Add(row.BillingCurrency, row.CostInBillingCurrency)
		last.Add(row.BillingCurrency, row.CostInUSD)
		if rows++; rows%(rowsInTest/8) == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, int(now.HeapAlloc)-int(before.HeapAlloc))
		}
	}
	var want lineitem.Totals
	for _, b := range w.blobs {
		records := csv.NewReader(bytes.NewReader(b.rows))
		for record, err := records.Read(); !errors.Is(err, io.EOF); record, err = records.Read() {
			if err != nil {
				t.Fatal(err)
			}
			for range b.times {
				want.Add("EUR", number(t, record[costColumn]))
			}
		}
	}
	t.Logf("%d rows, live heap %+.1f MiB", rows, float64(most)/(1<<20))
	if rows != rowsInTest || !first.Equal(&want) || !last.Equal(&want) {
		t.Errorf("%d rows, %v; want %d, %v", rows, &first, rowsInTest, &want)
	}
	if most > 32<<20 {
		t.Errorf("the live heap grew by %d MiB", most>>20)
	}
}

// BenchmarkCostDetails reads a report as rows of all its 71 columns and of five, and the same bytes
// with encoding/csv alone, which makes no rows of them, on as many goroutines.
func BenchmarkCostDetails(b *testing.B) {
	w := newWide(1_000_000)
	size := int64(0)
	for _, blob := range w.blobs {
		size += blob.size()
	}
	b.Run("rows=all", func(b *testing.B) {
		benchmarkRows(b, reportOf[costmgmt.CostDetail](b, w), size)
	})
	b.Run("rows=five", func(b *testing.B) {
		type narrow struct {
			Customer string           `json:"customerName"`
			Date     string           `json:"date"`
			Service  string           `json:"meterCategory"`
			Currency string           `json:"billingCurrency"`
			Cost     lineitem.Decimal `json:"costInBillingCurrency"`
		}
		benchmarkRows(b, reportOf[narrow](b, w), size)
	})
	b.Run("encoding-csv", func(b *testing.B) {
		b.SetBytes(size)
		b.ReportAllocs()
		for b.Loop() {
			var readers sync.WaitGroup
			seats := make(chan struct{}, runtime.GOMAXPROCS(0))
			for _, blob := range w.blobs {
				seats <- struct{}{}
				readers.Go(func() {
					defer func() { <-seats }()
					records := csv.NewReader(blob.open(0))
					records.ReuseRecord = true
					for {
						if _, err := records.Read(); err != nil {
							if !errors.Is(err, io.EOF) {
								b.Error(err)
							}
							return
						}
					}
				})
			}
			readers.Wait()
		}
	})
}

func benchmarkRows[T any](b *testing.B, m *manifest.Manifest[T], size int64) {
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range m.Items(b.Context(), nil) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
