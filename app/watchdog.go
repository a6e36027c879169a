package main

import (
	"context"
	"log/slog"
	"time"

	"fyne.io/fyne/v2"
)

const (
	watchdogPing   = 20 * time.Millisecond
	watchdogReport = 2 * time.Second
)

// wait is how long the window's thread made someone wait, and what it did in
// this time: it computed, or was ready to and had no core. In the rest it
// slept, or waited for the screen.
type wait struct{ total, computing, ready time.Duration }

// watch measures how long the window's thread is busy at a stretch, by asking
// it again and again to run nothing, and logs the longest wait of each report.
// It ends with ctx, and at once when nobody would read the log.
func watch(ctx context.Context, log *slog.Logger) {
	if !log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	var worst wait
	var sum time.Duration
	var pings int
	report := time.NewTicker(watchdogReport)
	defer report.Stop()
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-report.C:
			if pings > 0 {
				log.Info("ui", "worst_ms", ms(worst.total), "worst_computing_ms", ms(worst.computing), "worst_ready_ms", ms(worst.ready),
					"mean_ms", ms(sum/time.Duration(pings)), "pings", pings)
			}
			worst, sum, pings = wait{}, 0, 0
		case <-next.C:
			took := ping()
			if took.total > worst.total {
				worst = took
			}
			sum += took.total
			pings++
			next.Reset(watchdogPing)
		}
	}
}

// ping asks the window's thread to run nothing.
func ping() wait {
	computed, ready := windowThread()
	start := time.Now()
	fyne.DoAndWait(func() {})
	w := wait{total: time.Since(start)}
	computedAfter, readyAfter := windowThread()
	w.computing, w.ready = computedAfter-computed, readyAfter-ready
	return w
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
