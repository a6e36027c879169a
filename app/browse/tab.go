// Package browse is the tab in which one gets to know the data: all pictures in
// a grid, as the table that they came as, one by one in every form that the
// network's input goes through, and as a whole.
package browse

import (
	"context"
	"fmt"
	"image"
	"slices"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/dataset"
	"atelier/ml/dataset/atlas"
	"atelier/ml/nn"
)

// Keys of the settings.
const (
	keyPart  = "browse.part"
	keySide  = "browse.side"
	keyView  = "browse.view"
	keySplit = "browse.split"
)

const defaultSide = 56

// chipName is how many letters of a class's name have room on its chip.
const chipName = 24

// The views of the pictures, in the order of their tabs.
const (
	picturesView = iota
	tableView
	overviewView
	mapView
)

// Tab is the Browse tab.
type Tab struct {
	studio *studio.Studio
	window fyne.Window

	data  *dataset.Data // the dataset that is shown
	set   *dataset.Set  // the part of it
	part  Part
	query query
	keys  keys
	shown []int // the pictures of set that are shown, in order
	asked *question

	content *fyne.Container
	main    *fyne.Container
	offer   fyne.CanvasObject
	empty   *fyne.Container
	page    string // what empty shows

	suggested *widget.Button // on that page, where the keyboard begins; nil for none
	parts     *widget.Select
	orders    *widget.Select
	place     *widget.Entry
	zoom      *widget.Slider
	chips     *widgets.Chips
	only      *fyne.Container
	onlyText  *widget.Label
	count     *widget.Label
	views     *container.AppTabs
	grid      *widgets.PictureGrid
	table     *table
	overview  *overview
	chart     *chart
	detail    *detail
}

// New returns the tab for the datasets of s.
func New(s *studio.Studio, w fyne.Window) *Tab {
	t := &Tab{studio: s, window: w, part: Training}
	if s.Settings().String(keyPart) == string(Test) {
		t.part = Test
	}
	t.build()
	s.Subscribe(func(c studio.Change) {
		switch c {
		case studio.DataChanged:
			t.showData()
		case studio.ModelChanged:
			t.forgetModel()
			t.showActions()
			t.overview.suspects.showModel()
		case studio.CorrectionsChanged:
			t.showCorrections()
		case studio.JobsChanged:
			t.showEmpty()
		case studio.PresentationChanged:
			t.detail.live.Put(struct{}{}) // the form may have room for less
		}
	})
	studio.Handle(s, studio.Browse, t.showSamples)
	t.showData()
	return t
}

// Content returns what the tab shows.
func (t *Tab) Content() fyne.CanvasObject { return t.content }

