package train

import "testing"

type sample struct {
	Count int
	Rate  float64
	On    bool
	Kind  string
}

func TestFieldsReadAndWriteText(t *testing.T) {
	count := integer(field[sample]{Label: "Count"}, part(func(s *sample) *int { return &s.Count }), 1, 1000)
	rate := number(field[sample]{Label: "Rate"}, part(func(s *sample) *float64 { return &s.Rate }), 0, 1)
	split := share(field[sample]{Label: "Split"}, part(func(s *sample) *float64 { return &s.Rate }), 0, 0.9)
	on := toggle(field[sample]{Label: "On"}, part(func(s *sample) *bool { return &s.On }))
	kind := oneOf(field[sample]{Label: "Kind"}, part(func(s *sample) *string { return &s.Kind }), choices("same", "leaky_relu"))

	for _, c := range []struct {
		field field[sample]
		text  string
		want  sample
		shown string
	}{
		{count, " 64 ", sample{Count: 64}, "64"},
		{rate, "0,05", sample{Rate: 0.05}, "0.05"},
		{rate, "1e-3", sample{Rate: 0.001}, "0.001"},
		{split, "20", sample{Rate: 0.2}, "20 %"},
		{split, "12.5 %", sample{Rate: 0.125}, "12.5 %"},
		{on, "true", sample{On: true}, "true"},
		{kind, "leaky_relu", sample{Kind: "leaky_relu"}, "leaky_relu"},
	} {
		got, err := c.field.Set(sample{}, c.text)
		if err != nil || got != c.want {
			t.Errorf("%s %q: got %+v, %v, want %+v", c.field.Label, c.text, got, err, c.want)
		}
		if s := c.field.Get(got); s != c.shown {
			t.Errorf("%s %q: shows %q, want %q", c.field.Label, c.text, s, c.shown)
		}
	}
	for _, c := range []struct {
		field field[sample]
		text  string
	}{{count, "0"}, {count, "1.5"}, {count, ""}, {rate, "2"}, {rate, "NaN"}, {split, "95"}, {on, "maybe"}, {kind, "?"}} {
		if got, err := c.field.Set(sample{}, c.text); err == nil || got != (sample{}) {
			t.Errorf("%s %q: accepted as %+v", c.field.Label, c.text, got)
		}
	}
}

func TestArrowKeysMoveLikeADial(t *testing.T) {
	for _, c := range []struct {
		x        float64
		up, down float64
	}{
		{0.01, 0.02, 0.005},
		{0.02, 0.05, 0.01},
		{0.05, 0.1, 0.02},
		{0.03, 0.05, 0.02},
		{1, 2, 0.5},
		{0, 0.001, 0},
	} {
		if up, down := dial(c.x, 1), dial(c.x, -1); up != c.up || down != c.down {
			t.Errorf("from %v: up %v, down %v, want %v and %v", c.x, up, down, c.up, c.down)
		}
	}
	count := integer(field[sample]{Label: "Count"}, part(func(s *sample) *int { return &s.Count }), 1, 4096)
	if got := count.Step(sample{Count: 32}, 1).Count; got != 64 {
		t.Errorf("one step up from 32 filters gives %d", got)
	}
	if got := count.Step(sample{Count: 1}, -1).Count; got != 1 {
		t.Errorf("the smallest value steps down to %d", got)
	}
}
