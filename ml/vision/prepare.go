package vision

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
)

// Version names the way pictures are prepared. It changes whenever Prepare makes
// something else of the same picture, so that what was kept is made anew.
const Version = "5"

// Side is the width and height of a prepared picture in pixels.
const Side = 28

// workingEdge is the longest edge at which a picture is looked at: enough to
// find a garment, and small enough to do so in a few milliseconds.
const workingEdge = 192

// A Kind says what sort of picture something is, and so how it is prepared.
type Kind string

// The kinds of pictures.
const (
	Auto   Kind = "auto"   // decide by evidence
	Photo  Kind = "photo"  // a photograph: cut the garment out, then the makers' steps
	Sketch Kind = "sketch" // a drawing: close and fill its outline, shade it like cloth
	MNIST  Kind = "mnist"  // already in the style of Fashion-MNIST: light on black, 28×28
)

// Kinds returns every kind, Auto first.
func Kinds() []Kind { return []Kind{Auto, Photo, Sketch, MNIST} }

// ParseKind returns the kind called name; an empty name means Auto. The error
// lists the names there are.
func ParseKind(name string) (Kind, error) {
	if name == "" {
		return Auto, nil
	}
	var known []string
	for _, k := range Kinds() {
		if strings.EqualFold(name, string(k)) {
			return k, nil
		}
		known = append(known, string(k))
	}
	return "", fmt.Errorf("unknown kind of picture %q: use one of %s", name, strings.Join(known, ", "))
}

// A Step is the picture after one step of the preparation.
type Step struct {
	Name  string // such as "Cut out", in sentence case
	Image image.Image
}

// Pixels is a prepared picture: Side rows of Side grey values, 0 the background
// and 255 the brightest cloth.
type Pixels [Side * Side]byte

// Image returns the pixels as a grey picture.
func (p *Pixels) Image() *image.Gray {
	img := image.NewGray(image.Rect(0, 0, Side, Side))
	copy(img.Pix, p[:])
	return img
}

// A Result is a prepared picture and how it came about.
type Result struct {
	Pixels Pixels // what the network sees
	Kind   Kind   // what the picture was taken for; never Auto
	Why    string // the evidence for Kind, one sentence
	Blank  bool   // nothing was found to recognise
	Steps  []Step // original … 28×28, each as a picture to show

	// Doodle names something that is no garment and that a drawing clearly shows,
	// such as "a face"; it is usually empty.
	Doodle string

	// Scene says, in a sentence for the user, why an everyday photograph shows no
	// single thing, which then has no Poses; it is usually empty.
	Scene string

	// Front is what a drawing shows in the middle of its garment.
	Front Front

	// Everyday tells that a photograph was taken somewhere, and not before an even
	// background as shops take theirs. Opens is then what Front is to a drawing: the
	// logarithm of how much likelier the garment is one that opens in front than
	// another; 0 where nothing is known.
	Everyday bool
	Opens    float64

	// LongSleeves tells that a photograph shows a garment with long sleeves.
	LongSleeves bool

	// Others are further readings of the same picture, such as an alternative
	// filling or stronger contrast. Averaging the answers for Pixels and Others
	// is more reliable than the answer for Pixels alone.
	Others []Pixels

	// Footwear tells that the picture was read as a pair of shoes, of which
	// Pixels shows one.
	Footwear bool

	// Poses are the same picture with its garment laid as the dataset shows it,
	// where it may lie otherwise: with its sleeves down, or one shoe of a pair.
	// Which of them, or none, is right is for the model to tell.
	Poses []Result
}

// ErrEmpty reports a picture without any pixels.
var ErrEmpty = errors.New("the picture has no pixels")