func (t *Tab) build() {
	settings := t.studio.Settings()

	t.grid = widgets.NewPictureGrid(float32(settings.FloatWithFallback(keySide, defaultSide)), t.draw)
	t.grid.OnCurrent = func(i int) {
		t.detail.show(t.set, t.shown[i])
		if t.views.SelectedIndex() == tableView {
			t.table.goTo(i)
		}
		t.showActions()
		t.studio.Logger().Debug("picture", "part", string(t.part), "index", t.shown[i])
	}
	t.grid.OnSelection = t.showCount
	t.grid.OnZoom = func(side float32) { t.zoom.SetValue(float64(side)) }
	t.grid.OnOpen = func(int) { t.detail.showLarge() }

	t.detail = newDetail(t)
	t.table = newTable(t)
	t.overview = newOverview(t)
	t.chart = newChart(t)

	t.parts = widget.NewSelect(nil, nil)
	t.orders = widget.NewSelect([]string{string(InOrder), string(ByClass), string(Shuffled), string(DarkFirst), string(BrightFirst), string(ByLoss), string(Disagreements)}, nil)
	t.orders.Selected = string(InOrder)
	t.place = widget.NewEntry()
	t.place.SetPlaceHolder("Go to 123 or 0-99")
	t.place.OnSubmitted = t.goTo
	t.zoom = widget.NewSlider(widgets.MinThumbnail, widgets.MaxThumbnail)
	t.zoom.Value = float64(t.grid.Side())
	t.zoom.OnChanged = func(v float64) { t.grid.SetSide(float32(v)) }
	t.zoom.OnChangeEnded = func(v float64) { settings.SetFloat(keySide, v) }
	t.chips = widgets.NewChips(func(chosen []int) {
		t.query.classes, t.query.only = chosen, nil
		t.apply()
	})
	t.count = widget.NewLabel("")
	t.onlyText = widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	t.only = container.NewHBox(t.onlyText, widget.NewButtonWithIcon("Show all", theme.CancelIcon(), t.showAll))
	t.only.Hide()

	bar := container.NewHBox(
		t.parts, t.orders, container.New(lettersWide(21), t.place),
		widget.NewIcon(theme.ZoomOutIcon()), container.New(lettersWide(18), t.zoom), widget.NewIcon(theme.ZoomInIcon()),
		t.only, t.count)

	t.views = container.NewAppTabs(
		widgets.NewTab("Pictures", nil, t.grid),
		widgets.NewTab("Table", nil, t.table.content),
		widgets.NewTab("Overview", nil, t.overview.content),
		widgets.NewTab("Map", nil, t.chart.content),
	)
	t.views.OnSelected = func(*container.TabItem) {
		settings.SetInt(keyView, t.views.SelectedIndex())
		t.showView()
	}
	if i := settings.Int(keyView); i > 0 && i < len(t.views.Items) {
		t.views.SelectIndex(i)
	}

	split := container.NewHSplit(t.views, t.detail.content)
	split.Offset = settings.FloatWithFallback(keySplit, 0.66)
	t.offer = t.buildOffer()
	t.main = widgets.NewBorder(
		container.NewVBox(t.offer, bar, container.New(fewRows{}, container.NewVScroll(t.chips))),
		nil, nil, nil, split)
	t.empty = container.NewStack()
	t.content = container.NewStack(t.empty, t.main)
}

// showData shows the dataset that is now open.
func (t *Tab) showData() {
	d := t.studio.Data()
	if d == t.data && d != nil {
		return
	}
	start := time.Now()
	t.data = d
	t.query = query{}
	t.orders.Selected = string(InOrder)
	t.orders.Refresh()
	t.showEmpty()
	if d == nil {
		return
	}
	if t.part == Corrections {
		t.part = Training
	}
	t.parts.OnChanged = nil
	t.showCorrections()
	t.parts.SetSelected(string(t.part))
	t.parts.OnChanged = func(p string) { t.setPart(Part(p)) }
	t.orders.OnChanged = func(o string) { t.setOrder(Order(o)) }
	t.showOffer(d.Source.Sample)
	t.overview.showData(d)
	t.showPart()
	t.studio.Since("first pictures", start)
}

// buildOffer builds the line that offers the whole dataset while only the
// sample is open.
func (t *Tab) buildOffer() fyne.CanvasObject {
	text := widget.NewLabel("This is a small sample of Fashion-MNIST. The whole dataset has 70,000 pictures (30 MB to download).")
	text.Truncation = fyne.TextTruncateEllipsis
	download := widget.NewButtonWithIcon("Download", theme.DownloadIcon(), func() { t.studio.Download() })
	download.Importance = widget.HighImportance
	offer := widgets.NewPanel("", widgets.NewBorder(nil, nil, nil, container.NewHBox(download, widget.NewButton("Not now", func() { t.showOffer(false) })), text))
	offer.Hide()
	return offer
}

// showOffer shows that line or gives its room to the pictures.
func (t *Tab) showOffer(on bool) {
	widgets.SetVisible(t.offer, on)
	t.main.Refresh()
}

// showEmpty shows, while no dataset is open, what is going on or went wrong, and
// what one can do.
func (t *Tab) showEmpty() {
	if t.studio.Data() != nil {
		t.empty.Hide()
		t.main.Show()
		return
	}
	t.main.Hide()
	downloading := false
	for _, j := range t.studio.Jobs() {
		switch j.Key {
		case studio.JobData:
			t.showPage(j.Title, func() fyne.CanvasObject {
				return widget.NewLabelWithStyle(j.Title+" …", fyne.TextAlignCenter, fyne.TextStyle{Bold: true})
			})
			return
		case studio.JobDownload:
			downloading = true
		}
	}
	p := t.studio.DataProblem()
	t.showPage(fmt.Sprint("choices", downloading, p), func() fyne.CanvasObject { return t.wayOut(p, downloading) })
}

