package train

import (
	"log/slog"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"atelier/app/internal/golden"
	"atelier/app/look"
	"atelier/app/studio"
	"atelier/app/studio/studiotest"
	"atelier/ml/dataset"
)

// newTestTab returns a tab on the built-in pictures whose studio keeps its
// files in a temporary folder. What is sent to the window's thread waits in
// the returned function until the test calls it.
func newTestTab(t *testing.T) (*Tab, fyne.Window, func(until func() bool)) {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(look.Light, false))
	var queue studiotest.Queue
	s := studio.New(studio.Config{
		Folder:   t.TempDir(),
		Dispatch: queue.Post,
		Logger:   slog.New(slog.DiscardHandler),
	})
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	s.SetData(data)
	w := a.NewWindow("")
	tab := New(s, w)
	w.SetContent(tab.Content())
	w.Resize(fyne.NewSize(1280, 720))
	pump := func(until func() bool) {
		t.Helper()
		queue.Until(t, "the tab", until)
	}
	queue.Run() // the dataset has been announced
	return tab, w, pump
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