// Prepare makes of any picture the 28×28 pixels that Fashion-MNIST's makers
// would have made of it. Auto decides the kind by evidence.
func Prepare(img image.Image, kind Kind) (Result, error) {
	if img.Bounds().Empty() {
		return Result{}, ErrEmpty
	}
	if kind == MNIST || kind == Auto {
		if pixels, ok := asMNIST(img); ok {
			return Result{
				Pixels: pixels, Kind: MNIST, Why: "It is a grey 28×28 picture on black, as in Fashion-MNIST.", Blank: pixels == Pixels{},
				Steps: []Step{{"Original", img}, {"28×28", pixels.Image()}},
			}, nil
		}
	}
	p := newPicture(img, workingEdge)
	if kind == Auto || kind == Sketch {
		p = p.inFinePen(img)
	}
	var r Result
	why := "You chose this kind."
	if kind == Auto {
		kind, why = p.kind()
	}
	switch kind {
	case Photo:
		r = p.photo()
	case Sketch:
		r = p.sketch()
	case MNIST: // chosen, though its size is another
		r = p.likeMNIST()
	default:
		return Result{}, fmt.Errorf("unknown kind of picture %q", kind)
	}
	original := p.image(mask{})
	r.finish(kind, why, original)
	for i := range r.Poses {
		r.Poses[i].finish(kind, why, original)
	}
	return r, nil
}

// finish adds what all results of a picture have in common.
func (r *Result) finish(kind Kind, why string, original image.Image) {
	r.Kind, r.Why = kind, why
	r.Steps = append([]Step{{"Original", original}}, r.Steps...)
	r.Steps = append(r.Steps, Step{"28×28", r.Pixels.Image()})
}

// PrepareCrop prepares the part of a picture inside box, in the coordinates of
// its Bounds. A box that does not meet the picture gives ErrEmpty.
func PrepareCrop(img image.Image, box image.Rectangle, kind Kind) (Result, error) {
	box = box.Intersect(img.Bounds())
	if box.Empty() {
		return Result{}, ErrEmpty
	}
	if part, ok := img.(interface {
		SubImage(r image.Rectangle) image.Image
	}); ok {
		return Prepare(part.SubImage(box), kind)
	}
	return Prepare(cropped{img, box}, kind)
}

// cropped is a part of a picture that cannot cut itself.
type cropped struct {
	image.Image
	box image.Rectangle
}

// Bounds implements image.Image.
func (c cropped) Bounds() image.Rectangle { return c.box }

// Picture reads the picture in the file at path and returns its 28×28 pixels:
// what a dataset of folders of pictures consists of. It is safe for concurrent
// use.
func Picture(ctx context.Context, path string) ([]byte, error) {
	img, err := DecodeFile(ctx, path)
	if err != nil {
		return nil, err
	}
	r, err := Prepare(img, Auto)
	if err != nil {
		return nil, err
	}
	return r.Pixels[:], nil
}

// asMNIST returns the pixels of a picture that is 28×28, grey and dark at the
// rim, or an enlargement of one by a whole factor in which each pixel became a
// block.
func asMNIST(img image.Image) (out Pixels, ok bool) {
	b := img.Bounds()
	factor := b.Dx() / Side
	if b.Dx() != b.Dy() || b.Dx()%Side != 0 || factor < 1 || factor > 64 {
		return out, false
	}
	dark := 0
	for y := range b.Dy() {
		for x := range b.Dx() {
			r, g, bl, a := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			if r != g || g != bl || a != 0xffff {
				return out, false
			}
			i := y/factor*Side + x/factor
			v := byte(r >> 8)
			if x%factor == 0 && y%factor == 0 {
				out[i] = v
			} else if out[i] != v {
				return out, false
			}
		}
	}
	for i := range Side {
		for _, v := range []byte{out[i], out[(Side-1)*Side+i], out[i*Side], out[i*Side+Side-1]} {
			if v < 64 {
				dark++
			}
		}
	}
	return out, dark >= 4*Side*6/10
}

// likeMNIST reduces a picture that is light on black to 28×28 as it is.
func (p *picture) likeMNIST() Result {
	r := Result{Pixels: centred(resized(p.grey, image.Rect(0, 0, p.w, p.h), Side, Side))}
	r.Blank = spread(p.grey.v) < 6
	return r
}

