package atlas

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"atelier/ml/dataset"
)

// Settings of t-SNE; the values are those of Belkina et al. 2019
// (doi 10.1038/s41467-019-13055-y) and of scikit-learn.
const (
	tsneAxes       = 50 // components that stand for a picture
	perplexity     = 30
	neighbours     = 3 * perplexity
	exaggeration   = 12
	exaggerated    = 250 // rounds with exaggeration
	tsneRounds     = 750
	momentumBefore = 0.5 // while exaggerated
	momentumAfter  = 0.8
	startSpread    = 1e-4
	tsneReport     = 10 // rounds between two reports
)

// MaxTSNE is the most pictures that TSNE places: the time grows with the
// square of the number.
const MaxTSNE = 5000

// TSNE places the chosen pictures on a map on which alike pictures lie side by
// side (t-distributed stochastic neighbour embedding; van der Maaten and
// Hinton 2008). It starts from the principal components, so that the same
// pictures always give the same map. Attraction is computed between each
// picture and its nearest neighbours, repulsion between all pairs.
//
// Every few rounds report, which may be nil, is given a copy of the map on its
// way; it is called from the caller's goroutine.
func TSNE(ctx context.Context, s *dataset.Set, indices []int, report func(round, rounds int, points []Point)) ([]Point, error) {
	n := len(indices)
	if n > MaxTSNE {
		return nil, fmt.Errorf("a map of %d pictures would take too long. Choose %d or fewer", n, MaxTSNE)
	}
	if n < 4 {
		return nil, errors.New("a map needs four pictures or more")
	}
	chosen := s.Subset(indices)
	pca := NewPCA(chosen, tsneAxes)
	links, err := affinities(ctx, pca, chosen)
	if err != nil {
		return nil, err
	}
	m := newEmbedding(pca.Map(chosen, upTo(n)), links)
	for round := range tsneRounds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m.step(round)
		if report != nil && (round+1)%tsneReport == 0 {
			report(round+1, tsneRounds, m.points())
		}
	}
	return m.points(), nil
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// link is the attraction between a picture and a neighbour.
type link struct {
	to     int32
	weight float32
}

