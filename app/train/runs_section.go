package train

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/figures"
	"atelier/app/look"
	"atelier/app/studio"
	"atelier/app/widgets"
	mlfigures "atelier/ml/figures"
	"atelier/ml/fit"
)

// runRecord is a run with what its folder holds.
type runRecord struct {
	fit.Run
	Bytes int64
}

// runOrder is a way to sort runs.
type runOrder struct {
	Title   string
	Compare func(a, b runRecord) int
}

func runOrders() []runOrder {
	newest := func(a, b runRecord) int { return b.Started.Compare(a.Started) }
	return []runOrder{
		{"Newest first", newest},
		{"Best accuracy first", func(a, b runRecord) int { return cmp.Compare(bestAccuracy(b.Run), bestAccuracy(a.Run)) }},
		{"Lowest loss first", func(a, b runRecord) int { return cmp.Compare(lowestLoss(a.Run), lowestLoss(b.Run)) }},
		{"By name", func(a, b runRecord) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) }},
		{"Largest on disk first", func(a, b runRecord) int { return cmp.Compare(b.Bytes, a.Bytes) }},
	}
}

// judged are the figures of an epoch on the validation pictures, or those of the
// training where there are none.
func judged(e fit.Epoch) (loss, accuracy float64) {
	if e.Validated {
		return e.ValLoss, e.ValAccuracy
	}
	return e.Loss, e.Accuracy
}

// bestAccuracy is a run's best validation accuracy, or its best training
// accuracy when it has no validation.
func bestAccuracy(r fit.Run) float64 {
	best := 0.0
	for _, e := range r.History {
		_, accuracy := judged(e)
		best = max(best, accuracy)
	}
	return best
}

func lowestLoss(r fit.Run) float64 {
	lowest := 1e9
	for _, e := range r.History {
		loss, _ := judged(e)
		lowest = min(lowest, loss)
	}
	return lowest
}

// chosenRuns filters runs by the words of a query and sorts them. A word
// matches the name, the network or the status.
func chosenRuns(all []runRecord, query string, order runOrder) []runRecord {
	words := strings.Fields(strings.ToLower(query))
	var out []runRecord
	for _, r := range all {
		text := strings.ToLower(r.Name + " " + networkTitle(r.Network) + " " + string(r.Status) + " " + r.Recipe.Optimizer.Name)
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, order.Compare)
	return out
}

// difference is a setting in which runs differ.
type difference struct {
	Setting string
	Values  []string
}

// freeName is name, with a number behind it when a run has that name already.
func freeName(name string, runs []runRecord) string {
	taken := func(n string) bool {
		return slices.ContainsFunc(runs, func(r runRecord) bool { return r.Name == n })
	}
	free := name
	for n := 2; taken(free); n++ {
		free = fmt.Sprintf("%s %d", name, n)
	}
	return free
}

