package browse

import (
	"image"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"atelier/app/widgets"
	"atelier/ml/dataset"
	"atelier/ml/dataset/atlas"
	"atelier/ml/figures"
)

const (
	// sheetColumns is how many pictures of each class the contact sheet shows.
	sheetColumns = 24
	// meanColumns is how many classes' mean pictures stand side by side.
	meanColumns = 10
)

// album is pictures in shelves, one below the other, as a figure.
type album []shelf

// shelf is a named row of pictures.
type shelf struct {
	name     string
	pictures []image.Image // nil leaves a gap
	captions []string      // below the pictures; nil for none
}

// contactSheet shows the first pictures of each class.
func contactSheet(s *dataset.Set, classes []string) album {
	a := make(album, len(classes))
	for c, name := range classes {
		a[c].name = name
	}
	for i := range s.Len() {
		if row := &a[s.Label(i)]; len(row.pictures) < sheetColumns {
			row.pictures = append(row.pictures, widgets.GrayImage(s.Image(i), s.W))
		}
	}
	return a
}

// meanPictures shows the mean picture of each class, and below it how much each
// pixel differs within the class.
func meanPictures(p atlas.Pixels, classes []string, w int) album {
	picture := func(gray []byte) image.Image {
		if gray == nil {
			return nil // a class without pictures
		}
		return widgets.GrayImage(gray, w)
	}
	var a album
	for from := 0; from < len(classes); from += meanColumns {
		mean, spread := shelf{name: "Mean"}, shelf{name: "Spread"}
		for c := from; c < min(from+meanColumns, len(classes)); c++ {
			mean.pictures = append(mean.pictures, picture(p.ClassMean[c]))
			spread.pictures = append(spread.pictures, picture(p.ClassSD[c]))
			spread.captions = append(spread.captions, classes[c])
		}
		a = append(a, mean, spread)
	}
	return a
}

// columns returns how many pictures the longest shelf holds.
func (a album) columns() int {
	columns := 1
	for _, s := range a {
		columns = max(columns, len(s.pictures))
	}
	return columns
}

// albumStyle holds the measures of an album.
type albumStyle struct {
	names   draw.TextStyle
	labels  vg.Length // the width of the names of the shelves
	caption vg.Length // the height of captions
	cell    vg.Length // the side of a picture with the gap beside it
}

const (
	albumGap    = vg.Length(2)
	largestCell = vg.Length(80)
)

func (a album) measure(width vg.Length, style figures.Style) albumStyle {
	m := albumStyle{names: textStyle(style)}
	for _, s := range a {
		m.labels = max(m.labels, m.names.Width(s.name))
	}
	m.labels = min(m.labels, width/5) + m.names.Font.Size
	m.caption = 1.8 * m.names.Font.Size
	m.cell = min((width-m.labels)/vg.Length(a.columns()), largestCell)
	return m
}

// height is how high the album is when it is so wide.
func (a album) height(width vg.Length, style figures.Style) vg.Length {
	m := a.measure(width, style)
	height := albumGap
	for _, s := range a {
		height += m.cell
		if s.captions != nil {
			height += m.caption
		}
	}
	return height
}

// Size implements figures.Figure.
func (a album) Size() (width, height vg.Length) {
	const pageWidth = 18 * vg.Centimeter
	return pageWidth, a.height(pageWidth, figures.Style{})
}

// Draw implements figures.Figure.
func (a album) Draw(c draw.Canvas, style figures.Style) figures.Axes {
	fillGround(c, style)
	m := a.measure(c.Size().X, style)
	if over := a.height(c.Size().X, style) - c.Size().Y; over > 0 {
		m.cell = max(0, m.cell-over/vg.Length(max(1, len(a))))
	}
	left, top := c.Min.X+m.labels, c.Max.Y-albumGap
	name, caption := m.names, m.names
	name.YAlign = draw.YCenter
	caption.XAlign, caption.YAlign = draw.XCenter, draw.YTop
	for _, s := range a {
		c.FillText(name, vg.Point{X: c.Min.X, Y: top - m.cell/2}, fitText(name, s.name, m.labels-m.names.Font.Size/2))
		for k, picture := range s.pictures {
			x := left + vg.Length(k)*m.cell
			if picture != nil {
				c.DrawImage(vg.Rectangle{Min: vg.Point{X: x, Y: top - m.cell + albumGap}, Max: vg.Point{X: x + m.cell - albumGap, Y: top}}, picture)
			}
			if s.captions != nil {
				c.FillText(caption, vg.Point{X: x + m.cell/2, Y: top - m.cell}, fitText(caption, s.captions[k], m.cell-albumGap))
			}
		}
		top -= m.cell
		if s.captions != nil {
			top -= m.caption
		}
	}
	return figures.Axes{}
}
