package dataset

// PreprocessingVersion names what Fill does to a picture. A model file records
// it, so that a model never meets pictures prepared in another way.
const PreprocessingVersion = "grey-28x28-div255-v1"

// levels holds float32(v)/255 for each grey level v.
var levels = func() (t [256]float32) {
	for v := range t {
		t[v] = float32(v) / 255
	}
	return t
}()

// Fill writes the chosen pictures to dst as float32 in [0, 1], each pixel
// divided by 255: the one normalisation for training, evaluation and
// prediction. dst has len(indices)·H·W elements: a batch in NHWC order with
// one channel.
func Fill(dst []float32, s *Set, indices []int) {
	n := s.H * s.W
	for k, i := range indices {
		Normalise(dst[k*n:(k+1)*n], s.Image(i))
	}
}

// Normalise writes pixels to dst, which has the same length, as Fill does.
func Normalise(dst []float32, pixels []byte) {
	dst = dst[:len(pixels)]
	for j, v := range pixels {
		dst[j] = levels[v]
	}
}

// OneHot writes the labels of the chosen pictures to dst as vectors that are 1
// at the label and 0 elsewhere. dst has len(indices)·classes elements.
func OneHot(dst []float32, s *Set, indices []int, classes int) {
	clear(dst[:len(indices)*classes])
	for k, i := range indices {
		dst[k*classes+s.Label(i)] = 1
	}
}
