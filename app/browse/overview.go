package browse

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	appfigures "atelier/app/figures"
	"atelier/app/widgets"
	"atelier/ml/dataset"
	"atelier/ml/dataset/atlas"
	"atelier/ml/figures"
)

// overview shows the dataset as a whole.
type overview struct {
	tab     *Tab
	content *widgets.KeyScroll

	data    *dataset.Data
	started bool

	source  *widget.Label
	numbers *widget.Label
	balance *overviewFigure
	levels  *overviewFigure
	means   *overviewFigure
	sheet   *overviewFigure
	copies  *widget.Label
	find    *widgets.RevealedButton
	pairs   *widgets.RevealedButton
	found   []atlas.Pair

	suspects *suspects
}

func newOverview(t *Tab) *overview {
	body := container.NewVBox()
	o := &overview{
		tab:     t,
		content: widgets.NewKeyScroll(body),
		source:  widget.NewLabel(""),
		numbers: widget.NewLabel(""),
		copies:  widget.NewLabel(""),
	}
	o.balance = o.newFigure("Pictures in each class", "class-balance")
	o.levels = o.newFigure("How often each grey level occurs", "pixel-levels")
	o.means = o.newFigure("Mean picture of each class, and how much each pixel differs", "mean-pictures")
	o.sheet = o.newFigure("The first of each class", "contact-sheet")
	o.source.Wrapping = fyne.TextWrapBreak
	o.source.Selectable = true
	o.numbers.Wrapping = fyne.TextWrapWord
	o.copies.Wrapping = fyne.TextWrapWord
	o.find = o.content.Button("Look for near duplicates", theme.SearchIcon(), o.findPairs)
	o.pairs = o.content.Button("Show the pairs", theme.GridIcon(), o.showPairs)
	o.suspects = newSuspects(t, o.content)
	body.Objects = []fyne.CanvasObject{
		container.NewGridWithColumns(2, o.balance.panel, o.levels.panel),
		o.numbers,
		o.means.panel,
		o.sheet.panel,
		widgets.NewPanel("Pictures in both the training and the test set", container.NewVBox(o.copies, container.NewHBox(o.find, o.pairs))),
		o.suspects.content,
		widgets.NewPanel("Where it lies", o.source),
	}
	return o
}

// overviewFigure is a figure in a panel with a button to save it.
type overviewFigure struct {
	panel *widgets.Panel
	box   *fyne.Container
	view  *appfigures.View
}

const (
	// chartHeight is the height of a chart.
	chartHeight = 320
	// barsHeight is the height of a group of bars, at least.
	barsHeight = 24
	// barsName is how many letters of a class's name have room beside bars.
	barsName = 16
	// albumWidth is the width for which albums have the height that suits them.
	albumWidth = 810
)

// newFigure returns an empty one; it is saved under a name that says what it is
// of.
func (o *overview) newFigure(title, name string) *overviewFigure {
	view := appfigures.NewView(fyne.NewSize(340, 20))
	f := &overviewFigure{view: view, box: container.New(fixedHeight(chartHeight), view)}
	view.OnSave = func(figure figures.Figure) { o.tab.saveFigure(figure, name) }
	save := o.content.Button("", theme.DocumentSaveIcon(), func() { view.OnSave(view.Figure()) })
	f.panel = widgets.NewPanel(title, f.box, save)
	return f
}

// show shows a figure, or nothing; albums and bars take the height that they
// need.
func (f *overviewFigure) show(figure figures.Figure) {
	switch figure := figure.(type) {
	case album:
		f.box.Layout = fixedHeight(figure.height(albumWidth, figures.Style{}))
	case figures.Bars:
		f.box.Layout = fixedHeight(max(chartHeight, barsHeight*float32(len(figure.Names))))
	}
	f.view.SetFigure(figure)
	f.panel.Refresh()
}

// showData takes another dataset; nothing is computed before it is looked at.
func (o *overview) showData(d *dataset.Data) {
	o.data, o.started, o.found = d, false, nil
	o.source.SetText(sourceText(d))
	o.numbers.SetText("")
	o.copies.SetText("")
	o.find.Enable()
	o.pairs.Disable()
	o.means.show(nil)
	o.sheet.show(nil)
	o.levels.show(nil)
	o.balance.show(balanceFigure(d))
}

// start computes what is shown, once a dataset.
func (o *overview) start() {
	if o.data == nil || o.started {
		return
	}
	o.started = true
	d := o.data
	o.tab.studio.Go("browse.overview", "Looking at the whole dataset", func(ctx context.Context, _ func(current, total int64)) error {
		p := atlas.Measure(d.Train, len(d.Classes))
		sheet := contactSheet(d.Train, d.Classes)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		copies := len(atlas.Duplicates(d.Test, d.Train))
		repeats := len(atlas.Repeats(d.Train))
		o.tab.studio.Do(func() {
			if o.data != d {
				return
			}
			o.showPixels(p)
			o.sheet.show(sheet)
			o.copies.SetText(copiesText(copies, repeats))
		})
		return nil
	})
}

func (o *overview) showPixels(p atlas.Pixels) {
	total := o.data.Train.Len() * o.data.Train.H * o.data.Train.W
	o.numbers.SetText(fmt.Sprintf(
		"Training set: mean level %.2f, standard deviation %.2f (%.4f and %.4f after / 255). %.1f %% of the pixels are black.",
		p.Mean, p.SD, p.Mean/255, p.SD/255, 100*float64(p.Levels[0])/float64(max(1, total))))
	o.levels.show(levelsFigure(p))
	o.means.show(meanPictures(p, o.data.Classes, o.data.Train.W))
}

