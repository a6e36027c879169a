package train

import (
	"context"
	"fmt"
	"image"
	"runtime"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/figures"
	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/dataset"
	mlfigures "atelier/ml/figures"
	"atelier/ml/fit"
)

// recipeSection is the editor of the whole recipe.
type recipeSection struct {
	tab     *Tab
	content fyne.CanvasObject
	forms   []*form[fit.Recipe]
	help    *helpLine

	schedule *figures.View
	note     *widget.Label
	preview  *widgets.Picture
	draw     int // counts the draws of the preview

	finder *figures.View
	find   *widget.Button
	use    *widget.Button
	found  *widget.Label

	saveFound  *iconButton // saves the figure of the finder
	showFinder func()      // scrolls it into sight
	search     fit.RateSearch
	shownFor   fit.Recipe
	data       *dataset.Data
	dirty      bool
}

func newRecipeSection(t *Tab) *recipeSection {
	s := &recipeSection{tab: t, help: newHelpLine("Point at a field and it explains itself. The arrow keys change numbers.")}
	newGroup := func(fields []recipeField, columns int) fyne.CanvasObject {
		f := newForm(fields, columns)
		f.OnHelp = s.help.Tell
		f.OnEdit = func(r fit.Recipe, field string) { t.edit.SetRecipe(r, tagOf("recipe", field)) }
		s.forms = append(s.forms, f)
		return f.box
	}
	newFigure := func(name string) *figures.View {
		v := figures.NewView(fyne.NewSize(200, 130))
		v.OnSave = func(f mlfigures.Figure) { t.saveFigure(f, name) }
		return v
	}
	const scheduleName, finderName = "learning rate", "learning rate search"
	s.schedule, s.finder = newFigure(scheduleName), newFigure(finderName)
	s.note = wrapped("")
	s.preview = widgets.NewPicture(150)
	saveFigure := func(v *figures.View, name string) *iconButton {
		tip := "Save this figure as PNG, SVG or PDF."
		return newIconButton(theme.DocumentSaveIcon(), tip, func() { t.saveFigure(v.Figure(), name) }, func() { s.help.Tell(tip, false) })
	}
	again := widget.NewButtonWithIcon("Draw again", theme.ViewRefreshIcon(), func() { s.draw++; s.showPreview() })
	again.Importance = widget.LowImportance

	s.find = widget.NewButtonWithIcon("Find a learning rate", theme.SearchIcon(), s.findRate)
	s.use = widget.NewButton("Use it", s.useRate)
	s.use.Disable()
	s.saveFound = saveFigure(s.finder, finderName)
	s.saveFound.Disable()
	s.found = wrapped("Trains a copy for a hundred batches while the rate grows, and looks where the loss falls fastest.")

	threads := widget.NewSelect(threadChoices(), nil)
	threads.SetSelectedIndex(min(t.threads(), len(threads.Options)-1))
	threads.OnChanged = func(string) {
		t.studio.Settings().SetInt(keyThreads, threads.SelectedIndex())
		t.setupChanged()
	}

	open := widget.NewButtonWithIcon("Open…", theme.FolderOpenIcon(), s.open)
	save := widget.NewButtonWithIcon("Save…", theme.DocumentSaveIcon(), s.save)
	reset := widget.NewButtonWithIcon("The article's recipe", theme.MediaReplayIcon(), func() {
		t.edit.SetRecipe(fit.DefaultRecipe(), "")
	})

	finder := widgets.NewPanel("Learning-rate finder", container.NewVBox(atLeast(15, 9.5, s.finder), s.found), s.find, s.use, s.saveFound)
	left := container.NewVBox(
		widgets.NewPanel("Data", newGroup(dataFields(), 3)),
		widgets.NewPanel("Optimizer", newGroup(optimizerFields(), 3)),
		widgets.NewPanel("Early stopping", newGroup(stoppingFields(), 3)),
		finder,
		widgets.NewPanel("Machine", container.NewHBox(widget.NewLabel("Threads"), threads)),
	)
	right := container.NewVBox(
		widgets.NewPanel("Learning rate over the run", container.NewVBox(newGroup(scheduleFields(), 3), atLeast(15, 9.5, s.schedule), s.note), saveFigure(s.schedule, scheduleName)),
		widgets.NewPanel("Augmentation", container.NewVBox(newGroup(augmentFields(), 3), s.preview), again),
	)
	scroll := widgets.NewVScroll(container.NewGridWithColumns(2, left, right))
	s.showFinder = func() { widgets.ScrollTo(scroll, finder) }
	s.content = widgets.NewBorder(container.NewHBox(open, save, reset), s.help.label, nil, nil, scroll)
	return s
}

