package train

import (
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
)

type recipeField = field[fit.Recipe]

func recipePart[V any](at func(*fit.Recipe) *V) property[fit.Recipe, V] { return part(at) }

// optimizerPart is a number of the optimiser that shows its default while it
// is not set.
func optimizerPart(at func(*engine.Optimizer) *float64) property[fit.Recipe, float64] {
	return property[fit.Recipe, float64]{
		get: func(r fit.Recipe) float64 { o := r.Optimizer.WithDefaults(); return *at(&o) },
		set: func(r fit.Recipe, x float64) fit.Recipe { *at(&r.Optimizer) = x; return r },
	}
}

func usesOptimizer(names ...string) func(fit.Recipe) bool {
	return func(r fit.Recipe) bool {
		name := r.Optimizer.WithDefaults().Name
		for _, n := range names {
			if n == name {
				return true
			}
		}
		return false
	}
}

func usesSchedule(kinds ...fit.ScheduleKind) func(fit.Recipe) bool {
	return func(r fit.Recipe) bool {
		kind := scheduleKind(r)
		for _, k := range kinds {
			if k == kind {
				return true
			}
		}
		return false
	}
}

func scheduleKind(r fit.Recipe) fit.ScheduleKind {
	if r.Schedule.Kind == "" {
		return fit.ScheduleConstant
	}
	return r.Schedule.Kind
}

// The fields of a recipe, by group.

func epochsField() recipeField {
	return integer(recipeField{
		Name: "epochs", Label: "Epochs", Keras: "epochs",
		Help: "How many times the network sees every training picture. More epochs learn more, until it starts to learn by heart.",
	}, recipePart(func(r *fit.Recipe) *int { return &r.Epochs }), 1, 100_000)
}

func batchField() recipeField {
	return integer(recipeField{
		Name: "batch", Label: "Batch", Keras: "batch_size",
		Help: "How many pictures the network looks at before each correction of its weights. Small batches correct more often, large ones run faster.",
	}, recipePart(func(r *fit.Recipe) *int { return &r.Batch }), 1, 65_536)
}

func optimizerField() recipeField {
	names := property[fit.Recipe, string]{
		get: func(r fit.Recipe) string { return r.Optimizer.WithDefaults().Name },
		// Another optimiser starts from its own defaults, and from a rate that
		// suits it: the adaptive ones need a tenth of that of plain descent.
		set: func(r fit.Recipe, name string) fit.Recipe {
			before := usualRate(r.Optimizer.WithDefaults().Name)
			if r.LearningRate == before {
				r.LearningRate = usualRate(name)
			}
			r.Optimizer = engine.Optimizer{Name: name}
			return r
		},
	}
	return oneOf(recipeField{
		Name: "optimizer", Label: "Optimizer", Keras: "optimizer",
		Help: "The rule that turns errors into corrections. SGD is the plain one of the article; Adam adapts each weight's step and learns faster at first.",
	}, names, choices(engine.OptimizerNames()...))
}

// usualRate is Keras's default learning rate of an optimiser.
func usualRate(optimizer string) float64 {
	if optimizer == engine.SGD {
		return 0.01
	}
	return 0.001
}

func rateField() recipeField {
	return number(recipeField{
		Name: "learning_rate", Label: "Learning rate", Keras: "learning_rate",
		Help: "How far each correction goes. Too small learns slowly, too large jumps about or blows up.",
	}, recipePart(func(r *fit.Recipe) *float64 { return &r.LearningRate }), 1e-7, 100)
}

func validationField() recipeField {
	return share(recipeField{
		Name: "validation", Label: "Validation", Keras: "validation_split",
		Help: "The share of the training pictures that the network never learns from, kept to judge each epoch honestly.",
	}, recipePart(func(r *fit.Recipe) *float64 { return &r.Validation }), 0, 0.9)
}

