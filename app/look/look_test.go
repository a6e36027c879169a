package look

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// luminance is the relative luminance of WCAG 2.1, 1.4.3.
func luminance(c color.Color) float64 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n.R) + 0.7152*linear(n.G) + 0.0722*linear(n.B)
}

func contrast(a, b color.Color) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestTextCanBeRead(t *testing.T) {
	test.NewTempApp(t)
	grounds := []fyne.ThemeColorName{
		theme.ColorNameBackground, theme.ColorNameHeaderBackground, theme.ColorNameInputBackground,
		theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground, theme.ColorNameButton,
	}
	for _, v := range []Variant{Light, Dark} {
		th := New(v, false)
		for _, pair := range []struct {
			name    fyne.ThemeColorName
			atLeast float64
		}{
			{theme.ColorNameForeground, 7},
			{theme.ColorNamePlaceHolder, 4.5},
			{theme.ColorNamePrimary, 4.5},
			{theme.ColorNameError, 4.5},
			{theme.ColorNameSuccess, 4.5},
			{theme.ColorNameWarning, 3},
		} {
			for _, ground := range grounds {
				if c := contrast(th.Color(pair.name, 0), th.Color(ground, 0)); c < pair.atLeast {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", v, pair.name, ground, c, pair.atLeast)
				}
			}
		}
		if c := contrast(th.Color(theme.ColorNameForegroundOnPrimary, 0), th.Color(theme.ColorNamePrimary, 0)); c < 4.5 {
			t.Errorf("%s: text on a button of importance has a contrast of %.2f", v, c)
		}
		for i := range 10 {
			if c := contrast(SeriesOn(v == Dark, i), th.Color(theme.ColorNameBackground, 0)); c < 3 {
				t.Errorf("%s: line %d has a contrast of %.2f, want 3", v, i, c)
			}
		}
	}
}

// A button that has the focus is filled with the colour of the focus.
func TestTheFocusCanBeSeen(t *testing.T) {
	test.NewTempApp(t)
	over := func(ground, c color.Color) color.Color {
		g, f := color.NRGBAModel.Convert(ground).(color.NRGBA), color.NRGBAModel.Convert(c).(color.NRGBA)
		mix := func(g, f, alpha uint8) uint8 { return uint8((int(g)*(255-int(alpha)) + int(f)*int(alpha)) / 255) }
		return color.NRGBA{mix(g.R, f.R, f.A), mix(g.G, f.G, f.A), mix(g.B, f.B, f.A), 255}
	}
	for _, v := range []Variant{Light, Dark} {
		th := New(v, false)
		for ground, text := range map[fyne.ThemeColorName]fyne.ThemeColorName{
			theme.ColorNameBackground:       theme.ColorNameForeground,
			theme.ColorNameHeaderBackground: theme.ColorNameForeground,
			theme.ColorNameMenuBackground:   theme.ColorNameForeground,
			theme.ColorNameButton:           theme.ColorNameForeground,
			theme.ColorNamePrimary:          theme.ColorNameForegroundOnPrimary,
		} {
			focused := over(th.Color(ground, 0), th.Color(theme.ColorNameFocus, 0))
			if c := contrast(focused, th.Color(ground, 0)); c < 1.5 {
				t.Errorf("%s: the focus on %s has a contrast of %.2f", v, ground, c)
			}
			if c := contrast(focused, th.Color(text, 0)); c < 4.5 {
				t.Errorf("%s: text under the focus on %s has a contrast of %.2f", v, ground, c)
			}
		}
	}
}

func TestTheSystemDecidesUntilTheUserDoes(t *testing.T) {
	a := test.NewTempApp(t)
	system := New(System, false)
	if system.Color(theme.ColorNameBackground, theme.VariantDark) == system.Color(theme.ColorNameBackground, theme.VariantLight) {
		t.Error("the theme does not follow the system")
	}
	for _, v := range []Variant{Light, Dark} {
		a.Settings().SetTheme(New(v, true))
		if IsDark() != (v == Dark) || !IsPresentation() {
			t.Errorf("%s: dark %v, presentation %v", v, IsDark(), IsPresentation())
		}
		th := New(v, false)
		if th.Color(theme.ColorNameBackground, theme.VariantDark) != th.Color(theme.ColorNameBackground, theme.VariantLight) {
			t.Errorf("%s follows the system", v)
		}
	}
	if a, b := New(Light, true).Size(theme.SizeNameText), New(Light, false).Size(theme.SizeNameText); a < 1.2*b {
		t.Errorf("text of %g in presentation mode, %g else", a, b)
	}
}
