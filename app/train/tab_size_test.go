package train

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"atelier/app/look"
)

func TestTheTabFitsSmallScreens(t *testing.T) {
	tab, w, _ := newTestTab(t)
	for _, presentation := range []bool{false, true} {
		test.ApplyTheme(t, look.New(look.Dark, presentation))
		for i := range tab.sections.Items {
			tab.sections.SelectIndex(i)
			w.Resize(fyne.NewSize(1280, 700))
			if size := tab.Content().MinSize(); size.Width > 1270 || size.Height > 660 {
				t.Errorf("%s needs %v (presentation %v)", tab.sections.Items[i].Text, size, presentation)
			}
		}
	}
}
