package dataset

import (
	"math"
	"math/bits"
)

// stream is a small deterministic source of random numbers: SplitMix64
// (Steele, Lea and Flood 2014). Its start is a hash of the keys, so that what
// happens to one picture depends on nothing but the seed, the epoch and the
// picture's position, and a run can be taken up anywhere.
type stream struct{ state uint64 }

const golden = 0x9e3779b97f4a7c15

func newStream(seed, epoch, position uint64) stream {
	s := stream{seed}
	s.state = s.next() ^ epoch
	s.state = s.next() ^ position
	s.state = s.next()
	return s
}

func (s *stream) next() uint64 {
	s.state += golden
	z := s.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// intN returns a number in [0, n).
func (s *stream) intN(n int) int {
	hi, _ := bits.Mul64(s.next(), uint64(n))
	return int(hi)
}

// float returns a number in [0, 1).
func (s *stream) float() float64 { return float64(s.next()>>11) / (1 << 53) }

// between returns a number in [low, high).
func (s *stream) between(low, high float64) float64 { return low + (high-low)*s.float() }

// normal returns a number from the standard normal distribution (Box and
// Muller 1958).
func (s *stream) normal() float64 {
	u := 1 - s.float() // never 0
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*s.float())
}

// gamma returns a number from the gamma distribution of the given shape and
// scale 1 (Marsaglia and Tsang 2000).
func (s *stream) gamma(shape float64) float64 {
	boost := 1.0
	if shape < 1 {
		boost = math.Pow(1-s.float(), 1/shape)
		shape++
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := s.normal()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-s.float()) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return boost * d * v
		}
	}
}

// beta returns a number from the beta distribution with both parameters alpha.
func (s *stream) beta(alpha float64) float64 {
	x, y := s.gamma(alpha), s.gamma(alpha)
	if x+y == 0 { // both underflowed: a tiny alpha puts all the weight on the ends
		return float64(s.next() & 1)
	}
	return x / (x + y)
}

// shuffle permutes the values in place (Fisher and Yates).
func shuffle[T any](values []T, s *stream) {
	for i := len(values) - 1; i > 0; i-- {
		j := s.intN(i + 1)
		values[i], values[j] = values[j], values[i]
	}
}