// showPage shows what stands in place of the pictures, built anew only when it
// is another page: a button on it may have the focus.
func (t *Tab) showPage(name string, build func() fyne.CanvasObject) {
	if name == t.page {
		widgets.SetVisible(t.empty, true)
		return
	}
	t.page, t.suggested = name, nil
	t.empty.Objects = []fyne.CanvasObject{container.NewCenter(build())}
	widgets.SetVisible(t.empty, true)
	t.empty.Refresh()
	if t.suggested != nil {
		t.window.Canvas().Focus(t.suggested)
	}
}

// wayOut tells why no dataset is open and offers the ways to one; the sample
// serves while the whole dataset is being downloaded.
func (t *Tab) wayOut(p *studio.DataProblem, downloading bool) fyne.CanvasObject {
	text := widget.NewLabel("Drop a folder or a file on the window, or choose one of these.")
	sample := widget.NewButtonWithIcon("Use the built-in sample", theme.GridIcon(), func() { t.studio.OpenSample() })
	sample.Importance = widget.HighImportance
	title := "No dataset is open"
	again := func() { t.studio.OpenStandardData() }
	if p != nil {
		title = "The dataset does not open"
		text.SetText(widgets.Sentence(p.Err.Error()))
		text.Selectable = true
		again = func() { t.studio.OpenData(p.Path) }
		t.suggested = sample
	}
	text.Wrapping = fyne.TextWrapWord

	download := widget.NewButtonWithIcon("Download Fashion-MNIST (30 MB)", theme.DownloadIcon(), func() { t.studio.Download() })
	if downloading {
		title = "Fashion-MNIST is being downloaded"
		text.SetText("It opens by itself when it is here. The sample serves meanwhile.")
		download.Disable()
	}
	choices := container.NewGridWithColumns(2, sample, download,
		widget.NewButtonWithIcon("Open a file…", theme.FileIcon(), func() { t.studio.Send(studio.ChooseData{}) }),
		widget.NewButtonWithIcon("Open a folder…", theme.FolderOpenIcon(), func() { t.studio.Send(studio.ChooseData{Folder: true}) }),
		widget.NewButtonWithIcon("Try again", theme.ViewRefreshIcon(), again))
	if p != nil && p.Path != "" {
		choices.Add(widget.NewButtonWithIcon("Look in the usual places", theme.SearchIcon(), func() { t.studio.OpenStandardData() }))
	}
	return widgets.NewPanel(title, container.New(lettersWide(70), container.NewVBox(text, choices)))
}

// showCorrections offers the user's corrections as a set of their own while
// there are any, and shows them anew if they are being looked at.
func (t *Tab) showCorrections() {
	if t.data == nil {
		return
	}
	options := []string{string(Training), string(Test)}
	if t.studio.Corrections() != nil {
		options = append(options, string(Corrections))
	}
	t.parts.SetOptions(options)
	if t.part != Corrections {
		return
	}
	if t.studio.Corrections() == nil {
		t.parts.SetSelected(string(Training))
		return
	}
	t.showPart()
}

func (t *Tab) setPart(p Part) {
	if p == t.part {
		return
	}
	t.part = p
	t.studio.Settings().SetString(keyPart, string(p))
	t.query.only, t.query.from, t.query.to = nil, 0, 0
	t.showPart()
}

