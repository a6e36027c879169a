package recognise

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"atelier/ml/dataset"
	"atelier/ml/metrics"
	"atelier/ml/vision"
)

// doubtCost is how much stranger, in deviations, a way to lay a garment may look
// that leaves no doubt about the class, than one that leaves all classes open.
const doubtCost = 4

// laid chooses the way to lay a picture's garment and returns the picture so laid
// and what the network says about its readings. The least strange and doubtful way
// is taken for the right one. What looks more like one shoe than like the whole it
// was taken from is a pair, whatever else it could be laid as.
func (r *Recogniser) laid(p vision.Result) (vision.Result, []reply, error) {
	ways := append([]vision.Result{p}, p.Poses...)
	if p.Kind != vision.MNIST && !p.Blank && !r.learned.Flip {
		ways = append(ways, facingAway(p))
	}
	if r.refusal == nil || len(ways) == 1 {
		all, err := r.ask(r.readings(p))
		return p, all, err
	}
	all := make([][]reading, len(ways))
	var few []reading
	for i, way := range ways {
		all[i] = r.readings(way)
		few = append(few, all[i][:min(glimpses, len(all[i]))]...)
	}
	replies, err := r.ask(few)
	if err != nil {
		return p, nil, err
	}
	var best int
	var glimpsed []reply // of the best
	least := math.Inf(1)
	for i, way := range ways {
		n := min(glimpses, len(all[i]))
		own := replies[:n:n]
		replies = replies[n:]
		o := r.judge(own)
		if cost := o.strangeness + doubtCost*o.doubt(); cost < least {
			best, glimpsed, least = i, own, cost
			if way.Footwear {
				break
			}
		}
	}
	rest, err := r.ask(all[best][len(glimpsed):])
	return ways[best], append(glimpsed, rest...), err
}

// reply is what the network says about one reading.
type reply struct {
	weight   float32
	probs    []float32
	features []float32
}

// ask runs the network on readings.
func (r *Recogniser) ask(readings []reading) ([]reply, error) {
	n, classes, features := len(readings), r.predictor.Classes(), r.predictor.FeatureSize()
	x := make([]float32, n*vision.Side*vision.Side)
	for i, reading := range readings {
		dataset.Normalise(x[i*vision.Side*vision.Side:(i+1)*vision.Side*vision.Side], reading.pixels[:])
	}
	probs, all := make([]float32, n*classes), make([]float32, n*features)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.predictor.PredictFeatures(x, n, probs, all); err != nil {
		return nil, err
	}
	replies := make([]reply, n)
	for i, reading := range readings {
		replies[i] = reply{reading.weight, probs[i*classes : (i+1)*classes], all[i*features : (i+1)*features]}
	}
	return replies, nil
}

// opinion is what the model says about all readings of one picture together.
type opinion struct {
	probabilities []float64
	strangeness   float64
	readings      int
}

// doubt returns the entropy of the probabilities as a share of the most possible.
func (o opinion) doubt() float64 {
	return stat.Entropy(o.probabilities) / math.Log(float64(len(o.probabilities)))
}

// judge averages what the network says about the readings of one picture.
func (r *Recogniser) judge(replies []reply) opinion {
	o := opinion{readings: len(replies)}
	mean := average(replies)
	if r.refusal != nil {
		o.strangeness = r.refusal.strangeness(replies)
	}
	metrics.ApplyTemperature(mean, r.model.Temperature)
	o.probabilities = make([]float64, len(mean))
	for c, p := range mean {
		o.probabilities[c] = float64(p)
	}
	return o
}

// average returns the mean of the probabilities. A reading that the network is
// sure of counts more.
func average(replies []reply) []float32 {
	mean := make([]float32, len(replies[0].probs))
	total := float32(0)
	for _, reply := range replies {
		weight := reply.sureWeight()
		total += weight
		for c, p := range reply.probs {
			mean[c] += weight * p
		}
	}
	for c := range mean {
		mean[c] /= total
	}
	return mean
}

func (r reply) sureWeight() float32 { return r.weight * r.probs[metrics.Argmax(r.probs)] }
