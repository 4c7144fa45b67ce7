package lineitem_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// dated is a row whose dates are stored in each of the ways that a struct can have.
type dated struct {
	Usage   time.Time   `json:"UsageDate"`
	Start   *time.Time  `json:"ChargeStartDate"`
	End     **time.Time `json:"chargeenddate"`
	Ordered time.Time   `json:"OrderDate"`
}

func (d *dated) String() string {
	text := d.Usage.Format(time.RFC3339) + " " + d.Ordered.Format(time.RFC3339)
	if d.Start != nil {
		text += " " + d.Start.Format(time.RFC3339)
	}
	if d.End != nil {
		text += " " + (*d.End).Format(time.RFC3339)
	}
	return text
}

// TestDaysKeepTheirDate: the offset of a time does not move a day into the day before or after it.
func TestDaysKeepTheirDate(t *testing.T) {
	const none = "0001-01-01T00:00:00Z"
	for in, want := range map[string]string{
		`{"UsageDate":"2026-09-01T00:00:00+02:00"}`:                            "2026-09-01T00:00:00Z " + none,
		`{"UsageDate":"2026-09-01T00:00:00\u002b02:00"}`:                       "2026-09-01T00:00:00Z " + none,
		`{"usagedate":"2026-09-01T00:00:00-08:00"}`:                            "2026-09-01T00:00:00Z " + none,
		`{"ChargeStartDate":"2026-09-01T00:00:00+02:00"}`:                      none + " " + none + " 2026-09-01T00:00:00Z",
		`{"ChargeEndDate":"2026-09-30T00:00:00+02:00","ChargeStartDate":null}`: none + " " + none + " 2026-09-30T00:00:00Z",
		`{"OrderDate":"2026-09-01T00:00:00+02:00","ChargeEndDate":""}`:         none + " 2026-08-31T22:00:00Z",
	} {
		rows, err := readAll(t, lineitem.NewReader[dated](strings.NewReader(in), nil))
		if err != nil || len(rows) != 1 || rows[0].String() != want {
			t.Errorf("%s: %v, %v; want %s", in, rows, err, want)
		}
	}
	for _, name := range []string{"UsageDate", "ChargeStartDate", "ChargeEndDate"} {
		var bad *lineitem.DecodeError
		_, err := readAll(t, lineitem.NewReader[dated](strings.NewReader(fmt.Sprintf(`{"%s":"2026-09-01T23:59:59-08:00"}`, name)), nil))
		if !errors.Is(err, lineitem.ErrDay) || !errors.As(err, &bad) || !strings.EqualFold(bad.Attribute, name) {
			t.Errorf("%s: %v; want ErrDay", name, err)
		}
	}
	for _, row := range []string{`{"UsageDate":5}`, `{"ChargeStartDate":5}`, `{"ChargeEndDate":[]}`} {
		if _, err := readAll(t, lineitem.NewReader[dated](strings.NewReader(row), nil)); !errors.Is(err, lineitem.ErrWrongType) {
			t.Errorf("%s: %v; want ErrWrongType", row, err)
		}
	}
	var r lineitem.Record
	if err := r.UnmarshalJSON([]byte(`{"UsageDate":"2026-09-01T00:00:00+02:00","OrderDate":"2026-09-01T00:00:00+02:00","d":"9/1/2026"}`)); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Time("usageDate"); err != nil || got.Format(time.DateOnly) != "2026-09-01" {
		t.Errorf("Record: %v, %v", got, err)
	}
	if got, err := r.Time("OrderDate"); err != nil || got.Format(time.DateOnly) != "2026-08-31" {
		t.Errorf("Record: %v, %v", got, err)
	}
	if got, err := r.Time("d"); !errors.Is(err, lineitem.ErrDateOrder) || !got.IsZero() {
		t.Errorf("Record: %v, %v; want ErrDateOrder", got, err)
	}
}

