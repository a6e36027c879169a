package train

import (
	"math"
	"os"
	"strings"
	"testing"

	"atelier/ml/engine"
	"atelier/ml/nn"
)

func TestWhatDoesNotFitIntoTheMemoryIsNotTrained(t *testing.T) {
	const gb = 1 << 30
	for _, c := range []struct {
		need, available  int64
		refused, probing bool
	}{
		{need: 1 * gb, available: 8 * gb, probing: true},
		{need: 3 * gb, available: 8 * gb},
		{need: 9 * gb, available: 8 * gb, refused: true},
		{need: 9 * gb, available: math.MaxInt64, probing: true}, // the system does not tell
	} {
		if text := tooLarge(c.need, c.available); (text != "") != c.refused {
			t.Errorf("%d of %d: %q", c.need, c.available, text)
		}
		if got := worthProbing(c.need, c.available); got != c.probing {
			t.Errorf("%d of %d: probing %v", c.need, c.available, got)
		}
	}
	if _, err := os.Stat("/proc/meminfo"); err != nil {
		t.Skip("this system does not tell how much memory is free")
	}
	if bytes := engine.AvailableMemory(); bytes < 1<<20 || bytes > 1<<46 {
		t.Errorf("%d bytes are free", bytes)
	}
	tab, _, _ := newTestTab(t)
	s := tab.edit.Setup()
	s.Network.Layers = append([]nn.Layer{nn.Conv2D{Filters: 1 << 16, Kernel: 3, Padding: nn.Same}}, s.Network.Layers...)
	s.Recipe.Batch = 1 << 14
	tab.edit.Replace(s)
	if text := tab.panel.counts.Text; !tab.panel.play.Disabled() || !strings.Contains(text, "memory") {
		t.Errorf("the button is enabled: %v; the panel says %q", !tab.panel.play.Disabled(), text)
	}
}
