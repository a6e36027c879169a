package studio

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
)

// Job is work that runs off the window's thread. The status bar shows it with
// its progress and a way to cancel it.
type Job struct {
	// Key names what the job computes. Starting another with the same key
	// cancels this one first.
	Key string
	// Title is shown to the user: "Opening fashion-mnist_train.csv".
	Title string

	cancel context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	current int64
	total   int64
	err     error
}

// Progress returns how far the job is; total 0 means that nobody knows.
func (j *Job) Progress() (current, total int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.current, j.total
}

// Cancel asks the job to stop. It returns at once.
func (j *Job) Cancel() { j.cancel() }

// Done is closed when the job has ended.
func (j *Job) Done() <-chan struct{} { return j.done }

// Err returns how the job ended: nil, context.Canceled or what failed.
// It is valid after Done.
func (j *Job) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// Go runs work in the background as a job. A running job with the same key is
// cancelled, and work starts once that has ended. An error is reported to the
// user under the job's title; a panic becomes an error. Work calls progress
// as often as it likes.
func (s *Studio) Go(key, title string, work func(ctx context.Context, progress func(current, total int64)) error) *Job {
	ctx, cancel := context.WithCancel(context.Background())
	j := &Job{Key: key, Title: title, cancel: cancel, done: make(chan struct{})}

	s.mu.Lock()
	var before []*Job
	for _, other := range s.jobs {
		if other.Key == key {
			other.Cancel()
			before = append(before, other)
		}
	}
	s.jobs = append(s.jobs, j)
	s.mu.Unlock()
	s.Announce(JobsChanged)

	// The bar is redrawn at the pace of a live view, not at that of the work.
	live := NewLive(s, func(struct{}) { s.Announce(JobsChanged) })
	progress := func(current, total int64) {
		j.mu.Lock()
		j.current, j.total = current, total
		j.mu.Unlock()
		live.Put(struct{}{})
	}
	go func() {
		defer cancel()
		for _, other := range before {
			<-other.Done()
		}
		err := ctx.Err()
		if err == nil {
			err = guarded(func() error { return work(ctx, progress) })
		}
		live.Stop()
		j.mu.Lock()
		j.err = err
		j.mu.Unlock()
		s.mu.Lock()
		s.jobs = slices.DeleteFunc(s.jobs, func(other *Job) bool { return other == j })
		s.mu.Unlock()
		close(j.done)
		s.Report(title, err)
		s.Announce(JobsChanged)
	}()
	return j
}

// guarded turns a panic of work into an error, so that a failing job never
// takes the user's other work with it.
func guarded(work func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error: %v (please report it)\n%s", r, debug.Stack())
		}
	}()
	return work()
}

// Jobs returns the running jobs, oldest first.
func (s *Studio) Jobs() []*Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.jobs)
}

func isCancelled(err error) bool {
	return errors.Is(err, context.Canceled)
}

// Guard protects work that must not be lost when the window closes.
type Guard struct {
	// Active reports whether there is such work now, and says in a sentence
	// what closing would do: "Training stops and is saved; you can go on
	// later."
	Active func() (consequence string, active bool)
	// Finish stops the work and keeps it. It runs off the window's thread and
	// returns a sentence for the log.
	Finish func(ctx context.Context) (string, error)
}

// AddGuard registers work to ask for when the user quits.
func (s *Studio) AddGuard(g Guard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guards = append(s.guards, g)
}

// Unfinished returns what closing the window would do to running work, one
// sentence each; none means that nothing would be lost.
func (s *Studio) Unfinished() []string {
	s.mu.Lock()
	guards := slices.Clone(s.guards)
	s.mu.Unlock()
	var out []string
	for _, g := range guards {
		if text, active := g.Active(); active {
			out = append(out, text)
		}
	}
	return out
}

// Close finishes guarded work, cancels every job and waits for them, until
// ctx ends. Call it off the window's thread.
func (s *Studio) Close(ctx context.Context) error {
	s.mu.Lock()
	guards := slices.Clone(s.guards)
	s.mu.Unlock()
	var problems []error
	for _, g := range guards {
		if _, active := g.Active(); !active {
			continue
		}
		text, err := g.Finish(ctx)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		s.Logger().Info("finished before closing", "text", text)
	}
	jobs := s.Jobs()
	for _, j := range jobs {
		j.Cancel()
	}
	for _, j := range jobs {
		select {
		case <-j.Done():
		case <-ctx.Done():
			return errors.Join(append(problems, ctx.Err())...)
		}
	}
	return errors.Join(problems...)
}
