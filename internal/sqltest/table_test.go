package sqltest_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
)

// values are the columns of the table.
var values = []struct{ name, text string }{
	{"null", ""},
	{"zero", "0"},
	{"negative", "-98765432109.87"},
	{"34 digits", "-0.1999968000511991808131999968000511"},
	{"34 digits, whole", "9999999999999999999999999999999999"},
	{"negative scale", "12E3"},
}

// table has a row for each driver and type, with an outcome for each value.
var table [][]string

// TestMain prints the table after the tests.
func TestMain(m *testing.M) {
	code := m.Run()
	text := "DRIVER\tTYPE"
	for _, v := range values {
		text += "\t" + v.name
	}
	for _, row := range table {
		text += "\n" + strings.Join(row, "\t")
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, err := io.WriteString(w, text+"\n")
	if err = errors.Join(err, w.Flush()); err != nil {
		code = 1
	}
	os.Exit(code)
}
