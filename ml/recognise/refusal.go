package recognise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/metrics"
	"atelier/ml/modelfile"
	"atelier/ml/vision"
)

// refusal decides what is not a garment by how far the features of a picture, the
// mean of those of its readings, lie from the nearest class's mean: a diagonal
// Mahalanobis distance (after Lee et al. 2018). Energy and entropy of the answer,
// which are often added to it, tell garments in everyday photographs from other
// things worse than it does.
type refusal struct {
	settings settings
	means    []float32 // classes × features
	spread   []float32 // features
}

// settings is the JSON form kept in the model file.
type settings struct {
	Method    string  `json:"method"`
	Mean      float64 `json:"mean"`      // of the distance, on validation pictures
	Deviation float64 `json:"deviation"` // likewise
	Threshold float64 `json:"threshold"` // in deviations from the mean
	Refused   float64 `json:"refused"`   // share of the validation pictures above the threshold
}

const method = "distance"

// Names of the model's extra arrays.
const (
	meansName  = "refusal/means"
	spreadName = "refusal/spread"
)

// newRefusal reads a model's refusal; it returns nil for a model without. The
// network gives so many features.
func newRefusal(m *modelfile.Model, features int) (*refusal, error) {
	if m.Refusal == nil {
		return nil, nil
	}
	r := &refusal{}
	if err := json.Unmarshal(m.Refusal, &r.settings); err != nil {
		return nil, fmt.Errorf("the model's rule for “not a garment” cannot be read: %w", err)
	}
	if r.settings.Method != method {
		return nil, fmt.Errorf("the model's rule for “not a garment” is %q, which this version does not know: update Atelier or calibrate the model again", r.settings.Method)
	}
	extra := engine.Weights(m.Extra)
	means, ok := extra.ByName(meansName)
	spread, ok2 := extra.ByName(spreadName)
	if !ok || !ok2 {
		return nil, errors.New("the model's rule for “not a garment” lacks its arrays: use an intact copy of the model or calibrate it again")
	}
	r.means, r.spread = means.Data, spread.Data
	if len(r.spread) != features || len(r.means) != features*len(m.Classes) {
		return nil, errors.New("the model's rule for “not a garment” does not fit its network: calibrate the model again")
	}
	return r, nil
}

// strangeness returns the distance of a picture, given all its readings, in
// deviations from that of the validation pictures.
func (r *refusal) strangeness(replies []reply) float64 {
	return (r.distance(replies) - r.settings.Mean) / max(r.settings.Deviation, 1e-9)
}

// distance returns the root mean square of the differences between the mean of
// the features and the nearest class's mean.
func (r *refusal) distance(replies []reply) float64 {
	features := make([]float32, len(r.spread))
	var total float32
	for _, reply := range replies {
		total += reply.weight
		for k, f := range reply.features {
			features[k] += reply.weight * f
		}
	}
	nearest := math.Inf(1)
	for c := range len(r.means) / len(features) {
		sum := 0.0
		for k, mean := range r.means[c*len(features) : (c+1)*len(features)] {
			d := float64((features[k]/total - mean) / r.spread[k])
			sum += d * d
		}
		nearest = min(nearest, sum)
	}
	return math.Sqrt(nearest / float64(len(features)))
}

// allowance is how much stranger than the dataset's pictures a picture may look,
// in deviations. Creases, prints, people and imperfect cut-outs make garments of
// everyday photographs so, and drawings lack what cloth has. Of everyday
// photographs of garments, scenes left out, one in thirty is over it; of pictures
// of other things two in three are.
func allowance(p vision.Result) float64 {
	switch {
	case p.Everyday && p.Footwear: // the dataset has no pairs
		return 2
	case p.Everyday:
		return 1.1
	case p.Kind == vision.Sketch:
		return 0.5
	case p.Kind == vision.Photo:
		return 0.2
	}
	return 0
}

// maxRefused is the share of real garments that may be refused.
const maxRefused = 0.03

// How many pictures calibrating needs, and how many it looks at at most: more
// would only take longer.
const (
	minCalibration = 200
	maxCalibration = 6000
)

// ErrCannotCalibrate is returned for too few pictures to set a threshold by.
var ErrCannotCalibrate = fmt.Errorf("at least %d labelled pictures are needed to calibrate a model: hold more back for validation", minCalibration)

