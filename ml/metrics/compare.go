package metrics

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"gonum.org/v1/gonum/stat/distuv"
)

// Comparison is McNemar's test of two classifiers on the same pictures
// (McNemar 1947): only pictures that exactly one of them gets right count.
type Comparison struct {
	OnlyFirst  int     `json:"only_first"`  // right by the first, wrong by the second
	OnlySecond int     `json:"only_second"` // wrong by the first, right by the second
	P          float64 `json:"p"`           // probability of such a difference by chance
}

// Compare runs McNemar's exact two-sided test. Both must have judged the same
// pictures.
func Compare(first, second Predictions) (Comparison, error) {
	if !slices.Equal(first.Labels, second.Labels) {
		return Comparison{}, errors.New("the two models were judged by different pictures: evaluate both on the same dataset")
	}
	var c Comparison
	for i := range first.Labels {
		switch a, b := first.Right(i), second.Right(i); {
		case a && !b:
			c.OnlyFirst++
		case b && !a:
			c.OnlySecond++
		}
	}
	c.P = 1
	if n := c.OnlyFirst + c.OnlySecond; n > 0 {
		chance := distuv.Binomial{N: float64(n), P: 0.5}
		c.P = min(1, 2*chance.CDF(float64(min(c.OnlyFirst, c.OnlySecond))))
	}
	return c, nil
}

// Sentence puts the comparison into words.
func (c Comparison) Sentence(first, second string) string {
	better, worse, more, fewer := first, second, c.OnlyFirst, c.OnlySecond
	if more < fewer {
		better, worse, more, fewer = worse, better, fewer, more
	}
	say := message.NewPrinter(language.English).Sprintf // writes 2,168
	switch {
	case more == 0:
		return say("%s and %s get exactly the same pictures right.", first, second)
	case more == fewer:
		return say("%s and %s are equally good: each gets %d pictures right that the other gets wrong.", first, second, more)
	case c.P < 0.05:
		return say("%s is better than %s: it gets %d pictures right that %s gets wrong, and %d the other way round; chance alone would hardly do that (p %s).", better, worse, more, worse, fewer, probability(c.P))
	}
	return say("%s gets %d pictures right that %s gets wrong, and %d the other way round, but chance could do that too (p %s): no difference is shown.", better, more, worse, fewer, probability(c.P))
}

func probability(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return fmt.Sprintf("= %.3f", p)
}
