package browse

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"slices"
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

const (
	// sheetColumns is how many pictures of each class the contact sheet shows.
	sheetColumns = 24
)

// overview shows the dataset as a whole.
type overview struct {
	tab     *Tab
	content fyne.CanvasObject

	data    *dataset.Data
	started bool

	source  *widget.Label
	numbers *widget.Label
	balance *appfigures.View
	levels  *appfigures.View
	means   *fyne.Container
	sheet   *widgets.Picture
	copies  *widget.Label
	find    *widget.Button
	pairs   *widget.Button
	found   []atlas.Pair

	suspects *suspects
}

func newOverview(t *Tab) *overview {
	o := &overview{
		tab:     t,
		source:  widget.NewLabel(""),
		numbers: widget.NewLabel(""),
		balance: appfigures.NewView(fyne.NewSize(340, 320)),
		levels:  appfigures.NewView(fyne.NewSize(340, 320)),
		means:   container.NewGridWrap(fyne.NewSize(96, 122)),
		sheet:   widgets.NewPicture(320),
		copies:  widget.NewLabel(""),
	}
	o.balance.OnSave = o.save("class-balance")
	o.levels.OnSave = o.save("pixel-levels")
	o.source.Wrapping = fyne.TextWrapBreak
	o.source.Selectable = true
	o.numbers.Wrapping = fyne.TextWrapWord
	o.copies.Wrapping = fyne.TextWrapWord
	o.find = widget.NewButtonWithIcon("Look for near duplicates", theme.SearchIcon(), o.findPairs)
	o.pairs = widget.NewButtonWithIcon("Show the pairs", theme.GridIcon(), o.showPairs)
	o.suspects = newSuspects(t)

	export := func(v *appfigures.View) fyne.CanvasObject {
		return widget.NewButtonWithIcon("", theme.DocumentSaveIcon(), func() { v.OnSave(v.Figure()) })
	}
	o.content = container.NewVScroll(container.NewVBox(
		container.NewGridWithColumns(2,
			widgets.NewPanel("Pictures in each class", o.balance, export(o.balance)),
			widgets.NewPanel("How often each grey level occurs", o.levels, export(o.levels))),
		o.numbers,
		widgets.NewPanel("Mean picture of each class", o.means),
		widgets.NewPanel("The first of each class", o.sheet, widget.NewButtonWithIcon("", theme.DocumentSaveIcon(), func() {
			t.savePicture(o.sheet.Image(), "contact-sheet.png")
		})),
		widgets.NewPanel("Pictures in both the training and the test set", container.NewVBox(o.copies, container.NewHBox(o.find, o.pairs))),
		o.suspects.content,
		widgets.NewPanel("Where it lies", o.source),
	))
	return o
}

// save returns what saves a figure under a name that says what it is of.
func (o *overview) save(name string) func(figures.Figure) {
	return func(f figures.Figure) { o.tab.saveFigure(f, name) }
}

// showData takes another dataset; nothing is computed before it is looked at.
func (o *overview) showData(d *dataset.Data) {
	o.data, o.started, o.found = d, false, nil
	o.source.SetText(sourceText(d))
	o.numbers.SetText("")
	o.copies.SetText("")
	o.find.Enable()
	o.pairs.Disable()
	o.means.Objects = nil
	o.means.Refresh()
	o.sheet.SetImage(nil)
	o.levels.SetFigure(nil)
	o.balance.SetFigure(balanceFigure(d))
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
		sheet := contactSheet(d.Train, len(d.Classes))
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
			o.sheet.SetImage(sheet)
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
	o.levels.SetFigure(levelsFigure(p))
	for c, name := range o.data.Classes {
		if p.ClassMean[c] == nil {
			continue
		}
		picture := widgets.NewPicture(88)
		picture.SetImage(widgets.GrayImage(p.ClassMean[c], o.data.Train.W))
		label := widget.NewLabelWithStyle(name, fyne.TextAlignCenter, fyne.TextStyle{})
		label.Truncation = fyne.TextTruncateEllipsis
		o.means.Add(container.NewBorder(nil, label, nil, nil, picture))
	}
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
	box := dialog.NewCustom("Nearly the same in both sets", "Close", container.NewBorder(nil, under, nil, nil, grid), o.tab.window)
	box.Resize(o.tab.window.Canvas().Size().Subtract(fyne.NewSize(160, 120)))
	box.Show()
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

// contactSheet draws the first pictures of each class, one class a row.
func contactSheet(s *dataset.Set, classes int) image.Image {
	rows := make([][]int, classes)
	for i := range s.Len() {
		if c := s.Label(i); len(rows[c]) < sheetColumns {
			rows[c] = append(rows[c], i)
		}
	}
	columns := 0
	for _, r := range rows {
		columns = max(columns, len(r))
	}
	rows = slices.DeleteFunc(rows, func(r []int) bool { return len(r) < columns })
	return atlas.ContactSheet(s, slices.Concat(rows...), columns, 2)
}

func balanceFigure(d *dataset.Data) figures.Bars {
	f := figures.Bars{X: "Pictures", Names: d.Classes}
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
		lines = append(lines, fmt.Sprintf("%s, %s bytes\n    SHA-256 %s", f.Path, thousands(int(f.Size)), f.SHA256))
	}
	return strings.Join(append(lines, src.Notes...), "\n")
}
