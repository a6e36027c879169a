package atlas

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"atelier/ml/dataset"
)

// Point is the place of a picture on a map.
type Point struct{ X, Y float64 }

// PCA holds the principal components of a set: the directions in which its
// pictures differ most (Pearson 1901; Hotelling 1933).
type PCA struct {
	Mean []float64 // the mean picture, in levels
	// Axes are orthonormal directions in the space of pictures, the one with
	// the largest variance first.
	Axes [][]float64
	// Explained is the part of all variance that lies along each axis.
	Explained []float64

	single []float32 // Axes after one another, for projections
	offset []float32 // of the mean picture on each axis
}

// pcaPictures is the most pictures that components are computed from: more
// would not change them visibly.
const pcaPictures = 3000

// NewPCA computes the first k components of s from pictures spread evenly over
// it; there are fewer when s has fewer pictures than k. The result is the same
// each time.
//
// It iterates on the subspace of the covariance matrix (orthogonal iteration;
// Golub and Van Loan, Matrix Computations, section 8.2.4), as only a few of
// its many eigenvectors are needed.
func NewPCA(s *dataset.Set, k int) *PCA {
	n, size := min(s.Len(), pcaPictures), s.H*s.W
	k = min(k, n, size)
	x := mat.NewDense(n, size, nil)
	p := &PCA{Mean: make([]float64, size)}
	for i := range n {
		row := x.RawRowView(i)
		for j, v := range s.Image(i * s.Len() / n) {
			row[j] = float64(v)
			p.Mean[j] += float64(v) / float64(n)
		}
	}
	for i := range n {
		row := x.RawRowView(i)
		for j := range row {
			row[j] -= p.Mean[j]
		}
	}
	var cov mat.SymDense
	cov.SymOuterK(1/float64(n), x.T())
	values, vectors := leading(&cov, k)
	total := max(mat.Trace(&cov), math.SmallestNonzeroFloat64)
	p.single = make([]float32, 0, k*size)
	for a, axis := range vectors {
		p.Axes = append(p.Axes, axis)
		p.Explained = append(p.Explained, max(values[a], 0)/total)
		var offset float64
		for j, v := range axis {
			p.single = append(p.single, float32(v))
			offset += v * p.Mean[j]
		}
		p.offset = append(p.offset, float32(offset))
	}
	return p
}

// leading returns the k largest eigenvalues of c, in descending order, and
// their eigenvectors. Each vector points to where its largest element is
// positive.
func leading(c *mat.SymDense, k int) (values []float64, vectors [][]float64) {
	const rounds, tolerance = 200, 1e-9
	size := c.SymmetricDim()
	width := min(k+8, size) // a few more make the first k converge sooner
	rng := rand.New(rand.NewPCG(1, 1))
	q := mat.NewDense(width, size, nil) // the vectors are its rows
	for i := range width {
		for j := range size {
			q.Set(i, j, rng.NormFloat64())
		}
	}
	var z, small mat.Dense
	var eigen mat.EigenSym
	var inner mat.Dense
	for range rounds {
		orthonormalise(q)
		z.Mul(q, c)
		small.Mul(&z, q.T()) // c as seen from within the subspace
		sym := mat.NewSymDense(width, nil)
		for i := range width {
			for j := i; j < width; j++ {
				sym.SetSym(i, j, (small.At(i, j)+small.At(j, i))/2)
			}
		}
		eigen.Factorize(sym, true)
		last := values
		values = eigen.Values(nil)
		slices.Reverse(values)
		settled := last != nil
		for a := range last[:min(k, len(last))] {
			settled = settled && math.Abs(values[a]-last[a]) <= tolerance*math.Abs(values[0])
		}
		if settled {
			break
		}
		q.Copy(&z)
	}
	eigen.VectorsTo(&inner)
	for a := range k {
		v := make([]float64, size)
		mat.NewVecDense(size, v).MulVec(q.T(), inner.ColView(width-1-a))
		top := slices.MaxFunc(v, func(x, y float64) int { return cmp.Compare(math.Abs(x), math.Abs(y)) })
		if top < 0 {
			floats.Scale(-1, v)
		}
		vectors = append(vectors, v)
	}
	return values[:k], vectors
}

// orthonormalise makes the rows of q orthonormal (modified Gram-Schmidt,
// twice, as once is not enough for rows that are almost alike).
func orthonormalise(q *mat.Dense) {
	rows, _ := q.Dims()
	for range 2 {
		for i := range rows {
			v := q.RawRowView(i)
			for j := range i {
				u := q.RawRowView(j)
				floats.AddScaled(v, -floats.Dot(u, v), u)
			}
			if norm := floats.Norm(v, 2); norm > 0 {
				floats.Scale(1/norm, v)
			}
		}
	}
}

// K is the number of components.
func (p *PCA) K() int { return len(p.Axes) }

// project computes the coordinates of a picture on the components, in levels.
func (p *PCA) project(dst []float32, pixels []byte) {
	n := len(p.Mean)
	for a := range dst {
		axis := p.single[a*n : (a+1)*n]
		var s0, s1, s2, s3 float32
		j := 0
		for ; j+4 <= len(pixels); j += 4 {
			v := pixels[j : j+4]
			w := axis[j : j+4]
			s0 += float32(v[0]) * w[0]
			s1 += float32(v[1]) * w[1]
			s2 += float32(v[2]) * w[2]
			s3 += float32(v[3]) * w[3]
		}
		for ; j < len(pixels); j++ {
			s0 += float32(pixels[j]) * axis[j]
		}
		dst[a] = s0 + s1 + s2 + s3 - p.offset[a]
	}
}

// Map places the chosen pictures of s by their first two coordinates; with
// only one component all lie on a line.
func (p *PCA) Map(s *dataset.Set, indices []int) []Point {
	points := make([]Point, len(indices))
	inChunks(len(indices), 500, func(from, to int) bool {
		var xy [2]float32
		for k := from; k < to; k++ {
			p.project(xy[:min(2, p.K())], s.Image(indices[k]))
			points[k] = Point{float64(xy[0]), float64(xy[1])}
		}
		return true
	})
	return points
}