// affinities returns the links of each picture: the symmetric joint
// probabilities p(i,j) = (p(j|i) + p(i|j)) / 2n over nearest neighbours.
func affinities(ctx context.Context, pca *PCA, s *dataset.Set) ([][]link, error) {
	n, k := s.Len(), pca.K()
	at := make([]float32, n*k)
	for i := range n {
		pca.project(at[i*k:(i+1)*k], s.Image(i))
	}
	near := min(neighbours, n-1)
	directed := make([][]link, n)
	inChunks(n, 50, func(from, to int) bool {
		type candidate struct {
			j int32
			d float32
		}
		all := make([]candidate, n)
		distances := make([]float64, near)
		for i := from; i < to; i++ {
			p := at[i*k : (i+1)*k]
			for j := range n {
				var d float32
				for a, v := range at[j*k : (j+1)*k] {
					d += (p[a] - v) * (p[a] - v)
				}
				all[j] = candidate{int32(j), d}
			}
			all[i].d = -1 // itself comes first and is left out
			slices.SortFunc(all, func(x, y candidate) int {
				return cmp.Or(cmp.Compare(x.d, y.d), cmp.Compare(x.j, y.j))
			})
			for a := range distances {
				distances[a] = float64(all[a+1].d)
			}
			weights := conditional(distances, min(perplexity, float64(near)/3))
			directed[i] = make([]link, near)
			for a, w := range weights {
				directed[i][a] = link{all[a+1].j, float32(w)}
			}
		}
		return ctx.Err() == nil
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	both := make([]map[int32]float32, n)
	for i := range both {
		both[i] = make(map[int32]float32, 2*near)
	}
	for i, links := range directed {
		for _, l := range links {
			w := l.weight / float32(2*n)
			both[i][l.to] += w
			both[l.to][int32(i)] += w
		}
	}
	links := make([][]link, n)
	for i, m := range both {
		for j, w := range m {
			links[i] = append(links[i], link{j, w})
		}
		slices.SortFunc(links[i], func(x, y link) int { return cmp.Compare(x.to, y.to) })
	}
	return links, nil
}

// conditional returns the probabilities p(j|i) for the given squared
// distances, from a normal distribution as wide as gives the wanted
// perplexity.
func conditional(distances []float64, perplexity float64) []float64 {
	p := make([]float64, len(distances))
	least := slices.Min(distances)
	spread := max(slices.Max(distances)-least, 1e-12)
	// The precision is searched for in multiples of the spread.
	low, high, beta := 0.0, math.Inf(1), 1.0
	for range 64 {
		var sum, weighted float64
		for j, d := range distances {
			e := (d - least) / spread
			p[j] = math.Exp(-beta * e)
			sum += p[j]
			weighted += p[j] * e
		}
		entropy := math.Log(sum) + beta*weighted/sum
		for j := range p {
			p[j] /= sum
		}
		switch diff := entropy - math.Log(perplexity); {
		case math.Abs(diff) < 1e-5:
			return p
		case diff > 0:
			low = beta
			if beta *= 2; !math.IsInf(high, 1) {
				beta = (low + high) / 2
			}
		default:
			high = beta
			beta = (low + high) / 2
		}
	}
	return p
}

// embedding is a map on its way.
type embedding struct {
	links        [][]link
	x, y         []float32
	vx, vy       []float32 // last moves
	gx, gy       []float32 // gains
	fx, fy       []float32 // repulsion, not yet divided by the sum of rows
	rows         []float64 // sums of 1/(1+d²) over the others, by picture
	learningRate float32
}

func newEmbedding(start []Point, links [][]link) *embedding {
	n := len(start)
	m := &embedding{links: links, learningRate: float32(max(float64(n)/exaggeration, 50))}
	for _, s := range []*[]float32{&m.x, &m.y, &m.vx, &m.vy, &m.gx, &m.gy, &m.fx, &m.fy} {
		*s = make([]float32, n)
	}
	m.rows = make([]float64, n)
	var variance float64
	for _, p := range start {
		variance += p.X * p.X / float64(n)
	}
	scale := startSpread / max(math.Sqrt(variance), 1e-12)
	for i, p := range start {
		m.x[i], m.y[i] = float32(p.X*scale), float32(p.Y*scale)
		m.gx[i], m.gy[i] = 1, 1
	}
	return m
}

// step moves every picture once along the gradient, with momentum and with a
// gain for each coordinate (Jacobs 1988).
func (m *embedding) step(round int) {
	n := len(m.x)
	inChunks(n, 64, func(from, to int) bool {
		for i := from; i < to; i++ {
			m.repel(i)
		}
		return true
	})
	var sum float64
	for _, r := range m.rows {
		sum += r
	}
	attract, momentum := float32(1), float32(momentumAfter)
	if round < exaggerated {
		attract, momentum = exaggeration, momentumBefore
	}
	repel := float32(1 / sum)
	inChunks(n, 64, func(from, to int) bool {
		for i := from; i < to; i++ {
			var ax, ay float32
			for _, l := range m.links[i] {
				dx, dy := m.x[i]-m.x[l.to], m.y[i]-m.y[l.to]
				w := l.weight / (1 + dx*dx + dy*dy)
				ax += w * dx
				ay += w * dy
			}
			m.vx[i] = m.move(m.vx[i], 4*(attract*ax-repel*m.fx[i]), &m.gx[i], momentum)
			m.vy[i] = m.move(m.vy[i], 4*(attract*ay-repel*m.fy[i]), &m.gy[i], momentum)
		}
		return true
	})
	var cx, cy float32
	for i := range n {
		m.x[i] += m.vx[i]
		m.y[i] += m.vy[i]
		cx += m.x[i] / float32(n)
		cy += m.y[i] / float32(n)
	}
	for i := range n {
		m.x[i] -= cx
		m.y[i] -= cy
	}
}

// repel sums up what pushes picture i away from all others.
func (m *embedding) repel(i int) {
	xi, yi := m.x[i], m.y[i]
	var fx, fy, row float32
	var sum float64
	xs, ys := m.x, m.y[:len(m.x)]
	for j, xj := range xs {
		dx, dy := xi-xj, yi-ys[j]
		q := 1 / (1 + dx*dx + dy*dy)
		row += q
		q *= q
		fx += q * dx
		fy += q * dy
		if j&255 == 255 { // long sums of float32 lose digits
			sum += float64(row)
			row = 0
		}
	}
	m.fx[i], m.fy[i] = fx, fy
	m.rows[i] = sum + float64(row) - 1 // without itself
}

func (m *embedding) move(last, gradient float32, gain *float32, momentum float32) float32 {
	if (gradient > 0) != (last > 0) {
		*gain += 0.2
	} else {
		*gain = max(*gain*0.8, 0.01)
	}
	return momentum*last - m.learningRate**gain*gradient
}

func (m *embedding) points() []Point {
	points := make([]Point, len(m.x))
	for i := range points {
		points[i] = Point{float64(m.x[i]), float64(m.y[i])}
	}
	return points
}
