package train

import (
	"strings"
	"testing"
	"time"

	"atelier/ml/fit"
)

func epochs(figures ...[2]float64) []fit.Epoch {
	var out []fit.Epoch
	for i, f := range figures {
		out = append(out, fit.Epoch{Epoch: i + 1, Loss: f[0], Validated: true, ValLoss: f[1], ValAccuracy: 0.8})
	}
	return out
}

func TestVerdictPutsTheGapIntoWords(t *testing.T) {
	for _, c := range []struct {
		name    string
		history []fit.Epoch
		want    string
	}{
		{"nothing yet", nil, "Too early"},
		{"one epoch", epochs([2]float64{1, 0.8}), "80.0 %"},
		{"no validation", []fit.Epoch{{Epoch: 1}, {Epoch: 2}}, "Without validation"},
		{"falling", epochs([2]float64{1, 0.8}, [2]float64{0.8, 0.6}), "Learning"},
		{"one bad epoch", epochs([2]float64{1, 0.6}, [2]float64{0.8, 0.61}), "may be chance"},
		{"flat", epochs([2]float64{1, 0.6}, [2]float64{0.8, 0.5999}), "Hardly"},
		{"by heart", epochs([2]float64{1, 0.8}, [2]float64{0.8, 0.6}, [2]float64{0.5, 0.62}, [2]float64{0.3, 0.65}), "Overfitting since epoch 3"},
		{"stuck", epochs([2]float64{0.5, 0.6}, [2]float64{0.6, 0.62}, [2]float64{0.7, 0.65}), "Not getting better since epoch 1"},
	} {
		if got := verdict(c.history); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q does not say %q", c.name, got, c.want)
		}
	}
}

func TestInTime(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1:                          "",
		300 * time.Millisecond:      "less than 1 s",
		42 * time.Second:            "42 s",
		95 * time.Second:            "1 min 35 s",
		2*time.Hour + 5*time.Minute: "2 h 05 min",
	} {
		if got := inTime(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
