package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"atelier/app/look"
	"atelier/app/settings"
	"atelier/app/studio"
	"atelier/app/studio/studiotest"
	"atelier/app/widgets"
	"atelier/ml/dataset"
)

// newTestWindow returns a window on the built-in sample. What jobs post waits
// until the test runs the queue.
func newTestWindow(t *testing.T) (*window, *studio.Studio, *studiotest.Queue) {
	t.Helper()
	var q studiotest.Queue
	a := test.NewTempApp(t)
	s := studio.New(studio.Config{Settings: settings.New(), Folder: t.TempDir(), Dispatch: q.Post})
	w := newWindow(a, s)
	d, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	s.SetData(d)
	q.Run()
	t.Cleanup(func() {
		closed := make(chan error, 1)
		go func() { closed <- s.Close(context.Background()) }()
		q.Until(t, "the jobs to end", func() bool { return len(closed) > 0 })
	})
	return w, s, &q
}

func TestMetadataIsThatOfThePackage(t *testing.T) {
	var file struct {
		Details struct {
			Name, ID, Version, Icon string
			Build                   int
		}
		Migrations map[string]bool
	}
	if _, err := toml.DecodeFile("../FyneApp.toml", &file); err != nil {
		t.Fatal(err)
	}
	m := metadata()
	if m.Name != file.Details.Name || m.ID != file.Details.ID || m.Version != file.Details.Version || m.Build != file.Details.Build {
		t.Errorf("metadata %+v differs from FyneApp.toml %+v", m, file.Details)
	}
	if diff := cmp.Diff(file.Migrations, m.Migrations); diff != "" {
		t.Error("migrations differ:", diff)
	}
	icon, err := os.ReadFile(filepath.Join("..", file.Details.Icon))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(icon, m.Icon.Content()) {
		t.Error("the icon differs from that of FyneApp.toml")
	}
}

func TestNoKeyMeansTwoThings(t *testing.T) {
	w, _, _ := newTestWindow(t)
	for _, p := range w.places {
		w.show(p)
		seen := map[string]string{}
		for _, menu := range menuOrder {
			labels := map[string]bool{}
			for _, c := range w.menus.commands(menu) {
				if c.Label == "" {
					t.Errorf("a command of %s has no label", menu)
				}
				if labels[c.Label] {
					t.Errorf("with %s in front, %s holds %q twice", p, menu, c.Label)
				}
				labels[c.Label] = true
				for key := range strings.SplitSeq(c.Keys(), " or ") {
					if other := seen[key]; key != "" && other != "" {
						t.Errorf("with %s in front, %s means %q and %q", p, key, other, c.Label)
					}
					seen[key] = c.Label
				}
			}
		}
	}
}

func TestTabsAreReachedByKeyAndRemembered(t *testing.T) {
	w, s, _ := newTestWindow(t)
	for i, p := range w.places {
		run(t, w, widgets.ViewMenu, string(p))
		if w.front != p || w.book.SelectedIndex() != i {
			t.Errorf("%s is not in front", p)
		}
	}
	run(t, w, widgets.ViewMenu, "Next tab")
	if w.front != w.places[0] {
		t.Errorf("after the last tab comes %s", w.front)
	}
	run(t, w, widgets.ViewMenu, "Previous tab")
	again := newWindow(fyne.CurrentApp(), s)
	if last := w.places[len(w.places)-1]; again.front != last {
		t.Errorf("the next window starts with %s, want %s", again.front, last)
	}
}

// run runs a command by its label.
func run(t *testing.T, w *window, menu widgets.Menu, label string) {
	t.Helper()
	for _, c := range w.menus.commands(menu) {
		if c.Label == label {
			if !c.Ready() {
				t.Fatalf("%q is not possible", label)
			}
			c.Run()
			return
		}
	}
	t.Fatalf("the menu %s has no %q", menu, label)
}

func TestPresentationAndColoursAreRemembered(t *testing.T) {
	w, s, q := newTestWindow(t)
	before := fyne.CurrentApp().Settings().Theme().Size("text")
	w.takeKey(fyne.KeyF5)
	q.Run()
	if after := fyne.CurrentApp().Settings().Theme().Size("text"); after <= before || !look.IsPresentation() {
		t.Errorf("text of %g after %g in presentation mode", after, before)
	}
	run(t, w, widgets.ViewMenu, "Dark")
	if !look.IsDark() {
		t.Error("not dark")
	}
	newWindow(fyne.CurrentApp(), s)
	if !look.IsDark() || !look.IsPresentation() {
		t.Error("the next window has forgotten")
	}
}

