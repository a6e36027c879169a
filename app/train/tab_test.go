package train

import (
	"image/png"
	"os"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"atelier/app/look"
	"atelier/app/studio"
	"atelier/ml/dataset"
)

// newTestTab returns a tab on the built-in pictures whose studio keeps its
// files in a temporary folder. What is sent to the window's thread waits in
// the returned function until the test calls it.
func newTestTab(t *testing.T) (*Tab, fyne.Window, func(until func() bool)) {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(look.Light, false))
	queue := make(chan func(), 10000)
	s := studio.New(studio.Config{Folder: t.TempDir(), Dispatch: func(f func()) { queue <- f }})
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
		deadline := time.After(60 * time.Second)
		for !until() {
			select {
			case f := <-queue:
				f()
			case <-time.After(10 * time.Millisecond):
			case <-deadline:
				t.Fatal("waited in vain")
			}
		}
	}
	return tab, w, pump
}

func TestShots(t *testing.T) {
	tab, w, _ := newTestTab(t)
	for i, name := range []string{"curves", "layers", "recipe"} {
		tab.sections.SelectIndex(i)
		if name == "layers" {
			tab.edit.Select(1)
		}
		time.Sleep(300 * time.Millisecond)
		f, _ := os.Create("/tmp/train/" + name + ".png")
		png.Encode(f, w.Canvas().Capture())
		f.Close()
	}
}
