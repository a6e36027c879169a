package dataset

import (
	"fmt"
	"math"
	"slices"
)

// Keys that keep the random streams of different uses apart.
const (
	splitKey   = 0x73706c6974     // "split"
	orderKey   = 0x6f72646572     // "order"
	augmentKey = 0x6175676d656e74 // "augment"
	mixupKey   = 0x6d69787570     // "mixup"
)

// Split divides the pictures of s at random into those to train on and those
// held back for validation; share is the part held back, 0 ≤ share < 1. When
// stratified, each class is divided by itself, so that both parts keep the
// balance of the whole. Both lists are in ascending order. The same arguments
// always give the same split.
//
// It panics when share is not in [0, 1).
func Split(s *Set, share float64, stratified bool, seed uint64) (train, val []int) {
	if !(share >= 0 && share < 1) {
		panic(fmt.Sprintf("dataset.Split: the share %v is not in [0, 1)", share))
	}
	groups := [][]int{nil}
	if stratified {
		groups = make([][]int, 256)
	}
	for i, l := range s.Labels {
		g := 0
		if stratified {
			g = int(l)
		}
		groups[g] = append(groups[g], i)
	}
	rng := newStream(seed, splitKey, 0)
	for _, g := range groups {
		shuffle(g, &rng)
		n := int(math.Round(share * float64(len(g))))
		val = append(val, g[:n]...)
		train = append(train, g[n:]...)
	}
	slices.Sort(train)
	slices.Sort(val)
	return train, val
}

// Order returns a copy of indices in the random order of one epoch (from 0).
// It depends only on its arguments.
func Order(indices []int, epoch int, seed uint64) []int {
	order := slices.Clone(indices)
	rng := newStream(seed, orderKey, uint64(epoch))
	shuffle(order, &rng)
	return order
}

// Batches cuts order into consecutive batches of the given size; the last one
// holds what is left. The batches share order's memory.
func Batches(order []int, size int) [][]int {
	return slices.Collect(slices.Chunk(order, size))
}
