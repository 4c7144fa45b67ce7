package billingtest

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// Step is one thing that goes other than usual: which requests, and what happens to them.
type Step struct {
	On   Call                     // AnyCall, the zero value: every request
	Blob string                   // with BlobCall: requests for the blob of this name; empty: any
	When func(*http.Request) bool // further condition; nil: none. Must not change the request.
	Skip int                      // so many matching requests pass as usual before the step
	For  int                      // so many requests it applies to; 0: one; negative: all that follow, one at least
	Do   Action
}

// Action answers a request in the place of the service, or changes what the service is asked or answers: next is the service. An Action may
// call next any number of times, or never. It runs in the client's goroutine, and several may run at once.
type Action func(x *Exchange, next func(*Exchange) *Response) *Response

// script holds the steps that are not used up.
type script struct {
	mu    sync.Mutex
	steps []*scripted
}

type scripted struct {
	Step
	number         int
	skipped, taken int
}

// Script appends steps. Every request goes to the first step that matches it and still waits for requests; the others
// do not see it. So steps for the same calls happen in their order, and steps for different calls do not hinder each other.
// At the end of the test ask [Server.ScriptDone].
func (s *Server) Script(steps ...Step) {
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	for _, step := range steps {
		if step.For == 0 {
			step.For = 1
		}
		s.script.steps = append(s.script.steps, &scripted{Step: step, number: len(s.script.steps) + 1})
	}
}

// ScriptDone returns nil if every step has happened as often as it should. Else its error names those that have not: a script whose steps
// never came about has tested nothing.
func (s *Server) ScriptDone() error {
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	var errs []error
	for _, step := range s.script.steps {
		want := max(step.For, 1)
		if step.taken >= want {
			continue
		}
		which := step.On.String()
		if step.Blob != "" {
			which += " " + step.Blob
		}
		if step.skipped < step.Skip {
			which += fmt.Sprintf(", %d of %d skipped", step.skipped, step.Skip)
		}
		errs = append(errs, fmt.Errorf("billingtest: step %d on %s: taken %d times, want %d", step.number, which, step.taken, want))
	}
	return errors.Join(errs...)
}

// run answers with the step that takes the request, or as usual.
func (c *script) run(x *Exchange, next func(*Exchange) *Response) *Response {
	if do := c.take(x); do != nil {
		return do(x, next)
	}
	return next(x)
}

func (c *script) take(x *Exchange) Action {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, step := range c.steps {
		switch {
		case step.For > 0 && step.taken >= step.For || !step.matches(x):
			continue
		case step.skipped < step.Skip:
			step.skipped++
			return nil
		default:
			step.taken++
			return step.Do
		}
	}
	return nil
}

func (step *Step) matches(x *Exchange) bool {
	return (step.On == AnyCall || step.On == x.Call) && (step.Blob == "" || step.Blob == x.Blob) && (step.When == nil || step.When(x.Request))
}
