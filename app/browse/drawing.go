package browse

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"atelier/ml/figures"
)

// fillGround fills the canvas of a figure that stands on no other ground.
func fillGround(c draw.Canvas, style figures.Style) {
	if style.Transparent {
		return
	}
	ground := color.Gray{Y: 255}
	if style.Dark {
		ground.Y = 27
	}
	c.SetColor(ground)
	c.Fill(c.Rectangle.Path())
}

// textStyle is that of the words in a figure.
func textStyle(style figures.Style) draw.TextStyle {
	ink, size := color.Gray{Y: 30}, vg.Points(11)
	if style.Dark {
		ink.Y = 235
	}
	if style.Presentation {
		size = vg.Points(15)
	}
	return draw.TextStyle{
		Color:   ink,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		Handler: plot.DefaultTextHandler,
	}
}

// fitText shortens a text to a width.
func fitText(style draw.TextStyle, text string, width vg.Length) string {
	if style.Width(text) <= width {
		return text
	}
	for runes := []rune(text); len(runes) > 0; {
		runes = runes[:len(runes)-1]
		if short := string(runes) + "…"; style.Width(short) <= width {
			return short
		}
	}
	return ""
}