func threadChoices() []string {
	out := []string{fmt.Sprintf("All (%d)", runtime.NumCPU())}
	for n := 1; n <= runtime.NumCPU(); n++ {
		out = append(out, strconv.Itoa(n))
	}
	return out
}

// show brings the section in line with a recipe.
func (s *recipeSection) show(r fit.Recipe) {
	for _, f := range s.forms {
		f.Show(r)
	}
	d := s.tab.studio.Data()
	if s.dirty && r == s.shownFor && d == s.data {
		return
	}
	s.dirty, s.shownFor, s.data = true, r, d
	s.showSchedule(r)
	s.showPreview()
}

// scheduleFigure draws the rate of every batch of a run before it starts.
func scheduleFigure(r fit.Recipe, batches int) mlfigures.Lines {
	f := mlfigures.Lines{X: "Epoch", Y: "Learning rate", XRange: [2]float64{0, float64(r.Epochs)}}
	if r.Validate() != nil {
		return f
	}
	// A long run has more batches than the figure has pixels.
	const points = 600
	steps := batches * r.Epochs
	series := mlfigures.Series{}
	for i := range min(points, steps) {
		step := i * steps / min(points, steps)
		series.X = append(series.X, float64(step)/float64(batches))
		series.Y = append(series.Y, r.Schedule.Rate(r.LearningRate, step, batches, r.Epochs))
	}
	f.Series = []mlfigures.Series{series}
	high := 0.0
	for _, y := range series.Y {
		high = max(high, y)
	}
	f.YRange = [2]float64{0, high * 1.08}
	return f
}

// batchesPerEpoch is the number of training batches in an epoch of r on d.
func batchesPerEpoch(r fit.Recipe, d *dataset.Data) int {
	pictures := 60_000
	if d != nil {
		pictures = d.Train.Len()
	}
	share := r.Share
	if share == 0 {
		share = 1
	}
	used := int(float64(pictures) * share * (1 - r.Validation))
	return max(1, (used+r.Batch-1)/max(1, r.Batch))
}

func (s *recipeSection) showSchedule(r fit.Recipe) {
	s.schedule.SetFigure(scheduleFigure(r, batchesPerEpoch(r, s.data)))
	note := ""
	if r.Schedule.Kind == fit.SchedulePlateau {
		note = "Reductions depend on how the run goes, so that they cannot be drawn before it."
	}
	s.note.SetText(note)
	widgets.SetVisible(s.note, note != "")
}

const (
	previewColumns = 8
	previewRows    = 3
)

// augmentSheet shows some pictures of the training set in its first row and
// what augmentation makes of them below.
func augmentSheet(d *dataset.Data, r fit.Recipe, draw int) *image.RGBA {
	h, w := d.Train.H, d.Train.W
	columns := min(previewColumns, d.Train.Len())
	values := make([]float32, h*w)
	var pictures []*image.Gray
	for row := range previewRows {
		for col := range columns {
			index := (col*997 + draw*previewColumns) % d.Train.Len()
			if row == 0 {
				dataset.Normalise(values, d.Train.Image(index))
			} else {
				r.Augment.Apply(values, d.Train.Image(index), h, w, r.Seed, draw*previewRows+row, index)
			}
			p := image.NewGray(image.Rect(0, 0, w, h))
			for i, v := range values {
				p.Pix[i] = uint8(min(1, max(0, v))*255 + 0.5)
			}
			pictures = append(pictures, p)
		}
	}
	return widgets.Sheet(pictures, columns)
}

