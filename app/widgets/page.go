package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// NewTab returns a tab for [container.AppTabs]; icon may be nil.
//
// When a tab is chosen, AppTabs refreshes the contents of all of them, which
// lays out every text and decodes every icon again and takes longer than some
// frames. A tab of NewTab keeps what it has, since a widget that changes
// refreshes itself: only a change of the theme refreshes it, and only once.
// Out of sight it also keeps its smallest size, which Fyne asks of all tabs
// several times a frame.
func NewTab(title string, icon fyne.Resource, content fyne.CanvasObject) *container.TabItem {
	p := &page{content: content, drawn: currentTheme()}
	p.ExtendBaseWidget(p)
	return container.NewTabItemWithIcon(title, icon, p)
}

// page is the content of a tab.
type page struct {
	widget.BaseWidget

	content fyne.CanvasObject
	drawn   themeState

	smallest fyne.Size
	measured themeState // in which smallest was measured
}

// themeState tells one theme from another.
type themeState struct {
	theme   fyne.Theme
	variant fyne.ThemeVariant
}

func currentTheme() themeState {
	s := fyne.CurrentApp().Settings()
	return themeState{s.Theme(), s.ThemeVariant()}
}

// MinSize implements fyne.CanvasObject.
func (p *page) MinSize() fyne.Size {
	now := currentTheme()
	if p.Visible() || p.measured != now {
		p.draw(now) // what was drawn in another theme has the sizes of that
		p.smallest, p.measured = p.BaseWidget.MinSize(), now
	}
	return p.smallest
}

// CreateRenderer implements fyne.Widget.
func (p *page) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.content) }

// Refresh implements fyne.CanvasObject; showing the page calls it, too.
func (p *page) Refresh() {
	if p.Visible() {
		p.draw(currentTheme())
	}
}

func (p *page) draw(now themeState) {
	if now != p.drawn {
		p.drawn = now
		p.content.Refresh()
	}
}
