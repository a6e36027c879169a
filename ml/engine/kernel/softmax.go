package kernel

import "math"

// The softmax is over a handful of classes: plain Go in float64 costs well
// under one percent of a step, and every kernel gets the same bits.

// lossRows is how many rows a chunk of the softmax operations holds.
const lossRows = 32

// Softmax sets each row of y to the softmax of that row of x, both (n,
// classes); y may be x.
func (k *Kernels) Softmax(n, classes int, x, y []float32) {
	need("x", x, n*classes)
	need("y", y, n*classes)
	k.begin()
	defer k.end()
	k.jobs.softmax = softmaxJob{n, classes, x, y}
	k.workers.run(ceilDiv(n, lossRows), &k.jobs.softmax)
}

type softmaxJob struct {
	n, classes int
	x, y       []float32
}

func (j *softmaxJob) chunk(chunk, _ int) {
	for i := chunk * lossRows; i < min(j.n, (chunk+1)*lossRows); i++ {
		softmaxRow(j.x[i*j.classes:][:j.classes], j.y[i*j.classes:][:j.classes])
	}
}

// softmaxRow sets y = softmax(x) and returns log Σ exp(x).
func softmaxRow(x, y []float32) float64 {
	largest := x[0]
	for _, v := range x {
		largest = max(largest, v)
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(float64(v - largest))
	}
	scale := 1 / sum
	for c, v := range x {
		y[c] = float32(math.Exp(float64(v-largest)) * scale)
	}
	return float64(largest) + math.Log(sum)
}

// SoftmaxCrossEntropy computes from logits and targets, both (n, classes):
// probs = softmax(logits), the mean over the rows of -Σ t·log p (from the
// logits, so that it stays finite), how many rows have the same largest entry
// in probs and targets, and, unless dlogits is nil, the gradient of the mean
// loss, (probs·Σt - targets)/n. The targets may be soft.
func (k *Kernels) SoftmaxCrossEntropy(n, classes int, logits, targets, probs, dlogits []float32) (loss float64, correct int) {
	need("logits", logits, n*classes)
	need("targets", targets, n*classes)
	need("probs", probs, n*classes)
	if dlogits != nil {
		need("dlogits", dlogits, n*classes)
	}
	k.begin()
	defer k.end()
	j := &k.jobs.loss
	chunks := ceilDiv(n, lossRows)
	if len(j.losses) < chunks {
		j.losses, j.hits = make([]float64, chunks), make([]int, chunks)
	}
	j.n, j.classes, j.logits, j.targets, j.probs, j.dlogits = n, classes, logits, targets, probs, dlogits
	k.workers.run(chunks, j)
	for chunk := range chunks {
		loss += j.losses[chunk]
		correct += j.hits[chunk]
	}
	return loss / float64(n), correct
}

type lossJob struct {
	n, classes                      int
	logits, targets, probs, dlogits []float32
	losses                          []float64 // one a chunk
	hits                            []int
}

func (j *lossJob) chunk(chunk, _ int) {
	loss, hits, scale := 0.0, 0, 1/float32(j.n)
	for i := chunk * lossRows; i < min(j.n, (chunk+1)*lossRows); i++ {
		x := j.logits[i*j.classes:][:j.classes]
		t := j.targets[i*j.classes:][:j.classes]
		p := j.probs[i*j.classes:][:j.classes]
		logSum := softmaxRow(x, p)
		total, best, want := float32(0), 0, 0
		for c, v := range t {
			if v != 0 {
				loss += float64(v) * (logSum - float64(x[c]))
				total += v
			}
			if p[c] > p[best] {
				best = c
			}
			if v > t[want] {
				want = c
			}
		}
		if best == want {
			hits++
		}
		if j.dlogits != nil {
			d := j.dlogits[i*j.classes:][:j.classes]
			for c, v := range t {
				d[c] = (p[c]*total - v) * scale
			}
		}
	}
	j.losses[chunk], j.hits[chunk] = loss, hits
}