// showPart shows the chosen set of the dataset.
func (t *Tab) showPart() {
	switch t.part {
	case Test:
		t.set = t.data.Test
	case Corrections:
		t.set = t.studio.Corrections()
	default:
		t.set = t.data.Train
	}
	t.keys = keys{}
	labels := make([]string, len(t.data.Classes))
	counts := t.set.Counts(len(t.data.Classes))
	for c, name := range t.data.Classes {
		labels[c] = fmt.Sprintf("%s %s", shorten(name, chipName), thousands(counts[c]))
	}
	t.chips.SetLabels(labels, t.query.classes...)
	t.table.showSet(t.set)
	t.chart.showSet(t.set)
	t.overview.suspects.showSet()
	t.main.Refresh() // the chips may need another number of rows
	t.setOrder(t.query.order)
}

// setOrder sorts, after computing what to sort by if need be.
func (t *Tab) setOrder(o Order) {
	if o == "" {
		o = InOrder
	}
	t.query.order = o
	if o == Shuffled {
		t.query.seed++
	}
	switch {
	case (o == DarkFirst || o == BrightFirst) && t.keys.brightness == nil:
		t.keys.brightness = atlas.Brightness(t.set)
	case o == ByLoss || o == Disagreements:
		t.ask("Sorting by the model's answers", func(err error) {
			switch {
			case t.query.order != o: // the user has chosen another one meanwhile
			case err != nil:
				t.orders.SetSelected(string(InOrder))
			default:
				t.apply()
			}
		})
		return
	}
	t.apply()
}

// ask asks the current model about every picture of the set, in the
// background, unless it has answered already. Then is called with the answers
// in keys, or with what kept the model from giving them, which the user has
// been told; it is not called when the set or the model has changed meanwhile.
func (t *Tab) ask(doing string, then func(error)) {
	if t.keys.answers != nil {
		then(nil)
		return
	}
	if err := t.studio.ModelFits(); err != nil {
		t.studio.Report(doing, err)
		then(err)
		return
	}
	set, model := t.set, t.studio.Model()
	if t.asked != nil && t.asked.set == set && t.asked.model == model {
		t.asked.waiting = append(t.asked.waiting, then)
		return
	}
	q := &question{set: set, model: model, waiting: []func(error){then}}
	t.asked = q
	job := t.studio.Go("browse.judge", "Asking the model about every picture", func(ctx context.Context, progress func(current, total int64)) (err error) {
		q.answers, err = judge(ctx, model, set, progress)
		return err
	})
	go func() {
		<-job.Done()
		t.studio.Do(func() { t.answered(q, job.Err()) })
	}()
}

// question is what the current model is being asked, and who waits for that.
type question struct {
	set     *dataset.Set
	model   *studio.Model
	answers *answers
	waiting []func(error)
}

// answered ends a question, unless another one has taken its place.
func (t *Tab) answered(q *question, err error) {
	if t.asked != q {
		return
	}
	t.asked = nil
	if t.set != q.set || t.studio.Model() != q.model {
		return
	}
	if err == nil {
		t.keys.answers = q.answers
	}
	for _, then := range q.waiting {
		then(err)
	}
}

// forgetModel drops what another model had answered.
func (t *Tab) forgetModel() {
	t.keys.answers = nil
	if t.query.order == ByLoss || t.query.order == Disagreements {
		t.orders.SetSelected(string(InOrder))
	}
}

// apply runs the query and shows its pictures, the first of them large.
func (t *Tab) apply() {
	if t.set == nil {
		return
	}
	t.shown = t.query.run(t.set, t.keys)
	t.only.Hidden = t.query.only == nil && t.query.to == 0
	t.grid.SetContent(len(t.shown), t.set.W, t.set.H)
	t.table.showRows(t.shown)
	if len(t.shown) > 0 {
		t.grid.Go(0)
	} else {
		t.detail.showNothing()
	}
	t.showCount()
	t.showView()
}

func (t *Tab) showView() {
	switch t.views.SelectedIndex() {
	case tableView:
		t.table.start()
		t.table.goTo(t.grid.Current())
	case overviewView:
		t.overview.start()
	case mapView:
		t.chart.start()
	}
}

func (t *Tab) showCount() {
	if t.set == nil {
		return
	}
	text := fmt.Sprintf("%s pictures", thousands(len(t.shown)))
	if n := len(t.grid.Selected()); n > 1 {
		text += fmt.Sprintf(", %s selected", thousands(n))
	}
	t.count.SetText(text)
}

