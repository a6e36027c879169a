package browse

import (
	"slices"
	"strings"
	"testing"

	"atelier/ml/dataset"
	"atelier/ml/dataset/atlas"
)

func sampleSet(t *testing.T) (*dataset.Data, *dataset.Set) {
	t.Helper()
	d, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	return d, d.Test
}

func TestQueryChoosesAndSorts(t *testing.T) {
	_, s := sampleSet(t)
	model := &answers{loss: make([]float32, s.Len()), predicted: make([]int, s.Len())}
	k := keys{brightness: atlas.Brightness(s), answers: model}
	for i := range s.Len() {
		model.loss[i] = float32(i % 7)
		model.predicted[i] = s.Label(i)
	}
	model.predicted[10], model.predicted[13] = (s.Label(10)+1)%10, (s.Label(13)+1)%10

	if got := (query{}).run(s, k); len(got) != s.Len() || got[0] != 0 || got[len(got)-1] != s.Len()-1 {
		t.Errorf("the zero query shows %d pictures", len(got))
	}
	got := query{classes: []int{3, 5}, from: 100, to: 499}.run(s, k)
	for _, i := range got {
		if l := s.Label(i); l != 3 && l != 5 || i < 100 || i > 499 {
			t.Errorf("picture %d of class %d was not asked for", i, l)
		}
	}
	want := 0
	for i := 100; i <= 499; i++ {
		if l := s.Label(i); l == 3 || l == 5 {
			want++
		}
	}
	if len(got) != want {
		t.Errorf("%d pictures, want %d", len(got), want)
	}
	if got := (query{order: Disagreements}).run(s, k); !slices.Equal(got, []int{13, 10}) {
		t.Errorf("disagreements %v, want 13 (loss 6) before 10 (loss 3)", got)
	}
	bright := query{order: BrightFirst}.run(s, k)
	if !slices.IsSortedFunc(bright, func(a, b int) int { return int(k.brightness[b]*1000) - int(k.brightness[a]*1000) }) {
		t.Error("not sorted by brightness")
	}
	if got := (query{only: []int{7, 3, -1, 1 << 20, 3}}).run(s, k); !slices.Equal(got, []int{7, 3, 3}) {
		t.Errorf("only %v", got)
	}
	a, b := query{order: Shuffled, seed: 1}.run(s, k), query{order: Shuffled, seed: 1}.run(s, k)
	c := query{order: Shuffled, seed: 2}.run(s, k)
	if !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Error("a seed does not give its own order each time")
	}
	slices.Sort(c)
	if !slices.Equal(c, query{}.run(s, k)) {
		t.Error("shuffling lost pictures")
	}
	byClass := query{order: ByClass}.run(s, k)
	if !slices.IsSortedFunc(byClass, func(a, b int) int { return s.Label(a) - s.Label(b) }) {
		t.Error("not sorted by class")
	}
}

func TestPlaces(t *testing.T) {
	for text, want := range map[string]place{
		"0":       {0, 0, false},
		" 999 ":   {999, 999, false},
		"1,000":   {1000, 1000, false},
		"10-19":   {10, 19, true},
		"10 – 19": {10, 19, true},
		"10..19":  {10, 19, true},
		"10:20":   {10, 19, true},
	} {
		if got, err := parsePlace(text, 2000); err != nil || got != want {
			t.Errorf("%q is %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "x", "-5", "2000", "5-2", "3-2000", "10:10:10", "1e3", "5:0"} {
		if got, err := parsePlace(text, 2000); err == nil {
			t.Errorf("%q was taken for %+v", text, got)
		}
	}
}

func TestEveryFormOfAPictureHoldsTheSameNumbers(t *testing.T) {
	d, s := sampleSet(t)
	row := csvRow(s, 5)
	var file strings.Builder
	if err := dataset.WriteCSV(&file, s.Subset([]int{5})); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(file.String(), "\r\n"), "\n")
	if strings.Join(header(784), ",") != strings.TrimSpace(lines[0]) || row != strings.TrimSpace(lines[1]) {
		t.Error("the row is not that of the CSV file")
	}
	if strings.ReplaceAll(wrapRow(row, 14), "\n", "") != row {
		t.Error("wrapping changed the row")
	}
	array := strings.NewReplacer("[", " ", "]", " ").Replace(arrayText(s, 5))
	if got, want := strings.Fields(array), strings.Split(row, ",")[1:]; !slices.Equal(got, want) {
		t.Error("the array is not the row's pixels")
	}
	if n := strings.Count(arrayText(s, 5), "\n"); n != 27 {
		t.Errorf("the array has %d line breaks, want 27", n)
	}
	floats := strings.Fields(strings.NewReplacer("[", " ", "]", " ").Replace(normalisedText(s, 5)))
	if len(floats) != 784 {
		t.Fatalf("%d normalised values", len(floats))
	}
	hot := oneHotText(s.Label(5), d.Classes)
	if strings.Count(hot, "←") != 1 || !strings.Contains(hot, d.Classes[s.Label(5)]+" ←") {
		t.Errorf("one-hot text:\n%s", hot)
	}
}

func TestTheMapFindsThePictureUnderThePointer(t *testing.T) {
	d, s := sampleSet(t)
	indices := choose(s, 500)
	points := atlas.NewPCA(s, 2).Map(s, indices)
	m := newScatter(s, d.Classes, indices, points)
	m.zoom, m.x, m.y = 4, 0.4, 0.6
	tried := 0
	for k, p := range m.points {
		x, y := m.toView(p)
		if x < 0 || x > 1 || y < 0 || y > 1 {
			continue
		}
		tried++
		if got, distance := m.nearest(x, y); distance > pickRadius || m.points[got] != m.points[k] {
			t.Fatalf("at the dot of %d the map finds %d", k, got)
		}
	}
	if tried == 0 {
		t.Error("no dot in sight")
	}
	if _, distance := m.nearest(50, 50); distance <= pickRadius {
		t.Error("a picture was found far from every dot")
	}
}
