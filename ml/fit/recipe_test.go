package fit_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
)

func TestDefaultRecipeIsTheArticles(t *testing.T) {
	r := fit.DefaultRecipe()
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	if r.Epochs != 5 || r.Batch != 256 || r.Optimizer.Name != engine.SGD || r.LearningRate != 0.01 || r.Validation != 0.2 {
		t.Errorf("%+v", r)
	}
}

func TestRecipeComesBackFromJSON(t *testing.T) {
	r := fit.DefaultRecipe()
	r.Optimizer = engine.Optimizer{Name: engine.SGD, Momentum: 0.9, Nesterov: true, WeightDecay: 1e-4}
	r.Schedule = fit.DefaultSchedule(fit.ScheduleOneCycle)
	r.Augment = dataset.Augment{Shift: 2, Flip: true}
	r.EarlyStopping = fit.EarlyStopping{Monitor: fit.MonitorValAccuracy, Patience: 3, KeepBest: true}
	r.Seed, r.Share, r.LabelSmoothing, r.Validation = math.MaxUint64, 0.25, 0.1, 0
	r.EarlyStopping.Monitor = fit.MonitorLoss
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := fit.ParseRecipe(text)
	if err != nil || got != r {
		t.Errorf("%s came back as %+v, error %v", text, got, err)
	}
}

func TestRecipeValidateNamesTheField(t *testing.T) {
	for field, spoil := range map[string]func(r *fit.Recipe){
		"epochs":          func(r *fit.Recipe) { r.Epochs = 0 },
		"batch":           func(r *fit.Recipe) { r.Batch = -1 },
		"learning_rate":   func(r *fit.Recipe) { r.LearningRate = math.NaN() },
		"validation":      func(r *fit.Recipe) { r.Validation = 1 },
		"label_smoothing": func(r *fit.Recipe) { r.LabelSmoothing = -0.1 },
		"share":           func(r *fit.Recipe) { r.Share = 1.1 },
		"optimizer":       func(r *fit.Recipe) { r.Optimizer.Name = "magic" },
		"schedule":        func(r *fit.Recipe) { r.Schedule.Kind = "up" },
		"augment":         func(r *fit.Recipe) { r.Augment.Shift = 100 },
		"early_stopping":  func(r *fit.Recipe) { r.EarlyStopping.Monitor = fit.MonitorValLoss; r.Validation = 0 },
	} {
		r := fit.DefaultRecipe()
		spoil(&r)
		err := r.Validate()
		var bad *fit.FieldError
		if !errors.As(err, &bad) || bad.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestParseRecipeRefuses(t *testing.T) {
	for _, text := range []string{``, `[]`, `{"epoch":3}`, `{"epochs":"3"}`, `{"epochs":0}`, `{"epochs":3}{}`, `{"seed":-1}`, `{"schedule":{"kind":"x"}}`} {
		if r, err := fit.ParseRecipe([]byte(text)); err == nil {
			t.Errorf("%q was read as %+v", text, r)
		}
	}
}

func FuzzParseRecipe(f *testing.F) {
	f.Add(`{}`)
	f.Add(`{"epochs":3,"batch":64,"optimizer":{"name":"adam"},"schedule":{"kind":"cosine","warmup":1}}`)
	f.Add(`{"augment":{"shift":2},"early_stopping":{"patience":2},"seed":18446744073709551615}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := fit.ParseRecipe([]byte(text))
		if err != nil {
			return
		}
		back, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := fit.ParseRecipe(back); err != nil || again != r {
			t.Errorf("%s came back as %+v, error %v", back, again, err)
		}
	})
}

func FuzzParseSchedule(f *testing.F) {
	f.Add("cosine:warmup=1,final=0.01")
	f.Add("step:every=2,factor=0.5")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := fit.ParseSchedule(text)
		if err != nil {
			return
		}
		for i, rate := range s.Rates(1, 3, 4) {
			if !(rate >= 0 && rate <= 1+1e-9) {
				t.Errorf("%s at %d: %v", s, i, rate)
			}
		}
		if strings.Contains(s.String(), " ") {
			t.Errorf("%q", s)
		}
	})
}
