package browse

import (
	"context"
	"fmt"
	"image"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"atelier/app/widgets"
	"atelier/ml/dataset"
	"atelier/ml/figures"
)

// overview shows the dataset as a whole.
type overview struct {
	tab     *Tab
	content fyne.CanvasObject

	data    *dataset.Data
	started bool

	source  *widget.Label
	numbers *widget.Label
	balance *widgets.Rendered
	means   *fyne.Container
}

func newOverview(t *Tab) *overview {
	o := &overview{
		tab:     t,
		source:  widget.NewLabel(""),
		numbers: widget.NewLabel(""),
		balance: widgets.NewRendered(fyne.NewSize(360, 300), nil),
		means:   container.NewGridWrap(fyne.NewSize(112, 140)),
	}
	o.source.Wrapping = fyne.TextWrapBreak
	o.source.Selectable = true
	o.content = container.NewVScroll(container.NewVBox(
		widgets.NewPanel("Where it lies", o.source),
		widgets.NewPanel("Pixels", o.numbers),
		widgets.NewPanel("Pictures in each class", o.balance),
		widgets.NewPanel("Mean picture of each class", o.means),
	))
	return o
}

// showData takes another dataset; nothing is computed before it is looked at.
func (o *overview) showData(d *dataset.Data) {
	o.data, o.started = d, false
	o.source.SetText(sourceText(d))
	o.numbers.SetText("…")
	o.means.Objects = nil
	o.means.Refresh()
	bars := balanceFigure(d)
	o.balance.SetRender(func(f widgets.Frame) image.Image {
		return figures.Render(bars, f.Width, f.Height, f.Scale, figures.Style{Dark: f.Dark, Presentation: f.Presentation, Transparent: true}).Image
	})
}

// start computes what is shown, once a dataset.
func (o *overview) start() {
	if o.data == nil || o.started {
		return
	}
	o.started = true
	d := o.data
	o.tab.studio.Go("browse.overview", "Looking at the whole dataset", func(ctx context.Context, progress func(current, total int64)) error {
		p, err := pixelsOf(ctx, d.Train, len(d.Classes))
		if err != nil {
			return err
		}
		o.tab.studio.Do(func() {
			if o.data == d {
				o.showPixels(p)
			}
		})
		return nil
	})
}

func (o *overview) showPixels(p pixels) {
	o.numbers.SetText(fmt.Sprintf(
		"Training set: mean %.2f, standard deviation %.2f of 0 … 255 (%.4f and %.4f after / 255); %.1f %% of the pixels are 0.",
		p.mean, p.spread, p.mean/255, p.spread/255, 100*p.zeros))
	for c, name := range o.data.Classes {
		picture := widgets.NewPicture(104)
		picture.SetImage(widgets.GrayImage(p.means[c], o.data.Train.W))
		label := widget.NewLabelWithStyle(name, fyne.TextAlignCenter, fyne.TextStyle{})
		label.Truncation = fyne.TextTruncateEllipsis
		o.means.Add(container.NewBorder(nil, label, nil, nil, picture))
	}
}

// pixels is what the pixels of a set are like.
type pixels struct {
	mean, spread, zeros float64
	means               [][]byte // the mean picture of each class
}

func pixelsOf(ctx context.Context, s *dataset.Set, classes int) (pixels, error) {
	size := s.H * s.W
	var histogram [256]int
	sums := make([][]int, classes)
	for c := range sums {
		sums[c] = make([]int, size)
	}
	for i := range s.Len() {
		if i%1024 == 0 && ctx.Err() != nil {
			return pixels{}, ctx.Err()
		}
		sum := sums[s.Label(i)]
		for k, v := range s.Image(i) {
			histogram[v]++
			sum[k] += int(v)
		}
	}
	var p pixels
	n := float64(s.Len() * size)
	for v, count := range histogram {
		p.mean += float64(v) * float64(count) / n
	}
	for v, count := range histogram {
		p.spread += (float64(v) - p.mean) * (float64(v) - p.mean) * float64(count) / n
	}
	p.spread = math.Sqrt(p.spread)
	p.zeros = float64(histogram[0]) / n
	for c, count := range s.Counts(classes) {
		mean := make([]byte, size)
		for k, sum := range sums[c] {
			mean[k] = byte((sum + count/2) / max(1, count))
		}
		p.means = append(p.means, mean)
	}
	return p, nil
}

func balanceFigure(d *dataset.Data) figures.Bars {
	f := figures.Bars{Title: "", X: "Pictures", Names: d.Classes}
	for _, part := range []struct {
		name string
		set  *dataset.Set
	}{{"Training", d.Train}, {"Test", d.Test}} {
		series := figures.BarSeries{Name: part.name}
		for _, n := range part.set.Counts(len(d.Classes)) {
			series.Values = append(series.Values, float64(n))
		}
		f.Series = append(f.Series, series)
	}
	return f
}

// sourceText tells where the data was found and what was read.
func sourceText(d *dataset.Data) string {
	src := d.Source
	if src.Sample {
		return fmt.Sprintf("The sample inside the program: %s training and %s test pictures of Fashion-MNIST's own. File → Download Fashion-MNIST brings all 70,000.", thousands(d.Train.Len()), thousands(d.Test.Len()))
	}
	text := fmt.Sprintf("%s (%s), %s", src.Dir, src.Place, src.Format)
	if src.Published() {
		text += "\nEvery file is exactly as it was published."
	}
	for _, f := range src.Files {
		text += fmt.Sprintf("\n%s  %s bytes\n    SHA-256 %s", f.Path, thousands(int(f.Size)), f.SHA256)
	}
	for _, n := range src.Notes {
		text += "\n" + n
	}
	return text
}