// showAll ends a view of some pictures only.
func (t *Tab) showAll() {
	t.query.only, t.query.from, t.query.to = nil, 0, 0
	t.apply()
}

// showSamples shows the pictures that another tab asks for.
func (t *Tab) showSamples(r studio.ShowSamples) {
	if t.data == nil {
		return
	}
	part := Training
	if r.Test {
		part = Test
	}
	t.setPart(part)
	t.parts.Selected = string(part)
	t.parts.Refresh()
	t.showOnly(r.Title, r.Indices)
}

// showOnly shows some pictures of the set alone, in that order.
func (t *Tab) showOnly(title string, indices []int) {
	t.query.only = append([]int{}, indices...)
	t.onlyText.SetText(title)
	t.views.SelectIndex(picturesView)
	t.apply()
}

// goTo goes to the index that was typed, or shows the range.
func (t *Tab) goTo(text string) {
	if t.set == nil || text == "" {
		return
	}
	p, err := parsePlace(text, t.set.Len())
	if err != nil {
		t.studio.Report("Going to a picture", err)
		return
	}
	if p.isRange {
		t.query.only, t.query.from, t.query.to = nil, p.from, p.to
		t.onlyText.SetText(fmt.Sprintf("%d to %d", p.from, p.to))
		t.apply()
		return
	}
	t.goToIndex(p.from)
	t.focusView()
}

// goToIndex makes the i-th picture of the set current, and shows all of the set
// if it is not among those shown.
func (t *Tab) goToIndex(i int) {
	at := slices.Index(t.shown, i)
	if at < 0 {
		t.chips.Choose()
		t.query.classes = nil
		if t.query.order == Disagreements {
			t.query.order = InOrder
			t.orders.Selected = string(InOrder)
			t.orders.Refresh()
		}
		t.showAll()
		at = slices.Index(t.shown, i)
	}
	t.grid.Go(at)
}

// step goes to the next or the previous picture of those shown.
func (t *Tab) step(by int) {
	if len(t.shown) > 0 {
		t.grid.Go(t.grid.Current() + by)
	}
}

// draw draws the at-th picture of those shown.
func (t *Tab) draw(at int, dst *image.RGBA) {
	if at < len(t.shown) {
		widgets.GrayRGBA(dst, t.set.Image(t.shown[at]))
	}
}

// current returns the index in the set of the picture that is shown large.
func (t *Tab) current() (int, bool) {
	at := t.grid.Current()
	if at < 0 || at >= len(t.shown) {
		return 0, false
	}
	return t.shown[at], true
}

// selected returns the indices in the set of the selected pictures.
func (t *Tab) selected() []int {
	var out []int
	for _, at := range t.grid.Selected() {
		out = append(out, t.shown[at])
	}
	return out
}

// Commands are the tab's part of the menus.
func (t *Tab) Commands() []widgets.Command {
	some := func() bool { return t.set != nil && len(t.grid.Selected()) > 0 }
	return append([]widgets.Command{
		{Menu: widgets.FileMenu, Label: "Save selected pictures as PNG…", Section: "save pictures", Enabled: some, Run: t.savePictures},
		{Menu: widgets.FileMenu, Label: "Save selected pictures as CSV…", Section: "save pictures", Enabled: some, Run: t.saveCSV},
		{Menu: widgets.EditMenu, Label: "Select all", Shortcut: &fyne.ShortcutSelectAll{}, Run: t.grid.SelectAll, Enabled: func() bool { return t.set != nil }},
		{Menu: widgets.ViewMenu, Label: "Go to picture…", Section: "pictures", Shortcut: widgets.Ctrl(fyne.KeyG), Run: func() {
			t.studio.Show(studio.Browse)
			t.window.Canvas().Focus(t.place)
		}},
		{Menu: widgets.ViewMenu, Label: "Next picture", Section: "pictures", Shortcut: widgets.Alt(fyne.KeyRight), Run: func() { t.step(1) }, Enabled: func() bool { return len(t.shown) > 0 }},
		{Menu: widgets.ViewMenu, Label: "Previous picture", Section: "pictures", Shortcut: widgets.Alt(fyne.KeyLeft), Run: func() { t.step(-1) }, Enabled: func() bool { return len(t.shown) > 0 }},
		{Menu: widgets.RunMenu, Label: "Explain this picture", Section: "Browse", Shortcut: widgets.CtrlShift(fyne.KeyK), Run: t.explain, Enabled: func() bool {
			_, ok := t.current()
			return ok && t.part != Corrections && studio.Handles[studio.ExplainSample](t.studio)
		}},
		{Menu: widgets.RunMenu, Label: "Classify selected pictures", Section: "Browse", Shortcut: widgets.Ctrl(fyne.KeyK), Enabled: func() bool { return some() && studio.Handles[studio.ClassifyPictures](t.studio) }, Run: t.classify},
	}, t.viewCommands()...)
}

