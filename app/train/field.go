package train

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// field describes one property of a value that the user may edit: of a layer
// or of a recipe. Editing gives a new value; the old one stays as it was.
type field[T any] struct {
	// Name tells fields of one form apart and tags steps of the undo history.
	Name string
	// Label is what the form shows, Keras what the field is called there.
	Label, Keras string
	// Help explains the field in one or two plain sentences.
	Help string
	// Choices are the possible values, or nil when the field is typed.
	Choices []choice
	// Toggle makes it a check box with the values "true" and "false".
	Toggle bool
	// Step gives the next larger (+1) or smaller (-1) value for the arrow keys.
	Step func(v T, direction int) T

	Get func(T) string
	// Set reads text; an error says in words what is allowed.
	Set func(v T, text string) (T, error)
	// Shown says whether the field has a meaning for v; nil means always.
	Shown func(T) bool
}

// choice is one of the values of a field and what the menu calls it.
type choice struct{ Value, Label string }

func choices[S ~string](values ...S) []choice {
	out := make([]choice, len(values))
	for i, v := range values {
		out[i] = choice{string(v), inWords(string(v))}
	}
	return out
}

// inWords turns a name such as "leaky_relu" into what a menu shows.
func inWords(name string) string {
	known := map[string]string{
		"relu": "ReLU", "leaky_relu": "Leaky ReLU", "sgd": "SGD", "rmsprop": "RMSProp",
		"adam": "Adam", "adamw": "AdamW", "one_cycle": "One cycle", "plateau": "Reduce on plateau",
		"val_loss": "Validation loss", "val_accuracy": "Validation accuracy",
		"loss": "Training loss", "accuracy": "Training accuracy",
	}
	if w, ok := known[name]; ok {
		return w
	}
	w := strings.ReplaceAll(name, "_", " ")
	if w == "" {
		return w
	}
	return strings.ToUpper(w[:1]) + w[1:]
}

// property reads a part of a value and makes a copy with that part changed.
type property[T, V any] struct {
	get func(T) V
	set func(T, V) T
}

// part is the property at an address inside T.
func part[T, V any](at func(*T) *V) property[T, V] {
	return property[T, V]{
		get: func(v T) V { return *at(&v) },
		set: func(v T, p V) T { *at(&v) = p; return v },
	}
}

// integer makes f a whole number from low to high. The arrow keys step by one,
// or by doubling where the range is wide.
func integer[T any](f field[T], p property[T, int], low, high int) field[T] {
	f.Get = func(v T) string { return strconv.Itoa(p.get(v)) }
	f.Set = func(v T, text string) (T, error) {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < low || n > high {
			return v, fmt.Errorf("%s must be a whole number from %d to %d", f.Label, low, high)
		}
		return p.set(v, n), nil
	}
	f.Step = func(v T, direction int) T {
		n := p.get(v)
		switch {
		case high < 100:
			n += direction
		case direction > 0:
			n = max(1, n*2)
		default:
			n /= 2
		}
		return p.set(v, min(high, max(low, n)))
	}
	return f
}

// number makes f a number from low to high; the arrow keys move it by the
// 1-2-5 steps that a dial has.
func number[T any](f field[T], p property[T, float64], low, high float64) field[T] {
	f.Get = func(v T) string { return strconv.FormatFloat(p.get(v), 'g', -1, 64) }
	f.Set = func(v T, text string) (T, error) {
		x, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(text), ",", "."), 64)
		if err != nil || math.IsNaN(x) || x < low || x > high {
			return v, fmt.Errorf("%s must be a number from %v to %v", f.Label, low, high)
		}
		return p.set(v, x), nil
	}
	f.Step = func(v T, direction int) T { return p.set(v, min(high, max(low, dial(p.get(v), direction)))) }
	return f
}

// dial returns the next number of the series … 0.1, 0.2, 0.5, 1, 2, 5 … above
// or below x. Below the smallest useful step it reaches zero.
func dial(x float64, direction int) float64 {
	const smallest = 1e-6
	if x < smallest {
		if direction > 0 {
			return 0.001
		}
		return 0
	}
	decade := math.Pow(10, math.Floor(math.Log10(x)+1e-9))
	lead := x / decade
	const slack = 1e-6
	var next float64
	if direction > 0 {
		next = 10
		for _, s := range []float64{5, 2, 1} {
			if s > lead+slack {
				next = s
			}
		}
	} else {
		next = 0.5
		for _, s := range []float64{1, 2, 5} {
			if s < lead-slack {
				next = s
			}
		}
	}
	y, _ := strconv.ParseFloat(strconv.FormatFloat(next*decade, 'g', 6, 64), 64)
	if y < smallest {
		return 0
	}
	return y
}

// share makes f a percentage of a fraction from low to high.
func share[T any](f field[T], p property[T, float64], low, high float64) field[T] {
	f.Get = func(v T) string { return strconv.FormatFloat(math.Round(p.get(v)*1e4)/1e2, 'g', -1, 64) + " %" }
	f.Set = func(v T, text string) (T, error) {
		text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%"))
		x, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", "."), 64)
		if err != nil || math.IsNaN(x) || x < low*100 || x > high*100 {
			return v, fmt.Errorf("%s must be from %v %% to %v %%", f.Label, low*100, high*100)
		}
		return p.set(v, x/100), nil
	}
	f.Step = func(v T, direction int) T {
		x := math.Round(p.get(v)*20+float64(direction)) / 20
		return p.set(v, min(high, max(low, x)))
	}
	return f
}

// toggle makes f a check box.
func toggle[T any](f field[T], p property[T, bool]) field[T] {
	f.Toggle = true
	f.Get = func(v T) string { return strconv.FormatBool(p.get(v)) }
	f.Set = func(v T, text string) (T, error) {
		on, err := strconv.ParseBool(text)
		if err != nil {
			return v, fmt.Errorf("%s must be on or off", f.Label)
		}
		return p.set(v, on), nil
	}
	return f
}

// oneOf makes f a menu of values.
func oneOf[T any, S ~string](f field[T], p property[T, S], menu []choice) field[T] {
	f.Choices = menu
	f.Get = func(v T) string { return string(p.get(v)) }
	f.Set = func(v T, text string) (T, error) {
		for _, c := range menu {
			if c.Value == text {
				return p.set(v, S(text)), nil
			}
		}
		return v, fmt.Errorf("%s cannot be %q", f.Label, text)
	}
	return f
}