// findPairs looks for test pictures that are nearly in the training set.
func (o *overview) findPairs() {
	d := o.data
	if d == nil {
		return
	}
	o.find.Disable()
	o.tab.studio.Go("browse.duplicates", "Comparing every test picture with every training picture", func(ctx context.Context, progress func(current, total int64)) error {
		defer o.tab.studio.Do(func() {
			if o.data == d {
				o.find.Enable()
			}
		})
		pairs, err := atlas.NearDuplicates(ctx, d.Test, d.Train, atlas.NearLimit, func(done, total int) { progress(int64(done), int64(total)) })
		if err != nil {
			return err
		}
		o.tab.studio.Do(func() {
			if o.data == d {
				o.found = pairs
				o.copies.SetText(pairsText(d, pairs))
				if len(pairs) > 0 {
					o.pairs.Enable()
				}
			}
		})
		return nil
	})
}

// showPairs shows the near duplicates side by side.
func (o *overview) showPairs() {
	d, pairs := o.data, o.found
	if len(pairs) == 0 || o.tab.window == nil {
		return
	}
	w, h := d.Test.W, d.Test.H
	side := 2 * max(w, h)
	grid := widgets.NewPictureGrid(96, func(i int, dst *image.RGBA) {
		draw.Draw(dst, dst.Rect, image.Black, image.Point{}, draw.Src)
		top := (side - h) / 2
		draw.Draw(dst, image.Rect(0, top, w, top+h), widgets.GrayImage(d.Test.Image(pairs[i].A), w), image.Point{}, draw.Src)
		draw.Draw(dst, image.Rect(w, top, 2*w, top+h), widgets.GrayImage(d.Train.Image(pairs[i].B), w), image.Point{}, draw.Src)
	})
	under := widget.NewLabel("Left the test picture, right the training picture")
	grid.OnCurrent = func(i int) { under.SetText(pairText(d, pairs[i])) }
	grid.SetContent(len(pairs), side, side)
	box := dialog.NewCustom("Nearly the same in both sets", "Close", widgets.NewBorder(nil, under, nil, nil, grid), o.tab.window)
	box.Resize(o.tab.window.Canvas().Size().Subtract(fyne.NewSize(160, 120)))
	box.Show()
	o.tab.window.Canvas().Focus(grid)
}

func pairText(d *dataset.Data, p atlas.Pair) string {
	return fmt.Sprintf("Test %d (%s) and training %d (%s): they differ by %.1f levels a pixel",
		p.A, d.Classes[d.Test.Label(p.A)], p.B, d.Classes[d.Train.Label(p.B)], p.Distance)
}

// pairsText tells how many test pictures are nearly in the training set, and
// how many of these carry another label there.
func pairsText(d *dataset.Data, pairs []atlas.Pair) string {
	exact, other := 0, 0
	for _, p := range pairs {
		if p.Distance == 0 {
			exact++
		}
		if d.Test.Label(p.A) != d.Train.Label(p.B) {
			other++
		}
	}
	return fmt.Sprintf("%s of %s test pictures are nearly or exactly in the training set (%s exactly); %s of them with another label there.",
		thousands(len(pairs)), thousands(d.Test.Len()), thousands(exact), thousands(other))
}

func copiesText(copies, repeats int) string {
	text := "No test picture is in the training set, byte for byte."
	if copies > 0 {
		text = fmt.Sprintf("%s test pictures are in the training set too, byte for byte: the network has seen the answer to these.", thousands(copies))
	}
	if repeats > 0 {
		text += fmt.Sprintf(" %s training pictures occur more than once.", thousands(repeats))
	}
	return text
}

// shorten cuts a name to so many letters.
func shorten(name string, letters int) string {
	if r := []rune(name); len(r) > letters {
		return strings.TrimSpace(string(r[:letters-1])) + "…"
	}
	return name
}

func balanceFigure(d *dataset.Data) figures.Bars {
	f := figures.Bars{X: "Pictures"}
	for _, name := range d.Classes {
		f.Names = append(f.Names, shorten(name, barsName))
	}
	for i, part := range []struct {
		name string
		set  *dataset.Set
	}{{"Training", d.Train}, {"Test", d.Test}} {
		series := figures.BarSeries{Name: part.name, Colour: i}
		for _, n := range part.set.Counts(len(d.Classes)) {
			series.Values = append(series.Values, float64(n))
		}
		f.Series = append(f.Series, series)
	}
	return f
}

// levelsFigure leaves black out: it is the ground, and dwarfs everything.
func levelsFigure(p atlas.Pixels) figures.Lines {
	series := figures.Series{}
	for v := 1; v < len(p.Levels); v++ {
		series.X = append(series.X, float64(v))
		series.Y = append(series.Y, float64(p.Levels[v]))
	}
	return figures.Lines{X: "Grey level (black left out)", Y: "Pixels", Series: []figures.Series{series}}
}

// sourceText tells where the data was found and what was read.
func sourceText(d *dataset.Data) string {
	src := d.Source
	if src.Sample {
		return fmt.Sprintf("The sample inside the program: %s training and %s test pictures of Fashion-MNIST's own. File → Download Fashion-MNIST brings all 70,000.",
			thousands(d.Train.Len()), thousands(d.Test.Len()))
	}
	lines := []string{fmt.Sprintf("%s (%s), read as %s", src.Dir, src.Place, src.Format)}
	if src.Published() {
		lines = append(lines, "Every file is exactly as it was published.")
	}
	for _, f := range src.Files {
		size := thousands(int(f.Size)) + " bytes"
		if strings.EqualFold(filepath.Ext(f.Path), ".gz") {
			size += " unpacked"
		}
		lines = append(lines, fmt.Sprintf("%s, %s\n    SHA-256 %s", f.Path, size, f.SHA256))
	}
	return strings.Join(append(lines, src.Notes...), "\n")
}