// differences lists the settings in which runs differ, with each run's value.
func differences(runs []fit.Run) []difference {
	flat := make([]map[string]string, len(runs))
	var keys []string
	for i, r := range runs {
		flat[i] = map[string]string{}
		r.Recipe.Optimizer = r.Recipe.Optimizer.WithDefaults()
		data, err := json.Marshal(r.Recipe)
		var tree map[string]any
		if err != nil || json.Unmarshal(data, &tree) != nil {
			continue
		}
		flatten("", tree, flat[i])
		flat[i]["network"] = networkTitle(r.Network)
		if counts, err := r.Network.Counts(); err == nil {
			flat[i]["parameters"] = fmt.Sprint(counts.Total)
		}
		flat[i]["dataset"] = r.Data.Name
		for k := range flat[i] {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	slices.Sort(keys)
	var out []difference
	for _, k := range keys {
		d := difference{Setting: inWords(strings.ReplaceAll(k, ".", " "))}
		same := true
		for i := range runs {
			v, ok := flat[i][k]
			if !ok {
				v = "–"
			}
			d.Values = append(d.Values, v)
			same = same && v == d.Values[0]
		}
		if !same {
			out = append(out, d)
		}
	}
	return out
}

func flatten(prefix string, tree map[string]any, out map[string]string) {
	for k, v := range tree {
		if sub, ok := v.(map[string]any); ok {
			flatten(prefix+k+".", sub, out)
			continue
		}
		out[prefix+k] = fmt.Sprint(v)
	}
}

// overlay lays the validation curves of several runs over each other, or their
// training curves where there is no validation.
func overlay(runs []fit.Run, accuracy bool) mlfigures.Lines {
	f := mlfigures.Lines{Title: "Validation loss", X: "Epoch", Whole: true}
	if accuracy {
		f.Title, f.Percent = "Validation accuracy", true
	}
	for i, r := range runs {
		s := mlfigures.Series{Name: shortened(r.Name, 28), Colour: i, Dots: true}
		for _, e := range r.History {
			y, share := judged(e)
			if accuracy {
				y = share
			}
			s.X, s.Y = append(s.X, float64(e.Epoch)), append(s.Y, y)
		}
		if len(s.X) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	return f
}

func shortened(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-1]) + "…"
}

// runFigures and runFacts sum a run up in two short lines.
func runFigures(r fit.Run) string {
	text := fmt.Sprintf("%s %v · %d of %d epochs", inWords(r.Recipe.Optimizer.WithDefaults().Name), r.Recipe.LearningRate, len(r.History), r.Recipe.Epochs)
	if len(r.History) > 0 {
		text = fmt.Sprintf("Best %.2f %% · ", 100*bestAccuracy(r)) + text
	}
	return text
}

func runFacts(r runRecord) string {
	return fmt.Sprintf("%s %s · %s · %s", inWords(string(r.Status)), r.Started.Local().Format("2 Jan 15:04"), inBytes(r.Bytes), networkTitle(r.Network))
}

// sparkline draws the validation accuracy of a run as a little curve.
func sparkline(r fit.Run, w, h int, ink color.NRGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	var values []float64
	for _, e := range r.History {
		_, accuracy := judged(e)
		values = append(values, accuracy)
	}
	if len(values) == 0 {
		return img
	}
	low, high := slices.Min(values), slices.Max(values)
	y := func(v float64) int {
		if high == low {
			return h / 2
		}
		return 1 + int(float64(h-3)*(high-v)/(high-low))
	}
	last := y(values[0])
	for x := range w {
		at := float64(x) / float64(max(1, w-1)) * float64(len(values)-1)
		i := min(int(at), len(values)-1)
		j := min(i+1, len(values)-1)
		v := values[i] + (values[j]-values[i])*(at-float64(i))
		now := y(v)
		for k := min(last, now); k <= max(last, now); k++ {
			img.Set(x, k, ink)
			img.Set(x, k+1, ink)
		}
		last = now
	}
	return img
}

// runsSection lists the runs on disk, compares them and acts on them.
type runsSection struct {
	tab     *Tab
	content fyne.CanvasObject

	query *widget.Entry
	order *widget.Select
	list  *widgets.ChoiceList
	disk  *widget.Label
	undo  *widget.Button
	acts  []*widget.Button

	figure  *figures.View
	measure *widget.RadioGroup
	save    *widget.Button
	about   *widget.Label
	table   *widget.Table
	// differences is the table laid out.
	differences *fyne.Container
	diffs       []difference
	all         []runRecord
	shown       []runRecord
	compared    map[string]bool
	current     string
	place       int    // of the current run in the list
	followed    string // the run that was started last
	deleted     []string
	loads       int
}

func newRunsSection(t *Tab) *runsSection {
	s := &runsSection{tab: t, compared: map[string]bool{}}
	s.query = widget.NewEntry()
	s.query.SetPlaceHolder("Search the runs")
	s.query.OnChanged = func(string) {
		s.place = 0
		s.refilter()
	}
	var titles []string
	for _, o := range runOrders() {
		titles = append(titles, o.Title)
	}
	s.order = widget.NewSelect(titles, nil)
	s.order.SetSelectedIndex(0)
	s.order.OnChanged = func(string) { s.refilter() }
	s.list = widgets.NewChoiceList(func() int { return len(s.shown) }, func() fyne.CanvasObject { return newRunRow(s) },
		func(i int, o fyne.CanvasObject) { o.(*runRow).show(s.shown[i]) })
	s.list.OnChosen = func(i int) {
		s.current, s.place = s.shown[i].ID, i
		s.showDetails()
	}
	s.list.OnKey = s.typedKey
	s.disk = wrapped("")

	act := func(text string, icon fyne.Resource, do func(runRecord)) *widget.Button {
		b := widget.NewButtonWithIcon(text, icon, func() {
			if r, ok := s.run(s.current); ok {
				do(r)
			}
		})
		s.acts = append(s.acts, b)
		return b
	}
	s.undo = widget.NewButtonWithIcon("Undo the deletion", theme.ContentUndoIcon(), s.restore)
	buttons := container.NewGridWithColumns(4,
		act("Use its model", theme.ConfirmIcon(), s.useModel),
		act("Go on", theme.MediaPlayIcon(), s.resume),
		act("Use its settings", theme.ContentCopyIcon(), s.useSetup),
		act("Rename…", theme.DocumentCreateIcon(), s.rename),
		act("Delete", theme.DeleteIcon(), s.remove),
		act("Open its folder", theme.FolderOpenIcon(), s.openFolder),
		s.undo,
	)

	s.figure = figures.NewView(fyne.NewSize(240, 180))
	const figureName = "runs"
	s.figure.OnSave = func(f mlfigures.Figure) { t.saveFigure(f, figureName) }
	s.measure = widget.NewRadioGroup([]string{"Accuracy", "Loss"}, func(string) { s.showDetails() })
	s.measure.Horizontal, s.measure.Required = true, true
	s.measure.Selected = "Accuracy"
	s.save = widget.NewButtonWithIcon("Save…", theme.DocumentSaveIcon(), func() { t.saveFigure(s.figure.Figure(), figureName) })
	s.save.Importance = widget.LowImportance
	s.about = wrapped("")
	s.table = widget.NewTable(
		func() (int, int) { return len(s.diffs), 1 + len(s.toCompare()) },
		func() fyne.CanvasObject {
			l := widget.NewLabel("")
			l.Truncation = fyne.TextTruncateEllipsis
			return l
		},
		func(id widget.TableCellID, o fyne.CanvasObject) {
			l := o.(*widget.Label)
			d := s.diffs[id.Row]
			l.TextStyle.Bold = id.Col == 0
			text := d.Setting
			if id.Col > 0 && id.Col-1 < len(d.Values) {
				text = d.Values[id.Col-1]
			}
			l.SetText(text)
		},
	)

	top := widgets.NewBorder(nil, nil, nil, s.order, s.query)
	left := widgets.NewBorder(top, s.disk, nil, nil, s.list)
	s.differences = widgets.FitColumns(s.table, func() []float32 {
		shares := []float32{1.3}
		for range s.toCompare() {
			shares = append(shares, 1)
		}
		return shares
	})
	lower := widgets.NewBorder(s.about, nil, nil, nil, s.differences)
	right := container.NewVSplit(widgets.NewBorder(widgets.NewBorder(nil, nil, s.measure, s.save), nil, nil, nil, s.figure), lower)
	right.Offset = 0.6
	split := container.NewHSplit(left, right)
	split.Offset = 0.52
	s.content = widgets.NewBorder(nil, buttons, nil, nil, split)
	s.showDetails()
	// Deletions can be undone until the program ends.
	if err := (fit.Runs{Dir: t.studio.RunsDir()}).EmptyTrash(); err != nil {
		t.studio.Logger().Warn("trash", "error", err)
	}
	s.load()
	return s
}

// load reads the runs off the window's thread.
func (s *runsSection) load() {
	s.loads++
	load := s.loads
	runs := fit.Runs{Dir: s.tab.studio.RunsDir()}
	go func() {
		list, err := runs.List()
		records := make([]runRecord, len(list))
		for i, r := range list {
			size, _ := runs.Size(r.ID)
			records[i] = runRecord{r, size}
		}
		s.tab.studio.Do(func() {
			if load != s.loads {
				return // a later load is under way
			}
			if err != nil {
				s.tab.studio.Logger().Warn("runs", "error", err)
			}
			s.all = records
			s.refilter()
			s.tab.offerResume(list)
		})
	}()
}

func (s *runsSection) refilter() {
	s.shown = chosenRuns(s.all, s.query.Text, runOrders()[max(0, s.order.SelectedIndex())])
	total := int64(0)
	for _, r := range s.all {
		total += r.Bytes
	}
	s.disk.SetText(diskText(len(s.all), len(s.shown), total))
	s.list.Refresh()
	// Where the chosen run is gone its neighbour takes its place.
	at := slices.IndexFunc(s.shown, func(r runRecord) bool { return r.ID == s.current })
	if at < 0 {
		at = min(s.place, len(s.shown)-1)
	}
	s.list.Choose(-1)
	s.list.Choose(at)
	s.showDetails()
}

// follow chooses a run when it begins.
func (s *runsSection) follow(id string) {
	if id != "" && id != s.followed {
		s.followed, s.current = id, id
		s.refilter()
	}
}

// diskText says how many runs there are and what they hold.
func diskText(all, shown int, bytes int64) string {
	switch {
	case all == 0:
		return "There are no runs yet. Every training is kept here."
	case shown < all:
		return fmt.Sprintf("%d of %d runs. All hold %s on disk.", shown, all, inBytes(bytes))
	case all == 1:
		return fmt.Sprintf("One run holds %s on disk.", inBytes(bytes))
	}
	return fmt.Sprintf("%d runs hold %s on disk. Tick runs (Space) to lay their curves over each other; F2 renames, Delete deletes.", all, inBytes(bytes))
}

// typedKey is called with a key while the list has the focus.
func (s *runsSection) typedKey(key fyne.KeyName) {
	r, ok := s.run(s.current)
	if !ok {
		return
	}
	switch key {
	case fyne.KeySpace:
		s.compare(r.ID, !s.compared[r.ID])
		s.list.Refresh()
	case fyne.KeyDelete, fyne.KeyBackspace:
		s.remove(r)
	case fyne.KeyF2:
		s.rename(r)
	}
}

func (s *runsSection) run(id string) (runRecord, bool) {
	for _, r := range s.all {
		if r.ID == id {
			return r, true
		}
	}
	return runRecord{}, false
}

// toCompare are the ticked runs, or else the chosen one.
func (s *runsSection) toCompare() []fit.Run {
	var out []fit.Run
	for _, r := range s.all {
		if s.compared[r.ID] {
			out = append(out, r.Run)
		}
	}
	if len(out) == 0 {
		if r, ok := s.run(s.current); ok {
			out = append(out, r.Run)
		}
	}
	return out
}

func (s *runsSection) compare(id string, on bool) {
	if on {
		s.compared[id] = true
	} else {
		delete(s.compared, id)
	}
	s.showDetails()
}

func (s *runsSection) showDetails() {
	r, chosen := s.run(s.current)
	for _, b := range s.acts {
		widgets.SetEnabled(b, chosen)
	}
	if chosen {
		widgets.SetEnabled(s.acts[1], r.Status.Resumable() && !s.tab.session.View().running())
	}
	widgets.SetVisible(s.undo, len(s.deleted) > 0)

	runs := s.toCompare()
	widgets.SetEnabled(s.save, len(runs) > 0)
	s.figure.SetFigure(overlay(runs, s.measure.Selected == "Accuracy"))
	s.diffs = nil
	switch {
	case len(runs) == 0:
		s.about.SetText("Choose a run to see it.")
	case len(runs) == 1:
		s.about.SetText(verdict(runs[0].History) + " " + runs[0].Message)
	default:
		s.diffs = differences(runs)
		names := make([]string, len(runs))
		for i, r := range runs {
			names[i] = r.Name
		}
		text := "They differ in the following, in the order " + strings.Join(names, " | ") + "."
		if len(s.diffs) == 0 {
			text = "They have the same settings and the same seed, so that they learn the same."
		}
		s.about.SetText(text)
	}
	widgets.SetVisible(s.differences, len(s.diffs) > 0)
	s.differences.Refresh() // lays the columns out
}

func (s *runsSection) useModel(r runRecord) {
	t := s.tab
	t.studio.Go("train.model", "Opening the model of "+r.Name, func(context.Context, func(int64, int64)) error {
		runs := fit.Runs{Dir: t.studio.RunsDir()}
		m, err := runs.Model(r.ID)
		if err != nil {
			return err
		}
		t.studio.SetModel(&studio.Model{Model: m, Name: r.Name, Path: runs.Path(r.ID)})
		t.studio.Notify("%s is the model now: try it in Classify", r.Name)
		return nil
	})
}

func (s *runsSection) resume(r runRecord) { s.tab.resume(r.Run) }

func (s *runsSection) useSetup(r runRecord) {
	next := setup{Network: r.Network, Recipe: r.Recipe}
	if d := s.tab.studio.Data(); d != nil {
		next.Network = fitted(next.Network, d)
	}
	s.tab.edit.Replace(next)
	s.tab.studio.Notify("The settings of %s are set up. The same seed gives the same initial weights.", r.Name)
}

func (s *runsSection) rename(r runRecord) {
	name := widget.NewEntry()
	name.SetText(r.Name)
	d := dialog.NewForm("Rename the run", "Rename", "Cancel", []*widget.FormItem{widget.NewFormItem("Name", name)}, func(ok bool) {
		if !ok {
			return
		}
		s.act("Renaming the run", func(runs fit.Runs) error { return runs.Rename(r.ID, name.Text) })
	}, s.tab.window)
	name.OnSubmitted = func(string) { d.Submit() }
	d.Resize(fyne.NewSize(420, 0))
	d.Show()
	s.tab.window.Canvas().Focus(name)
	name.TypedShortcut(&fyne.ShortcutSelectAll{}) // what is typed replaces it
}

func (s *runsSection) remove(r runRecord) {
	if s.act("Deleting the run", func(runs fit.Runs) error { return runs.Delete(r.ID) }) {
		s.deleted = append(s.deleted, r.ID)
		s.current = ""
		s.showDetails()
	}
}

// discarded offers to bring back a run that was thrown away while it ran.
func (s *runsSection) discarded(id string) {
	s.deleted = append(s.deleted, id)
	s.showDetails()
}

func (s *runsSection) restore() {
	last := len(s.deleted) - 1
	if last < 0 {
		return
	}
	id := s.deleted[last]
	if s.act("Bringing the run back", func(runs fit.Runs) error { return runs.Restore(id) }) {
		s.deleted = s.deleted[:last]
		s.current = id
	}
}

// act changes the runs on disk and shows them anew.
func (s *runsSection) act(doing string, change func(fit.Runs) error) bool {
	err := change(fit.Runs{Dir: s.tab.studio.RunsDir()})
	if err != nil {
		s.tab.studio.Report(doing, err)
	}
	s.tab.studio.Announce(studio.RunsChanged)
	return err == nil
}

func (s *runsSection) openFolder(r runRecord) {
	path := fit.Runs{Dir: s.tab.studio.RunsDir()}.Path(r.ID)
	if err := fyne.CurrentApp().OpenURL(&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}); err != nil {
		s.tab.studio.Report("Opening the folder", fmt.Errorf("the folder is %s: %w", path, err))
	}
}

