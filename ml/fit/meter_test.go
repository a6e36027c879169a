package fit

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// TestMeterCountsValidation runs three epochs of 1,000 pictures at 1 ms and 400 validation pictures
// at 0.5 ms, with a pause in the middle: 3.6 s.
func TestMeterCountsValidation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const (
			trainTime    = 100 * time.Millisecond // a batch of 100
			validateTime = 100 * time.Millisecond // a batch of 200
			epochTime    = 1200 * time.Millisecond
			total        = 3 * epochTime
		)
		m := newMeter(3, 1000, 400)
		m.start(place{})
		if p := m.progress(); p.RunLeft >= 0 || p.Run != 0 {
			t.Errorf("it knows the time left before anything was measured: %+v", p)
		}
		worked := time.Duration(0)
		check := func(what string, sure bool) {
			t.Helper()
			p := m.progress()
			if p.Elapsed != worked {
				t.Errorf("%s: %v elapsed, want %v", what, p.Elapsed, worked)
			}
			if !sure { // validation is still a guess
				return
			}
			if d := (p.RunLeft - (total - worked)).Abs(); d > time.Millisecond {
				t.Errorf("%s: %v left, want %v", what, p.RunLeft, total-worked)
			}
			if want := worked.Seconds() / total.Seconds(); math.Abs(p.Run-want) > 1e-3 {
				t.Errorf("%s: %v done, want %v", what, p.Run, want)
			}
		}
		for epoch := range 3 {
			for batch := range 10 {
				time.Sleep(trainTime)
				m.trained(100)
				worked += trainTime
				check("training", epoch > 0)
				if epoch == 1 && batch == 4 {
					m.pause()
					time.Sleep(time.Hour)
					m.resume()
				}
			}
			if p := m.progress(); epoch == 0 && (p.RunLeft < total/2 || p.RunLeft > total) {
				t.Errorf("before the first validation %v are left, which is no good guess of %v", p.RunLeft, total-worked)
			}
			m.validate()
			for range 2 {
				time.Sleep(validateTime)
				m.validated(200)
				worked += validateTime
				check("validation", true)
			}
			seconds, speed := m.endEpoch()
			if math.Abs(seconds-epochTime.Seconds()) > 1e-6 || math.Abs(speed-1000) > 1e-6 {
				t.Errorf("epoch %d took %v s at %v images/s", epoch+1, seconds, speed)
			}
		}
		if p := m.progress(); p.Run != 1 || p.RunLeft != 0 {
			t.Errorf("at the end: %+v", p)
		}
	})
}
