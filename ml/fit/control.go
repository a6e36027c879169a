package fit

import (
	"context"
	"sync"
)

// Control steers a run from other goroutines. Every command is answered between two batches. The
// zero value is ready to use; one Control serves one run.
type Control struct {
	mu      sync.Mutex
	paused  bool
	steps   int
	stop    stopping
	holding bool // the loop is in a pause
	changed chan struct{}
}

// stopping says whether a run was asked to end, and what is to become of it.
type stopping int

const (
	goOn stopping = iota
	stopKeep
	stopDiscard
)

// Pause holds the run after the batch at work; what it has learned is saved first.
func (c *Control) Pause() { c.change(func() { c.paused = true }) }

// Resume lets a paused run go on.
func (c *Control) Resume() { c.change(func() { c.paused, c.steps = false, 0 }) }

// StepOnce trains one batch, or judges one of the validation pictures, and pauses after it. A call during a step asks for another one.
func (c *Control) StepOnce() { c.change(func() { c.paused = true; c.steps++ }) }

// Stop ends the run after the batch at work and keeps what it has learned; it can be resumed later.
func (c *Control) Stop() { c.change(func() { c.stop = max(c.stop, stopKeep) }) }

// Discard ends the run after the batch at work and moves its folder to the trash, from where
// [Runs.Restore] brings it back.
func (c *Control) Discard() { c.change(func() { c.stop = stopDiscard }) }

// Paused reports whether the run is, or is about to be, paused.
func (c *Control) Paused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paused
}

func (c *Control) change(set func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	set()
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// await returns when the next batch may be trained or the run must end. It calls held when a pause
// begins and released when it is over; single steps are part of the pause.
func (c *Control) await(ctx context.Context, held func() error, released func()) (stopping, error) {
	for {
		if err := ctx.Err(); err != nil {
			return goOn, err
		}
		c.mu.Lock()
		stop, paused, step := c.stop, c.paused, c.paused && c.steps > 0
		begins, ends := paused && !c.holding, !paused && c.holding
		c.holding = paused
		if step && stop == goOn {
			c.steps--
		}
		if c.changed == nil {
			c.changed = make(chan struct{})
		}
		changed := c.changed
		c.mu.Unlock()

		if stop != goOn {
			return stop, nil
		}
		if ends {
			released()
		}
		if begins && !step {
			if err := held(); err != nil {
				return goOn, err
			}
		}
		if !paused || step {
			return goOn, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}