func seedField() recipeField {
	seed := property[fit.Recipe, int]{
		get: func(r fit.Recipe) int { return int(r.Seed) },
		set: func(r fit.Recipe, n int) fit.Recipe { r.Seed = uint64(n); return r },
	}
	f := integer(recipeField{
		Name: "seed", Label: "Seed", Keras: "keras.utils.set_random_seed",
		Help: "Where all chance starts from. The same seed gives the same initial weights and the same run, bit for bit.",
	}, seed, 0, 1<<31-1)
	f.Step = func(r fit.Recipe, direction int) fit.Recipe {
		return seed.set(r, max(0, seed.get(r)+direction))
	}
	return f
}

func optimizerFields() []recipeField {
	momentum := number(recipeField{
		Name: "momentum", Label: "Momentum", Keras: "momentum",
		Help:  "How much of the last correction is carried into the next, like a rolling ball; 0.9 is usual, 0 is none.",
		Shown: usesOptimizer(engine.SGD, engine.RMSProp),
	}, recipePart(func(r *fit.Recipe) *float64 { return &r.Optimizer.Momentum }), 0, 0.999)
	// Nesterov without momentum makes no sense, so it leaves with it.
	setMomentum := momentum.Set
	momentum.Set = func(r fit.Recipe, text string) (fit.Recipe, error) {
		out, err := setMomentum(r, text)
		if err == nil && out.Optimizer.Momentum == 0 {
			out.Optimizer.Nesterov = false
		}
		return out, err
	}
	return []recipeField{
		optimizerField(),
		rateField(),
		momentum,
		toggle(recipeField{
			Name: "nesterov", Label: "Nesterov", Keras: "nesterov",
			Help: "Looks ahead along the momentum before it corrects, which often overshoots less.",
			Shown: func(r fit.Recipe) bool {
				return usesOptimizer(engine.SGD)(r) && r.Optimizer.Momentum > 0
			},
		}, recipePart(func(r *fit.Recipe) *bool { return &r.Optimizer.Nesterov })),
		number(recipeField{
			Name: "rho", Label: "Rho", Keras: "rho",
			Help:  "How slowly the average of the squared gradients forgets; 0.9 is usual.",
			Shown: usesOptimizer(engine.RMSProp),
		}, optimizerPart(func(o *engine.Optimizer) *float64 { return &o.Rho }), 0.001, 0.9999),
		number(recipeField{
			Name: "beta1", Label: "Beta 1", Keras: "beta_1",
			Help:  "How slowly the average of the gradients forgets; 0.9 is usual.",
			Shown: usesOptimizer(engine.Adam, engine.AdamW),
		}, optimizerPart(func(o *engine.Optimizer) *float64 { return &o.Beta1 }), 0.001, 0.9999),
		number(recipeField{
			Name: "beta2", Label: "Beta 2", Keras: "beta_2",
			Help:  "How slowly the average of the squared gradients forgets; 0.999 is usual.",
			Shown: usesOptimizer(engine.Adam, engine.AdamW),
		}, optimizerPart(func(o *engine.Optimizer) *float64 { return &o.Beta2 }), 0.001, 0.99999),
		number(recipeField{
			Name: "epsilon", Label: "Epsilon", Keras: "epsilon",
			Help:  "A small number that keeps the step from dividing by zero.",
			Shown: usesOptimizer(engine.RMSProp, engine.Adam, engine.AdamW),
		}, optimizerPart(func(o *engine.Optimizer) *float64 { return &o.Epsilon }), 1e-12, 1),
		number(recipeField{
			Name: "weight_decay", Label: "Weight decay", Keras: "weight_decay",
			Help: "Pulls every weight a little towards zero at each step, which keeps the network simple. AdamW uses 0.004 by itself.",
		}, optimizerPart(func(o *engine.Optimizer) *float64 { return &o.WeightDecay }), 0, 1),
		number(recipeField{
			Name: "label_smoothing", Label: "Label smoothing", Keras: "label_smoothing",
			Help: "Asks for a little less than full certainty: 0.1 takes a tenth from the right class and spreads it over all.",
		}, recipePart(func(r *fit.Recipe) *float64 { return &r.LabelSmoothing }), 0, 0.5),
	}
}

