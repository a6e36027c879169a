package browse

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"atelier/app/internal/golden"
	"atelier/app/internal/tabtest"
	"atelier/app/look"
	"atelier/app/studio"
	"atelier/app/studio/studiotest"
	"atelier/ml/dataset"
	"atelier/ml/recognise"
)

// open returns the tab in a window, on the built-in sample.
func open(t *testing.T) (*Tab, *studio.Studio, *studiotest.Queue) {
	t.Helper()
	var q studiotest.Queue
	test.NewTempApp(t).Settings().SetTheme(look.New(look.Light, false))
	s := studio.New(studio.Config{Folder: t.TempDir(), Dispatch: q.Post})
	w := test.NewTempWindow(t, nil)
	tab := New(s, w)
	w.SetContent(tab.Content())
	w.Resize(fyne.NewSize(1280, 700))
	d, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	s.SetData(d)
	q.Run()
	return tab, s, &q
}

func TestTheFirstPictureIsShownLarge(t *testing.T) {
	tab, s, q := open(t)
	if len(tab.shown) != s.Data().Train.Len() {
		t.Errorf("%d pictures shown", len(tab.shown))
	}
	want := csvRow(s.Data().Train, 0)
	q.Until(t, "the first picture's row", func() bool { return strings.ReplaceAll(tab.detail.row.Text, "\n", "") == want })
	if tab.empty.Visible() {
		t.Error("the tab still says that nothing is open")
	}
}

func TestTheCSVRowFitsItsRoom(t *testing.T) {
	tab, s, q := open(t)
	bright := slices.MaxFunc(slices.Collect(func(yield func(int) bool) {
		for i := range s.Data().Train.Len() {
			if !yield(i) {
				return
			}
		}
	}), func(a, b int) int { return len(csvRow(s.Data().Train, a)) - len(csvRow(s.Data().Train, b)) })
	for _, presentation := range []bool{false, true} {
		fyne.CurrentApp().Settings().SetTheme(look.New(look.Light, presentation))
		for _, width := range []float32{1100, 1280, 2000} {
			tab.window.Resize(fyne.NewSize(width, 700))
			tab.goToIndex(bright)
			q.Until(t, "the row", tab.detail.isWrapped)
			if wide := tab.detail.row.MinSize().Width; wide > tab.detail.rowRoom.width {
				t.Errorf("window %v: the row is %v wide, its room %v", width, wide, tab.detail.rowRoom.width)
			}
		}
	}
}

// isWrapped reports whether the CSV row has lines as long as there is room for.
func (d *detail) isWrapped() bool {
	n := d.valuesInLine()
	return strings.Count(d.row.Text, "\n") == (784+n-1)/n
}

func TestWithoutADatasetThePageTellsWhyAndOffersWaysOut(t *testing.T) {
	var q studiotest.Queue
	test.NewTempApp(t)
	s := studio.New(studio.Config{Folder: t.TempDir(), Dispatch: q.Post})
	w := test.NewTempWindow(t, nil)
	tab := New(s, w)
	w.SetContent(tab.Content())
	w.Resize(fyne.NewSize(1280, 700))
	var asked []studio.ChooseData
	studio.Handle(s, studio.Browse, func(c studio.ChooseData) { asked = append(asked, c) })

	gone := filepath.Join(t.TempDir(), "gone")
	s.StartData(gone)
	q.Until(t, "the failure", func() bool { return strings.Contains(tab.page, gone) })
	tabtest.Find(t, tab.empty, func(l *widget.Label) bool { return strings.Contains(l.Text, gone) })
	if b, ok := w.Canvas().Focused().(*widget.Button); !ok || !strings.HasPrefix(b.Text, "Use the built-in") {
		t.Errorf("%T has the focus, want the button for the sample", w.Canvas().Focused())
	}
	press := func(text string) {
		t.Helper()
		test.Tap(tabtest.Find(t, tab.empty, func(b *widget.Button) bool { return strings.HasPrefix(b.Text, text) }))
		q.Run()
	}
	press("Open a file")
	press("Open a folder")
	if !slices.Equal(asked, []studio.ChooseData{{}, {Folder: true}}) {
		t.Errorf("asked for %v", asked)
	}
	held := make(chan struct{})
	defer close(held)
	s.Go(studio.JobDownload, "Downloading", func(context.Context, func(current, total int64)) error { <-held; return nil })
	q.Run()
	if b := tabtest.Find(t, tab.empty, func(b *widget.Button) bool { return strings.HasPrefix(b.Text, "Download") }); !b.Disabled() {
		t.Error("a second download can be started")
	}
	press("Use the built-in sample")
	q.Until(t, "the sample", func() bool { return s.Data() != nil && len(tab.shown) == 6000 })
	if tab.empty.Visible() || !tab.main.Visible() {
		t.Error("the page stays in front of the pictures")
	}
}

