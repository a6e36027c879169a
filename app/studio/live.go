package studio

import (
	"sync"
	"time"
)

// LiveInterval is the pace of every live view: ten pictures a second are
// smooth to the eye and leave the window's thread idle.
const LiveInterval = 100 * time.Millisecond

// Live passes the latest of many values to a view, at most once an interval
// and never faster than the view can draw. Values that a newer one overtakes
// are dropped; the last one is always shown.
type Live[T any] struct {
	draw func(T) (show func())
	do   func(func())

	mu      sync.Mutex
	next    T
	pending bool
	running bool
	stopped bool
	last    time.Time
}

// NewLive returns a Live whose show runs on the window's thread.
func NewLive[T any](s *Studio, show func(T)) *Live[T] {
	return NewDrawnLive(s, func(v T) func() { return func() { show(v) } })
}

// NewDrawnLive returns a Live for views that take longer to draw than the
// window's thread may: draw runs beside it, one value at a time, and what it
// returns runs on it. So all that a value changes in the window appears at once.
func NewDrawnLive[T any](s *Studio, draw func(T) (show func())) *Live[T] {
	return &Live[T]{draw: draw, do: s.Do}
}

// Put offers a value. It never waits.
func (l *Live[T]) Put(v T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return
	}
	l.next, l.pending = v, true
	if !l.running {
		l.running = true
		go l.run()
	}
}

func (l *Live[T]) run() {
	for {
		l.mu.Lock()
		wait := time.Until(l.last.Add(LiveInterval))
		l.mu.Unlock()
		if wait > 0 {
			time.Sleep(wait)
		}
		l.mu.Lock()
		if !l.pending || l.stopped {
			l.running = false
			l.mu.Unlock()
			return
		}
		v := l.next
		l.pending = false
		l.last = time.Now()
		l.mu.Unlock()
		show, shown := l.draw(v), make(chan struct{})
		l.do(func() {
			defer close(shown)
			show()
		})
		<-shown
	}
}

// Stop drops what is still to be shown; later values are ignored.
func (l *Live[T]) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped, l.pending = true, false
}