func scheduleFields() []recipeField {
	kinds := property[fit.Recipe, fit.ScheduleKind]{
		get: scheduleKind,
		set: func(r fit.Recipe, k fit.ScheduleKind) fit.Recipe {
			warmup := r.Schedule.Warmup
			r.Schedule = fit.DefaultSchedule(k)
			if k != fit.ScheduleOneCycle {
				r.Schedule.Warmup = warmup
			}
			if r.Schedule == (fit.Schedule{Kind: fit.ScheduleConstant}) {
				r.Schedule = fit.Schedule{} // the zero value means the same and compares equal
			}
			return r
		},
	}
	const (
		step, exponential, cosine = fit.ScheduleStep, fit.ScheduleExponential, fit.ScheduleCosine
		oneCycle, plateau         = fit.ScheduleOneCycle, fit.SchedulePlateau
	)
	return []recipeField{
		oneOf(recipeField{
			Name: "schedule", Label: "Schedule", Keras: "LearningRateScheduler",
			Help: "How the learning rate moves during the run. Large steps early and small ones late usually end better than one size.",
		}, kinds, choices(fit.ScheduleKinds()...)),
		number(recipeField{
			Name: "every", Label: "Every (epochs)", Keras: "decay_steps",
			Help:  "How many epochs pass between two reductions.",
			Shown: usesSchedule(step),
		}, recipePart(func(r *fit.Recipe) *float64 { return &r.Schedule.Every }), 0.01, 1e6),
		number(recipeField{
			Name: "factor", Label: "Factor", Keras: "decay_rate",
			Help:  "What the rate is multiplied by at each reduction; 0.5 halves it.",
			Shown: usesSchedule(step, exponential, plateau),
		}, recipePart(func(r *fit.Recipe) *float64 { return &r.Schedule.Factor }), 1e-6, 1),
		integer(recipeField{
			Name: "plateau_patience", Label: "Patience", Keras: "ReduceLROnPlateau patience",
			Help:  "How many epochs may pass without a better loss before the rate is reduced.",
			Shown: usesSchedule(plateau),
		}, recipePart(func(r *fit.Recipe) *int { return &r.Schedule.Patience }), 1, 1000),
		share(recipeField{
			Name: "rise", Label: "Rise", Keras: "pct_start",
			Help:  "The share of the run during which the rate rises; afterwards it falls.",
			Shown: usesSchedule(oneCycle),
		}, recipePart(func(r *fit.Recipe) *float64 { return &r.Schedule.Rise }), 0, 1),
		number(recipeField{
			Name: "final", Label: "Final share", Keras: "alpha",
			Help:  "The part of the learning rate that is left at the end, or below which it never goes.",
			Shown: usesSchedule(step, exponential, cosine, oneCycle, plateau),
		}, recipePart(func(r *fit.Recipe) *float64 { return &r.Schedule.Final }), 0, 1),
		number(recipeField{
			Name: "warmup", Label: "Warm-up (epochs)", Keras: "warmup_steps",
			Help:  "Raises the rate in a straight line from almost nothing over this many epochs, which protects the first steps.",
			Shown: usesSchedule(fit.ScheduleConstant, step, exponential, cosine, plateau),
		}, recipePart(func(r *fit.Recipe) *float64 { return &r.Schedule.Warmup }), 0, 1e6),
	}
}

func dataFields() []recipeField {
	used := property[fit.Recipe, float64]{
		get: func(r fit.Recipe) float64 {
			if r.Share == 0 {
				return 1
			}
			return r.Share
		},
		set: func(r fit.Recipe, x float64) fit.Recipe {
			r.Share = x
			if x == 1 {
				r.Share = 0 // means all
			}
			return r
		},
	}
	return []recipeField{
		share(recipeField{
			Name: "share", Label: "Share of the data", Keras: "dataset.take",
			Help: "Trains on a part of the pictures only, for a quick trial. The classes stay balanced.",
		}, used, 0.001, 1),
		validationField(),
		toggle(recipeField{
			Name: "stratified", Label: "Stratified", Keras: "train_test_split stratify",
			Help: "Makes each class give the same share to validation instead of leaving it to chance.",
		}, recipePart(func(r *fit.Recipe) *bool { return &r.Stratified })),
		epochsField(),
		batchField(),
		seedField(),
	}
}