// Keys tells which keys the parts of the tab take while they have the focus.
func (t *Tab) Keys() []widgets.KeyGroup {
	return []widgets.KeyGroup{
		{Title: "Pictures in a grid", Keys: widgets.PictureGridKeys()},
		{Title: "Browse: table", Keys: [][2]string{{"Go to another cell", "Arrows, Page Up, Page Down"}, {"First row, last row", "Home, End"}}},
		{Title: "Browse: overview", Keys: [][2]string{{"Scroll", "Up, Down, Page Up, Page Down, Home, End"}}},
		{Title: "Browse: map", Keys: [][2]string{
			{"Move the view", "Arrows, or drag"},
			{"Zoom", "+ and -, or the wheel"},
			{"Show all", "Home"},
			{"Show the ringed picture", "Enter or Space"},
		}},
		{Title: "Browse: large picture", Keys: [][2]string{{"Choose a pixel", "Arrows, Home, End"}}},
	}
}

// viewCommands bring the views of the pictures and the forms of the one shown
// large to the front.
func (t *Tab) viewCommands() []widgets.Command {
	var out []widgets.Command
	add := func(section string, book *container.AppTabs, focus func()) {
		for i, item := range book.Items {
			key := fyne.KeyName(strconv.Itoa(len(out) + 1))
			out = append(out, widgets.Command{
				Menu: widgets.ViewMenu, Label: "Browse: " + item.Text, Section: section,
				Shortcut: &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierAlt},
				Run: func() {
					t.studio.Show(studio.Browse)
					book.SelectIndex(i)
					focus()
				},
			})
		}
	}
	add("views", t.views, t.focusView)
	add("forms", t.detail.forms, func() {})
	return out
}

// focusView gives the keyboard to the view in front.
func (t *Tab) focusView() {
	views := []fyne.Focusable{picturesView: t.grid, tableView: t.table.cells, overviewView: t.overview.content, mapView: t.chart.view}
	t.window.Canvas().Focus(views[t.views.SelectedIndex()])
}

// classify sends the selected pictures to the Classify tab.
func (t *Tab) classify() {
	r := studio.ClassifyPictures{}
	for _, i := range t.selected() {
		r.Pictures = append(r.Pictures, studio.Picture{
			Name:     fmt.Sprintf("%s %d (%s)", t.part, i, t.data.Classes[t.set.Label(i)]),
			Image:    widgets.GrayImage(t.set.Image(i), t.set.W),
			Prepared: true,
		})
	}
	t.studio.Send(r)
}

// showActions offers what can be done with the pictures.
func (t *Tab) showActions() {
	_, any := t.current()
	widgets.SetVisible(t.detail.classify, any && studio.Handles[studio.ClassifyPictures](t.studio))
	widgets.SetVisible(t.detail.explain, any && t.part != Corrections && t.studio.ModelFits() == nil && studio.Handles[studio.ExplainSample](t.studio))
}

// explain asks what the current model sees in the picture that is shown large.
func (t *Tab) explain() {
	if i, ok := t.current(); ok {
		t.studio.Send(studio.ExplainSample{Test: t.part == Test, Index: i})
	}
}

func thousands(n int) string { return nn.Thousands(int64(n)) }
