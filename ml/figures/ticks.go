package figures

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// numberTicks label round numbers, about as many as there are parts.
type numberTicks struct{ parts float64 }

// Ticks implements plot.Ticker.
func (t numberTicks) Ticks(low, high float64) []plot.Tick {
	return steps(low, high, niceStep(high-low, t.parts), func(v float64) string {
		return strconv.FormatFloat(v, 'g', 6, 64)
	})
}

// wholeTicks label whole numbers only.
type wholeTicks struct{ parts float64 }

// Ticks implements plot.Ticker.
func (t wholeTicks) Ticks(low, high float64) []plot.Tick {
	return steps(low, high, max(1, niceStep(high-low, t.parts)), func(v float64) string {
		return strconv.FormatFloat(v, 'f', -1, 64)
	})
}

// percentTicks label shares in per cent.
type percentTicks struct{ parts float64 }

// Ticks implements plot.Ticker.
func (t percentTicks) Ticks(low, high float64) []plot.Tick {
	return steps(low, high, niceStep(high-low, t.parts), percent)
}

// logTicks label the decades, and 2 and 5 between them when there are few.
type logTicks struct{ percent bool }

// Ticks implements plot.Ticker.
func (l logTicks) Ticks(low, high float64) []plot.Tick {
	if !(low > 0) || !(high > low) {
		return nil
	}
	label := func(v float64) string {
		if l.percent {
			return percent(v)
		}
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	few := math.Log10(high/low) < 3
	var ticks []plot.Tick
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		for m := 1; m < 10; m++ {
			tick := plot.Tick{Value: float64(m) * math.Pow(10, e)}
			if m == 1 || few && (m == 2 || m == 5) {
				tick.Label = label(tick.Value)
			}
			if tick.Value >= low && tick.Value <= high {
				ticks = append(ticks, tick)
			}
		}
	}
	return ticks
}

func steps(low, high, step float64, label func(float64) string) []plot.Tick {
	var ticks []plot.Tick
	first := math.Ceil(low/step - 1e-9)
	for i := range 50 {
		v := (first + float64(i)) * step
		if v > high+step*1e-9 {
			break
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: label(v)})
	}
	return ticks
}

// niceStep returns 1, 2 or 5 times a power of ten that divides a range into
// at most so many parts.
func niceStep(span, parts float64) float64 {
	if !(span > 0) || math.IsInf(span, 0) {
		return 1
	}
	rough := span / parts
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= rough {
			return m * power
		}
	}
	return 10 * power
}

// percent writes a share with as many digits as it needs.
func percent(share float64) string {
	return strconv.FormatFloat(math.Round(share*1e4)/100, 'f', -1, 64) + " %"
}
