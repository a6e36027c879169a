package classify

import "sync"

// latest works on the newest of the values that it is given, one at a time, on
// a goroutine of its own. Values that a newer one overtakes are dropped.
type latest[T any] struct {
	work func(T)

	mu      sync.Mutex
	next    T
	pending bool
	running bool
}

// put offers a value. It never waits.
func (l *latest[T]) put(v T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next, l.pending = v, true
	if !l.running {
		l.running = true
		go l.run()
	}
}

func (l *latest[T]) run() {
	for {
		l.mu.Lock()
		if !l.pending {
			l.running = false
			l.mu.Unlock()
			return
		}
		v := l.next
		l.pending = false
		l.mu.Unlock()
		l.work(v)
	}
}
