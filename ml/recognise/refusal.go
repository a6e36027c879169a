package recognise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/metrics"
	"atelier/ml/modelfile"
	"atelier/ml/vision"
)

// refusal decides what is not a garment. It looks at three signs, each brought
// to mean 0 and deviation 1 on validation pictures, and adds them up:
//
//   - distance: how far the features lie from the nearest class's mean, in
//     units of the spread along each feature (a diagonal Mahalanobis distance,
//     after Lee et al. 2018);
//   - energy: minus the log of the summed exponentials of the scores (Liu et
//     al. 2020);
//   - entropy: how undecided the averaged answer is.
type refusal struct {
	settings settings
	means    []float32 // classes × features
	spread   []float32 // features
	kernel   []float32 // features × classes, of the last layer
	bias     []float32 // classes
	features int
}

// settings is the JSON form kept in the model file.
type settings struct {
	Method    string             `json:"method"`
	Signs     map[string]sign    `json:"signs"`
	Weights   map[string]float64 `json:"weights"`
	Threshold float64            `json:"threshold"`
	Refused   float64            `json:"refused"` // share of the validation pictures above the threshold
}

// sign is the mean and deviation of a sign on validation pictures.
type sign struct {
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"`
}

const method = "distance+energy+entropy"

// Names of the model's extra arrays.
const (
	meansName  = "refusal/means"
	spreadName = "refusal/spread"
)

// newRefusal reads a model's refusal; it returns nil for a model without.
func newRefusal(m *modelfile.Model) (*refusal, error) {
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
	if err := r.setHead(m); err != nil {
		return nil, err
	}
	if len(r.spread) != r.features || len(r.means) != r.features*len(m.Classes) {
		return nil, errors.New("the model's rule for “not a garment” does not fit its network: calibrate the model again")
	}
	return r, nil
}

// setHead finds the last layer with weights, whose input the features are.
func (r *refusal) setHead(m *modelfile.Model) error {
	for i := len(m.Weights) - 1; i >= 0; i-- {
		if w := m.Weights[i]; len(w.Shape) == 2 {
			r.kernel, r.features = w.Data, w.Shape[0]
			r.bias = make([]float32, w.Shape[1])
			if i+1 < len(m.Weights) {
				copy(r.bias, m.Weights[i+1].Data)
			}
			return nil
		}
	}
	return errors.New("the network has no dense layer at its end, by whose input garments could be told from other things")
}

func (r *refusal) threshold() float64 { return r.settings.Threshold }

// signs returns the three signs of a picture from all its readings.
func (r *refusal) signs(replies []reply) map[string]float64 {
	var total, distance, energy float64
	for _, reply := range replies {
		weight := float64(reply.sureWeight())
		total += weight
		distance += weight * r.distance(reply.features)
		energy += weight * r.energy(reply.features, len(reply.probs))
	}
	return map[string]float64{"distance": distance / total, "energy": energy / total, "entropy": entropy(average(replies))}
}

// strangeness adds the signs up.
func (r *refusal) strangeness(replies []reply) float64 { return r.combined(r.signs(replies)) }

// leastSign is how much one sign may count for a garment, in deviations.
const leastSign = -1

func (r *refusal) combined(signs map[string]float64) float64 {
	sum := 0.0
	for name, s := range r.settings.Signs {
		// However sure the model is, it must not make up for features that lie
		// far from every class.
		sum += r.settings.Weights[name] * max((signs[name]-s.Mean)/max(s.Deviation, 1e-9), leastSign)
	}
	return sum
}

// distance returns the root mean square of the differences to the nearest
// class's mean.
func (r *refusal) distance(features []float32) float64 {
	nearest := math.Inf(1)
	for c := range len(r.means) / r.features {
		sum := 0.0
		for k, mean := range r.means[c*r.features : (c+1)*r.features] {
			d := float64((features[k] - mean) / r.spread[k])
			sum += d * d
		}
		nearest = min(nearest, sum)
	}
	return math.Sqrt(nearest / float64(r.features))
}