func TestChipsFilterByClass(t *testing.T) {
	tab, s, _ := open(t)
	tab.chips.Toggle(2)
	for _, i := range tab.shown {
		if s.Data().Train.Label(i) != 2 {
			t.Fatalf("picture %d is of class %d", i, s.Data().Train.Label(i))
		}
	}
	if want := s.Data().Train.Counts(10)[2]; len(tab.shown) != want {
		t.Errorf("%d pictures, want %d", len(tab.shown), want)
	}
	tab.chips.Toggle(2)
	if len(tab.shown) != s.Data().Train.Len() {
		t.Error("the filter stays")
	}
}

func TestGoingToAPictureThatIsFilteredOutShowsAll(t *testing.T) {
	tab, s, _ := open(t)
	tab.chips.Toggle((s.Data().Train.Label(77) + 1) % 10)
	tab.goTo("77")
	if i, ok := tab.current(); !ok || i != 77 {
		t.Errorf("current picture %d, want 77", i)
	}
	tab.goTo("10-29")
	if len(tab.shown) != 20 || tab.shown[0] != 10 || !tab.only.Visible() {
		t.Errorf("%d pictures from %v", len(tab.shown), tab.shown[:1])
	}
	tab.showAll()
	if len(tab.shown) != s.Data().Train.Len() {
		t.Error("not all are shown")
	}
}

func TestAnotherTabShowsItsPictures(t *testing.T) {
	tab, s, q := open(t)
	s.Send(studio.ShowSamples{Title: "Shirts taken for coats", Test: true, Indices: []int{9, 4, 7}})
	q.Run()
	if tab.part != Test || !slices.Equal(tab.shown, []int{9, 4, 7}) || tab.onlyText.Text != "Shirts taken for coats" {
		t.Errorf("part %s, shown %v, title %q", tab.part, tab.shown, tab.onlyText.Text)
	}
}

func TestAnotherDatasetLeavesNothingOfTheOld(t *testing.T) {
	tab, s, q := open(t)
	tab.chips.Toggle(2)
	tab.setPart(Test)
	old := s.Data()
	small := &dataset.Data{
		Name: "Two", Classes: []string{"cup", "mug"},
		Train: &dataset.Set{H: 28, W: 28, Images: make([]byte, 784*4), Labels: []uint8{0, 1, 0, 1}},
		Test:  &dataset.Set{H: 28, W: 28, Images: make([]byte, 784*2), Labels: []uint8{0, 1}},
	}
	s.SetData(small)
	q.Run()
	if tab.set == old.Test || len(tab.shown) != 2 || len(tab.query.classes) != 0 {
		t.Errorf("%d pictures shown, classes %v", len(tab.shown), tab.query.classes)
	}
	if !strings.Contains(tab.detail.panel.Title(), "cup") {
		t.Errorf("title %q", tab.detail.panel.Title())
	}
	tab.chips.Toggle(0)
	tab.chips.Toggle(1)
	tab.showSamples(studio.ShowSamples{Test: true, Indices: nil})
	if len(tab.shown) != 0 || tab.detail.set != nil {
		t.Error("an empty view still shows a picture")
	}
}

