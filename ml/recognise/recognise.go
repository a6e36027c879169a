// Package recognise answers what a picture shows: it prepares the picture
// (package vision), asks a model about several variations of it, and says so
// when it is no garment that the model knows.
package recognise

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"sync"

	"atelier/assets"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
	"atelier/ml/vision"
)

// Options say how a Recogniser computes; they do not change its answers.
type Options struct {
	Threads int    // 0 means all cores
	Kernel  string // see engine.Options
}

// Recogniser answers with one model. It is safe for concurrent use.
type Recogniser struct {
	options Options
	model   *modelfile.Model
	learned dataset.Augment // the changes to pictures that the model was trained with
	refusal *refusal        // nil when the model cannot tell

	mu        sync.Mutex // guards what follows
	predictor *engine.Predictor
}

// Answer is what a model says about a picture.
type Answer struct {
	Class         int
	Name          string // of the class
	Probability   float64
	Probabilities []float64 // one for each class
	RunnerUp      int       // the second most probable class

	Unknown bool   // the picture seems to show nothing that the model knows
	Why     string // why it is unknown, one sentence for the user; else empty

	Pixels    vision.Pixels // what the network saw
	Kind      vision.Kind   // what the picture was taken for
	KindWhy   string        // the evidence for Kind
	Steps     []vision.Step // from the original to Pixels
	Readings  int           // variations that were averaged
	Garmentry float64       // how garment-like it looks: above 0 is known, below is refused; 0 when the model cannot tell
}

// Bundled returns the model that comes with the program.
func Bundled() (*modelfile.Model, error) {
	data, err := assets.Model.ReadFile("model/fashion.safetensors")
	if err != nil {
		return nil, fmt.Errorf("open the built-in model: %w", err)
	}
	return modelfile.Decode(data, "the built-in model")
}

// batch is how many readings the network computes at once.
const batch = 16

// New returns a recogniser of a model for 28×28 grey pictures.
func New(model *modelfile.Model, o Options) (*Recogniser, error) {
	want := nn.Shape{H: vision.Side, W: vision.Side, C: 1}
	if model.Network.Input != want {
		return nil, fmt.Errorf("the model takes pictures of %s, not of %s: choose a model trained on Fashion-MNIST's kind of pictures", model.Network.Input, want)
	}
	if err := model.Validate(); err != nil {
		return nil, err
	}
	recipe, err := fit.RecipeOf(model)
	if err != nil {
		return nil, err
	}
	predictor, err := engine.NewPredictor(model.Network, model.Weights, engine.Options{MaxBatch: batch, Threads: o.Threads, Kernel: o.Kernel})
	if err != nil {
		return nil, err
	}
	r := &Recogniser{options: o, model: model, predictor: predictor}
	if recipe != nil {
		r.learned = recipe.Augment
	}
	if r.refusal, err = newRefusal(model, predictor.FeatureSize()); err != nil {
		predictor.Close()
		return nil, err
	}
	return r, nil
}

// Model returns the model that answers.
func (r *Recogniser) Model() *modelfile.Model { return r.model }

// CanRefuse reports whether the model has a rule for "not a garment". Without
// one every picture that is not empty gets a class; Calibrate makes the rule.
func (r *Recogniser) CanRefuse() bool { return r.refusal != nil }

// Close ends the worker threads. The recogniser must not be used afterwards.
func (r *Recogniser) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.predictor.Close()
}

// Picture answers what a picture shows.
func (r *Recogniser) Picture(ctx context.Context, img image.Image, kind vision.Kind) (Answer, error) {
	prepared, err := vision.Prepare(img, kind)
	if err != nil {
		return Answer{}, err
	}
	return r.Prepared(ctx, prepared)
}

// Drawing answers what a drawing on plain paper shows.
func (r *Recogniser) Drawing(ctx context.Context, img image.Image) (Answer, error) {
	return r.Picture(ctx, img, vision.Sketch)
}

