package lineitem_test

import (
	"errors"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

func TestParseTime(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"2018-11-13", "2018-11-13T00:00:00Z"},
		{"2018-11-13T00:00:00Z", "2018-11-13T00:00:00Z"},
		{"2024-10-01T00:00:00.000Z", "2024-10-01T00:00:00Z"},
		{"2023-12-05T21:18:00.8897902Z", "2023-12-05T21:18:00.8897902Z"},
		{"2023-11-06T19:58:47.513Z", "2023-11-06T19:58:47.513Z"},
		{"2023-03-09T08:12:53", "2023-03-09T08:12:53Z"},
		{"2023-03-09 08:12:53", "2023-03-09T08:12:53Z"},
		{"2023-03-09T08:12", "2023-03-09T08:12:00Z"},
		{"2021-05-01T00:00:00-08:00", "2021-05-01T08:00:00Z"},
		{"2021-05-20T18:30:06.6045692-08:00", "2021-05-21T02:30:06.6045692Z"},
		{"2021-05-01T00:00:00+0530", "2021-04-30T18:30:00Z"},
		{"9/1/2020", "2020-09-01T00:00:00Z"},
		{"12/31/2020", "2020-12-31T00:00:00Z"},
		{"9/30/2020 13:05:00", "2020-09-30T13:05:00Z"},
		{"2024-10-01T10:00-08:00", "2024-10-01T18:00:00Z"},
		{"2024-10-01T10:00+0530", "2024-10-01T04:30:00Z"},
		{"2022-06-1T10-01-03.4Z", "2022-06-01T10:01:03.4Z"},
		{"2022-06-1T10-01-05Z", "2022-06-01T10:01:05Z"},
		{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
		{"", "0001-01-01T00:00:00Z"},
		{"2024-02-29", "2024-02-29T00:00:00Z"},
	} {
		got, err := lineitem.ParseTime(tc.in)
		if err != nil || got.Format(time.RFC3339Nano) != tc.want || got.Location() != time.UTC {
			t.Errorf("%q: %v, %v; want %s in UTC", tc.in, got, err, tc.want)
		}
	}
	for _, bad := range []string{
		"soon", "2023", "2023-13-01", "2023-02-30", "2023-02-29", "31/12/2020", "2020/12/31", "2023-03-09T25:00:00Z",
		"2023-03-09T08:60:00Z", "2023-03-09T08:00:60Z", "2023-03-09T08:12:53.Z", "2023-03-09T08:12:53.1234567891Z", "2023-03-09T",
		"2023-03-09T08:12:53ZZ", "2023-03-09 ", " 2023-03-09", "1/2/20", "2023-03-09T08:12:53+1", "2023-03-09T08:12:53+99:00", "0/0/2020",
		"2024-10-01T10:00-08", "9999-12-31T23:59:59-08:00", "0000-01-01T00:00:00+08:00", "2023-00-10", "2023-10-00", "-2023-01-01",
	} {
		if got, err := lineitem.ParseTime(bad); !errors.Is(err, lineitem.ErrNotTime) {
			t.Errorf("%q: %v, %v; want ErrNotTime", bad, got, err)
		}
	}
}

// FuzzParseTime compares ParseTime with package time for the formats that both support.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2018-11-13", "2023-12-05T21:18:00.8897902Z", "2021-05-01T00:00:00-08:00", "9/30/2020", "2022-06-1T10-01-03.4Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := lineitem.ParseTime(s)
		if err != nil && (!errors.Is(err, lineitem.ErrNotTime) || !got.IsZero()) {
			t.Fatalf("%q: %v, %v", s, got, err)
		}
		for _, layout := range []string{time.RFC3339Nano, time.DateOnly, "1/2/2006"} {
			want, wantErr := time.Parse(layout, s)
			if wantErr != nil {
				continue
			}
			// Package time accepts a decimal comma, offsets that do not exist and any number of
			// decimals.
			if err == nil && !got.Equal(want) {
				t.Fatalf("%q: %v, want %v", s, got, want)
			}
			if err != nil && want.Format(layout) == s && len(s) <= len("2006-01-02T15:04:05.123456789Z") {
				t.Fatalf("%q: %v, want %v", s, err, want)
			}
		}
	})
}