// sketch reads the picture as a drawing.
func (p *picture) sketch() Result {
	d := p.drawing()
	var r Result
	if d.ink.count() < max(12, p.w*p.h/2500) {
		r.Blank = true
		return r
	}
	shapes := d.silhouettes()
	r.Doodle = d.doodle(shapes[0])
	box := shapes[0].or(d.ink).bounds()
	main := d.layers(p, shapes[0])
	r.Front = d.front(main)
	tone := d.shade(p, main, clothTone)
	r.Pixels = render(tone, box)
	r.Steps = []Step{
		{"Ink", negative(d.ink.plane())},
		{"Filled", negative(shapes[0].plane())},
		{"Shaded", tone.image()},
	}
	for _, cloth := range []float32{90, 225} {
		r.Others = append(r.Others, render(d.shade(p, main, cloth), box))
	}
	for _, other := range shapes[1:] {
		r.Others = append(r.Others, render(d.shade(p, d.layers(p, other), clothTone), other.or(d.ink).bounds()))
	}
	return r
}

// photo reads the picture as a photograph.
func (p *picture) photo() Result {
	keep, found := p.cutout()
	if !found {
		return Result{Blank: true}
	}
	return p.read(keep)
}

// read returns the readings of the garment in a photograph, given its cut-out.
func (p *picture) read(keep mask) Result {
	tone := p.negated(keep)
	r := laid(tone, keep)
	r.Steps = []Step{{"Cut out", p.image(keep)}, {"Negated", tone.image()}}
	r.LongSleeves = keep.longSleeves()
	ground := p.ground()
	if r.Everyday = !ground.plain || ground.grainy(); r.Everyday {
		r.Opens = p.opens(keep)
		if r.Scene = p.scene(keep); r.Scene != "" {
			return r
		}
	}
	if keep.cut() < .2 { // half a shirt, too, may look like two things
		if pose, ok := p.shoes(tone, keep); ok {
			pose.Everyday = r.Everyday
			r.Poses = append(r.Poses, pose)
		}
	}
	lay := func(name string, tone plane, keep mask) {
		pose := laid(tone, keep)
		pose.Everyday, pose.Opens, pose.LongSleeves = r.Everyday, r.Opens, r.LongSleeves
		pose.Steps = append(slices.Clone(r.Steps), Step{name, tone.image()})
		r.Poses = append(r.Poses, pose)
	}
	if down, outline, ok := folded(tone, keep); ok {
		lay("Sleeves down", down, outline)
	}
	if box := keep.bounds(); r.Everyday && box.Dx()*4 < box.Dy()*5 { // shoes, seen from the side, have no hem
		straight, outline := straightened(tone, keep)
		lay("Straightened", straight, outline)
	}
	return r
}

// What tells a garment from a scene, in which the cut-out is any part: how much
// of the picture's edge it may take up, how steep its outline is at least, in
// steps of grey, and how far its colours may be those of the rest. Of 910
// everyday photographs of garments 4 % are over one of the three, of 104
// landscapes, patterns and other things 45 %.
const (
	sceneCut     = .3
	sceneRim     = 20
	sceneOverlap = .93
)

// scene says why what was cut out of an everyday photograph is not one thing.
func (p *picture) scene(keep mask) string {
	switch {
	case keep.cut() > sceneCut:
		return "It fills the picture to its edges: show the whole garment, with some of what is behind it."
	case p.steepness(keep) < sceneRim || p.overlap(keep) > sceneOverlap:
		return "Nothing in the picture stands out clearly from what is behind it."
	}
	return ""
}

