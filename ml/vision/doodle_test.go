package vision

import "testing"

func TestNothingInAnEmptySilhouetteOrAFlatOne(t *testing.T) {
	for name, marked := range map[string]func(i int) bool{
		"empty":      func(int) bool { return false },
		"one pixel":  func(i int) bool { return i == 40*64+30 },
		"one row":    func(i int) bool { return i/64 == 20 },
		"one column": func(i int) bool { return i%64 == 20 },
		"all":        func(int) bool { return true },
	} {
		silhouette := where(64, 64, marked)
		d := drawing{ink: silhouette, stroke: 1, depth: newPlane(64, 64)}
		if got := d.doodle(silhouette); got != "" {
			t.Errorf("%s: it looks like %s", name, got)
		}
	}
}