// CalibrateByRecipe is Calibrate by those of the training pictures that the
// model's own recipe held back for validation.
func CalibrateByRecipe(ctx context.Context, model *modelfile.Model, train *dataset.Set, progress func(done, total int)) (*modelfile.Model, error) {
	recipe, err := fit.RecipeOf(model)
	if err != nil {
		return nil, err
	}
	if recipe == nil {
		return nil, errors.New("the model does not tell its recipe, so which pictures it was not trained on is unknown: use a model saved by training")
	}
	return Calibrate(ctx, model, train.Subset(recipe.HeldBack(train)), progress)
}

// Calibrate gives a model its temperature and its rule for "not a garment", both
// from labelled pictures that it was not trained on. It returns a new model that
// shares the weights. It calls progress, which may be nil, now and then.
func Calibrate(ctx context.Context, model *modelfile.Model, validation *dataset.Set, progress func(done, total int)) (*modelfile.Model, error) {
	if validation.Len() < minCalibration {
		return nil, ErrCannotCalibrate
	}
	if n := validation.Len(); n > maxCalibration {
		even := make([]int, maxCalibration)
		for i := range even {
			even[i] = i * n / maxCalibration
		}
		validation = validation.Subset(even)
	}
	plain := *model
	plain.Temperature, plain.Refusal, plain.Extra = 0, nil, nil
	rec, err := New(&plain, Options{})
	if err != nil {
		return nil, err
	}
	defer rec.Close()
	rule := &refusal{}
	classes, features := rec.predictor.Classes(), rec.predictor.FeatureSize()
	// First pass: where each class's features lie.
	n, side := validation.Len(), validation.H*validation.W
	all := make([]float32, n*features)
	probs := make([]float32, n*classes)
	x := make([]float32, batch*side)
	for from := 0; from < n; from += batch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		to := min(from+batch, n)
		for i := from; i < to; i++ {
			dataset.Normalise(x[(i-from)*side:(i-from+1)*side], validation.Image(i))
		}
		if err := rec.predictor.PredictFeatures(x, to-from, probs[from*classes:to*classes], all[from*features:to*features]); err != nil {
			return nil, err
		}
		report(progress, to, 2*n)
	}
	rule.learn(all, validation.Labels, classes, features)

	// Second pass: the distances and the averaged answers, as for any picture.
	distances := make([]float64, 0, validation.Len())
	averaged := make([]float32, 0, validation.Len()*classes)
	for i := range validation.Len() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var pixels vision.Pixels
		copy(pixels[:], validation.Image(i))
		replies, err := rec.ask(rec.readings(vision.Result{Pixels: pixels, Kind: vision.MNIST}))
		if err != nil {
			return nil, err
		}
		for _, p := range rec.judge(replies).probabilities {
			averaged = append(averaged, float32(p))
		}
		distances = append(distances, rule.distance(replies))
		report(progress, validation.Len()+i+1, 2*validation.Len())
	}
	slices.Sort(distances)
	at := int(math.Ceil((1-maxRefused)*float64(len(distances)))) - 1
	s := settings{Method: method, Refused: float64(len(distances)-1-at) / float64(len(distances))}
	s.Mean, s.Deviation = stat.PopMeanStdDev(distances, nil)
	s.Threshold = (distances[at] - s.Mean) / max(s.Deviation, 1e-9)

	predictions, err := metrics.New(averaged, validation.Labels, classes)
	if err != nil {
		return nil, err
	}
	out := plain
	out.Temperature = predictions.FitTemperature()
	if out.Refusal, err = json.Marshal(s); err != nil {
		return nil, err
	}
	out.Extra = []engine.Tensor{
		{Name: meansName, Shape: []int{classes, features}, Data: rule.means},
		{Name: spreadName, Shape: []int{features}, Data: rule.spread},
	}
	return &out, out.Validate()
}

func report(progress func(done, total int), done, total int) {
	if progress != nil {
		progress(done, total)
	}
}

// learn sets the means of each class and the spread around them, from n features
// of each picture.
func (r *refusal) learn(features []float32, labels []uint8, classes, n int) {
	r.means, r.spread = make([]float32, classes*n), make([]float32, n)
	sums, squares, counts := make([]float64, classes*n), make([]float64, n), make([]float64, classes)
	for i, label := range labels {
		counts[label]++
		for k, f := range features[i*n : (i+1)*n] {
			sums[int(label)*n+k] += float64(f)
		}
	}
	for j, s := range sums {
		r.means[j] = float32(s / max(counts[j/n], 1))
	}
	for i, label := range labels {
		for k, f := range features[i*n : (i+1)*n] {
			d := float64(f - r.means[int(label)*n+k])
			squares[k] += d * d
		}
	}
	for k, s := range squares {
		r.spread[k] = float32(max(math.Sqrt(s/float64(len(labels))), 1e-3))
	}
}
