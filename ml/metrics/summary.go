package metrics

// Summary gathers the figures that a person or a program asks for first.
type Summary struct {
	Pictures    int         `json:"pictures"`
	Loss        float64     `json:"loss"`
	Accuracy    float64     `json:"accuracy"`
	Interval    Interval    `json:"accuracy_interval"` // 95 %, by Wilson
	Top2        float64     `json:"top2"`
	Top3        float64     `json:"top3"`
	Confusion   Confusion   `json:"confusion"`
	Report      Report      `json:"report"`
	Calibration Calibration `json:"calibration"`
}

// calibrationBins is the number of bins that the literature uses most.
const calibrationBins = 15

// Summary computes all figures.
func (p Predictions) Summary() Summary {
	confusion := p.Confusion()
	correct := confusion.Correct()
	return Summary{
		Pictures:    p.Len(),
		Loss:        p.Loss(),
		Accuracy:    float64(correct) / float64(p.Len()),
		Interval:    Wilson(correct, p.Len()),
		Top2:        p.TopK(2),
		Top3:        p.TopK(3),
		Confusion:   confusion,
		Report:      confusion.Report(),
		Calibration: p.Calibration(calibrationBins),
	}
}
