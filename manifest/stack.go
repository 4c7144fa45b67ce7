package manifest

import "sync"

// stack keeps what can be used again. What was put there last is taken first: it may
// still be in a cache.
type stack[E any] struct {
	mu    sync.Mutex
	items []*E
}

func (s *stack[E]) put(e *E) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items = append(s.items, e)
}

// take returns nil where there is nothing.
func (s *stack[E]) take() *E {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.items) == 0 {
		return nil
	}
	last := len(s.items) - 1
	e := s.items[last]
	s.items[last], s.items = nil, s.items[:last]
	return e
}

// takeOr returns a new one where there is nothing.
func (s *stack[E]) takeOr(make func() *E) *E {
	if e := s.take(); e != nil {
		return e
	}
	return make()
}
