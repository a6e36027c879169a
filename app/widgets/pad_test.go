package widgets

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"atelier/app/look"
)

// newTestPad returns a pad of 300×300 in a window.
func newTestPad(t *testing.T) *Pad {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(look.Light, false))
	p := NewPad()
	w := test.NewTempWindow(t, p)
	w.SetPadded(false)
	w.Resize(fyne.NewSquareSize(300))
	return p
}

func mouse(x, y float32, button desktop.MouseButton) *desktop.MouseEvent {
	return &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}, Button: button}
}

func dragTo(p *Pad, x, y float32) {
	p.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}})
}

// inked returns whether there is ink at a point of the pad in window units.
func inked(p *Pad, x, y float32) bool {
	img := p.Image()
	side := float32(img.Rect.Dx())
	return img.GrayAt(int(x/300*side), int(y/300*side)).Y < 0x80
}

func TestPadDrawsWithTheMouse(t *testing.T) {
	p := newTestPad(t)
	var events []bool
	p.OnChanged = func(final bool) { events = append(events, final) }
	p.MouseDown(mouse(60, 60, desktop.MouseButtonPrimary))
	if !inked(p, 60, 60) {
		t.Error("the first point is missing")
	}
	dragTo(p, 240, 60)
	p.MouseUp(mouse(240, 60, desktop.MouseButtonPrimary))
	p.DragEnd()
	for x := float32(60); x <= 240; x += 5 {
		if !inked(p, x, 60) {
			t.Errorf("the line is broken at %v", x)
		}
	}
	if inked(p, 150, 80) {
		t.Error("there is ink beside the line")
	}
	if len(events) != 3 || events[0] || events[1] || !events[2] {
		t.Errorf("the changes were final: %v, want false, false, true", events)
	}
	test.AssertObjectRendersToImage(t, "pad/line.png", p)
}

func TestPadClampsStrokesThatLeaveIt(t *testing.T) {
	p := newTestPad(t)
	p.MouseDown(mouse(150, 150, desktop.MouseButtonPrimary))
	dragTo(p, 5000, 150)
	dragTo(p, 5000, 5000)
	dragTo(p, -40, 5000)
	p.DragEnd()
	if !inked(p, 298, 150) {
		t.Error("the stroke does not reach the edge")
	}
	if inked(p, 298, 200) || inked(p, 150, 298) {
		t.Error("the stroke runs along the edge")
	}
	p.MouseDown(mouse(400, 10, desktop.MouseButtonPrimary))
	if inked(p, 299, 10) {
		t.Error("a click beside the pad leaves ink")
	}
}

func TestPadErases(t *testing.T) {
	p := newTestPad(t)
	p.Draw(Stroke{{.2, .5}, {.8, .5}})
	p.MouseDown(mouse(150, 150, desktop.MouseButtonSecondary))
	p.MouseUp(mouse(150, 150, desktop.MouseButtonSecondary))
	if inked(p, 150, 150) || !inked(p, 100, 150) {
		t.Error("the right button does not erase just where it is")
	}
	p.Undo()
	p.SetTool(Eraser)
	p.SetBrush(MaxBrush)
	p.Draw(Stroke{{.1, .5}, {.9, .5}})
	if !p.Empty() {
		t.Error("the eraser leaves ink")
	}
}

func TestPadFills(t *testing.T) {
	p := newTestPad(t)
	p.Draw(Stroke{{.2, .2}, {.8, .2}, {.8, .8}, {.2, .8}, {.2, .2}})
	p.SetTool(Bucket)
	p.SetTone(0x60)
	p.MouseDown(mouse(150, 150, desktop.MouseButtonPrimary))
	p.MouseUp(mouse(150, 150, desktop.MouseButtonPrimary))
	img := p.Image()
	if got := img.GrayAt(img.Rect.Dx()/2, img.Rect.Dy()/2).Y; got != 0x60 {
		t.Errorf("the middle is %#x", got)
	}
	if got := img.GrayAt(10, 10).Y; got != Paper {
		t.Errorf("the outside is %#x", got)
	}
	test.AssertObjectRendersToImage(t, "pad/filled.png", p)
	if p.drawing.Fill(Point{-1, 2}, 0) {
		t.Error("filling beside the pad changed it")
	}
}

func TestPadUndoesAndRedoesEveryStep(t *testing.T) {
	p := newTestPad(t)
	steps := []func(){
		func() { p.Draw(Stroke{{.2, .2}, {.4, .7}}) },
		func() { p.Draw(Stroke{{.3, .3}}) },
		p.Mirror,
		func() { p.pour(Point{.9, .9}) },
		p.Clear,
		func() { p.Draw(Stroke{{.5, .1}, {.6, .9}}) },
	}
	states := []string{string(p.Image().Pix)}
	for _, do := range steps {
		do()
		states = append(states, string(p.Image().Pix))
	}
	for i := len(steps) - 1; i >= 0; i-- {
		if p.Undo(); string(p.Image().Pix) != states[i] {
			t.Errorf("undoing step %d did not restore the picture", i)
		}
	}
	if p.CanUndo() || !p.Empty() {
		t.Error("something is left to undo")
	}
	for i := range steps {
		if p.Redo(); string(p.Image().Pix) != states[i+1] {
			t.Errorf("step %d was not done again", i)
		}
	}
	p.Undo()
	p.Draw(Stroke{{.1, .1}, {.2, .1}})
	if p.CanRedo() {
		t.Error("after a new step the old one can be done again")
	}
	before := p.Image()
	p.drawing.Draw(nil, .1, 0)
	if string(before.Pix) != string(p.Image().Pix) {
		t.Error("an empty stroke changed the picture")
	}
}

