package train

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"atelier/app/internal/golden"
	"atelier/app/internal/tabtest"
	"atelier/ml/fit"
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

// desktopApp is an app whose notifications are answered when the test says so.
type desktopApp struct {
	fyne.App
	told   chan string
	answer chan struct{}
}

func (d desktopApp) SendNotification(n *fyne.Notification) {
	d.told <- n.Content
	<-d.answer
}

// A desktop that does not answer does not hold the window up.
func TestTheEndOfARunIsNotifiedWhileTheWindowIsAway(t *testing.T) {
	tab, _, _ := newTestTab(t)
	d := desktopApp{fyne.CurrentApp(), make(chan string, 2), make(chan struct{})}
	fyne.SetCurrentApp(d)
	defer fyne.SetCurrentApp(d.App)
	defer close(d.answer)
	v := liveView{Phase: ended, Run: fit.Run{Name: "A run", Status: fit.StatusStopped}}
	tab.notifyEnd(v)
	tab.away = true
	tab.notifyEnd(v)
	if got, want := <-d.told, statusText(v); got != want {
		t.Errorf("the notification says %q, want %q", got, want)
	}
	if len(d.told) > 0 {
		t.Error("a window in front notifies, too")
	}
}