func (s *recipeSection) showPreview() {
	r := s.tab.edit.Setup().Recipe
	if s.data == nil || s.data.Train.Len() == 0 || r.Augment.Validate() != nil {
		s.preview.SetImage(nil)
		return
	}
	s.preview.SetImage(augmentSheet(s.data, r, s.draw))
}

// rateFigure draws a learning-rate search.
func rateFigure(search fit.RateSearch) mlfigures.Lines {
	f := mlfigures.Lines{X: "Learning rate", Y: "Loss", LogX: true}
	series := mlfigures.Series{}
	for _, p := range search.Points {
		series.X = append(series.X, p.Rate)
		series.Y = append(series.Y, p.Smoothed)
	}
	f.Series = []mlfigures.Series{series}
	if search.Suggested > 0 {
		f.Marks = []mlfigures.Mark{{X: search.Suggested, Text: niceRate(search.Suggested)}}
	}
	return f
}

// niceRate rounds a rate to one digit.
func niceRate(x float64) string { return strconv.FormatFloat(x, 'g', 1, 64) }

func (s *recipeSection) findRate() {
	if problem := s.tab.problem(); problem != "" {
		s.tab.studio.Report("Finding a learning rate", fmt.Errorf("%s", problem))
		return
	}
	if s.tab.session.View().running() {
		s.found.SetText("A run is under way: stop it first.")
		return
	}
	job := s.tab.job()
	s.showFinder()
	s.search = fit.RateSearch{}
	s.use.Disable()
	live := studio.NewLive(s.tab.studio, func(points []fit.RatePoint) {
		s.finder.SetFigure(rateFigure(fit.RateSearch{Points: points}))
	})
	s.tab.studio.Go("train.rate", "Finding a learning rate", func(ctx context.Context, progress func(int64, int64)) error {
		var points []fit.RatePoint
		search, err := fit.FindRate(ctx, job, func(done, total int, p fit.RatePoint) {
			progress(int64(done), int64(total))
			points = append(points, p)
			live.Put(points)
		})
		live.Stop()
		if err != nil {
			return err
		}
		s.tab.studio.Do(func() { s.showSearch(search) })
		return nil
	})
}

func (s *recipeSection) showSearch(search fit.RateSearch) {
	s.search = search
	s.finder.SetFigure(rateFigure(search))
	s.saveFound.Enable()
	if search.Suggested <= 0 {
		s.found.SetText("The loss never fell: the network cannot learn like this at any rate.")
		return
	}
	s.found.SetText(fmt.Sprintf("The loss falls fastest at about %s.", niceRate(search.Suggested)))
	s.use.Enable()
}

func (s *recipeSection) useRate() {
	rate, err := strconv.ParseFloat(niceRate(s.search.Suggested), 64)
	if err != nil {
		return
	}
	r := s.tab.edit.Setup().Recipe
	r.LearningRate = rate
	s.tab.edit.SetRecipe(r, "")
}

func (s *recipeSection) open() {
	t := s.tab
	problem := func(err error) { t.studio.Report("Opening a recipe", err) }
	widgets.AskToOpen(t.window, "Open a recipe", []string{".json"}, func(path string) {
		data, err := readSmall(path)
		if err != nil {
			problem(err)
			return
		}
		r, err := fit.ParseRecipe(data)
		if err != nil {
			problem(fmt.Errorf("%s: %w", path, err))
			return
		}
		t.edit.SetRecipe(r, "")
	}, problem)
}

func (s *recipeSection) save() {
	t := s.tab
	r := t.edit.Setup().Recipe
	problem := func(err error) { t.studio.Report("Saving the recipe", err) }
	widgets.AskToSave(t.window, "Save the recipe", "recipe", []string{".json"}, func(path string) {
		if err := saveJSON(path, r); err != nil {
			problem(err)
			return
		}
		t.studio.Notify("Saved %s", path)
	}, problem)
}
