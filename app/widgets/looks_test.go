package widgets_test

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/look"
	"atelier/app/widgets"
)

// ramp is a picture that grows brighter to the right and downwards.
func ramp(side int) *image.RGBA {
	gray := make([]byte, side*side)
	for i := range gray {
		gray[i] = byte((i%side + i/side) * 255 / (2 * side))
	}
	return widgets.GrayImage(gray, side)
}

// TestLooks compares widgets with the pictures in testdata. A changed look is
// written to testdata/failed: look at it, and move it over the old one.
func TestLooks(t *testing.T) {
	for name, build := range map[string]func() fyne.CanvasObject{
		"picture": func() fyne.CanvasObject {
			p := widgets.NewPicture(96)
			p.SetImage(ramp(8))
			return p
		},
		"picture_empty": func() fyne.CanvasObject { return widgets.NewPicture(96) },
		"panel": func() fyne.CanvasObject {
			return container.New(fixedWidth(180), widgets.NewPanel("A title", widget.NewLabel("Some text"), widget.NewButtonWithIcon("", theme.DocumentSaveIcon(), nil)))
		},
		"chips": func() fyne.CanvasObject {
			c := widgets.NewChips(nil)
			c.SetLabels([]string{"Coat 6,000", "Bag 12", "Shirt 1"}, 1)
			return container.New(fixedWidth(220), c)
		},
		"grid": func() fyne.CanvasObject {
			g := widgets.NewPictureGrid(40, func(i int, dst *image.RGBA) { copy(dst.Pix, ramp(8).Pix) })
			g.Mark = func(i int) color.Color {
				if i == 2 {
					return color.NRGBA{R: 200, A: 255}
				}
				return nil
			}
			g.SetContent(11, 8, 8)
			g.SelectAll()
			g.Go(5)
			return container.NewGridWrap(fyne.NewSize(180, 140), g)
		},
		"rendered": func() fyne.CanvasObject {
			return widgets.NewRendered(fyne.NewSize(60, 40), func(f widgets.Frame) image.Image {
				img := image.NewRGBA(image.Rect(0, 0, f.Width, f.Height))
				for i := range f.Width {
					img.Set(i, i*f.Height/f.Width, color.NRGBA{G: 160, A: 255})
				}
				return img
			})
		},
	} {
		for _, v := range []look.Variant{look.Light, look.Dark} {
			t.Run(name+"_"+string(v), func(t *testing.T) {
				start(t, v)
				w := test.NewTempWindow(t, build())
				w.Resize(w.Content().MinSize().Add(fyne.NewSquareSize(16)))
				test.AssertRendersToImage(t, name+"_"+string(v)+".png", w.Canvas())
			})
		}
	}
}

// fixedWidth lays out one object with a width of its own, so that rows wrap.
type fixedWidth float32

func (f fixedWidth) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(f), 84)
}

func (f fixedWidth) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Resize(size)
}

func TestAPictureTellsThePixelUnderThePointer(t *testing.T) {
	start(t, look.Light)
	p := widgets.NewPicture(80)
	p.SetImage(ramp(8))
	var at []image.Point
	left := 0
	p.OnHover = func(x, y int, inside bool) {
		if !inside {
			left++
			return
		}
		at = append(at, image.Pt(x, y))
	}
	w := test.NewTempWindow(t, p)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(160, 80)) // the picture is 80×80 in the middle
	for _, pos := range []fyne.Position{{X: 41, Y: 1}, {X: 44, Y: 5}, {X: 119, Y: 79}, {X: 20, Y: 40}} {
		test.MoveMouse(w.Canvas(), pos)
	}
	if len(at) != 2 || at[0] != image.Pt(0, 0) || at[1] != image.Pt(7, 7) || left != 1 {
		t.Errorf("pixels %v, left %d times; want (0,0) once, (7,7), then outside", at, left)
	}
	var tapped image.Point
	p.OnTapped = func(x, y int) { tapped = image.Pt(x, y) }
	test.TapCanvas(w.Canvas(), fyne.NewPos(65, 35))
	if tapped != image.Pt(2, 3) {
		t.Errorf("tapped %v, want (2,3)", tapped)
	}
}

func TestKeysInWords(t *testing.T) {
	for _, c := range []struct {
		command widgets.Command
		want    string
	}{
		{widgets.Command{}, ""},
		{widgets.Command{Key: fyne.KeyF11}, "F11"},
		{widgets.Command{Shortcut: widgets.CtrlShift(fyne.KeyS)}, "Ctrl+Shift+S"},
		{widgets.Command{Key: fyne.KeyF11, Shortcut: widgets.Alt(fyne.KeyReturn)}, "F11 or Alt+Return"},
		{widgets.Command{Shortcut: &fyne.ShortcutUndo{}}, "Ctrl+Z"},
	} {
		if got := c.command.Keys(); got != c.want {
			t.Errorf("%+v has the keys %q, want %q", c.command, got, c.want)
		}
	}
}
