package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
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
	totals    lineitem.Totals
	customers map[string]*customer // by ID
}

type customer struct {
	id     string
	name   string
	rows   int64
	totals lineitem.Totals
}

func newSummary() *summary {
	return &summary{began: time.Now(), customers: make(map[string]*customer)}
}

func (s *summary) add(c charge) {
	s.rows++
	s.totals.Add(c.currency, c.amount)
	of := s.customers[c.customerID]
	if of == nil {
		of = &customer{id: c.customerID, name: c.customer}
		s.customers[c.customerID] = of
	}
	of.rows++
	of.totals.Add(c.currency, c.amount)
}

// largest is the number of customers shown for each currency.
const largest = 3

func (s *summary) write(out io.Writer) {
	fmt.Fprintf(out, "%s rows of %s customers in %v\n\n", cli.Grouped(strconv.FormatInt(s.rows, 10)),
		cli.Grouped(strconv.Itoa(len(s.customers))), time.Since(s.began).Round(10*time.Millisecond))
	for _, currency := range s.totals.Currencies() {
		fmt.Fprintf(out, "%s %s  total\n", currency, aligned(s.totals.Text(currency)))
		for _, c := range s.ranking(currency) {
			amount, rows := aligned(c.totals.Text(currency)), cli.Grouped(strconv.FormatInt(c.rows, 10))
			room := 80 - len("      , rows ") - len(amount) - len(rows) // a line fits a terminal
			fmt.Fprintf(out, "    %s  %s, %s rows\n", amount, s.title(c, room), rows)
		}
	}
}

// title returns the name of a customer, shortened to fit, with the beginning of the ID if several
// have that name.
func (s *summary) title(c *customer, room int) string {
	id := ""
	for _, other := range s.customers {
		if other != c && other.name == c.name {
			id = fmt.Sprintf(" (%.8s)", c.id)
		}
	}
	name := []rune(c.name)
	if room = max(8, room-len(id)); len(name) > room {
		name = append(name[:room-1:room-1], '…')
	}
	return string(name) + id
}

// ranking returns the customers with the largest amounts in a currency.
func (s *summary) ranking(currency string) []*customer {
	var ranked []*customer
	for _, c := range s.customers {
		if slices.Contains(c.totals.Currencies(), currency) {
			ranked = append(ranked, c)
		}
	}
	slices.SortFunc(ranked, func(a, b *customer) int {
		return cmp.Or(exact(b.totals.Text(currency)).Cmp(exact(a.totals.Text(currency))), cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
	})
	return ranked[:min(len(ranked), largest)]
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
	differ("currencies", strconv.Itoa(len(s.totals.Currencies())), strconv.Itoa(len(truth.Currencies())))
	for currency, sum := range truth.Sums() {
		differ(currency, s.totals.Text(currency), sum)
	}
	differ("customers", strconv.Itoa(len(s.customers)), strconv.Itoa(len(truth.Customers)))
	for _, want := range truth.Customers {
		got := s.customers[want.ID]
		if got == nil {
			wrong = append(wrong, fmt.Errorf("%s is missing", want.Name))
			continue
		}
		differ("rows of "+want.Name, strconv.FormatInt(got.rows, 10), strconv.FormatInt(want.Rows, 10))
		differ("total of "+want.Name, got.totals.Text(want.Currency), want.Total)
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