// overlap returns how far the colours inside a mask are those outside, from 0 to
// 1: the Bhattacharyya coefficient of their histograms.
func (p *picture) overlap(m mask) float64 {
	inside, outside := m.colours(p.colourBins())
	sum := 0.0
	for bin, a := range inside.counts {
		sum += math.Sqrt(float64(a) * float64(outside.counts[bin]))
	}
	return sum / math.Sqrt(max(float64(inside.total)*float64(outside.total), 1))
}

// steepness returns the mean gradient on the inner side of a mask's outline.
func (p *picture) steepness(m mask) float64 {
	sum, n := 0.0, 0
	for i := range m.on {
		if m.on[i] && m.bordersOff(i) {
			sum += float64(p.gradient(i))
			n++
		}
	}
	return sum / float64(max(n, 1))
}

// cut returns the share of the picture's edge that is marked.
func (m mask) cut() float64 {
	edge := rim(m.plane())
	touched := 0
	for _, v := range edge {
		if v > 0 {
			touched++
		}
	}
	return float64(touched) / float64(len(edge))
}

// laid returns the readings of a garment that was cut out and negated.
func laid(tone plane, keep mask) Result {
	box := keep.bounds()
	tone, keep = tone.part(box), keep.part(box)
	box = image.Rect(0, 0, tone.w, tone.h)
	r := Result{Pixels: render(tone, box)}
	// A light garment on a dark or coloured ground would become nearly black,
	// which a product photo on white never is quite; stretched tones help.
	r.Others = append(r.Others, render(stretched(tone, keep, 90, 230), box))
	if quantile(tone, keep, 0.75) < 110 {
		r.Others = append(r.Others, render(stretched(tone, keep, 140, 240), box))
	}
	// Creases and prints are rarer in product photos, and sleeves spread less.
	longest := max(box.Dx(), box.Dy())
	r.Others = append(r.Others, render(stretched(tone.blurInside(keep, longest/16), keep, 110, 220), box))
	if box.Dx()*5 > box.Dy()*3 {
		r.Others = append(r.Others, centred(sharpened(resized(tone, box, Side, Side))))
	}
	return r
}

// shoes reads a cut-out as a pair of shoes; ok tells whether it looks like one.
func (p *picture) shoes(tone plane, keep mask) (r Result, ok bool) {
	one, other, ok := p.pair(keep)
	if !ok {
		return r, false
	}
	r.Footwear = true
	for i, shoe := range []mask{one, other} {
		level, outline := levelled(tone, shoe)
		box := outline.bounds()
		pixels := render(level, box)
		if i == 0 {
			r.Pixels = pixels
			r.Steps = []Step{{"Cut out", p.image(keep)}, {"One of the pair", p.image(shoe)}, {"Turned", level.image()}}
		} else {
			r.Others = append(r.Others, pixels)
		}
		r.Others = append(r.Others, render(stretched(level, outline, 90, 230), box))
	}
	return r, true
}

// blurInside returns the plane with each value inside keep replaced by the mean
// of those inside keep at most r pixels away in each direction.
func (p plane) blurInside(keep mask, r int) plane {
	share := keep.plane().blur(r)
	out := newPlane(p.w, p.h)
	for i, on := range keep.on {
		if on {
			out.v[i] = p.v[i]
		}
	}
	out = out.blur(r)
	for i, on := range keep.on {
		if on {
			out.v[i] *= 255 / share.v[i]
		} else {
			out.v[i] = 0
		}
	}
	return out
}

// stretched spreads the tones inside keep so that their lower and upper tenth
// come to lie at low and high.
func stretched(tone plane, keep mask, low, high float32) plane {
	a, b := quantile(tone, keep, 0.1), quantile(tone, keep, 0.9)
	// Plain cloth has little spread, and stretching it would only show noise.
	if b-a < 40 {
		middle := (a + b) / 2
		a, b = middle-20, middle+20
	}
	out := newPlane(tone.w, tone.h)
	for i, v := range tone.v {
		if keep.on[i] {
			out.v[i] = min(max(low+(v-a)*(high-low)/(b-a), 20), 255)
		}
	}
	return out
}
