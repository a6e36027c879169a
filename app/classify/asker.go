package classify

import (
	"context"
	"time"

	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/recognise"
	"atelier/ml/vision"
)

// question asks one or two models what a subject shows.
type question struct {
	subject subject
	topic   int // which of the tab's subjects it is
	models  []*studio.Model
	// final means that the subject is complete, not a line that is being drawn.
	final bool
	asked time.Time
}

// reply answers a question: one answer for each model, or an error.
type reply struct {
	question
	answers []recognise.Answer
	err     error
}

// asker answers questions off the window's thread with predictors of its own,
// so that it never waits for training. Of many questions it answers the latest.
type asker struct {
	studio *studio.Studio
	show   func(reply) bool
	queue  latest[question]

	// Only the queue's goroutine uses these.
	recognisers map[*studio.Model]*recognise.Recogniser
}

// newAsker returns an asker that calls show on the window's thread; show reports
// whether the reply is still wanted.
func newAsker(s *studio.Studio, show func(reply) bool) *asker {
	a := &asker{studio: s, show: show, recognisers: map[*studio.Model]*recognise.Recogniser{}}
	a.queue.work = a.answer
	return a
}

func (a *asker) ask(q question) {
	q.asked = time.Now()
	a.queue.put(q)
}

func (a *asker) answer(q question) {
	r := reply{question: q}
	r.answers, r.err = a.answers(q)
	shown := make(chan bool, 1)
	a.studio.Do(func() { shown <- a.show(r) })
	if <-shown {
		a.log(r)
	}
}

func (a *asker) answers(q question) ([]recognise.Answer, error) {
	prepared, err := q.subject.prepare()
	if err != nil {
		return nil, err
	}
	if err := a.keep(q.models); err != nil {
		return nil, err
	}
	if q.final {
		shrink(prepared.Steps)
	} else {
		prepared.Steps = nil
	}
	var out []recognise.Answer
	for _, m := range q.models {
		answer, err := a.recognisers[m].Prepared(context.Background(), prepared)
		if err != nil {
			return nil, err
		}
		out = append(out, answer)
	}
	return out, nil
}

// shrink makes the pictures of the steps as small as they are shown, so that the
// window's thread need not.
func shrink(steps []vision.Step) {
	for i := range steps {
		steps[i].Image = widgets.Preview(steps[i].Image, 2*stepSide)
	}
}

// keep makes recognisers for the models and closes those of others.
func (a *asker) keep(models []*studio.Model) error {
	needed := map[*studio.Model]bool{}
	for _, m := range models {
		needed[m] = true
		if a.recognisers[m] != nil {
			continue
		}
		rec, err := recognise.New(m.Model, recognise.Options{})
		if err != nil {
			return err
		}
		a.recognisers[m] = rec
	}
	for m, rec := range a.recognisers {
		if !needed[m] {
			rec.Close()
			delete(a.recognisers, m)
		}
	}
	return nil
}

func (a *asker) log(r reply) {
	if r.err != nil {
		return // it is shown, and logged with what was tried
	}
	record := a.studio.Logger().Debug
	what := "classified while drawing"
	if r.final {
		record, what = a.studio.Logger().Info, "classified"
	}
	first := r.answers[0]
	record(what, "path", r.subject.path, "subject", r.subject.name, "model", r.models[0].Name,
		"class", first.Class, "name", first.Name, "probability", first.Probability, "unknown", first.Unknown,
		"kind", string(first.Kind), "milliseconds", milliseconds(time.Since(r.asked)))
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
