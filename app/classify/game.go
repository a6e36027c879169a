package classify

import (
	"math/rand/v2"
	"time"
)

const (
	gameRounds = 6
	// gameTime is how long a round lasts.
	gameTime = 25 * time.Second
	// gameSure is how sure the model must be of the right class.
	gameSure = 0.6
)

// phase is where a game stands.
type phase int

const (
	waiting phase = iota // before the first round
	drawing              // a round runs
	solved               // the model has recognised the drawing
	missed               // time was up
	over                 // after the last round
)

// game is a guess-the-drawing game: in each round the player draws a given
// class, and the model has to recognise it in time.
type game struct {
	targets []int // the class of each round
	round   int
	phase   phase
	began   time.Time
	points  int
	right   int
}

// newGame deals the rounds: different classes as long as there are enough.
func newGame(classes int, random *rand.Rand) *game {
	g := &game{}
	for len(g.targets) < gameRounds {
		g.targets = append(g.targets, random.Perm(classes)...)
	}
	g.targets = g.targets[:gameRounds]
	g.round = -1
	return g
}

// target is the class to draw.
func (g *game) target() int { return g.targets[max(g.round, 0)] }

// next begins the next round, or ends the game after the last.
func (g *game) next(now time.Time) {
	if g.round+1 >= len(g.targets) {
		g.phase = over
		return
	}
	g.round++
	g.phase, g.began = drawing, now
}

// left is the time that is left in the round.
func (g *game) left(now time.Time) time.Duration {
	return max(gameTime-now.Sub(g.began), 0)
}

// tick lets time pass. It reports whether the round has just ended.
func (g *game) tick(now time.Time) bool {
	if g.phase != drawing || g.left(now) > 0 {
		return false
	}
	g.phase = missed
	return true
}

// answered takes the model's answer to the drawing so far. It reports whether
// that has just solved the round. The faster, the more points: 10 at once, 1 at
// the last moment.
func (g *game) answered(class int, probability float64, unknown bool, now time.Time) bool {
	if g.phase != drawing || unknown || class != g.target() || probability < gameSure {
		return false
	}
	g.phase = solved
	g.right++
	g.points += 1 + int(9*float64(g.left(now))/float64(gameTime)+.5)
	return true
}
