package billingtest

import "fmt"

// Shape is what the generated rows of an export look like: how far a row repeats what rows before
// it held, and which attributes it has. Programs that read rows fast on one shape can be slow on
// another. A shape changes texts and the order of rows and attributes. What [Truth] holds is in
// every row of every shape: decimal attributes, currencies, CustomerId and CustomerName.
type Shape int

const (
	// ShapeDefault has customers, resources and meters that differ in size and frequency, and
	// repeats most texts. It is the zero value.
	ShapeDefault Shape = iota
	// ShapeUniform has few customers of equal size, eight by default, and texts that are drawn
	// uniformly and independently of each other: no attribute tells what another one holds. Rows
	// are shuffled.
	ShapeUniform
	// ShapeByResource has one resource after the other, with thirty rows each, one per day, which
	// differ in their amounts alone. It is sorted by customer and cannot be Shuffled.
	ShapeByResource
	// ShapeUnique has no text twice in an attribute. Customers, currencies and dates repeat.
	ShapeUnique
	// ShapeEscaped has texts in many scripts that hardly repeat: in UTF-8, or with escapes for
	// everything but ASCII (\u00e9, surrogate pairs), or with these and \/ for each slash. All
	// have \", \\ or control characters. Identifiers and dates are plain.
	ShapeEscaped
	// ShapeReordered has its attributes in another order in each row.
	ShapeReordered
	// ShapeLeftOut has half of the attributes in a row, at random: Spark leaves out nulls.
	ShapeLeftOut
	// ShapeKinds has a dozen kinds of rows, each with its own set of attributes. The kind is that
	// of the meter or product.
	ShapeKinds
	// ShapeByDay is sorted by customer and by day: UsageDate, or OrderDate of reconciliation. It
	// cannot be Shuffled.
	ShapeByDay
	// ShapeLongTags has Tags and AdditionalInfo of 0.5 to 3 kB in each row: nested JSON in a text,
	// with JSON in its texts. Tags belong to the resource, AdditionalInfo to the row. Only usage
	// has these attributes; the basic set has AdditionalInfo alone.
	ShapeLongTags
)

var shapeNames = [...]string{
	ShapeDefault: "default", ShapeUniform: "uniform", ShapeByResource: "by-resource", ShapeUnique: "unique",
	ShapeEscaped: "escaped", ShapeReordered: "reordered", ShapeLeftOut: "left-out", ShapeKinds: "kinds",
	ShapeByDay: "by-day", ShapeLongTags: "long-tags",
}

// PossibleShapeValues returns the possible values for the Shape type.
func PossibleShapeValues() []Shape {
	values := make([]Shape, len(shapeNames))
	for i := range values {
		values[i] = Shape(i)
	}
	return values
}

// String returns the name of the shape in lower case, with hyphens: "left-out".
func (s Shape) String() string {
	if s < 0 || int(s) >= len(shapeNames) {
		return fmt.Sprintf("Shape(%d)", int(s))
	}
	return shapeNames[s]
}

// sorted reports whether the shape is an order of rows.
func (s Shape) sorted() bool { return s == ShapeByResource || s == ShapeByDay }
