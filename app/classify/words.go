package classify

import (
	"fmt"

	"atelier/app/widgets"
	"atelier/ml/recognise"
)

// spoken are the names of Fashion-MNIST's classes as one says them.
var spoken = map[string]string{
	"T-shirt/top": "a T-shirt",
	"Trouser":     "trousers",
	"Pullover":    "a pullover",
	"Dress":       "a dress",
	"Coat":        "a coat",
	"Sandal":      "a sandal",
	"Shirt":       "a shirt",
	"Sneaker":     "a sneaker",
	"Bag":         "a bag",
	"Ankle boot":  "an ankle boot",
}

// say returns a class's name as one says it; names of other datasets stay as
// they are.
func say(class string) string {
	if s, ok := spoken[class]; ok {
		return s
	}
	return class
}

// certainty puts a probability in words.
func certainty(p float64) string {
	switch {
	case p >= 0.95:
		return "Almost certain"
	case p >= 0.80:
		return "Quite sure"
	case p >= 0.60:
		return "Probably"
	case p >= 0.40:
		return "Perhaps"
	}
	return "Only a guess"
}

// title is the answer in the largest letters.
func title(a recognise.Answer) string {
	if a.Unknown {
		return "Not a garment?"
	}
	return widgets.Capital(say(a.Name))
}

// certaintyLine says how sure the answer is, or what it were if the picture did
// show a garment.
func certaintyLine(a recognise.Answer) string {
	if a.Unknown {
		return "Otherwise " + share(a.Name, a.Probability)
	}
	return certainty(a.Probability) + ": " + widgets.Percent(a.Probability)
}

func share(class string, p float64) string { return say(class) + " (" + widgets.Percent(p) + ")" }

// explanation is the answer's second line.
func explanation(a recognise.Answer, classes []string) string {
	if a.Unknown {
		return widgets.Sentence(a.Why) + " " + certaintyLine(a) + "."
	}
	text := certaintyLine(a) + "."
	if second := a.RunnerUp; second >= 0 && second < len(classes) && a.Probabilities[second] >= 0.005 {
		text += " Otherwise " + share(classes[second], a.Probabilities[second]) + "."
	}
	return text
}

// count writes a number of things.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
