package evaluate

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/app/widgets"
)

// shelf shows some test pictures and what the model says of the chosen one.
type shelf struct {
	tab     *Tab
	content fyne.CanvasObject
	panel   *widgets.Panel
	grid    *widgets.PictureGrid
	picture *widgets.Picture
	about   *widget.Label
	browse  *widget.Button
	explain *widget.Button

	verdict *verdict
	title   string
	indices []int
}

func newShelf(t *Tab) *shelf {
	s := &shelf{tab: t}
	s.grid = widgets.NewPictureGrid(52, s.draw)
	s.grid.OnCurrent = s.choose
	s.grid.OnOpen = func(int) { s.explainCurrent() }
	s.picture = widgets.NewPicture(112)
	s.about = wrapped("")
	s.browse = widget.NewButtonWithIcon("Show in Browse", theme.SearchIcon(), func() {
		t.studio.Send(studio.ShowSamples{Title: s.title, Test: true, Indices: s.indices})
	})
	s.browse.Importance = widget.LowImportance
	s.explain = widget.NewButtonWithIcon("Explain", theme.QuestionIcon(), s.explainCurrent)
	s.explain.Importance = widget.LowImportance
	room := canvas.NewRectangle(color.Transparent)
	room.SetMinSize(fyne.NewSquareSize(112))
	detail := widgets.NewBorder(nil, nil, container.NewStack(room, s.picture), nil, container.NewVScroll(s.about))
	s.panel = widgets.NewPanel(" ", widgets.NewBorder(nil, detail, nil, nil, s.grid), s.explain, s.browse)
	s.content = s.panel
	s.show(nil, "", nil)
	return s
}

// show shows the test pictures at indices under a title.
func (s *shelf) show(v *verdict, title string, indices []int) {
	s.verdict, s.title, s.indices = v, title, indices
	s.panel.SetTitle(title)
	if v == nil {
		s.grid.SetContent(0, 1, 1)
	} else {
		s.grid.SetContent(len(indices), v.Data.Test.W, v.Data.Test.H)
	}
	widgets.SetVisible(s.browse, len(indices) > 0 && studio.Handles[studio.ShowSamples](s.tab.studio))
	s.explain.Hide()
	s.picture.Hide()
	switch {
	case v == nil:
		s.about.SetText("")
	case len(indices) == 0:
		s.about.SetText("There are none.")
	default:
		s.grid.Go(0)
	}
	s.panel.Refresh() // its buttons come and go
}

func (s *shelf) explainCurrent() {
	if i := s.grid.Current(); i >= 0 && i < len(s.indices) {
		s.tab.studio.Send(studio.ExplainSample{Test: true, Index: s.indices[i]})
	}
}

func (s *shelf) draw(i int, dst *image.RGBA) {
	if s.verdict != nil && i < len(s.indices) {
		widgets.GrayRGBA(dst, s.verdict.Data.Test.Image(s.indices[i]))
	}
}

func (s *shelf) choose(i int) {
	if s.verdict == nil || i < 0 || i >= len(s.indices) {
		return
	}
	test := s.verdict.Data.Test
	s.picture.SetImage(widgets.GrayImage(test.Image(s.indices[i]), test.W))
	s.picture.Show()
	s.about.SetText(s.verdict.describe(s.indices[i]))
	widgets.SetVisible(s.explain, studio.Handles[studio.ExplainSample](s.tab.studio))
}

// describe tells what a test picture is and what the model takes it for.
func (v *verdict) describe(i int) string {
	names := v.Data.Classes
	row := v.Predictions.Row(i)
	order := make([]int, len(row))
	for c := range order {
		order[c] = c
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(row[b], row[a]) })
	var text strings.Builder
	fmt.Fprintf(&text, "Test picture %d: %s\n", i, names[v.Data.Test.Label(i)])
	for _, c := range order[:min(3, len(order))] {
		fmt.Fprintf(&text, "%5.1f %%  %s\n", 100*row[c], names[c])
	}
	fmt.Fprintf(&text, "Loss %.3f", v.Predictions.PictureLoss(i))
	return text.String()
}
