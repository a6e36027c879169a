package browse

import (
	"fmt"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/widgets"
	"atelier/ml/dataset/atlas"
)

// suspects lists pictures whose label may be wrong, by the current model's
// answers. Choosing one shows it large.
type suspects struct {
	tab     *Tab
	content *widgets.Panel

	list []atlas.Suspect

	about  *widget.Label
	find   *widgets.RevealedButton
	all    *widgets.RevealedButton
	grid   *widgets.PictureGrid
	chosen *widget.Label
	found  *fyne.Container
}

func newSuspects(t *Tab, in *widgets.KeyScroll) *suspects {
	s := &suspects{tab: t, about: widget.NewLabel(""), chosen: widget.NewLabel("")}
	s.about.Wrapping = fyne.TextWrapWord
	s.chosen.Truncation = fyne.TextTruncateEllipsis
	s.find = in.Button("Look for label errors", theme.SearchIcon(), s.look)
	s.all = in.Button("Show them in Pictures", theme.GridIcon(), s.showAll)
	s.grid = widgets.NewPictureGrid(56, func(k int, dst *image.RGBA) {
		if k < len(s.list) {
			widgets.GrayRGBA(dst, t.set.Image(s.list[k].Index))
		}
	})
	s.grid.OnCurrent = s.choose
	s.grid.OnFocus = func() { in.Reveal(s.grid) }
	s.grid.OnOpen = func(int) { t.detail.showLarge() }
	s.found = container.NewVBox(
		container.New(fixedHeight(190), s.grid),
		s.chosen)
	s.content = widgets.NewPanel("Possible label errors", container.NewVBox(s.about, container.NewHBox(s.find, s.all), s.found))
	return s
}

// showSet forgets what was found in another set.
func (s *suspects) showSet() {
	s.list = nil
	s.all.Disable()
	s.found.Hide()
	s.showModel()
}

// showModel forgets what another model had said, and tells whether the present
// one can be asked.
func (s *suspects) showModel() {
	if s.tab.set == nil {
		return
	}
	if len(s.list) > 0 {
		s.showSet()
		return
	}
	if err := s.tab.studio.ModelFits(); err != nil {
		s.find.Disable()
		s.about.SetText("A trained model finds pictures whose label may be wrong; " + err.Error() + ".")
		return
	}
	s.find.Enable()
	s.about.SetText(fmt.Sprintf("Pictures of the %s that %s takes for another class with at least the sureness that it usually has there. A network that has trained on these pictures for long has learnt wrong labels, too, and finds fewer.",
		partInSentence(s.tab.part), s.tab.studio.Model().Name))
}

// look asks the model and lists what it finds.
func (s *suspects) look() {
	s.find.Disable()
	s.tab.ask("Looking for label errors", func(err error) {
		s.find.Enable()
		if err == nil {
			s.show(s.tab.keys.answers.suspects)
		}
	})
}

func (s *suspects) show(list []atlas.Suspect) {
	t := s.tab
	s.list = list
	t.studio.Logger().Info("label errors", "part", string(t.part), "found", len(list))
	s.about.SetText(fmt.Sprintf("%s of %s pictures of the %s may carry a wrong label, by %s, the likeliest first. Some are only hard: judge for yourself.",
		thousands(len(list)), thousands(t.set.Len()), partInSentence(t.part), t.studio.Model().Name))
	widgets.SetEnabled(s.all, len(list) > 0)
	widgets.SetVisible(s.found, len(list) > 0)
	s.chosen.SetText("Choose a picture to see it large.")
	s.grid.SetContent(len(list), t.set.W, t.set.H)
}

func (s *suspects) choose(k int) {
	if k < 0 || k >= len(s.list) {
		return
	}
	t, x := s.tab, s.list[k]
	t.goToIndex(x.Index)
	s.chosen.SetText(suspectText(x, t.data.Classes))
}

func suspectText(x atlas.Suspect, classes []string) string {
	return fmt.Sprintf("%d: labelled %s, looks like %s (more probable by %.0f %%)", x.Index, classes[x.Label], classes[x.Likely], 100*x.Doubt)
}

func (s *suspects) showAll() {
	indices := make([]int, len(s.list))
	for k, x := range s.list {
		indices[k] = x.Index
	}
	s.tab.showOnly("Possible label errors", indices)
}

// partInSentence names a part in the middle of a sentence.
func partInSentence(p Part) string {
	switch p {
	case Test:
		return "test set"
	case Corrections:
		return "corrections"
	}
	return "training set"
}
