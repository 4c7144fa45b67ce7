package billingtest

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// Step is a step of a script: it applies an action to the requests that match it.
type Step struct {
	On   Call                     // AnyCall, the zero value: every request
	Blob string                   // with BlobCall: requests for the blob of this name; empty: any
	When func(*http.Request) bool // further condition; nil: none. Must not change the request.
	Skip int                      // number of matching requests that are handled as usual first
	For  int                      // number of requests it applies to; 0: one; negative: all, at least one
	Do   Action
}

// Action handles a request instead of the service, or changes the request or the response. It calls
// the service by next, any number of times. An Action runs in the client's goroutine, and
// concurrently for concurrent requests.
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

// Script appends steps. The first step that matches a request, and has not been applied as often as
// it should, takes the request. So steps for the same calls apply in order, and steps for different
// calls are independent. At the end of the test, call [Server.ScriptDone].
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

// ScriptDone returns nil if every step was applied as often as it should. Otherwise the error names
// the steps that were not: a test whose faults did not occur has tested nothing.
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
		errs = append(errs, fmt.Errorf("billingtest: step %d on %s: applied %d times, want %d", step.number, which, step.taken, want))
	}
	return errors.Join(errs...)
}

// run applies the step that takes the request, or handles the request as usual.
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
