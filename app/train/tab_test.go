package train

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"atelier/app/internal/golden"
	"atelier/app/internal/tabtest"
)

// newTestTab opens a tab, see [tabtest.Open].
func newTestTab(t *testing.T) (*Tab, fyne.Window, func(until func() bool)) {
	t.Helper()
	return tabtest.Open(t, New)
}

// TestPictures compares each section, before any run, with a picture of it.
func TestPictures(t *testing.T) {
	tab, w, pump := newTestTab(t)
	for i, item := range tab.sections.Items {
		tab.sections.SelectIndex(i)
		switch item.Text {
		case "Layers":
			tab.edit.Select(1)
			tab.layers.picture.Wait()
		case "Recipe":
			tab.recipe.schedule.Wait()
		case "Lesson":
			pump(func() bool { return strings.Contains(tab.lesson.result.Text, "6000 rows × 785 columns") })
		case "Curves":
			tab.curves.loss.Wait()
			tab.curves.accuracy.Wait()
		case "Runs":
			tab.runs.figure.Wait()
		}
		golden.Compare(t, strings.ToLower(item.Text), w.Canvas().Capture())
	}
}
