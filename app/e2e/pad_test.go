//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// answerLimit is how long the answer to a stroke may take in the middle, in
// milliseconds. The aim is 50, which a quiet machine with two cores keeps to;
// the rest is for a virtual screen that is drawn by the same cores.
const answerLimit = 150

// TestPad draws stroke after stroke, while nothing else goes on and while a
// network trains, and prints how long the answers take: from the pointer's
// event until the window shows the answer.
func TestPad(t *testing.T) {
	s := newScreen(t, fmt.Sprintf("%dx%d", width, height))
	p := s.launchClassify()
	s.key("ctrl+4")
	stroke(s) // the first one wakes the model
	p.wait("classified", nil)
	s.key("ctrl+Delete")

	s.drawMany(p, "while nothing else goes on")
	mark := p.mark()
	s.key("ctrl+2", "ctrl+r")
	p.waitSince(mark, "training", nil)
	time.Sleep(2 * time.Second) // until the run is in full swing
	s.key("ctrl+4")
	s.drawMany(p, "while training")
	s.shot("classify-while-training")
	s.drawMany(p, "while training")
	if len(p.since(mark, "trained")) > 0 {
		t.Error("the training ended before the drawing")
	}
}

// drawMany draws a few T-shirts and prints how long their answers took.
func (s *screen) drawMany(p *program, doing string) {
	s.t.Helper()
	mark := p.mark()
	for range 5 {
		stroke(s)
		s.drag([2]int{240, 280}, [2]int{260, 300}, [2]int{280, 306}, [2]int{300, 300}, [2]int{320, 280})
		s.drag([2]int{240, 360}, [2]int{260, 360}, [2]int{280, 360}, [2]int{300, 360}, [2]int{320, 360})
		time.Sleep(300 * time.Millisecond)
		s.key("ctrl+Delete")
	}
	for _, record := range []struct{ msg, what string }{
		{"classified while drawing", "within a stroke"},
		{"classified", "after a stroke"},
	} {
		var took []float64
		for _, e := range p.since(mark, record.msg) {
			took = append(took, e.number("milliseconds"))
		}
		if len(took) == 0 {
			s.t.Fatalf("%s: no answer %s", doing, record.what)
		}
		slices.Sort(took)
		middle, late := took[len(took)/2], took[len(took)*95/100]
		s.t.Logf("%s: %d answers %s, %.1f ms in the middle, 95 %% within %.1f ms", doing, len(took), record.what, middle, late)
		if middle > answerLimit {
			s.t.Errorf("%s: an answer %s takes %.1f ms, more than %d", doing, record.what, middle, answerLimit)
		}
	}
}
