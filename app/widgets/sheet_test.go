package widgets

import (
	"image"
	"image/color"
	"testing"
)

func TestSheetLaysPicturesOutInRows(t *testing.T) {
	var pictures []*image.Gray
	for i := range 5 {
		p := image.NewGray(image.Rect(0, 0, 2, 3))
		for k := range p.Pix {
			p.Pix[k] = uint8(10 * (i + 1))
		}
		pictures = append(pictures, p)
	}
	s := Sheet(pictures, 3)
	if got := s.Rect.Size(); got != image.Pt(8, 7) { // 3·2+2 wide, 2·3+1 high
		t.Fatalf("the sheet is %v", got)
	}
	for at, want := range map[image.Point]uint8{{0, 0}: 10, {3, 2}: 20, {7, 0}: 30, {0, 4}: 40, {4, 6}: 50} {
		if got := s.At(at.X, at.Y); got != (color.RGBA{want, want, want, 255}) {
			t.Errorf("at %v: %v, want %d", at, got, want)
		}
	}
	if _, _, _, alpha := s.At(2, 0).RGBA(); alpha != 0 {
		t.Error("there is no line between the pictures")
	}
	if Sheet(nil, 3) != nil {
		t.Error("a sheet without pictures")
	}
}
