package classify

import (
	"context"
	"image"

	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/vision"
)

// previewEdge is the longest edge of a picture on the screen.
const previewEdge = 1024

// subject is a picture to classify, and how to look at it.
type subject struct {
	name  string
	path  string // its file, or "" for a drawing or a picture in memory
	image image.Image
	// preview is the picture for the screen; nil for a drawing.
	preview *image.RGBA
	// prepared means that the picture is as the network takes it.
	prepared bool
	drawn    bool // on the pad
	kind     vision.Kind
	crop     image.Rectangle // the part to look at; empty means all
}

// open returns the subject of a picture, decoded if it is a file.
func open(ctx context.Context, p studio.Picture) (subject, error) {
	s := subject{name: p.Name, path: p.Path, image: p.Image, prepared: p.Prepared, kind: vision.Auto}
	if s.image == nil {
		img, err := vision.DecodeFile(ctx, p.Path)
		if err != nil {
			return subject{}, err
		}
		s.image = img
	}
	s.preview = widgets.Preview(s.image, previewEdge)
	return s, nil
}

// continues reports whether it is the same picture or drawing, later on.
func (s subject) continues(before subject) bool {
	return s.image == before.image || s.drawn && before.drawn && s.name == before.name
}

// bounds are those of the picture; empty without one.
func (s subject) bounds() image.Rectangle {
	if s.image == nil {
		return image.Rectangle{}
	}
	return s.image.Bounds()
}

// prepare makes the network's input of the subject.
func (s subject) prepare() (vision.Result, error) {
	b := s.image.Bounds()
	if s.prepared && b.Dx() == vision.Side && b.Dy() == vision.Side {
		r := vision.Result{Kind: vision.MNIST, Why: "It is one of the dataset's own pictures."}
		r.Blank = true
		for i := range r.Pixels {
			v, _, _, _ := s.image.At(b.Min.X+i%vision.Side, b.Min.Y+i/vision.Side).RGBA()
			r.Pixels[i] = byte(v >> 8)
			r.Blank = r.Blank && r.Pixels[i] == r.Pixels[0]
		}
		r.Steps = []vision.Step{{Name: "28×28", Image: r.Pixels.Image()}}
		return r, nil
	}
	if !s.crop.Empty() {
		return vision.PrepareCrop(s.image, s.crop, s.kind)
	}
	r, err := vision.Prepare(s.image, s.kind)
	if s.drawn {
		r.Why = "It comes from the pad."
	}
	return r, err
}
