package manifest

import "sync"

// spares are values that can be reused, on the processor where they were used last: there they may
// still be in the cache.
type spares[E any] struct{ pool sync.Pool }

func (s *spares[E]) put(e *E) { s.pool.Put(e) }

// take returns nil where there is nothing.
func (s *spares[E]) take() *E {
	e, _ := s.pool.Get().(*E)
	return e
}

// takeOr returns a new one where there is nothing.
func (s *spares[E]) takeOr(make func() *E) *E {
	if e := s.take(); e != nil {
		return e
	}
	return make()
}