func augmentFields() []recipeField {
	at := func(pick func(*dataset.Augment) *float64) property[fit.Recipe, float64] {
		return recipePart(func(r *fit.Recipe) *float64 { return pick(&r.Augment) })
	}
	return []recipeField{
		integer(recipeField{
			Name: "shift", Label: "Shift (pixels)", Keras: "RandomTranslation",
			Help: "Moves each picture by up to this many pixels in each direction.",
		}, recipePart(func(r *fit.Recipe) *int { return &r.Augment.Shift }), 0, 14),
		toggle(recipeField{
			Name: "flip", Label: "Mirror", Keras: "RandomFlip",
			Help: "Mirrors every second picture left to right, by chance. Clothes look the same in a mirror.",
		}, recipePart(func(r *fit.Recipe) *bool { return &r.Augment.Flip })),
		number(recipeField{
			Name: "rotation", Label: "Turn (degrees)", Keras: "RandomRotation",
			Help: "Turns each picture by up to this angle, either way.",
		}, at(func(a *dataset.Augment) *float64 { return &a.Rotation }), 0, 180),
		number(recipeField{
			Name: "scale", Label: "Size", Keras: "RandomZoom",
			Help: "Makes each picture larger or smaller by up to this part: 0.1 means 90 % to 110 %.",
		}, at(func(a *dataset.Augment) *float64 { return &a.Scale }), 0, 0.9),
		number(recipeField{
			Name: "erasing", Label: "Erase", Keras: "RandomErasing",
			Help: "The chance that a random rectangle is filled with noise, so that no single detail decides.",
		}, at(func(a *dataset.Augment) *float64 { return &a.Erasing }), 0, 1),
		number(recipeField{
			Name: "mixup", Label: "Mixup", Keras: "MixUp",
			Help: "Blends each picture with another and asks for both classes in the same parts. 0.2 is usual, 0 is none.",
		}, at(func(a *dataset.Augment) *float64 { return &a.Mixup }), 0, 4),
	}
}

func stoppingFields() []recipeField {
	stops := func(r fit.Recipe) bool { return r.EarlyStopping.Patience > 0 }
	watched := property[fit.Recipe, fit.Monitor]{
		get: func(r fit.Recipe) fit.Monitor {
			switch {
			case r.EarlyStopping.Monitor != "":
				return r.EarlyStopping.Monitor
			case r.Validation > 0:
				return fit.MonitorValLoss
			}
			return fit.MonitorLoss
		},
		set: func(r fit.Recipe, m fit.Monitor) fit.Recipe { r.EarlyStopping.Monitor = m; return r },
	}
	return []recipeField{
		integer(recipeField{
			Name: "patience", Label: "Patience", Keras: "EarlyStopping patience",
			Help: "Ends the run after this many epochs without an improvement. 0 never stops early.",
		}, recipePart(func(r *fit.Recipe) *int { return &r.EarlyStopping.Patience }), 0, 1000),
		oneOf(recipeField{
			Name: "monitor", Label: "Watch", Keras: "EarlyStopping monitor",
			Help: "The figure that decides which epoch is best.",
		}, watched, choices(fit.Monitors()...)),
		number(recipeField{
			Name: "min_delta", Label: "Least change", Keras: "EarlyStopping min_delta",
			Help:  "The smallest change that counts as an improvement.",
			Shown: stops,
		}, recipePart(func(r *fit.Recipe) *float64 { return &r.EarlyStopping.MinDelta }), 0, 10),
		toggle(recipeField{
			Name: "keep_best", Label: "Keep the best", Keras: "restore_best_weights",
			Help: "Makes the model that of the best epoch instead of the last.",
		}, recipePart(func(r *fit.Recipe) *bool { return &r.EarlyStopping.KeepBest })),
	}
}
