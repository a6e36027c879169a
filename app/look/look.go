// Package look is how the program looks: its theme, light and dark, and the
// colours that carry a meaning.
package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Variant is the user's choice between light and dark.
type Variant string

// The choices. System follows the desktop and is the zero value.
const (
	System Variant = ""
	Light  Variant = "light"
	Dark   Variant = "dark"
)

// presentationScale enlarges everything in presentation mode, so that the last
// row of a classroom can read it.
const presentationScale = 1.3

// Theme is the program's theme. The zero value follows the desktop.
type Theme struct {
	variant      Variant
	presentation bool
}

var _ fyne.Theme = Theme{}

// SizeNameLog is the size of lines of code and logs: the smallest at which the
// underscore of the monospaced font is drawn on a screen of ordinary fineness.
const SizeNameLog fyne.ThemeSizeName = "log"

// SizeNameWideLog is the size of code and logs whose lines are too long for
// SizeNameLog.
const SizeNameWideLog fyne.ThemeSizeName = "wide log"

// New returns the theme for a choice; presentation enlarges it for a room.
func New(v Variant, presentation bool) Theme { return Theme{v, presentation} }

// palette holds the colours in which the program differs from Fyne's own.
type palette map[fyne.ThemeColorName]color.NRGBA

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff}
}

func rgba(hex uint32, alpha uint8) color.NRGBA {
	c := rgb(hex)
	c.A = alpha
	return c
}

var light = palette{
	theme.ColorNameBackground:          rgb(0xf6f5f2),
	theme.ColorNameButton:              rgb(0xe7e5df),
	theme.ColorNameDisabledButton:      rgb(0xeeece7),
	theme.ColorNameDisabled:            rgb(0x8d8a84),
	theme.ColorNameForeground:          rgb(0x22252b),
	theme.ColorNamePlaceHolder:         rgb(0x646670),
	theme.ColorNameHeaderBackground:    rgb(0xecebe6),
	theme.ColorNameInputBackground:     rgb(0xffffff),
	theme.ColorNameInputBorder:         rgb(0xc9c6be),
	theme.ColorNameMenuBackground:      rgb(0xfcfbf9),
	theme.ColorNameOverlayBackground:   rgb(0xfcfbf9),
	theme.ColorNamePrimary:             rgb(0x23699b),
	theme.ColorNameHyperlink:           rgb(0x23699b),
	theme.ColorNameForegroundOnPrimary: rgb(0xffffff),
	theme.ColorNameFocus:               rgba(0x001a30, 0x68),
	theme.ColorNameSelection:           rgba(0x23699b, 0x40),
	theme.ColorNameHover:               rgba(0x22252b, 0x12),
	theme.ColorNamePressed:             rgba(0x22252b, 0x22),
	theme.ColorNameSeparator:           rgb(0xdcd9d2),
	theme.ColorNameScrollBar:           rgba(0x22252b, 0x70),
	theme.ColorNameShadow:              rgba(0x000000, 0x26),
	theme.ColorNameSuccess:             rgb(0x226b3a),
	theme.ColorNameWarning:             rgb(0xb06a00),
	theme.ColorNameError:               rgb(0xb3372f),
}

var dark = palette{
	theme.ColorNameBackground:          rgb(0x1b1d22),
	theme.ColorNameButton:              rgb(0x30343c),
	theme.ColorNameDisabledButton:      rgb(0x272a30),
	theme.ColorNameDisabled:            rgb(0x777b85),
	theme.ColorNameForeground:          rgb(0xe9e8e4),
	theme.ColorNamePlaceHolder:         rgb(0xa3a6ae),
	theme.ColorNameHeaderBackground:    rgb(0x24272d),
	theme.ColorNameInputBackground:     rgb(0x15171b),
	theme.ColorNameInputBorder:         rgb(0x434852),
	theme.ColorNameMenuBackground:      rgb(0x26292f),
	theme.ColorNameOverlayBackground:   rgb(0x23262c),
	theme.ColorNamePrimary:             rgb(0x6cb2e2),
	theme.ColorNameHyperlink:           rgb(0x6cb2e2),
	theme.ColorNameForegroundOnPrimary: rgb(0x10161c),
	theme.ColorNameFocus:               rgba(0x2b70c2, 0xb0),
	theme.ColorNameSelection:           rgba(0x6cb2e2, 0x48),
	theme.ColorNameHover:               rgba(0xffffff, 0x14),
	theme.ColorNamePressed:             rgba(0xffffff, 0x28),
	theme.ColorNameSeparator:           rgb(0x363a42),
	theme.ColorNameScrollBar:           rgba(0xffffff, 0x70),
	theme.ColorNameShadow:              rgba(0x000000, 0x80),
	theme.ColorNameSuccess:             rgb(0x6dc38a),
	theme.ColorNameWarning:             rgb(0xe5a84b),
	theme.ColorNameError:               rgb(0xec8178),
}

