// Package tabtest opens what a tab is tested in.
package tabtest

import (
	"log/slog"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"atelier/app/look"
	"atelier/app/studio"
	"atelier/app/studio/studiotest"
	"atelier/ml/dataset"
)

// Open makes a tab on the built-in pictures and shows it in a window of its own.
// The studio keeps its files in a temporary folder. What is sent to the window's
// thread waits in pump, which returns when until holds.
func Open[T interface{ Content() fyne.CanvasObject }](t *testing.T, make func(*studio.Studio, fyne.Window) T) (tab T, w fyne.Window, pump func(until func() bool)) {
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
	w = a.NewWindow("")
	tab = make(s, w)
	w.SetContent(tab.Content())
	w.Resize(fyne.NewSize(1280, 720))
	queue.Run() // the dataset has been announced
	return tab, w, func(until func() bool) {
		t.Helper()
		queue.Until(t, "the tab", until)
	}
}

// Find returns the first object of a kind that can be seen in o and is wanted.
func Find[W fyne.CanvasObject](t *testing.T, o fyne.CanvasObject, wanted func(W) bool) W {
	t.Helper()
	for _, o := range test.LaidOutObjects(o) {
		if w, ok := o.(W); ok && wanted(w) {
			return w
		}
	}
	var none W
	t.Fatalf("there is no such %T", none)
	return none
}
