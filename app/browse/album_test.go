package browse

import (
	"bytes"
	"fmt"
	"image"
	"testing"

	"gonum.org/v1/plot/vg"

	"atelier/ml/dataset"
	"atelier/ml/dataset/atlas"
	"atelier/ml/figures"
)

// many returns a set with so many classes, the last without pictures, and names
// of every kind.
func many(classes int) (*dataset.Set, []string) {
	s := &dataset.Set{H: 28, W: 28}
	names := make([]string, classes)
	for c := range classes {
		names[c] = []string{"Schuhe für Übergrößen und andere sehr lange Namen", "靴", "a", ""}[c%4] + fmt.Sprint(c)
		if c == classes-1 {
			break
		}
		for i := range 3 {
			s.Images = append(s.Images, bytes.Repeat([]byte{byte(40*i + c)}, 28*28)...)
			s.Labels = append(s.Labels, uint8(c))
		}
	}
	return s, names
}

func TestFiguresOfAnyNumberOfClassesAreWrittenInEveryFormat(t *testing.T) {
	for _, classes := range []int{2, 100} {
		s, names := many(classes)
		indices := make([]int, s.Len())
		points := make([]atlas.Point, s.Len())
		for i := range indices {
			indices[i], points[i] = i, atlas.Point{X: float64(i % 7), Y: float64(i % 5)}
		}
		for name, f := range map[string]figures.Figure{
			"map":           newScatter(s, names, indices, points),
			"contact sheet": contactSheet(s, names),
			"mean pictures": meanPictures(atlas.Measure(s, classes), names, s.W),
		} {
			for _, format := range figures.Formats() {
				var file bytes.Buffer
				if err := figures.Write(&file, f, format, figures.Style{}); err != nil || file.Len() < 500 {
					t.Errorf("%s of %d classes as %s: %d bytes, %v", name, classes, format, file.Len(), err)
				}
			}
		}
	}
}

// A class with fewer pictures than the others is on the contact sheet, too.
func TestTheContactSheetShowsEveryClass(t *testing.T) {
	s, names := many(5)
	a := contactSheet(s.Subset([]int{0, 1, 2, 3, 6, 7, 9}), names)
	for c, want := range []int{3, 1, 2, 1, 0} {
		if len(a[c].pictures) != want || a[c].name != names[c] {
			t.Errorf("%d pictures of class %d, want %d", len(a[c].pictures), c, want)
		}
	}
}

// Dots at the right edge of the map do not reach the legend.
func TestTheLegendStandsBesideTheDots(t *testing.T) {
	s, names := many(3)
	m := newScatter(s, names, []int{0, 0}, []atlas.Point{{X: 0, Y: 0}, {X: 1, Y: 1}})
	const width, height = 800, 600
	legend := int(m.legendWidth(vg.Point{X: width, Y: height}, figures.Style{}))
	whole := figures.Render(m, width, height, 1, figures.Style{}).Image
	m.points = nil
	empty := figures.Render(m, width, height, 1, figures.Style{}).Image
	changed := image.Rectangle{}
	for y := range height {
		for x := range width {
			if whole.RGBAAt(x, y) != empty.RGBAAt(x, y) {
				changed = changed.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if changed.Dx() < width/2 || changed.Max.X > width-legend {
		t.Errorf("the pictures are drawn in %v, the legend begins at %d", changed, width-legend)
	}
}
