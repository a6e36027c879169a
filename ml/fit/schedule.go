package fit

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ScheduleKind names how the learning rate moves during a run.
type ScheduleKind string

// The schedules.
const (
	ScheduleConstant    ScheduleKind = "constant"
	ScheduleStep        ScheduleKind = "step"
	ScheduleExponential ScheduleKind = "exponential"
	ScheduleCosine      ScheduleKind = "cosine"
	ScheduleOneCycle    ScheduleKind = "one_cycle"
	SchedulePlateau     ScheduleKind = "plateau"
)

// ScheduleKinds lists every kind in the order a menu shows them.
func ScheduleKinds() []ScheduleKind {
	return []ScheduleKind{
		ScheduleConstant, ScheduleStep, ScheduleExponential, ScheduleCosine, ScheduleOneCycle, SchedulePlateau,
	}
}

// A one-cycle run starts at this share of the base rate, as PyTorch's OneCycleLR does (div_factor 25).
const oneCycleStart = 1.0 / 25

// Schedule says how the learning rate changes from batch to batch. The zero value keeps it constant.
// It is a comparable value with one JSON form. Which fields matter depends on Kind; the others are
// left at zero. Times are counted in epochs and may be fractions.
type Schedule struct {
	Kind ScheduleKind `json:"kind,omitempty"`
	// Warmup raises the rate in a straight line from near zero over this many epochs; the schedule
	// proper begins afterwards. Any kind but one-cycle, which has a rise of its own.
	Warmup float64 `json:"warmup,omitempty"`
	// Every is the length of a step, in epochs (step).
	Every float64 `json:"every,omitempty"`
	// Factor multiplies the rate at each step (step), over each epoch (exponential) or on each
	// plateau (plateau). Between 0 and 1.
	Factor float64 `json:"factor,omitempty"`
	// Final is the share of the base rate at the end (cosine, one-cycle: Keras's alpha) or below
	// which it never goes (step, exponential, plateau).
	Final float64 `json:"final,omitempty"`
	// Rise is the share of the run during which the rate rises (one-cycle).
	Rise float64 `json:"rise,omitempty"`
	// Patience is how many epochs without a better loss are borne before a reduction (plateau).
	Patience int `json:"patience,omitempty"`
}

// DefaultSchedule returns a good starting point for a kind.
func DefaultSchedule(kind ScheduleKind) Schedule {
	switch kind {
	case ScheduleStep:
		return Schedule{Kind: kind, Every: 2, Factor: 0.5}
	case ScheduleExponential:
		return Schedule{Kind: kind, Factor: 0.9}
	case ScheduleOneCycle:
		return Schedule{Kind: kind, Rise: 0.3}
	case SchedulePlateau:
		return Schedule{Kind: kind, Factor: 0.5, Patience: 2, Final: 0.001}
	default:
		return Schedule{Kind: kind}
	}
}

func (s Schedule) kind() ScheduleKind {
	if s.Kind == "" {
		return ScheduleConstant
	}
	return s.Kind
}

