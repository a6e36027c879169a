package main

import (
	"context"
	"log/slog"
	"time"

	"fyne.io/fyne/v2"
)

// watchdogReport is how often the watchdog logs.
const watchdogReport = 2 * time.Second

// turn is how long the window's thread took for one turn: to handle what came
// in, to draw the frame and to wait for the next, which comes 60 times a second
// at most. Nothing that a user does waits longer than a turn. In its time the
// thread computed, or was ready to and had no core; in the rest it slept, or
// waited for the screen.
type turn struct{ total, computing, ready time.Duration }

// watchdog measures the turns of the window's thread, on which it lives.
type watchdog struct {
	log                 *slog.Logger
	started, reported   time.Time
	computed, readiness time.Duration // of the thread, until the turn started
	worst               turn
	sum                 time.Duration
	turns               int
}

// watch logs the longest turn of the window's thread in each report, and their
// mean, until ctx ends; nothing when nobody would read the log. It asks to be
// called in each turn as an animation that changes nothing.
func watch(ctx context.Context, log *slog.Logger) {
	if !log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	w := &watchdog{log: log}
	animation := fyne.NewAnimation(watchdogReport, func(float32) { w.next() })
	animation.RepeatCount = fyne.AnimationRepeatForever
	animation.Start()
	context.AfterFunc(ctx, animation.Stop)
}

// next ends a turn and starts another.
func (w *watchdog) next() {
	now := time.Now()
	computed, ready := windowThread()
	if w.started.IsZero() {
		w.reported = now
	} else {
		took := turn{now.Sub(w.started), computed - w.computed, ready - w.readiness}
		if took.total > w.worst.total {
			w.worst = took
		}
		w.sum += took.total
		w.turns++
	}
	w.started, w.computed, w.readiness = now, computed, ready
	if now.Sub(w.reported) < watchdogReport {
		return
	}
	w.log.Info("ui", "worst_ms", ms(w.worst.total), "worst_computing_ms", ms(w.worst.computing), "worst_ready_ms", ms(w.worst.ready),
		"mean_ms", ms(w.sum/time.Duration(w.turns)), "turns", w.turns)
	w.reported, w.worst, w.sum, w.turns = now, turn{}, 0, 0
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
