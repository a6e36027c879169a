package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// job is an operation cut into chunks that can be done at the same time.
type job interface {
	chunk(chunk, worker int)
}

// workers runs the chunks of one operation at a time on a fixed set of
// goroutines. Which worker takes which chunk is left to chance; results do not
// depend on it because every chunk writes to its own place.
type workers struct {
	threads    int
	background bool            // all chunks are done by goroutines of low priority
	patience   time.Duration   // how long to look out for what is about to happen before sleeping
	wake       []chan struct{} // one a goroutine: one fewer than threads where the caller works too
	use        sync.Mutex      // held by the operation that runs
	down       bool            // the next sweep goes from the last chunk to the first

	mu      sync.Mutex // guards the fields below
	idle    sync.Cond
	open    bool
	active  atomic.Int32 // workers inside the current job; changed with mu held
	job     job
	chunks  int64
	next    atomic.Int64
	fromEnd bool // the last chunk comes first
}

// patience is longer than the pause between two operations of a network, and
// about half as long as a system takes to wake a thread that sleeps.
const patience = 50 * time.Microsecond

func newWorkers(threads int, background bool) *workers {
	w := &workers{threads: threads, background: background}
	// Who waits must not take the processor from those who compute, nor one of Go's
	// places from a window.
	if threads <= cpus && !background {
		w.patience = patience
	}
	w.idle.L = &w.mu
	first := 1 // worker 0 is the caller
	if background {
		first = 0
	}
	for i := first; i < threads; i++ {
		wake := make(chan struct{}, 1)
		w.wake = append(w.wake, wake)
		go w.serve(wake, i)
	}
	return w
}

func (w *workers) serve(wake <-chan struct{}, worker int) {
	if w.background {
		runtime.LockOSThread() // the thread ends with the goroutine, its priority with it
		lowerPriority()
	}
	for {
		w.lookOut(func() bool { return len(wake) > 0 })
		if _, more := <-wake; !more {
			return
		}
		w.mu.Lock()
		if !w.open { // the others finished the job before this one awoke
			w.mu.Unlock()
			continue
		}
		w.active.Add(1)
		job, chunks, fromEnd := w.job, w.chunks, w.fromEnd
		w.mu.Unlock()
		w.take(job, chunks, fromEnd, worker)
		w.mu.Lock()
		if w.active.Add(-1) == 0 {
			w.idle.Signal()
		}
		w.mu.Unlock()
	}
}

// lookOut returns when something has happened, or when patience has run out.
func (w *workers) lookOut(happened func() bool) {
	for begin := time.Now(); !happened() && time.Since(begin) < w.patience; {
	}
}

func (w *workers) take(job job, chunks int64, fromEnd bool, worker int) {
	for {
		chunk := w.next.Add(1) - 1
		if chunk >= chunks {
			return
		}
		if fromEnd {
			chunk = chunks - 1 - chunk
		}
		job.chunk(int(chunk), worker)
	}
}

// run does every chunk of a job and returns when all are done. The caller must
// hold use. Worker numbers are below threads; no two calls at one time share
// a number.
func (w *workers) run(chunks int, job job) { w.start(chunks, job, false) }

// sweep is run for a job that passes over the images of a batch: from the first
// to the last and the next time back, so that it begins with the images that the
// job before left in the caches.
func (w *workers) sweep(chunks int, job job) {
	w.start(chunks, job, w.down)
	w.down = !w.down
}

func (w *workers) start(chunks int, job job, fromEnd bool) {
	w.next.Store(0)
	if chunks <= 1 || len(w.wake) == 0 {
		w.take(job, int64(chunks), fromEnd, 0)
		return
	}
	w.mu.Lock()
	w.job, w.chunks, w.fromEnd, w.open = job, int64(chunks), fromEnd, true
	w.mu.Unlock()
	helpers := chunks
	if !w.background {
		helpers--
	}
	for _, wake := range w.wake[:min(len(w.wake), helpers)] {
		select {
		case wake <- struct{}{}:
		default: // still has a call to answer
		}
	}
	if !w.background {
		w.take(job, int64(chunks), fromEnd, 0)
		w.lookOut(func() bool { return w.done(chunks) })
	}
	w.mu.Lock()
	for !w.done(chunks) {
		w.idle.Wait()
	}
	w.open = false
	w.job = nil
	w.mu.Unlock()
}

// done reports whether all chunks of the current job are done.
func (w *workers) done(chunks int) bool {
	return w.next.Load() >= int64(chunks) && w.active.Load() == 0
}

func (w *workers) close() {
	w.use.Lock()
	defer w.use.Unlock()
	for _, wake := range w.wake {
		close(wake)
	}
	w.wake = nil
	w.threads = 1
}

// spread cuts n rows into at most limit chunks of equal size (the last may be
// smaller), never fewer than least rows each. It depends on nothing else, so
// that sums over chunks have the same order for any number of threads.
func spread(n, limit, least int) (chunks, rows int) {
	rows = max(ceilDiv(n, limit), least, 1)
	return ceilDiv(n, rows), rows
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
