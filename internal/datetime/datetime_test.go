package datetime_test

import (
	"errors"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

func TestParse(t *testing.T) {
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
		got, err := datetime.Parse(tc.in)
		if err != nil || got.Format(time.RFC3339Nano) != tc.want || got.Location() != time.UTC {
			t.Errorf("%q: %v, %v; want %s in UTC", tc.in, got, err, tc.want)
		}
		if same, err := datetime.Parse([]byte(tc.in)); err != nil || !same.Equal(got) {
			t.Errorf("%q as bytes: %v, %v", tc.in, same, err)
		}
	}
	for _, bad := range []string{
		"soon", "2023", "2023-13-01", "2023-02-30", "2023-02-29", "31/12/2020", "2020/12/31", "2023-03-09T25:00:00Z",
		"2023-03-09T08:60:00Z", "2023-03-09T08:00:60Z", "2023-03-09T08:12:53.Z", "2023-03-09T08:12:53.1234567891Z", "2023-03-09T",
		"2023-03-09T08:12:53ZZ", "2023-03-09 ", " 2023-03-09", "1/2/20", "2023-03-09T08:12:53+1", "2023-03-09T08:12:53+99:00", "0/0/2020",
		"2024-10-01T10:00-08", "9999-12-31T23:59:59-08:00", "0000-01-01T00:00:00+08:00", "2023-00-10", "2023-10-00", "-2023-01-01",
	} {
		if got, err := datetime.Parse(bad); !errors.Is(err, datetime.ErrFormat) || !got.IsZero() {
			t.Errorf("%q: %v, %v; want ErrFormat", bad, got, err)
		}
	}
}

// TestEveryDay compares each day of four centuries with package time, in the forms that are parsed
// eight bytes at a time, and the days that no month has.
func TestEveryDay(t *testing.T) {
	for day := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2301; day = day.AddDate(0, 0, 1) {
		at := day.Add(time.Duration(day.YearDay()) * 123_457 * time.Millisecond)
		for text, want := range map[string]time.Time{
			day.Format("2006-01-02"):              day,
			at.Format("2006-01-02T15:04:05Z"):     at.Truncate(time.Second),
			at.Format("2006-01-02T15:04:05.000Z"): at,
		} {
			if got, err := datetime.Parse(text); err != nil || got != want {
				t.Fatalf("%s: %v, %v", text, got, err)
			}
		}
	}
	for _, text := range []string{
		"2023-02-29", "1900-02-29T00:00:00Z", "2024-04-31", "2024-00-01", "2024-13-01", "2024-01-00", "2024-01-32T00:00:00.000Z",
		"2024/01/02", "2024-01-02T24:00:00Z", "2024-01-02T00:60:00Z", "2024-01-02T00:00:60Z", "2024-01-02T00:00:00,000Z", "2024-01-02X00:00:00Z", "20z4-01-02", "2024-01-0:",
	} {
		if got, err := datetime.Parse(text); !errors.Is(err, datetime.ErrFormat) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}
