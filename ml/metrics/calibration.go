package metrics

import "math"

// Bin gathers the predictions whose confidence lies in (Low, High].
type Bin struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Count      int     `json:"count"`
	Confidence float64 `json:"confidence"` // mean confidence; 0 in an empty bin
	Accuracy   float64 `json:"accuracy"`   // share of right answers; 0 in an empty bin
}

// Calibration tells whether probabilities mean what they say: of the answers
// given with 80 % confidence, 80 % should be right.
type Calibration struct {
	Bins []Bin `json:"bins"`
	// ECE is the expected calibration error: the mean distance between
	// confidence and accuracy, weighted by the bins' counts (Guo et al. 2017).
	ECE float64 `json:"ece"`
	// MCE is the largest distance in any bin.
	MCE float64 `json:"mce"`
}

// Calibration sorts the predictions into equally wide bins of confidence. 15
// bins are usual.
func (p Predictions) Calibration(bins int) Calibration {
	c := Calibration{Bins: make([]Bin, bins)}
	for b := range c.Bins {
		c.Bins[b].Low, c.Bins[b].High = float64(b)/float64(bins), float64(b+1)/float64(bins)
	}
	for i := range p.Labels {
		confidence := p.Confidence(i)
		bin := &c.Bins[min(max(int(math.Ceil(confidence*float64(bins)))-1, 0), bins-1)]
		bin.Count++
		bin.Confidence += confidence
		if p.Right(i) {
			bin.Accuracy++
		}
	}
	for b := range c.Bins {
		bin := &c.Bins[b]
		if bin.Count == 0 {
			continue
		}
		bin.Confidence /= float64(bin.Count)
		bin.Accuracy /= float64(bin.Count)
		gap := math.Abs(bin.Accuracy - bin.Confidence)
		c.ECE += gap * float64(bin.Count) / float64(p.Len())
		c.MCE = max(c.MCE, gap)
	}
	return c
}

// FitTemperature returns the temperature that makes the loss smallest when the
// scores before softmax are divided by it (Guo et al. 2017). Above 1 the
// classifier was too sure of itself. Fit it on pictures that were not trained
// on.
func (p Predictions) FitTemperature() float64 {
	// The loss is convex in 1/T; the golden section finds its one minimum.
	ratio := (math.Sqrt(5) - 1) / 2
	low, high := 0.02, 50.0
	a, b := high-ratio*(high-low), low+ratio*(high-low)
	lossA, lossB := p.lossAt(a), p.lossAt(b)
	for high-low > 1e-5 {
		if lossA < lossB {
			high, b, lossB = b, a, lossA
			a = high - ratio*(high-low)
			lossA = p.lossAt(a)
		} else {
			low, a, lossA = a, b, lossB
			b = low + ratio*(high-low)
			lossB = p.lossAt(b)
		}
	}
	return 2 / (low + high)
}

// lossAt returns the mean cross-entropy with scores multiplied by inverse. A
// probability's logarithm is its score up to a constant that softmax removes.
func (p Predictions) lossAt(inverse float64) float64 {
	sum := 0.0
	for i, label := range p.Labels {
		row := p.Row(i)
		top := inverse * score(row[Argmax(row)])
		total := 0.0
		for _, prob := range row {
			total += math.Exp(inverse*score(prob) - top)
		}
		sum += math.Log(total) + top - inverse*score(row[label])
	}
	return sum / float64(p.Len())
}

// score bounds the logarithm of a probability that was rounded to zero.
func score(prob float32) float64 { return math.Log(max(float64(prob), 1e-30)) }

// ApplyTemperature rescales one row of probabilities in place, as if the scores
// before softmax had been divided by temperature; 0 counts as 1.
func ApplyTemperature(row []float32, temperature float64) {
	if temperature == 0 || temperature == 1 {
		return
	}
	top, total := score(row[Argmax(row)])/temperature, 0.0
	for _, prob := range row {
		total += math.Exp(score(prob)/temperature - top)
	}
	for i, prob := range row {
		row[i] = float32(math.Exp(score(prob)/temperature-top) / total)
	}
}