// energy returns minus the logarithm of the summed exponentials of the scores.
func (r *refusal) energy(features []float32, classes int) float64 {
	scores := make([]float64, classes)
	for c := range scores {
		scores[c] = float64(r.bias[c])
	}
	for k, f := range features {
		for c, w := range r.kernel[k*classes : (k+1)*classes] {
			scores[c] += float64(f) * float64(w)
		}
	}
	top := slices.Max(scores)
	sum := 0.0
	for _, s := range scores {
		sum += math.Exp(s - top)
	}
	return -(top + math.Log(sum))
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
	if model.Recipe == nil {
		return nil, errors.New("the model does not tell its recipe, so which pictures it was not trained on is unknown: use a model saved by training")
	}
	var recipe fit.Recipe
	if err := json.Unmarshal(model.Recipe, &recipe); err != nil {
		return nil, fmt.Errorf("read the model's recipe: %w", err)
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
	rule := &refusal{settings: settings{
		Method:  method,
		Signs:   map[string]sign{},
		Weights: map[string]float64{"distance": 1, "energy": 1, "entropy": 1},
	}}
	if err := rule.setHead(model); err != nil {
		return nil, err
	}

	classes := rec.predictor.Classes()
	// First pass: where each class's features lie.
	n, side := validation.Len(), validation.H*validation.W
	all := make([]float32, n*rule.features)
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
		if err := rec.predictor.PredictFeatures(x, to-from, probs[from*classes:to*classes], all[from*rule.features:to*rule.features]); err != nil {
			return nil, err
		}
		report(progress, to, 2*n)
	}
	rule.learn(all, validation.Labels, classes)

	// Second pass: the signs and the averaged answers, as for any picture.
	signs := map[string][]float64{}
	averaged := make([]float32, 0, validation.Len()*classes)
	for i := range validation.Len() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var pixels vision.Pixels
		copy(pixels[:], validation.Image(i))
		replies, err := rec.ask(readings(vision.Result{Pixels: pixels, Kind: vision.MNIST}))
		if err != nil {
			return nil, err
		}
		for _, p := range rec.judge(replies).probabilities {
			averaged = append(averaged, float32(p))
		}
		for name, value := range rule.signs(replies) {
			signs[name] = append(signs[name], value)
		}
		report(progress, validation.Len()+i+1, 2*validation.Len())
	}
	for name, values := range signs {
		rule.settings.Signs[name] = measure(values)
	}
	strangeness := make([]float64, validation.Len())
	for i := range strangeness {
		one := map[string]float64{}
		for name, values := range signs {
			one[name] = values[i]
		}
		strangeness[i] = rule.combined(one)
	}
	slices.Sort(strangeness)
	at := int(math.Ceil((1-maxRefused)*float64(len(strangeness)))) - 1
	rule.settings.Threshold = strangeness[at]
	rule.settings.Refused = float64(len(strangeness)-1-at) / float64(len(strangeness))

	predictions, err := metrics.New(averaged, validation.Labels, classes)
	if err != nil {
		return nil, err
	}
	out := plain
	out.Temperature = predictions.FitTemperature()
	if out.Refusal, err = json.Marshal(rule.settings); err != nil {
		return nil, err
	}
	out.Extra = []engine.Tensor{
		{Name: meansName, Shape: []int{classes, rule.features}, Data: rule.means},
		{Name: spreadName, Shape: []int{rule.features}, Data: rule.spread},
	}
	return &out, out.Validate()
}

func report(progress func(done, total int), done, total int) {
	if progress != nil {
		progress(done, total)
	}
}

// learn sets the means of each class and the spread around them.
func (r *refusal) learn(features []float32, labels []uint8, classes int) {
	n := r.features
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

func measure(values []float64) sign {
	var sum, squares float64
	for _, v := range values {
		sum += v
		squares += v * v
	}
	n := float64(len(values))
	mean := sum / n
	return sign{mean, math.Sqrt(max(squares/n-mean*mean, 0))}
}