func TestDroppedFilesGoWhereTheyBelong(t *testing.T) {
	w, s, q := newTestWindow(t)
	var pictures studio.ClassifyPictures
	studio.Handle(s, studio.Classify, func(r studio.ClassifyPictures) { pictures = r })
	picture := filepath.Join(t.TempDir(), "a shirt.png")
	w.drop([]fyne.URI{storage.NewFileURI(picture)})
	q.Run()
	if len(pictures.Pictures) != 1 || pictures.Pictures[0].Path != picture {
		t.Errorf("classified %+v", pictures)
	}
	csv := filepath.Join(t.TempDir(), "fashion-mnist_train.csv")
	if err := os.WriteFile(csv, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var problem studio.Problem
	s.OnProblem(func(p studio.Problem) { problem = p })
	w.drop([]fyne.URI{storage.NewFileURI(csv)})
	q.Until(t, "the problem", func() bool { return problem.Err != nil })
	if !strings.Contains(problem.Doing, "fashion-mnist_train.csv") || w.front != studio.Browse {
		t.Errorf("an empty CSV: %+v, %s in front", problem, w.front)
	}
}

func TestEscapeClosesADialog(t *testing.T) {
	w, _, _ := newTestWindow(t)
	for _, open := range []func(){w.showAbout, w.showShortcuts, w.chooseFile, w.chooseFolder, func() { w.confirmQuit([]string{"Training stops."}) }} {
		open()
		if w.Canvas().Overlays().Top() == nil {
			t.Fatal("no dialog")
		}
		w.takeKey(fyne.KeyEscape)
		if top := w.Canvas().Overlays().Top(); top != nil && top.Visible() {
			t.Error("the dialog stays")
		}
	}
}

func TestTheListOfKeysKnowsEveryTab(t *testing.T) {
	w, _, _ := newTestWindow(t)
	w.showShortcuts()
	listed := texts(w.Canvas().Overlays().Top())
	for _, p := range w.places {
		for _, c := range w.tabs[p].Commands() {
			if keys := c.Keys(); keys != "" && !slices.Contains(listed, keys) {
				t.Errorf("%s: %s of %q is not listed", p, keys, c.Label)
			}
		}
		for _, g := range w.tabs[p].Keys() {
			for _, k := range g.Keys {
				if !slices.Contains(listed, g.Title) || !slices.Contains(listed, k[1]) {
					t.Errorf("%s: %s of %s is not listed", p, k, g.Title)
				}
			}
		}
	}
}

func TestTheFileMenuEndsWithTheOnlyQuit(t *testing.T) {
	w, _, _ := newTestWindow(t)
	var quits []int
	file := w.MainMenu().Items[0].Items
	for i, item := range file {
		if item.Label == quitLabel {
			quits = append(quits, len(file)-i)
		}
	}
	if !slices.Equal(quits, []int{1}) {
		t.Errorf("Quit stands at %v from the end of the File menu", quits)
	}
}

func TestQuittingAsksOnlyWhenSomethingRuns(t *testing.T) {
	w, s, q := newTestWindow(t)
	running := true
	s.AddGuard(studio.Guard{
		Active: func() (string, bool) { return "Training stops and is saved.", running },
		Finish: func(context.Context) (string, error) { running = false; return "saved", nil },
	})
	closed := false
	w.SetOnClosed(func() { closed = true })
	w.quit()
	if w.closing || w.Canvas().Overlays().Top() == nil {
		t.Fatal("the window closes without asking")
	}
	w.quitNow()
	q.Until(t, "the window to close", func() bool { return closed })
	if running || w.closeErr != nil {
		t.Errorf("running %v, error %v", running, w.closeErr)
	}
}

func TestArguments(t *testing.T) {
	var help strings.Builder
	o, err := parse([]string{"--data", "x", "a.png", "b.csv"}, &help)
	if err != nil || o.data != "x" || !slices.Equal(o.files, []string{"a.png", "b.csv"}) {
		t.Errorf("%+v, %v", o, err)
	}
	if _, err := parse([]string{"--colour"}, &help); err == nil || !strings.Contains(help.String(), "usage") {
		t.Errorf("a wrong flag: %v, %q", err, help.String())
	}
}

func TestTheLogIsJSONOnRequest(t *testing.T) {
	var plain, json strings.Builder
	logger("", &plain).Info("hello")
	logger("json", &json).Info("hello", "n", 1)
	if plain.String() != "" || !strings.HasPrefix(json.String(), "{") || !strings.Contains(json.String(), `"n":1`) {
		t.Errorf("plain %q, JSON %q", plain.String(), json.String())
	}
}

// Nothing is cut off on a projector of 1280×800, even in large letters; the
// desktop's own bars take some of its height.
func TestTheStatusBarNamesWhatRunsInFull(t *testing.T) {
	w, s, q := newTestWindow(t)
	held := make(chan struct{})
	defer close(held)
	s.Go("speed", "Measuring the speed", func(context.Context, func(current, total int64)) error { <-held; return nil })
	// Other jobs, with which the window begins, may still be counted at first.
	q.Until(t, "the job to be named in full", func() bool {
		return slices.Contains(texts(w.status.content), "Measuring the speed")
	})
}

func TestPresentationFitsAProjector(t *testing.T) {
	w, s, q := newTestWindow(t)
	const wide, high = 1280, 740
	w.Resize(fyne.NewSize(wide, high))
	run(t, w, widgets.ViewMenu, "Presentation")
	q.Run()
	held := make(chan struct{})
	defer close(held)
	s.Go("long", "Comparing every test picture with every training picture", func(_ context.Context, progress func(current, total int64)) error {
		progress(1, 2)
		<-held
		return nil
	})
	s.Notify("Saved 10,000 pictures to /home/somebody/Pictures/clothes/of/all/kinds")
	q.Until(t, "the job to be shown", w.status.running.Visible)
	for _, p := range w.places {
		w.show(p)
		w.Resize(fyne.NewSize(wide, high))
		if least := w.Content().MinSize(); least.Width > wide || least.Height > high {
			t.Errorf("with %s in front the window needs %v", p, least)
		}
	}
}

func TestDropMark(t *testing.T) {
	w, _, _ := newTestWindow(t)
	if w.dropMark.Visible() {
		t.Error("the mark is there before anything is dragged")
	}
	for _, over := range []bool{true, false} {
		w.showDropMark(over)
		if w.dropMark.Visible() != over {
			t.Errorf("files over the window: %v, the mark: %v", over, w.dropMark.Visible())
		}
	}
	if size := w.dropMark.Size(); size != w.Content().Size() {
		t.Errorf("the mark has the size %v, the window %v", size, w.Content().Size())
	}
}
