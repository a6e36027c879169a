package fit

import (
	"math"
	"time"
)

// The training speed shown is a mean over about this time.
const meterMemory = 2 * time.Second

// Before a validation was measured, one of its pictures counts as this share of a training picture.
const validationGuess = 1.0 / 3

// meter measures a run's speed and tells how far it is.
type meter struct {
	epochs, trainImages, valImages int

	last          time.Time     // when the batch at work began
	elapsed       time.Duration // without pauses
	trainCost     float64       // seconds a picture, lately
	validateCost  float64
	finished      int // epochs
	images        int // of the epoch under way
	valDone       int
	epochElapsed  time.Duration
	epochTraining speed
	shown         Progress // shares never go back
}

func newMeter(epochs, trainImages, valImages int) *meter {
	return &meter{epochs: epochs, trainImages: trainImages, valImages: valImages}
}

// start begins the clock, possibly in the middle of a run.
func (m *meter) start(at place) {
	m.finished, m.images = at.Epoch, at.Images
	m.last = time.Now()
}

// pause stops the clock, resume starts it again.
func (m *meter) pause() { m.lap() }

func (m *meter) resume() { m.last = time.Now() }

// lap returns the time since the last call and adds it to the sums.
func (m *meter) lap() time.Duration {
	now := time.Now()
	d := now.Sub(m.last)
	m.last = now
	m.elapsed += d
	m.epochElapsed += d
	return d
}

func (m *meter) trained(images int) {
	d := m.lap()
	m.images += images
	m.epochTraining.add(images, d)
	m.trainCost = smooth(m.trainCost, d, images)
}

// validate ends the training part of an epoch.
func (m *meter) validate() { m.lap() }

func (m *meter) validated(images int) {
	m.valDone += images
	m.validateCost = smooth(m.validateCost, m.lap(), images)
}

// endEpoch returns the time since the epoch, or this part of it, began, and the training speed.
func (m *meter) endEpoch() (seconds, imagesPerSecond float64) {
	m.lap()
	seconds, imagesPerSecond = m.epochElapsed.Seconds(), m.epochTraining.perSecond()
	m.epochElapsed, m.epochTraining = 0, speed{}
	m.finished++
	m.images, m.valDone = 0, 0
	return seconds, imagesPerSecond
}

// smooth mixes a new measurement into an exponentially weighted mean.
func smooth(mean float64, d time.Duration, images int) float64 {
	cost := d.Seconds() / float64(images)
	if mean == 0 {
		return cost
	}
	return mean + (cost-mean)*(1-math.Exp(-float64(d)/float64(meterMemory)))
}

func (m *meter) progress() Progress {
	p := Progress{Elapsed: m.elapsed, EpochLeft: -1, RunLeft: -1}
	if m.trainCost == 0 && m.validateCost == 0 { // nothing measured yet
		p.Epoch, p.Run = m.shown.Epoch, max(m.shown.Run, float64(m.finished)/float64(m.epochs))
		m.shown = p
		return p
	}
	train, validate := m.trainCost, m.validateCost
	switch {
	case validate == 0:
		validate = train * validationGuess
	case train == 0: // resumed in a validation
		train = validate / validationGuess
	}
	whole := float64(m.trainImages)*train + float64(m.valImages)*validate
	done := float64(m.images)*train + float64(m.valDone)*validate
	if m.trainCost > 0 {
		p.ImagesPerSecond = 1 / m.trainCost
	}
	p.Epoch = min(1, done/whole)
	p.Run = min(1, (float64(m.finished)+p.Epoch)/float64(m.epochs))
	seconds := func(s float64) time.Duration { return time.Duration(max(0, s) * float64(time.Second)) }
	p.EpochLeft = seconds(whole - done)
	p.RunLeft = seconds(whole*float64(m.epochs-m.finished) - done)
	if p.Run < m.shown.Run {
		p.Run = m.shown.Run
	}
	m.shown = p
	return p
}