// TestDateOrder: a date with slashes is read only where it can be one day alone.
func TestDateOrder(t *testing.T) {
	const first, unspecified, day = lineitem.DateOrderMonthFirst, lineitem.DateOrderUnspecified, lineitem.DateOrderDayFirst
	for _, tc := range []struct {
		order lineitem.DateOrder
		dates string
		want  string // of the last; "" for an error
		err   error
	}{
		{unspecified, "9/30/2026", "2026-09-30", nil},
		{unspecified, "30/9/2026", "2026-09-30", nil},
		{unspecified, "9/9/2026 9/30/2026 9/9/2026", "2026-09-09", nil},
		{unspecified, "9/1/2026", "", lineitem.ErrDateOrder},
		{unspecified, "9/30/2026 9/1/2026", "", lineitem.ErrDateOrder},
		{unspecified, "9/30/2026 30/9/2026", "", lineitem.ErrDateOrder},
		{unspecified, "30/9/2026 9/30/2026", "", lineitem.ErrDateOrder},
		{first, "9/1/2026", "2026-09-01", nil},
		{first, "30/9/2026", "", lineitem.ErrNotTime},
		{day, "9/1/2026", "2026-01-09", nil},
		{day, "30/9/2026", "2026-09-30", nil},
		{day, "9/30/2026", "", lineitem.ErrNotTime},
	} {
		for _, column := range []string{"UsageDate", "OrderDate", "ChargeStartDate"} {
			var lines, records strings.Builder
			records.WriteString(column + ",other\n")
			dates := strings.Fields(tc.dates)
			for _, date := range dates {
				fmt.Fprintf(&lines, "{%q:%q}\n", column, date)
				records.WriteString(date + ",\n")
			}
			for format, text := range map[lineitem.Format]string{lineitem.FormatJSONLines: lines.String(), lineitem.FormatCSV: records.String()} {
				rows, err := readAll(t, lineitem.NewReader[dated](strings.NewReader(text), &lineitem.ReaderOptions{Format: format, DateOrder: tc.order}))
				if tc.want == "" {
					if !errors.Is(err, tc.err) || len(rows) != len(dates)-1 || strings.Contains(err.Error(), "2026") {
						t.Errorf("%s, order %v, %v: %d rows, %v", tc.dates, tc.order, format, len(rows), err)
					}
					continue
				}
				if err != nil || len(rows) != len(dates) || !strings.Contains(rows[len(dates)-1].String(), tc.want) {
					t.Errorf("%s, order %v, %v: %v, %v", tc.dates, tc.order, format, rows, err)
				}
			}
		}
	}
}

// TestDateOrderOfDecoder: a decoder says which order its dates had.
func TestDateOrderOfDecoder(t *testing.T) {
	d, err := lineitem.NewCSVDecoder[dated]([]byte("UsageDate"))
	if err != nil {
		t.Fatal(err)
	}
	var row dated
	for _, tc := range []struct {
		record string
		want   lineitem.DateOrder
	}{{"2026-09-01", lineitem.DateOrderUnspecified}, {"9/9/2026", lineitem.DateOrderUnspecified}, {"9/30/2026", lineitem.DateOrderMonthFirst}} {
		if err := d.Decode([]byte(tc.record), &row); err != nil || d.DateOrder() != tc.want {
			t.Errorf("%s: %v, %v; want %v", tc.record, d.DateOrder(), err, tc.want)
		}
	}
	d.SetDateOrder(lineitem.DateOrderDayFirst)
	if err := d.Decode([]byte("1/9/2026"), &row); d.DateOrder() != lineitem.DateOrderMonthFirst || !errors.Is(err, lineitem.ErrDateOrder) {
		t.Errorf("after dates with the month first: %v, %v", d.DateOrder(), err)
	}
	records, err := lineitem.NewDecoder[lineitem.Record]()
	if err != nil {
		t.Fatal(err)
	}
	records.SetDateOrder(lineitem.DateOrderDayFirst) // without an effect
	if got := records.DateOrder(); got != lineitem.DateOrderUnspecified {
		t.Errorf("a decoder of Records has the order %v", got)
	}
	for order, want := range map[lineitem.DateOrder]string{lineitem.DateOrderUnspecified: "Unspecified", lineitem.DateOrderMonthFirst: "MonthFirst", lineitem.DateOrderDayFirst: "DayFirst", 7: "DateOrder(7)"} {
		if order.String() != want {
			t.Errorf("%s, want %s", order, want)
		}
	}
	if n := len(lineitem.PossibleDateOrderValues()); n != 3 {
		t.Errorf("%d orders", n)
	}
	if _, err := readAll(t, lineitem.NewReader[dated](strings.NewReader("{}"), &lineitem.ReaderOptions{DateOrder: 7})); err == nil {
		t.Error("an order that does not exist was accepted")
	}
}
