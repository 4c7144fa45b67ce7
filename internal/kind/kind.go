// Package kind makes errors that say in a text of their own what happened, and match what
// kinds of errors they are.
package kind

type kindError struct {
	text  string
	kinds []error
}

// Error returns an error with a text; errors.Is and errors.As find the kinds, whose own texts
// do not appear.
func Error(text string, kinds ...error) error { return &kindError{text, kinds} }

// Error implements error.
func (e *kindError) Error() string { return e.text }

// Unwrap returns the kinds.
func (e *kindError) Unwrap() []error { return e.kinds }