// Color implements fyne.Theme.
func (t Theme) Color(name fyne.ThemeColorName, system fyne.ThemeVariant) color.Color {
	v := system
	switch t.variant {
	case Light:
		v = theme.VariantLight
	case Dark:
		v = theme.VariantDark
	}
	p := light
	if v == theme.VariantDark {
		p = dark
	}
	if c, ok := p[name]; ok {
		return c
	}
	return theme.DefaultTheme().Color(name, v)
}

// Font implements fyne.Theme.
func (t Theme) Font(s fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(s) }

// Icon implements fyne.Theme.
func (t Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(name) }

// Size implements fyne.Theme.
func (t Theme) Size(name fyne.ThemeSizeName) float32 {
	size := theme.DefaultTheme().Size(name)
	switch name {
	case SizeNameLog:
		size = 13.5
	case SizeNameWideLog:
		size = 10.5
	case theme.SizeNameText:
		size = 14
	case theme.SizeNameCaptionText:
		size = 12
	case theme.SizeNameSubHeadingText:
		size = 17
	case theme.SizeNameHeadingText:
		size = 24
	case theme.SizeNameInnerPadding:
		size = 7
	case theme.SizeNameScrollBar:
		size = 14
	case theme.SizeNameScrollBarSmall:
		size = 6
	}
	if t.presentation {
		switch name {
		case theme.SizeNameSeparatorThickness, theme.SizeNameInputBorder:
			return size
		case theme.SizeNamePadding, theme.SizeNameInnerPadding:
			return size
		}
		return size * presentationScale
	}
	return size
}

// IsDark reports whether the program is dark now. Call it on the window's
// thread.
func IsDark() bool {
	t, ok := fyne.CurrentApp().Settings().Theme().(Theme)
	if !ok {
		return fyne.CurrentApp().Settings().ThemeVariant() == theme.VariantDark
	}
	switch t.variant {
	case Light:
		return false
	case Dark:
		return true
	}
	return fyne.CurrentApp().Settings().ThemeVariant() == theme.VariantDark
}

// IsPresentation reports whether the theme is enlarged for a room.
func IsPresentation() bool {
	t, ok := fyne.CurrentApp().Settings().Theme().(Theme)
	return ok && t.presentation
}

// Okabe and Ito's colours can be told apart by people with any kind of colour
// blindness (https://jfly.uni-koeln.de/color/); those for white grounds are
// darkened until they reach a contrast of 3:1 on it.
var (
	seriesLight = []color.NRGBA{rgb(0x0072b2), rgb(0xc65300), rgb(0x00805c), rgb(0xa8578a), rgb(0x8a6d00), rgb(0x2b83ba), rgb(0x5b5b5b), rgb(0x7a3e9d), rgb(0xb0303a), rgb(0x3f6b21)}
	seriesDark  = []color.NRGBA{rgb(0x56b4e9), rgb(0xf08c3a), rgb(0x34c79a), rgb(0xdb8fbf), rgb(0xe2cf4d), rgb(0x9ecbff), rgb(0xb9bcc4), rgb(0xc39bff), rgb(0xff9189), rgb(0xa3d977)}
)

// Series returns the colour of the i-th line, class or run in a picture, for
// the present theme. Call it on the window's thread.
func Series(i int) color.NRGBA { return SeriesOn(IsDark(), i) }

// SeriesOn returns the colour of the i-th line, class or run on a dark or
// light ground.
func SeriesOn(dark bool, i int) color.NRGBA {
	if dark {
		return seriesDark[i%len(seriesDark)]
	}
	return seriesLight[i%len(seriesLight)]
}
