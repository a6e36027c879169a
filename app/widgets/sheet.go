package widgets

import (
	"image"
	"image/draw"
)

// Sheet lays grey pictures of one size out in rows of a number of columns, with
// a line between them; nil without pictures.
func Sheet(pictures []*image.Gray, columns int) *image.RGBA {
	if len(pictures) == 0 {
		return nil
	}
	size := pictures[0].Rect.Size()
	columns = max(1, min(columns, len(pictures)))
	rows := (len(pictures) + columns - 1) / columns
	out := image.NewRGBA(image.Rect(0, 0, columns*(size.X+1)-1, rows*(size.Y+1)-1))
	for k, p := range pictures {
		corner := image.Pt(k%columns*(size.X+1), k/columns*(size.Y+1))
		draw.Draw(out, image.Rectangle{Min: corner, Max: corner.Add(size)}, p, p.Rect.Min, draw.Src)
	}
	return out
}