func TestPadBothHalves(t *testing.T) {
	p := newTestPad(t)
	p.SetSymmetric(true)
	p.Draw(Stroke{{.2, .2}, {.3, .6}})
	img := p.Image()
	n := img.Rect.Dx()
	for y := range n {
		for x := range n / 2 {
			if a, b := img.GrayAt(x, y).Y, img.GrayAt(n-1-x, y).Y; a != b {
				t.Fatalf("(%d, %d) is %#x, its mirror %#x", x, y, a, b)
			}
		}
	}
	p.Undo()
	if !p.Empty() {
		t.Error("both halves are not one step")
	}
}

func TestPadTemplateIsNoInk(t *testing.T) {
	p := newTestPad(t)
	p.SetTemplate([]Stroke{{{.1, .1}, {.9, .9}}})
	if !p.Empty() {
		t.Error("the lines to trace are ink")
	}
	p.Draw(Stroke{{.1, .9}, {.9, .1}})
	test.AssertObjectRendersToImage(t, "pad/template.png", p)
	p.SetTemplate(nil)
	if p.drawn.RGBAAt(100, 100).B != p.drawn.RGBAAt(100, 100).R {
		t.Error("the lines to trace are still there")
	}
}

func TestPadWithTheKeyboard(t *testing.T) {
	p := newTestPad(t)
	p.FocusGained()
	press := func(keys ...fyne.KeyName) {
		for _, k := range keys {
			p.TypedKey(&fyne.KeyEvent{Name: k})
		}
	}
	press(fyne.KeyRight, fyne.KeyRight)
	if !p.Empty() {
		t.Error("the pen draws before it is down")
	}
	press(fyne.KeySpace)
	for range 10 {
		press(fyne.KeyDown)
	}
	press(fyne.KeySpace, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown)
	if !inked(p, 156, 150) || !inked(p, 156, 175) || inked(p, 156, 194) {
		t.Error("the pen did not draw what it was moved along")
	}
	press(fyne.KeySpace)
	p.FocusLost()
	if p.stroking {
		t.Error("the pen stays down without the focus")
	}
	press(fyne.KeyEnter, fyne.KeyDelete)
	if !p.Empty() {
		t.Error("Delete does not clear")
	}
}

func TestCropBox(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(look.Light, false))
	c := NewCropBox()
	w := test.NewTempWindow(t, c)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(400, 300))
	img := image.NewGray(image.Rect(10, 20, 10+800, 20+600)) // shown at half its size
	c.SetImage(Preview(img, 400), img.Rect)
	var boxes []image.Rectangle
	var finals int
	c.OnChanged = func(box image.Rectangle, final bool) {
		boxes = append(boxes, box)
		if final {
			finals++
		}
	}
	drag := func(x0, y0, x1, y1 float32) image.Rectangle {
		c.MouseDown(mouse(x0, y0, desktop.MouseButtonPrimary))
		c.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x1, y1)}})
		c.DragEnd()
		c.MouseUp(nil)
		return c.Box()
	}
	offset := image.Pt(10, 20)
	for _, x := range []struct {
		name           string
		x0, y0, x1, y1 float32
		want           image.Rectangle
	}{
		{"a new box", 100, 100, 200, 150, image.Rect(200, 200, 400, 300)},
		{"moved", 150, 125, 170, 125, image.Rect(240, 200, 440, 300)},
		{"moved against the edge", 170, 125, 900, 125, image.Rect(600, 200, 800, 300)},
		{"its left edge", 300, 125, 250, 125, image.Rect(500, 200, 800, 300)},
		{"its corner, through the other side", 250, 150, 350, 50, image.Rect(700, 100, 800, 200)},
		{"too small a drag", 20, 20, 22, 22, image.Rect(700, 100, 800, 200)},
	} {
		if got := drag(x.x0, x.y0, x.x1, x.y1); got != x.want.Add(offset) {
			t.Errorf("%s: the box is %v, want %v", x.name, got, x.want.Add(offset))
		}
	}
	if finals != 5 || boxes[len(boxes)-1] != c.Box() {
		t.Errorf("%d final boxes, the last %v", finals, boxes[len(boxes)-1])
	}
	c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if !c.Box().Empty() {
		t.Error("Escape does not mark all")
	}
	c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	if got := c.Box(); got != image.Rect(80, 60, 720, 540).Add(offset) {
		t.Errorf("the first key marks %v", got)
	}
}