// Validate reports, in words, the first field that makes no sense for the kind.
func (s Schedule) Validate() error {
	kind := s.kind()
	between := func(name string, v, low, high float64) error {
		if math.IsNaN(v) || v < low || v > high {
			return fmt.Errorf("schedule %s: %s is %v; choose a value from %v to %v", kind, name, v, low, high)
		}
		return nil
	}
	if !slices.Contains(ScheduleKinds(), kind) {
		return fmt.Errorf("unknown schedule %q; choose one of %s", s.Kind, joinKinds())
	}
	errs := []error{
		between("warmup", s.Warmup, 0, 1e6),
		between("final", s.Final, 0, 1),
	}
	switch kind {
	case ScheduleStep:
		errs = append(errs, between("every", s.Every, 0.01, 1e6), between("factor", s.Factor, 1e-6, 1))
	case ScheduleExponential:
		errs = append(errs, between("factor", s.Factor, 1e-6, 1))
	case ScheduleOneCycle:
		errs = append(errs, between("rise", s.Rise, 0, 1))
		if s.Warmup > 0 {
			errs = append(errs, errors.New("schedule one_cycle: it has a warm-up of its own; set warmup to 0"))
		}
	case SchedulePlateau:
		errs = append(errs, between("factor", s.Factor, 1e-6, 1), between("patience", float64(s.Patience), 1, 1e6))
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Rate returns the learning rate of one batch: step counts batches from the start of the run (0-based),
// batches is their number in an epoch, epochs the length of the run. A plateau schedule stays at
// the base rate here, since its reductions depend on what the run does; see [Plateau].
func (s Schedule) Rate(base float64, step, batches, epochs int) float64 {
	at := float64(step) / float64(batches)
	length := float64(epochs)
	if s.Warmup > 0 {
		warm := s.Warmup * float64(batches)
		if done := float64(step + 1); done < warm {
			return base * done / warm
		}
		at = max(0, at-s.Warmup)
		length = max(1/float64(batches), length-s.Warmup)
	}
	share := min(1, at/length)
	switch s.kind() {
	case ScheduleStep:
		return base * max(s.Final, math.Pow(s.Factor, math.Floor(at/s.Every)))
	case ScheduleExponential:
		return base * max(s.Final, math.Pow(s.Factor, at))
	case ScheduleCosine:
		return base * cosine(1, s.Final, share)
	case ScheduleOneCycle:
		if share < s.Rise {
			return base * cosine(oneCycleStart, 1, share/s.Rise)
		}
		if s.Rise >= 1 {
			return base
		}
		return base * cosine(1, s.Final, (share-s.Rise)/(1-s.Rise))
	default:
		return base
	}
}

// cosine goes from one value to another along half a cosine wave, share 0 to 1.
func cosine(from, to, share float64) float64 {
	return to + (from-to)*(1+math.Cos(math.Pi*share))/2
}

// Rates returns the rate of every batch of a run, to be drawn before it starts.
func (s Schedule) Rates(base float64, batches, epochs int) []float64 {
	rates := make([]float64, batches*epochs)
	for i := range rates {
		rates[i] = s.Rate(base, i, batches, epochs)
	}
	return rates
}

// Plateau returns what a plateau schedule has multiplied the rate by after the given epochs, as
// Keras's ReduceLROnPlateau does with min_delta 1e-4 and no cooldown: each time the loss (that of
// validation when there is one) has gone Patience epochs without improving. Other kinds give 1.
func (s Schedule) Plateau(history []Epoch) float64 {
	scale := 1.0
	if s.kind() != SchedulePlateau {
		return scale
	}
	const minDelta = 1e-4
	best, waited := math.Inf(1), 0
	for _, e := range history {
		loss := Monitor("").Value(e)
		if loss < best-minDelta {
			best, waited = loss, 0
			continue
		}
		if waited++; waited >= s.Patience {
			scale, waited = max(s.Final, scale*s.Factor), 0
		}
	}
	return scale
}

// String gives the form that [ParseSchedule] reads: "cosine", "step:every=2,factor=0.5".
func (s Schedule) String() string {
	var fields []string
	for _, f := range s.fields() {
		if v := f.get(); v != 0 {
			fields = append(fields, f.name+"="+strconv.FormatFloat(v, 'g', -1, 64))
		}
	}
	if len(fields) == 0 {
		return string(s.kind())
	}
	return string(s.kind()) + ":" + strings.Join(fields, ",")
}

// ParseSchedule reads a kind, optionally followed by a colon and comma-separated fields:
// "one_cycle", "cosine:warmup=1,final=0.01". Fields that are not given have the values of
// [DefaultSchedule].
func ParseSchedule(text string) (Schedule, error) {
	kind, rest, _ := strings.Cut(strings.TrimSpace(text), ":")
	kind = strings.ReplaceAll(strings.ToLower(kind), "-", "_")
	s := DefaultSchedule(ScheduleKind(kind))
	if !slices.Contains(ScheduleKinds(), s.Kind) {
		return Schedule{}, fmt.Errorf("unknown schedule %q; choose one of %s", kind, joinKinds())
	}
	fields := s.fields()
	for pair := range strings.SplitSeq(rest, ",") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		at := slices.IndexFunc(fields, func(f scheduleField) bool { return f.name == strings.TrimSpace(name) })
		if at < 0 {
			return Schedule{}, fmt.Errorf("schedule %s has no field %q; there are warmup, every, factor, final, rise and patience", kind, name)
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil {
			return Schedule{}, fmt.Errorf("schedule %s: %s needs a number, not %q", kind, name, value)
		}
		fields[at].set(v)
		if !math.IsNaN(v) && fields[at].get() != v {
			return Schedule{}, fmt.Errorf("schedule %s: %s needs a whole number, not %q", kind, name, value)
		}
	}
	return s, s.Validate()
}

// scheduleField binds a name in the text form to a field.
type scheduleField struct {
	name string
	get  func() float64
	set  func(float64)
}

func (s *Schedule) fields() []scheduleField {
	float := func(name string, p *float64) scheduleField {
		return scheduleField{name, func() float64 { return *p }, func(v float64) { *p = v }}
	}
	return []scheduleField{
		float("warmup", &s.Warmup),
		float("every", &s.Every),
		float("factor", &s.Factor),
		float("final", &s.Final),
		float("rise", &s.Rise),
		{
			"patience",
			func() float64 { return float64(s.Patience) },
			func(v float64) { s.Patience = int(v) },
		},
	}
}

func joinKinds() string {
	names := make([]string, 0, len(ScheduleKinds()))
	for _, k := range ScheduleKinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}