// runRow is one run in the list.
type runRow struct {
	widget.BaseWidget

	section *runsSection
	id      string
	tick    *tick
	curve   *canvas.Image
	name    *widget.Label
	figures *widget.Label
	facts   *widget.Label
}

func newRunRow(s *runsSection) *runRow {
	r := &runRow{section: s, curve: &canvas.Image{FillMode: canvas.ImageFillStretch}}
	r.tick = newTick(func(on bool) { s.compare(r.id, on) })
	r.name = widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	r.name.Truncation = fyne.TextTruncateEllipsis
	caption := func() *widget.Label {
		l := widget.NewLabel("")
		l.SizeName = theme.SizeNameCaptionText
		l.Truncation = fyne.TextTruncateEllipsis
		return l
	}
	r.figures, r.facts = caption(), caption()
	r.curve.SetMinSize(fyne.NewSize(64, 28))
	r.ExtendBaseWidget(r)
	return r
}

func (r *runRow) show(run runRecord) {
	r.id = run.ID
	r.tick.set(r.section.compared[run.ID])
	r.name.SetText(run.Name)
	r.figures.SetText(runFigures(run.Run))
	r.facts.SetText(runFacts(run))
	r.curve.Image = sparkline(run.Run, 64, 28, look.Series(0))
	r.curve.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (r *runRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(widgets.NewBorder(nil, nil,
		container.NewHBox(r.tick, container.NewCenter(r.curve)), nil, widgets.NewTightBox(r.name, r.figures, r.facts)))
}

// resume goes on with a run where its last checkpoint left it.
func (t *Tab) resume(r fit.Run) {
	d := t.studio.Data()
	if d == nil {
		t.studio.Report("Going on with "+r.Name, errors.New("no dataset is open: open one first"))
		return
	}
	runs := fit.Runs{Dir: t.studio.RunsDir()}
	job := fit.Job{Name: r.Name, Network: r.Network, Recipe: r.Recipe, Data: d, Dir: runs.Path(r.ID), Resume: true}
	job.Options = t.options()
	t.start(job)
}

// offerResume asks once whether to go on with the latest interrupted run.
func (t *Tab) offerResume(runs []fit.Run) {
	d := t.studio.Data()
	if t.offered || d == nil || t.session.View().running() {
		return
	}
	t.offered = true
	for _, r := range runs {
		if r.Status != fit.StatusInterrupted || r.Data.Train != d.Train.Len() || !slices.Equal(r.Data.Classes, d.Classes) {
			continue
		}
		text := fmt.Sprintf("The run %q of %s was interrupted after %d of %d epochs.\nNothing that was saved is lost. Go on with it?",
			r.Name, r.Started.Local().Format(time.DateTime), len(r.History), r.Recipe.Epochs)
		ask := dialog.NewConfirm("An interrupted run", text, func(goOn bool) {
			if goOn {
				t.studio.Show(studio.Train)
				t.resume(r)
			}
		}, t.window)
		ask.SetConfirmText("Go on")
		ask.SetDismissText("Not now")
		ask.Show()
		t.studio.Logger().Info("offered to resume", "run", r.ID)
		return
	}
}
