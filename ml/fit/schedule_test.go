package fit_test

import (
	"math"
	"testing"

	"atelier/ml/fit"
)

const (
	batches = 10
	epochs  = 6
	base    = 0.1
)

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a)) }

func TestScheduleValues(t *testing.T) {
	for _, c := range []struct {
		schedule string
		step     int
		want     float64
	}{
		{"constant", 0, base},
		{"constant", 59, base},
		{"step:every=2,factor=0.5", 19, base},
		{"step:every=2,factor=0.5", 20, base / 2},
		{"step:every=2,factor=0.5", 40, base / 4},
		{"step:every=1,factor=0.1,final=0.01", 59, base / 100},
		{"exponential:factor=0.9", 10, base * 0.9},
		{"exponential:factor=0.9", 35, base * math.Pow(0.9, 3.5)}, // Keras's ExponentialDecay
		{"cosine", 0, base},
		{"cosine", 30, base / 2},
		{"cosine:final=0.2", 30, base * 0.6},
		{"cosine:final=0.2", 60, base * 0.2},
		{"one_cycle", 0, base / 25},
		{"one_cycle:rise=0.5", 30, base},
		{"one_cycle:rise=0.5,final=0.1", 60, base / 10},
		{"constant:warmup=1", 0, base / 10},
		{"constant:warmup=1", 4, base / 2},
		{"constant:warmup=1", 9, base},
		{"cosine:warmup=2", 20, base},
		{"cosine:warmup=2", 40, base / 2},
	} {
		s, err := fit.ParseSchedule(c.schedule)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Rate(base, c.step, batches, epochs); !near(got, c.want) {
			t.Errorf("%s at step %d: %v, want %v", c.schedule, c.step, got, c.want)
		}
	}
}

func TestSchedulesStayInRange(t *testing.T) {
	for _, kind := range fit.ScheduleKinds() {
		for _, warmup := range []float64{0, 0.35, 3, 100} {
			s := fit.DefaultSchedule(kind)
			if kind != fit.ScheduleOneCycle {
				s.Warmup = warmup
			}
			rates := s.Rates(base, batches, epochs)
			if len(rates) != batches*epochs {
				t.Fatalf("%s: %d rates", s, len(rates))
			}
			for i, r := range rates {
				if !(r > 0 && r <= base*(1+1e-12)) {
					t.Errorf("%s at step %d: %v", s, i, r)
				}
			}
		}
	}
}

func TestScheduleTextComesBack(t *testing.T) {
	for _, kind := range fit.ScheduleKinds() {
		s := fit.DefaultSchedule(kind)
		got, err := fit.ParseSchedule(s.String())
		if err != nil || got != s {
			t.Errorf("%s came back as %s, error %v", s, got, err)
		}
	}
}

func TestParseScheduleRefuses(t *testing.T) {
	for _, text := range []string{
		"", "linear", "cosine:speed=3", "cosine:final=", "cosine:final=x", "cosine:final=2", "cosine:final=NaN",
		"step:every=0", "step:factor=0", "exponential:factor=1.5", "one_cycle:warmup=1", "one_cycle:rise=-1",
		"plateau:patience=0", "cosine:warmup=-1", "plateau:patience=1.5",
	} {
		if s, err := fit.ParseSchedule(text); err == nil {
			t.Errorf("%q was read as %+v", text, s)
		}
	}
}

func TestPlateau(t *testing.T) {
	s := fit.Schedule{Kind: fit.SchedulePlateau, Factor: 0.1, Patience: 2, Final: 0.005}
	losses := []float64{1, 0.9, 0.9, 0.95, 0.8, 0.79999, 0.8, 0.8, 0.8, 0.8, 0.8}
	want := []float64{1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.005, 0.005, 0.005}
	var history []fit.Epoch
	for i, loss := range losses {
		history = append(history, fit.Epoch{Epoch: i + 1, Validated: true, ValLoss: loss})
		if got := s.Plateau(history); !near(got, want[i]) {
			t.Errorf("after epoch %d: %v, want %v", i+1, got, want[i])
		}
	}
	if got := fit.DefaultSchedule(fit.ScheduleCosine).Plateau(history); got != 1 {
		t.Errorf("a cosine schedule has a plateau factor of %v", got)
	}
}

func TestEarlyStopping(t *testing.T) {
	history := func(values ...float64) (h []fit.Epoch) {
		for i, v := range values {
			h = append(h, fit.Epoch{Epoch: i + 1, Validated: true, ValLoss: v, ValAccuracy: v, Loss: -v, Accuracy: -v})
		}
		return h
	}
	for _, c := range []struct {
		name    string
		rule    fit.EarlyStopping
		history []fit.Epoch
		best    int
		done    bool
	}{
		{"nothing yet", fit.EarlyStopping{Patience: 1}, nil, -1, false},
		{"off", fit.EarlyStopping{}, history(1, 2, 3, 4), 0, false},
		{"validation loss by default", fit.EarlyStopping{Patience: 2}, history(3, 2, 2.5, 2.1), 1, true},
		{"not yet", fit.EarlyStopping{Patience: 3}, history(3, 2, 2.5, 2.1), 1, false},
		{"got better in time", fit.EarlyStopping{Patience: 2}, history(3, 2, 2.5, 1.9), 3, false},
		{"accuracy rises", fit.EarlyStopping{Monitor: fit.MonitorValAccuracy, Patience: 1}, history(1, 2, 3), 2, false},
		{"accuracy falls", fit.EarlyStopping{Monitor: fit.MonitorValAccuracy, Patience: 1}, history(1, 3, 2), 1, true},
		{"training loss", fit.EarlyStopping{Monitor: fit.MonitorLoss, Patience: 1}, history(1, 2, 3), 2, false},
		{"training accuracy", fit.EarlyStopping{Monitor: fit.MonitorAccuracy, Patience: 2}, history(1, 2, 3), 0, true},
		{"equal is no improvement", fit.EarlyStopping{Patience: 2}, history(1, 1, 1), 0, true},
		{"small steps do not count", fit.EarlyStopping{Patience: 2, MinDelta: 0.1}, history(1, 0.95, 0.91), 2, true},
	} {
		if got := c.rule.Best(c.history); got != c.best {
			t.Errorf("%s: the best is %d, want %d", c.name, got, c.best)
		}
		if got := c.rule.Done(c.history); got != c.done {
			t.Errorf("%s: done %v, want %v", c.name, got, c.done)
		}
	}
}