func TestSelectedPicturesAreSavedAndClassified(t *testing.T) {
	tab, s, q := open(t)
	var sent studio.ClassifyPictures
	studio.Handle(s, studio.Classify, func(r studio.ClassifyPictures) { sent = r })
	tab.grid.SelectAll()
	tab.query.only = []int{1, 2}
	tab.apply()
	tab.grid.SelectAll()
	tab.classify()
	q.Run()
	if len(sent.Pictures) != 2 || !sent.Pictures[0].Prepared || sent.Pictures[0].Image.Bounds().Dx() != 28 {
		t.Errorf("sent %+v", sent)
	}

	dir := t.TempDir()
	if err := writePictures(context.Background(), dir, tab.set, tab.selected(), tab.data.Classes, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.png"))
	if err != nil || len(files) != 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if r, _, _, _ := img.At(14, 14).RGBA(); byte(r>>8) != tab.set.Image(1)[14*28+14] {
		t.Error("the saved picture is not the one that was selected")
	}
}

func TestTheTableHoldsTheCSVsCells(t *testing.T) {
	tab, s, _ := open(t)
	set := s.Data().Train
	tab.views.SelectIndex(tableView)
	if rows, cols := tab.table.cells.Length(); rows != set.Len() || cols != 785 {
		t.Errorf("%d × %d cells", rows, cols)
	}
	if tab.table.value(3, 0) != set.Label(3) || tab.table.value(3, 406) != int(set.Image(3)[405]) {
		t.Error("a cell is not the CSV's")
	}
	for _, step := range []struct {
		key  fyne.KeyName
		want int // the picture that is shown large then
	}{{fyne.KeyDown, 1}, {fyne.KeyRight, 1}, {fyne.KeyEnd, set.Len() - 1}, {fyne.KeyDown, set.Len() - 1}, {fyne.KeyUp, set.Len() - 2}, {fyne.KeyHome, 0}} {
		tab.table.cells.TypedKey(&fyne.KeyEvent{Name: step.key})
		if i, _ := tab.current(); i != step.want || tab.table.cells.at.Row != step.want {
			t.Errorf("after %s picture %d is shown and row %d chosen, want %d", step.key, i, tab.table.cells.at.Row, step.want)
		}
	}
	tab.step(2)
	if tab.table.cells.at != (widget.TableCellID{Row: 2, Col: 1}) {
		t.Errorf("the table stands at %v after two steps", tab.table.cells.at)
	}
	tab.table.head = true
	if rows, _ := tab.table.cells.Length(); rows != headRows {
		t.Errorf("head() shows %d rows", rows)
	}
}

func TestTheOverviewAndTheMapAreComputedOnce(t *testing.T) {
	tab, s, q := open(t)
	tab.views.SelectIndex(overviewView)
	tab.views.SelectIndex(mapView)
	q.Until(t, "the overview and the map", func() bool { return len(s.Jobs()) == 0 })
	q.Run()
	if tab.overview.numbers.Text == "" || tab.overview.means.view.Figure() == nil || tab.overview.sheet.view.Figure() == nil {
		t.Error("the overview is empty")
	}
	if len(tab.chart.drawn.points) != s.Data().Train.Len() {
		t.Errorf("the map shows %d pictures", len(tab.chart.drawn.points))
	}
	tab.chart.move(func(m *scatter) { m.zoom = 1e9; m.x = -5 })
	if z := tab.chart.drawn.zoom; z != 200 {
		t.Errorf("zoom %g", z)
	}
	tab.views.SelectIndex(overviewView)
	if len(s.Jobs()) != 0 {
		t.Error("the overview is computed again")
	}
}

func TestCorrectionsAreASetWhileThereAreAny(t *testing.T) {
	tab, s, q := open(t)
	s.SetCorrections(s.Data().Test.Subset([]int{5, 6, 7}))
	q.Run()
	tab.parts.SetSelected(string(Corrections))
	if len(tab.shown) != 3 || tab.part != Corrections {
		t.Fatalf("%d pictures of %s", len(tab.shown), tab.part)
	}
	s.SetCorrections(nil)
	q.Run()
	if tab.part != Training || len(tab.parts.Options) != 2 || tab.set != s.Data().Train {
		t.Errorf("%s of %v after the last correction is gone", tab.part, tab.parts.Options)
	}
}

// With labels changed on purpose, the built-in model's list begins with these,
// and choosing one shows it large.
func TestLabelErrorsAreListedByTheModel(t *testing.T) {
	tab, s, q := open(t)
	m, err := recognise.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	if !tab.overview.suspects.find.Disabled() {
		t.Error("label errors can be looked for without a model")
	}
	clean := s.Data()
	wrong := *clean
	wrong.Train = clean.Train.Subset(upTo(300))
	wrong.Train.Labels = slices.Clone(wrong.Train.Labels)
	var bags []int // called ankle boots
	for i, l := range wrong.Train.Labels {
		if l == 8 && len(bags) < 10 {
			bags = append(bags, i)
			wrong.Train.Labels[i] = 9
		}
	}
	s.SetData(&wrong)
	s.SetBuiltin(&studio.Model{Model: m, Name: "Pretrained"})
	q.Run()
	x := tab.overview.suspects
	test.Tap(x.find)
	q.Until(t, "the suspects", func() bool { return len(x.list) > 0 })
	found := 0
	for _, suspect := range x.list {
		if slices.Contains(bags, suspect.Index) && suspect.Label == 9 && suspect.Likely == 8 {
			found++
		}
	}
	if at := x.list[0].Index; found < len(bags)/2 || !slices.Contains(bags, at) {
		t.Errorf("%d of %d wrong labels found, the first suspect is %+v", found, len(bags), x.list[0])
	}
	at := x.list[0].Index
	x.grid.Go(0)
	if i, ok := tab.current(); !ok || i != at {
		t.Errorf("picture %d is shown large, want %d", i, at)
	}
	if !strings.Contains(x.chosen.Text, "labelled Ankle boot, looks like Bag") {
		t.Errorf("it says %q", x.chosen.Text)
	}
	test.Tap(x.all)
	if len(tab.shown) != len(x.list) || tab.views.SelectedIndex() != picturesView {
		t.Errorf("%d pictures shown of %d", len(tab.shown), len(x.list))
	}
	s.SetData(clean)
	q.Run()
	if len(x.list) != 0 || x.found.Visible() {
		t.Error("another dataset still shows the suspects of the old one")
	}
}

// A sort that the user cancels leaves the order as it is named.
func TestCancellingTheModelsAnswersGoesBackToTheOrder(t *testing.T) {
	tab, s, q := open(t)
	m, err := recognise.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	s.SetBuiltin(&studio.Model{Model: m, Name: "Pretrained"})
	q.Run()
	tab.orders.SetSelected(string(ByLoss))
	for _, j := range s.Jobs() {
		j.Cancel()
	}
	q.Until(t, "the order of the set", func() bool {
		return tab.orders.Selected == string(InOrder) && tab.query.order == InOrder
	})
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// TestTabLooks compares each view of the tab with the picture in testdata.
func TestTabLooks(t *testing.T) {
	tab, s, q := open(t)
	tab.window.Resize(fyne.NewSize(1000, 620))
	q.Until(t, "the picture's row", tab.detail.isWrapped)
	for _, item := range tab.views.Items {
		tab.views.Select(item)
		q.Until(t, "the end of the work", func() bool { return len(s.Jobs()) == 0 })
		q.Run()
		golden.Compare(t, strings.ToLower(item.Text), tab.window.Canvas().Capture())
	}
}

func TestArrowKeysChooseAPixelOfTheLargePicture(t *testing.T) {
	tab, s, _ := open(t)
	tab.grid.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	picker, ok := tab.window.Canvas().Focused().(*pixelPicker)
	if !ok {
		t.Fatalf("the focus is on %T", tab.window.Canvas().Focused())
	}
	var told string
	picker.onPixel = func(at image.Point) { told = pixelText(tab.set, 0, at.X, at.Y) }
	picker.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	picker.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	if want := fmt.Sprintf("[13, 15] pixel380: %d →", s.Data().Train.Image(0)[13*28+15]); !strings.HasPrefix(told, want) {
		t.Errorf("it tells %q, want %q …", told, want)
	}
	picker.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	picker.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	if picker.at != image.Pt(27, 13) {
		t.Errorf("pixel %v", picker.at)
	}
}

func TestTheMapIsMovedByKeys(t *testing.T) {
	tab, s, q := open(t)
	tab.views.SelectIndex(mapView)
	q.Until(t, "the map", func() bool { return len(s.Jobs()) == 0 && len(tab.chart.drawn.points) > 0 })
	view := tab.chart.view
	test.Type(view, "+++")
	zoomed := tab.chart.drawn
	if zoomed.zoom <= 1.5 || zoomed.x != 0.5 {
		t.Errorf("zoom %g about %g", zoomed.zoom, zoomed.x)
	}
	view.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	if tab.chart.drawn.x <= zoomed.x {
		t.Error("the right arrow does not move to the right")
	}
	view.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	if tab.chart.drawn.zoom != 1 {
		t.Error("Home does not show all")
	}
	k, _ := view.aimed()
	view.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if i, _ := tab.current(); i != tab.chart.drawn.indices[k] {
		t.Errorf("Enter shows picture %d, want %d", i, tab.chart.drawn.indices[k])
	}
}
