package classify

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"atelier/app/clipboard"
	"atelier/app/studio"
)

func TestGame(t *testing.T) {
	start := time.Now()
	g := newGame(10, rand.New(rand.NewPCG(1, 1)))
	if sorted := slices.Sorted(slices.Values(g.targets)); len(slices.Compact(sorted)) != gameRounds {
		t.Errorf("the targets %v are not different ones", g.targets)
	}
	g.next(start)
	target := g.target()
	for _, wrong := range []bool{
		g.answered(target, 0.5, false, start), g.answered(target, 0.9, true, start), g.answered((target+1)%10, 1, false, start),
	} {
		if wrong {
			t.Fatal("a wrong or unsure answer solved the round")
		}
	}
	if !g.answered(target, 0.7, false, start) || g.points != 10 {
		t.Errorf("a sure answer at once gave %d points", g.points)
	}
	if g.answered(target, 0.7, false, start) {
		t.Error("a round was solved twice")
	}
	g.next(start)
	if g.tick(start.Add(gameTime-1)) || !g.tick(start.Add(gameTime)) || g.phase != missed {
		t.Error("the round did not end in time")
	}
	for range gameRounds - 1 {
		g.next(start)
	}
	if g.phase != over || g.right != 1 {
		t.Errorf("after the last round the phase is %v with %d right", g.phase, g.right)
	}
}

func TestGameIsPlayed(t *testing.T) {
	b := newBench(t)
	b.sections.SelectIndex(gameSection)
	b.game.act()
	b.game.game.targets[0] = 1
	b.shot("game")
	b.game.update()
	if !strings.Contains(b.game.words.text.Text, "trousers") {
		t.Errorf("the game asks for %q", b.game.words.text.Text)
	}
	if b.window.Canvas().Focused() != b.game.pad {
		t.Errorf("%T has the focus, want the pad", b.window.Canvas().Focused())
	}
	for _, s := range templates()[1].lines {
		b.game.pad.Draw(s)
	}
	b.until("the model to guess", func() bool { return b.game.game.phase == solved })
	b.answered(func() { b.game.pad.Draw(templates()[1].lines[0]) }) // the line that has solved it goes on
	b.shot("game-solved")
	b.game.act()
	if !b.game.pad.Empty() {
		t.Error("the next round begins on a drawing")
	}
	b.game.now = func() time.Time { return time.Now().Add(gameTime) }
	b.until("the time to be up", func() bool { return b.game.game.phase == missed })
}

func TestCard(t *testing.T) {
	b := newBench(t)
	b.answered(func() { b.draw.pad.Draw(templates()[3].lines[0]) })
	b.queue.Run()
	path := filepath.Join(t.TempDir(), "card.png")
	if dir := os.Getenv("ATELIER_SHOTS"); dir != "" {
		path = filepath.Join(dir, "card.png")
	}
	if err := writeCard(path, b.shown); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil || img.Bounds() != image.Rect(0, 0, cardWidth, cardHeight) {
		t.Errorf("saved %v, %v", img.Bounds(), err)
	}
}

func TestSamplesAndRecent(t *testing.T) {
	b := newBench(t)
	for i, want := range []int{1, 10, 10} {
		item := b.sampleMenu()[i]
		before := len(b.log.with(`"classified"`))
		item.Action()
		b.until(item.Label, func() bool { return len(b.log.with(`"classified"`)) >= before+want })
	}
	b.until("the table", func() bool { return b.many.job == nil })
	b.shot("samples")

	path := writePNG(t, filepath.Join(t.TempDir(), "trousers.png"), trousers())
	b.answered(func() {
		b.studio.Send(studio.ClassifyPictures{Pictures: []studio.Picture{{Name: "trousers.png", Path: path}}})
	})
	menu := b.recentMenu()
	if !strings.HasPrefix(menu[0].Label, "trousers.png in ") {
		t.Fatalf("recent are %v", menu)
	}
	b.answered(menu[0].Action)
	menu[len(menu)-1].Action()
	if len(b.recent()) != 0 {
		t.Error("they are not forgotten")
	}
}

func TestCopy(t *testing.T) {
	b := newBench(t)
	copied := make(chan []byte, 1)
	b.copyPicture = func(png []byte) error { copied <- png; return nil }
	if b.copyCard(); !b.copy.Disabled() {
		t.Error("there is something to copy before anything is drawn")
	}
	for _, s := range templates()[1].lines {
		b.answered(func() { b.draw.pad.Draw(s) })
	}
	b.copyCard()
	b.until("the copy", func() bool { return len(copied) == 1 })
	if img, err := png.Decode(bytes.NewReader(<-copied)); err != nil || img.Bounds() != image.Rect(0, 0, cardWidth, cardHeight) {
		t.Errorf("copied %v, %v", img, err)
	}
	b.copyWords()
	text := fyne.CurrentApp().Clipboard().Content()
	if !strings.Contains(text, "Drawing: Trousers. ") || strings.Count(text, "\t") != 10 {
		t.Errorf("copied %q", text)
	}

	var problem error
	b.studio.OnProblem(func(p studio.Problem) { problem = p.Err })
	b.copyPicture = func([]byte) error { return errors.New("the clipboard is out of reach") }
	b.copyCard()
	b.until("a problem", func() bool { return problem != nil })
}

func TestPaste(t *testing.T) {
	b := newBench(t)
	var on clipboard.Content
	b.readClipboard = func(context.Context) (clipboard.Content, error) { return on, nil }

	path := writePNG(t, filepath.Join(t.TempDir(), "my trousers.png"), trousers())
	on = clipboard.Content{Files: []string{path}}
	if line := b.answered(b.Paste); !strings.Contains(line, "my trousers.png") {
		t.Errorf("pasting a file: %s", line)
	}
	picture, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	on = clipboard.Content{Picture: picture}
	if line := b.answered(b.Paste); !strings.Contains(line, pastedName) || !strings.Contains(line, "Trouser") {
		t.Errorf("pasting a picture: %s", line)
	}
	on = clipboard.Content{Files: []string{path, path}}
	b.Paste()
	b.until("a table of the files", func() bool { return b.many.job == nil && len(b.many.rows) == 2 })

	for what, c := range map[string]clipboard.Content{"words": {}, "half a picture": {Picture: picture[:len(picture)/2]}} {
		var problem error
		b.studio.OnProblem(func(p studio.Problem) { problem = p.Err })
		on = c
		b.Paste()
		b.until("a problem with "+what, func() bool { return problem != nil })
		if !strings.Contains(problem.Error(), "clipboard") || !strings.Contains(problem.Error(), ": ") {
			t.Errorf("pasting %s: %v", what, problem)
		}
	}
}
