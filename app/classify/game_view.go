package classify

import (
	"fmt"
	"math/rand/v2"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/widgets"
	"atelier/ml/vision"
)

// gameTick is how often the countdown moves.
const gameTick = 100 * time.Millisecond

// gameView is the game of drawing against the clock.
type gameView struct {
	tab     *Tab
	content *fyne.Container
	pad     *widgets.Pad
	words   *headline
	note    *widget.Label
	clock   *widget.ProgressBar
	action  *widget.Button
	clear   *widget.Button

	game    *game
	classes []string
	ticking bool
	now     func() time.Time
}

func newGameView(t *Tab) *gameView {
	v := &gameView{tab: t, pad: widgets.NewPad(), words: newHeadline(), note: widget.NewLabel(""), clock: widget.NewProgressBar(), now: time.Now}
	v.note.Wrapping = fyne.TextWrapWord
	v.pad.OnChanged = func(final bool) {
		if v.game != nil {
			v.ask(final)
		}
	}
	v.clock.Max = gameTime.Seconds()
	v.clock.TextFormatter = func() string { return fmt.Sprintf("%.0f s", v.clock.Value) }
	v.action = widget.NewButtonWithIcon("", theme.MediaPlayIcon(), v.act)
	v.action.Importance = widget.HighImportance
	v.clear = widget.NewButtonWithIcon("Clear", theme.DeleteIcon(), v.pad.Clear)
	top := container.NewVBox(v.words, v.note, widgets.NewBorder(nil, nil, v.action, v.clear, v.clock))
	v.content = widgets.NewHeaded(top, v.pad)
	v.update()
	return v
}

// act begins a game or its next round.
func (v *gameView) act() {
	m := v.tab.studio.Model()
	if m == nil {
		v.tab.clear(noModelTitle, noModelText)
		return
	}
	if v.game == nil || v.game.phase == over {
		v.classes = m.Classes
		v.game = newGame(len(m.Classes), rand.New(rand.NewPCG(rand.Uint64(), 0)))
	}
	v.game.next(v.now())
	v.pad.Clear()
	v.watch()
	if v.game.phase == drawing {
		v.tab.window.Canvas().Focus(v.pad)
	}
	v.update()
	v.tick()
}

// tick moves the countdown while a round runs.
func (v *gameView) tick() {
	if v.ticking {
		return
	}
	v.ticking = true
	time.AfterFunc(gameTick, func() {
		v.tab.studio.Do(func() {
			v.ticking = false
			if v.game == nil || v.game.phase != drawing {
				return
			}
			v.game.tick(v.now())
			v.update()
			v.tick()
		})
	})
}

// watch tells that there is nothing on the pad yet.
func (v *gameView) watch() { v.tab.clear("…", "The model watches while you draw.") }

func (v *gameView) ask(final bool) {
	if v.pad.Empty() {
		v.watch()
		return
	}
	v.tab.ask(subject{name: "Drawing of the game", image: v.pad.Image(), drawn: true, kind: vision.Sketch}, final)
}

// consider takes the answer to the drawing so far.
func (v *gameView) consider(r reply) {
	if v.game == nil || len(r.answers) == 0 || len(r.models[0].Classes) != len(v.classes) {
		return
	}
	a := r.answers[0]
	if v.game.answered(a.Class, a.Probability, a.Unknown, v.now()) {
		v.tab.studio.Logger().Info("drawing guessed", "class", a.Class, "points", v.game.points)
		v.update()
	}
}

// update shows where the game stands.
func (v *gameView) update() {
	defer widgets.Relayout(v.content)
	g := v.game
	if g == nil {
		v.words.SetText("Can you draw it?")
		v.note.SetText(fmt.Sprintf("You are told what to draw, %d times. The model has to recognise it within %.0f seconds; the sooner, the more points.", gameRounds, gameTime.Seconds()))
		v.clock.SetValue(0)
		v.action.SetText("Start")
		return
	}
	name := say(v.classes[g.target()])
	score := fmt.Sprintf("Round %d of %d · %s", g.round+1, len(g.targets), count(g.points, "point", "points"))
	v.clock.SetValue(g.left(v.now()).Seconds())
	v.action.SetText("Next")
	switch g.phase {
	case drawing:
		v.words.SetText("Draw " + name + "!")
		v.action.SetText("Skip")
	case solved:
		v.words.SetText("Yes, " + name + "!")
	case missed:
		v.words.SetText("Time is up")
		score += fmt.Sprintf(". It was to be %s.", name)
	case over:
		v.words.SetText(count(g.points, "point", "points"))
		score = fmt.Sprintf("%d of %d drawings were recognised.", g.right, len(g.targets))
		v.action.SetText("Play again")
	}
	v.note.SetText(score)
}

func (v *gameView) entry() fyne.Focusable { return v.action }

func (v *gameView) shown() {
	if v.pad.Empty() {
		v.tab.clear("Draw against the clock", "The answer appears here while you draw.")
		return
	}
	v.ask(true)
}
