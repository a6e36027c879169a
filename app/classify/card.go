package classify

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"slices"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"atelier/app/widgets"
	"atelier/ml/atomicfile"
	"atelier/ml/recognise"
	"atelier/ml/vision"
)

// The measures of a card, in pixels.
const (
	cardWidth, cardHeight = 960, 560
	cardMargin            = 32
	cardPicture           = 496
	cardInput             = 5 * vision.Side
	cardRows              = 3
)

var (
	cardInk   = color.Gray{0x22}
	cardPale  = color.Gray{0xe6}
	cardLevel = color.RGBA{0x23, 0x69, 0x9b, 0xff}
)

// card draws a picture with the answer to it, to keep or to hand in.
func card(picture image.Image, a recognise.Answer, classes []string, model string) (image.Image, error) {
	large, err := face(gobold.TTF, 44)
	if err != nil {
		return nil, err
	}
	small, err := face(goregular.TTF, 20)
	if err != nil {
		return nil, err
	}
	img := image.NewRGBA(image.Rect(0, 0, cardWidth, cardHeight))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)

	place(img, picture, image.Rect(cardMargin, cardMargin, cardMargin+cardPicture, cardMargin+cardPicture))
	x := cardPicture + 2*cardMargin
	right := cardWidth - cardMargin
	write(img, large, title(a), x, 90, right-x)
	write(img, small, certaintyLine(a), x, 130, right-x)
	place(img, a.Pixels.Image(), image.Rect(x, 160, x+cardInput, 160+cardInput))
	write(img, small, "what the network sees", x+cardInput+12, 160+cardInput-6, right-x-cardInput-12)

	order := make([]int, len(a.Probabilities))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case a.Probabilities[i] > a.Probabilities[j]:
			return -1
		case a.Probabilities[i] < a.Probabilities[j]:
			return 1
		}
		return 0
	})
	y := 160 + cardInput + 50
	for _, c := range order[:min(cardRows, len(order))] {
		write(img, small, fmt.Sprintf("%s  %s", classes[c], widgets.Percent(a.Probabilities[c])), x, y, right-x)
		bar := image.Rect(x, y+8, right, y+20)
		draw.Draw(img, bar, image.NewUniform(cardPale), image.Point{}, draw.Src)
		bar.Max.X = bar.Min.X + int(float64(bar.Dx())*a.Probabilities[c])
		draw.Draw(img, bar, image.NewUniform(cardLevel), image.Point{}, draw.Src)
		y += 56
	}
	write(img, small, model, x, cardHeight-cardMargin, right-x)
	return img, nil
}

func face(ttf []byte, size float64) (font.Face, error) {
	f, err := opentype.Parse(ttf)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72})
}

// place draws a picture into a frame, as large as it fits.
func place(dst draw.Image, picture image.Image, frame image.Rectangle) {
	b := picture.Bounds()
	scale := min(float64(frame.Dx())/float64(b.Dx()), float64(frame.Dy())/float64(b.Dy()))
	w, h := int(float64(b.Dx())*scale), int(float64(b.Dy())*scale)
	at := frame.Min.Add(image.Pt((frame.Dx()-w)/2, (frame.Dy()-h)/2))
	inside := image.Rectangle{at, at.Add(image.Pt(w, h))}
	draw.Draw(dst, inside.Inset(-1), image.NewUniform(cardPale), image.Point{}, draw.Src)
	var scaler draw.Scaler = draw.CatmullRom
	if b.Dx() <= 2*vision.Side {
		scaler = draw.NearestNeighbor
	}
	scaler.Scale(dst, inside, picture, b, draw.Over, nil)
}

// write writes a line of at most width pixels, cut off with an ellipsis.
func write(dst draw.Image, f font.Face, text string, x, baseline, width int) {
	letters := []rune(text)
	for n := len(letters); n > 0 && font.MeasureString(f, text).Ceil() > width; n-- {
		text = string(letters[:n-1]) + "…"
	}
	d := font.Drawer{Dst: dst, Src: image.NewUniform(cardInk), Face: f, Dot: fixed.P(x, baseline)}
	d.DrawString(text)
}

// saveCard asks where to save the present picture with its answer.
func (t *Tab) saveCard() {
	if !t.answered() {
		return
	}
	r := t.shown
	name := fmt.Sprintf("%s - %s", r.subject.name, r.answers[0].Name)
	widgets.AskToSave(t.window, "Save the picture with its answer", name, []string{".png"}, func(path string) {
		if err := writeCard(path, r); err != nil {
			t.studio.Report("Saving the picture", err)
			return
		}
		t.studio.Notify("Saved %s", path)
	}, func(err error) { t.studio.Report("Saving the picture", err) })
}

func writeCard(path string, r reply) error {
	return atomicfile.Write(path, func(w io.Writer) error { return encodeCard(w, r) })
}

func encodeCard(w io.Writer, r reply) error {
	img, err := card(r.subject.image, r.answers[0], r.models[0].Classes, r.models[0].Name)
	if err != nil {
		return err
	}
	return png.Encode(w, img)
}