// Prepared answers what a picture shows that was prepared before.
func (r *Recogniser) Prepared(ctx context.Context, p vision.Result) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	p, all, err := r.laid(p)
	if err != nil {
		return Answer{}, err
	}
	opinion := r.knowing(r.judge(all), p)
	a := Answer{
		Probabilities: opinion.probabilities,
		Pixels:        p.Pixels, Kind: p.Kind, KindWhy: p.Why, Steps: p.Steps,
		Readings: opinion.readings,
	}
	a.Class, a.RunnerUp = firstTwo(a.Probabilities)
	a.Name, a.Probability = r.model.Classes[a.Class], a.Probabilities[a.Class]
	switch {
	case p.Blank && p.Kind == vision.Sketch:
		a.Unknown, a.Why = true, "There is nothing drawn yet."
	case p.Blank:
		a.Unknown, a.Why = true, "The picture is empty or of one colour."
	case p.Doodle != "" && r.refusal != nil:
		a.Unknown, a.Why = true, fmt.Sprintf("It looks like %s.", p.Doodle)
	case p.Scene != "" && r.refusal != nil:
		a.Unknown, a.Why = true, p.Scene
	case r.refusal != nil:
		a.Garmentry = r.refusal.settings.Threshold + allowance(p) - opinion.strangeness
		if a.Garmentry < 0 {
			a.Unknown, a.Why = true, r.reason(a)
		}
	}
	return a, nil
}

// reason says why a picture is refused.
func (r *Recogniser) reason(a Answer) string {
	if a.Probability < 0.45 {
		return fmt.Sprintf("It looks a little like several things (%s, %s), but not enough like any garment in the training pictures.",
			a.Name, r.model.Classes[a.RunnerUp])
	}
	return fmt.Sprintf("It has something of “%s”, but it differs too much from all the garments in the training pictures.", a.Name)
}

// Classes of Fashion-MNIST about which a picture can tell more than the network
// sees in it.
var (
	footwear = classes(5, 7, 9)
	opening  = classes(4, 6)
	pulledOn = classes(0, 2, 3)
	sleeved  = classes(2, 3, 4, 6)
	pullover = classes(2)
	bag      = classes(8)
)

// classes returns the names of classes of Fashion-MNIST.
func classes(labels ...int) []string {
	var out []string
	for _, l := range labels {
		out = append(out, dataset.FashionClasses[l])
	}
	return out
}

const (
	frontOdds  = 0.15 // how often people leave out a front that opens, or draw one where there is none
	sleeveOdds = 0.1  // how often something without long sleeves looks as if it had some

	// The network has seen pullovers only as shops show them, and takes those that
	// lie on beds and floors for coats and shirts; and it takes for a bag what is
	// broad and has no clear outline.
	pulloverOdds = 1.5
	bagOdds      = 0.5
)

// knowing returns what the model says, given what the preparation found out.
func (r *Recogniser) knowing(o opinion, p vision.Result) opinion {
	if p.Footwear {
		o.probabilities = r.weighed(o.probabilities, func(class string) float64 { return odds(footwear, class, 1, 0) })
		return o
	}
	o.probabilities = r.weighed(o.probabilities, func(class string) float64 {
		weight := 1.0
		switch p.Front {
		case vision.FrontPlain:
			weight *= odds(opening, class, frontOdds, 1)
		case vision.FrontOpen:
			weight *= odds(pulledOn, class, frontOdds, 1)
		}
		if p.Everyday {
			weight *= odds(opening, class, math.Exp(p.Opens), 1)
			weight *= odds(pullover, class, pulloverOdds, 1) * odds(bag, class, bagOdds, 1)
		}
		if p.LongSleeves {
			weight *= odds(sleeved, class, 1, sleeveOdds)
		}
		return weight
	})
	return o
}

// odds returns one weight for a class that is among some, and another else; a
// class of another dataset keeps its weight.
func odds(among []string, class string, within, without float64) float64 {
	switch {
	case slices.Contains(among, class):
		return within
	case slices.Contains(dataset.FashionClasses, class):
		return without
	}
	return 1
}

// weighed returns the probabilities of the classes multiplied by weights and
// brought to a sum of 1 again; as they are where nothing would be left.
func (r *Recogniser) weighed(probabilities []float64, weight func(class string) float64) []float64 {
	out, sum := make([]float64, len(probabilities)), 0.0
	for c, p := range probabilities {
		out[c] = p * weight(r.model.Classes[c])
		sum += out[c]
	}
	if sum == 0 {
		return probabilities
	}
	for c := range out {
		out[c] /= sum
	}
	return out
}

// firstTwo returns the indices of the two largest numbers.
func firstTwo(p []float64) (first, second int) {
	first, second = -1, -1
	for i, x := range p {
		switch {
		case first < 0 || x > p[first]:
			first, second = i, first
		case second < 0 || x > p[second]:
			second = i
		}
	}
	return first, second
}
