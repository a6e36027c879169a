package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/look"
)

// counted counts how often it is refreshed.
type counted struct {
	widget.BaseWidget
	refreshed, measured int
}

func (c *counted) MinSize() fyne.Size {
	c.measured++
	return fyne.NewSquareSize(look.New(look.Light, look.IsPresentation()).Size(theme.SizeNameText))
}

func (c *counted) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(nil))
}

func (c *counted) Refresh() { c.refreshed++ }

func newCounted() *counted {
	c := &counted{}
	c.ExtendBaseWidget(c)
	return c
}

func TestChoosingATabRefreshesNoOther(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(look.Light, false))
	first, second := newCounted(), newCounted()
	tabs := container.NewAppTabs(NewTab("First", nil, first), NewTab("Second", nil, second))
	w := test.NewTempWindow(t, tabs)
	w.Resize(fyne.NewSize(300, 200))
	first.refreshed, second.refreshed = 0, 0
	for i := range 4 {
		tabs.SelectIndex((i + 1) % 2)
	}
	if first.refreshed+second.refreshed > 0 {
		t.Errorf("refreshed %d and %d times", first.refreshed, second.refreshed)
	}
	if first.Size() != second.Size() || first.Size().IsZero() {
		t.Errorf("sizes %v and %v", first.Size(), second.Size())
	}
}

func TestAThemeReachesATabThatIsOutOfSight(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(look.Light, false))
	first, second := newCounted(), newCounted()
	tabs := container.NewAppTabs(NewTab("First", nil, first), NewTab("Second", nil, second))
	test.NewTempWindow(t, tabs)
	first.refreshed, second.refreshed = 0, 0
	a.Settings().SetTheme(look.New(look.Dark, false))
	tabs.Refresh()
	if first.refreshed == 0 {
		t.Error("after the change: the tab in sight is not refreshed")
	}
	tabs.MinSize()
	tabs.SelectIndex(1)
	if second.refreshed != 1 {
		t.Errorf("measured and shown in another theme: refreshed %d times, want once", second.refreshed)
	}
}

func TestATabOutOfSightIsMeasuredOnceATheme(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(look.Light, false))
	first, second := newCounted(), newCounted()
	tabs := container.NewAppTabs(NewTab("First", nil, first), NewTab("Second", nil, second))
	test.NewTempWindow(t, tabs)
	tabs.MinSize()
	first.measured, second.measured = 0, 0
	for range 3 {
		tabs.MinSize()
	}
	if first.measured < 3 || second.measured > 0 {
		t.Errorf("measured the tab in sight %d times and the other %d times, want each time and never", first.measured, second.measured)
	}
	before := tabs.Items[1].Content.MinSize()
	a.Settings().SetTheme(look.New(look.Light, true))
	if after := tabs.Items[1].Content.MinSize(); after.Width <= before.Width {
		t.Errorf("in larger letters the tab out of sight takes %v, as before %v", after, before)
	}
}
