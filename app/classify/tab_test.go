package classify

import (
	"context"
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"atelier/app/look"
	"atelier/app/studio"
	"atelier/app/studio/studiotest"
	"atelier/app/widgets"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
)

// trained is a quick learner that has learnt from the built-in pictures.
var trained = sync.OnceValues(func() (*modelfile.Model, error) {
	data, err := dataset.Sample()
	if err != nil {
		return nil, err
	}
	preset, err := nn.PresetByName("logistic")
	if err != nil {
		return nil, err
	}
	recipe := fit.DefaultRecipe()
	recipe.Epochs, recipe.Batch, recipe.LearningRate, recipe.Validation = 3, 64, 0.002, 0
	recipe.Optimizer = engine.Optimizer{Name: "adam"}
	network := preset.Build(nn.Shape{H: 28, W: 28, C: 1}, len(data.Classes))
	var result engine.Weights
	_, err = fit.Train(context.Background(), fit.Job{Network: network, Recipe: recipe, Data: data}, nil, func(e fit.Event) {
		if f, ok := e.(fit.Finished); ok {
			result = f.Weights
		}
	})
	return &modelfile.Model{Network: network, Weights: result, Classes: data.Classes}, err
})

// bench is a tab in a window of the test driver.
type bench struct {
	*Tab
	t      *testing.T
	queue  *studiotest.Queue
	window fyne.Window
	log    *record
}

// record keeps what is logged.
type record struct {
	mu    sync.Mutex
	lines []string
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, string(p))
	return len(p), nil
}

// with returns the lines that contain a text.
func (r *record) with(text string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, l := range r.lines {
		if strings.Contains(l, text) {
			out = append(out, l)
		}
	}
	return out
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return newBenchWith(t, t.TempDir(), look.New(look.Light, false))
}

func newBenchWith(t *testing.T, folder string, theme fyne.Theme) *bench {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(theme)
	b := &bench{t: t, queue: &studiotest.Queue{}, log: &record{}}
	s := studio.New(studio.Config{Folder: folder, Dispatch: b.queue.Post, Logger: slog.New(slog.NewJSONHandler(b.log, nil))})
	m, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	s.SetBuiltin(&studio.Model{Model: m, Name: "Pretrained"})
	s.SetData(data)
	b.window = a.NewWindow("")
	b.Tab = New(s, b.window)
	b.window.SetContent(b.Content())
	b.window.Resize(fyne.NewSize(1280, 690))
	b.queue.Run()
	return b
}

// until runs what is posted until done says so.
func (b *bench) until(what string, done func() bool) {
	b.t.Helper()
	b.queue.Until(b.t, what, done)
}

// answered does something and waits for the final answer to it.
func (b *bench) answered(do func()) string {
	b.t.Helper()
	before := len(b.log.with(`"classified"`))
	do()
	b.until("an answer", func() bool { return len(b.log.with(`"classified"`)) > before })
	lines := b.log.with(`"classified"`)
	return lines[len(lines)-1]
}

// shot saves a picture of the tab when a folder for it is given.
func (b *bench) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("ATELIER_SHOTS")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, b.window.Canvas().Capture()); err != nil {
		b.t.Fatal(err)
	}
}

