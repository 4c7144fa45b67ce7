package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// summary is the summary of the rows. Its size does not depend on their number.
type summary struct {
	began     time.Time
	rows      int64
	sums      lineitem.Groups[string] // by customer ID
	customers map[string]*customer    // by ID
}

type customer struct {
	name string
	rows int64
}

func newSummary() *summary {
	return &summary{began: time.Now(), customers: make(map[string]*customer)}
}

func (s *summary) add(c charge) {
	s.rows++
	s.sums.Add(c.customerID, c.currency, c.amount)
	of := s.customers[c.customerID]
	if of == nil {
		of = &customer{name: c.customer}
		s.customers[c.customerID] = of
	}
	of.rows++
}

// largest is the number of customers shown for each currency.
const largest = 3

func (s *summary) write(out io.Writer) {
	fmt.Fprintf(out, "%s rows of %s customers in %v\n\n", cli.Grouped(strconv.FormatInt(s.rows, 10)),
		cli.Grouped(strconv.Itoa(len(s.customers))), time.Since(s.began).Round(10*time.Millisecond))
	total := s.sums.Total()
	for _, currency := range total.Currencies() {
		fmt.Fprintf(out, "%s %s  total\n", currency, aligned(total.Text(currency)))
		ranking := s.sums.Ranking(currency, largest)
		for _, one := range ranking.Top {
			amount, rows := aligned(one.Totals.Text(currency)), cli.Grouped(strconv.FormatInt(s.customers[one.Key].rows, 10))
			room := 80 - len("      , rows ") - len(amount) - len(rows) // a line fits a terminal
			fmt.Fprintf(out, "    %s  %s, %s rows\n", amount, s.title(one.Key, room), rows)
		}
		if ranking.Others > 0 {
			fmt.Fprintf(out, "    %s  %s more\n", aligned(ranking.Rest.Text(currency)), cli.Grouped(strconv.Itoa(ranking.Others)))
		}
	}
}

// title returns the name of a customer, shortened to fit, with the beginning of the ID if several
// have that name.
func (s *summary) title(id string, room int) string {
	name, suffix := s.customers[id].name, ""
	for other, c := range s.customers {
		if other != id && c.name == name {
			suffix = fmt.Sprintf(" (%.8s)", id)
		}
	}
	short := []rune(name)
	if room = max(8, room-len(suffix)); len(short) > room {
		short = append(short[:room-1:room-1], '…')
	}
	return string(short) + suffix
}

// compare compares the summary with the data that the in-memory service generated. The service
// computes the expected values with arithmetic of its own.
func (s *summary) compare(out io.Writer, truth *billingtest.Truth) error {
	var wrong []error
	differ := func(what, got, want string) {
		if got == "" || exact(got).Cmp(exact(want)) != 0 {
			wrong = append(wrong, fmt.Errorf("%s: got %s, want %s", what, got, want))
		}
	}
	differ("rows", strconv.FormatInt(s.rows, 10), strconv.FormatInt(truth.Rows, 10))
	total := s.sums.Total()
	differ("currencies", strconv.Itoa(len(total.Currencies())), strconv.Itoa(len(truth.Currencies())))
	for currency, sum := range truth.Sums() {
		differ(currency, total.Text(currency), sum)
	}
	differ("customers", strconv.Itoa(len(s.customers)), strconv.Itoa(len(truth.Customers)))
	for _, want := range truth.Customers {
		got := s.customers[want.ID]
		if got == nil {
			wrong = append(wrong, fmt.Errorf("%s is missing", want.Name))
			continue
		}
		differ("rows of "+want.Name, strconv.FormatInt(got.rows, 10), strconv.FormatInt(want.Rows, 10))
		differ("total of "+want.Name, s.sums.Totals(want.ID).Text(want.Currency), want.Total)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("result differs from the generated data:\n%w", errors.Join(wrong...))
	}
	fmt.Fprintf(out, "\nAll totals equal the generated data: %s rows, every customer, every digit.\n",
		cli.Grouped(strconv.FormatInt(truth.Rows, 10)))
	return nil
}

// exact parses a sum with math/big, so that the comparison does not depend on the SDK's arithmetic.
func exact(sum string) *big.Rat {
	value, _ := new(big.Rat).SetString(sum)
	return cmp.Or(value, new(big.Rat))
}

// aligned returns a sum padded so that decimal points are aligned.
func aligned(sum string) string {
	whole, fraction, found := strings.Cut(cli.Grouped(sum), ".")
	if found {
		fraction = "." + fraction
	}
	return fmt.Sprintf("%15s%-16s", whole, fraction)
}
