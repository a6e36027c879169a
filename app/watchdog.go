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

// watch measures how long the window's thread is busy at a stretch, by asking
// it again and again to run nothing, and logs the longest wait of each report.
// It ends with ctx.
func watch(ctx context.Context, log *slog.Logger) {
	var worst, sum time.Duration
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
				log.Info("ui", "worst_ms", ms(worst), "mean_ms", ms(sum/time.Duration(pings)), "pings", pings)
			}
			worst, sum, pings = 0, 0, 0
		case <-next.C:
			start := time.Now()
			fyne.DoAndWait(func() {})
			took := time.Since(start)
			worst = max(worst, took)
			sum += took
			pings++
			next.Reset(watchdogPing)
		}
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