// trousers is a photo of dark trousers on white.
func trousers() image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 300, 400))
	for y := range 400 {
		for x := range 300 {
			c := color.RGBA{255, 255, 255, 255}
			if y >= 30 && y < 370 && (x >= 90 && x < 145 || x >= 155 && x < 210 || y < 120 && x >= 90 && x < 210) {
				c = color.RGBA{40, 50, uint8(70 + y/10), 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func writePNG(t *testing.T, path string, img image.Image) string {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDrawingIsAnswered(t *testing.T) {
	b := newBench(t)
	if got := b.answer.columns[0].headline.text.Text; !strings.Contains(got, "Draw") {
		t.Errorf("an empty pad says %q", got)
	}
	line := b.answered(func() { b.draw.pad.Draw(templates()[1].lines[0]) })
	if !strings.Contains(line, `"subject":"Drawing"`) || !strings.Contains(line, `"milliseconds":`) {
		t.Errorf("logged %s", line)
	}
	b.shot("draw")
	if b.answer.input.Image() == nil {
		t.Error("what the network sees is not shown")
	}
	b.draw.pad.Undo()
	b.queue.Run()
	if got := b.answer.columns[0].headline.text.Text; !strings.Contains(got, "Draw") {
		t.Errorf("after undoing, the tab says %q", got)
	}
}

func TestALineIsAnsweredWhileItGoesOn(t *testing.T) {
	b := newBench(t)
	pad := b.draw.pad
	at := func(x float32) fyne.PointEvent {
		return fyne.PointEvent{Position: fyne.NewPos(x*pad.Size().Width, pad.Size().Height/2)}
	}
	pad.MouseDown(&desktop.MouseEvent{PointEvent: at(0.5), Button: desktop.MouseButtonPrimary})
	moves := 0
	b.until("an answer to a line whose pointer never rests", func() bool {
		moves++
		pad.Dragged(&fyne.DragEvent{PointEvent: at(0.4 + 0.2*float32(moves%2))})
		return b.Tab.answered()
	})
	pad.DragEnd()
	pad.Clear()
	time.Sleep(50 * time.Millisecond) // an answer may still be on its way
	b.queue.Run()
	if b.Tab.answered() {
		t.Error("an answer to the drawing comes after it has been cleared")
	}
}

func TestDroppedPictureIsAnswered(t *testing.T) {
	b := newBench(t)
	path := writePNG(t, filepath.Join(t.TempDir(), "trousers.png"), trousers())
	line := b.answered(func() {
		b.studio.Send(studio.ClassifyPictures{Pictures: []studio.Picture{{Name: "trousers.png", Path: path}}})
	})
	if !strings.Contains(line, fmt.Sprintf("%q", path)) || !strings.Contains(line, `"name":"Trouser"`) {
		t.Errorf("logged %s", line)
	}
	b.shot("picture")
	line = b.answered(func() { b.picture.crop.SetBox(image.Rect(80, 20, 150, 380)) })
	t.Log(line)
	b.shot("crop")
}

// Even a network without any hidden layer recognises most outlines.
func TestDrawnTemplatesAreRecognised(t *testing.T) {
	m, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	err = classifyAll(t.Context(), &studio.Model{Model: m}, list(drawings()), func(i int, r row) {
		t.Logf("%s: %s %s", r.picture.Name, r.answerText(), r.certaintyText())
		if r.err == nil && r.answer.Class == i {
			right++
		}
	})
	if err != nil || right < 5 {
		t.Errorf("%d of %d outlines are recognised, error %v", right, len(templates()), err)
	}
}

func TestManyPictures(t *testing.T) {
	b := newBench(t)
	dir := t.TempDir()
	for _, name := range []string{"a.png", "b.png", "c.png"} {
		writePNG(t, filepath.Join(dir, name), trousers())
	}
	bad := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(bad, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	own := widgets.GrayImage(b.studio.Data().Test.Image(0), 28)
	b.studio.Send(studio.ClassifyPictures{Pictures: []studio.Picture{
		{Name: "notes.txt", Path: bad},
		{Name: filepath.Base(dir), Path: dir},
		{Name: "test 0", Image: own, Prepared: true},
	}})
	b.until("the table", func() bool { return b.many.job == nil && len(b.many.rows) == 5 && len(b.many.shownRows) == 5 })
	b.shot("many")
	if b.many.rows[0].err == nil || !strings.HasPrefix(b.many.rows[0].note(), "It ") {
		t.Errorf("the text file's row says %q", b.many.rows[0].note())
	}
	for _, r := range b.many.rows[1:] {
		if r.err != nil || r.thumb == nil {
			t.Errorf("%s: %v", r.picture.Name, r.err)
		}
	}
	if b.many.rows[4].answer.Pixels != [784]byte(b.studio.Data().Test.Image(0)) {
		t.Error("a picture of the dataset did not reach the network as it is")
	}
	b.many.filter.SetSelected(filterProblems)
	if len(b.many.shownRows) != 1 || b.many.shownRows[0] != 0 {
		t.Errorf("the problems are rows %v", b.many.shownRows)
	}
	b.many.filter.SetSelected(filterAll)
	b.answered(func() { b.many.table.Select(widget.TableCellID{Row: 1, Col: columnName}) })
	chosen := b.many.chosen
	b.many.sort(columnName)
	b.many.sort(columnName)
	if b.many.chosen != chosen || b.many.shownRows[b.many.chosenAt] != chosen || b.many.chosenAt == 1 {
		t.Errorf("row %d was chosen; after sorting row %d is, at place %d", chosen, b.many.chosen, b.many.chosenAt)
	}
	if first := b.many.rows[b.many.shownRows[0]].picture.Name; first != "test 0" {
		t.Errorf("sorted downwards by name, %q is the first", first)
	}

	path := filepath.Join(t.TempDir(), "answers.csv")
	if err := saveCSV(path, b.many.rows, b.many.model.Classes); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) != 6 || len(lines[0]) != 16 {
		t.Fatalf("the CSV has %d lines, error %v", len(lines), err)
	}
	if lines[1][15] == "" || lines[2][2] != b.many.rows[1].answer.Name {
		t.Errorf("the CSV says %v and %v", lines[1], lines[2])
	}
}

func TestNothingIsExplainedWithoutAnAnswer(t *testing.T) {
	b := newBench(t)
	b.answer.below.SelectIndex(1)
	before := b.why.words.Text
	b.answered(func() { b.draw.pad.Draw(templates()[1].lines[0]) })
	b.until("an explanation", func() bool { return b.why.words.Text != before })
	b.sections.SelectIndex(manySection)
	if b.why.words.Text != before || b.why.heat.Image() != nil {
		t.Errorf("the explanation of the drawing stays beside no answer: %s", b.why.words.Text)
	}
}

func TestKeysLeadIntoTheParts(t *testing.T) {
	b := newBench(t)
	b.answered(func() { b.draw.pad.Draw(templates()[1].lines[0]) })
	want := map[string]any{
		"Draw": b.draw.pad, "Picture": b.picture.crop, "Many": b.many.table, "Corrections": b.taught.grid, "Game": b.game.action,
		"Why": b.answer.columns[0].bars,
	}
	for _, c := range b.sectionCommands() {
		if c.Label == "Classify: Why" {
			b.sections.SelectIndex(drawSection) // where there is an answer
		}
		b.window.Canvas().Unfocus()
		c.Run()
		if o := want[strings.TrimPrefix(c.Label, "Classify: ")]; o != nil && b.window.Canvas().Focused() != o {
			t.Errorf("%s leads to %T, want %T", c.Label, b.window.Canvas().Focused(), o)
		}
	}
	b.answered(func() { b.sections.SelectIndex(drawSection) })
	b.window.Canvas().Focus(b.teach.entry())
	if _, ok := b.window.Canvas().Focused().(*widget.Button); !ok {
		t.Errorf("%T has the focus, want the first class", b.window.Canvas().Focused())
	}
}
