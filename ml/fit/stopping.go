package fit

import (
	"fmt"
	"math"
)

// Monitor names the figure of an epoch that decides which epoch is best. The empty monitor takes
// the validation loss, or the training loss of a run without validation.
type Monitor string

// The monitors, by their Keras names.
const (
	MonitorValLoss     Monitor = "val_loss"
	MonitorValAccuracy Monitor = "val_accuracy"
	MonitorLoss        Monitor = "loss"
	MonitorAccuracy    Monitor = "accuracy"
)

// Monitors lists every monitor in the order a menu shows them.
func Monitors() []Monitor {
	return []Monitor{MonitorValLoss, MonitorValAccuracy, MonitorLoss, MonitorAccuracy}
}

// Value returns the epoch's figure.
func (m Monitor) Value(e Epoch) float64 {
	switch {
	case m == MonitorValAccuracy:
		return e.ValAccuracy
	case m == MonitorAccuracy:
		return e.Accuracy
	case m == MonitorLoss, m == "" && !e.Validated:
		return e.Loss
	default:
		return e.ValLoss
	}
}

// improvement is how much better a is than b: positive for a lower loss or a higher accuracy.
func (m Monitor) improvement(a, b float64) float64 {
	if m == MonitorAccuracy || m == MonitorValAccuracy {
		return a - b
	}
	return b - a
}

func (m Monitor) needsValidation() bool { return m == MonitorValLoss || m == MonitorValAccuracy }

// EarlyStopping ends a run that no longer gets better, and says which weights count. The zero value
// runs all epochs and takes the last weights, as the article does. It follows Keras's EarlyStopping.
type EarlyStopping struct {
	Monitor Monitor `json:"monitor,omitempty"`
	// Patience is how many epochs in a row may pass without an improvement; 0 never stops early.
	Patience int `json:"patience,omitempty"`
	// MinDelta is the smallest change that counts as an improvement.
	MinDelta float64 `json:"min_delta,omitempty"`
	// KeepBest makes the run's model that of its best epoch (Keras: restore_best_weights).
	KeepBest bool `json:"keep_best,omitempty"`
}

// Validate reports, in words, the first field that makes no sense.
func (s EarlyStopping) Validate() error {
	switch s.Monitor {
	case "", MonitorValLoss, MonitorValAccuracy, MonitorLoss, MonitorAccuracy:
	default:
		return fmt.Errorf("early stopping cannot watch %q; choose val_loss, val_accuracy, loss or accuracy", s.Monitor)
	}
	if s.Patience < 0 {
		return fmt.Errorf("early stopping: patience is %d; choose 0 (never stop early) or more", s.Patience)
	}
	if math.IsNaN(s.MinDelta) || s.MinDelta < 0 {
		return fmt.Errorf("early stopping: min_delta is %v; choose 0 or more", s.MinDelta)
	}
	return nil
}

// Best returns the index of the best epoch in history, the earliest of equals, or -1 when it is empty.
func (s EarlyStopping) Best(history []Epoch) int {
	best := -1
	for i, e := range history {
		if best < 0 || s.Monitor.improvement(s.Monitor.Value(e), s.Monitor.Value(history[best])) > 0 {
			best = i
		}
	}
	return best
}

// Done reports whether the run should end after the given epochs.
func (s EarlyStopping) Done(history []Epoch) bool {
	if s.Patience == 0 || len(history) == 0 {
		return false
	}
	best, waited := s.Monitor.Value(history[0]), 0
	for _, e := range history[1:] {
		if v := s.Monitor.Value(e); s.Monitor.improvement(v, best) > s.MinDelta {
			best, waited = v, 0
		} else {
			waited++
		}
	}
	return waited >= s.Patience
}
