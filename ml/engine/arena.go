package engine

import (
	"cmp"
	"slices"
	"unsafe"
)

// A region is a buffer that one program needs from one moment to another, both
// included. Two regions whose lifetimes do not meet may share memory.
type region struct {
	size        int // elements
	first, last int // moments: positions in the program's order of execution
	assign      func(buffer []float32)

	offset int
}

// arena plans one allocation for all regions of a program.
type arena struct{ regions []region }

// add registers a region; assign receives its buffer once the arena is built.
func (a *arena) add(size, first, last int, assign func([]float32)) {
	if size > 0 {
		a.regions = append(a.regions, region{size: roundUp(size), first: first, last: last, assign: assign})
	}
}

// lanes is the granularity of regions: 16 float32 fill a cache line and the
// widest vector register.
const lanes = 16

func roundUp(n int) int { return (n + lanes - 1) / lanes * lanes }

// plan gives every region an offset and returns the number of elements needed.
// Larger regions are placed first, each at the lowest offset at which it meets
// no region that lives at the same time: the usual greedy answer to a problem
// that is hard to solve exactly, and close to optimal for chains.
func (a *arena) plan() int {
	order := make([]*region, len(a.regions))
	for i := range a.regions {
		order[i] = &a.regions[i]
	}
	slices.SortStableFunc(order, func(x, y *region) int { return cmp.Compare(y.size, x.size) })
	total := 0
	var placed []*region // by offset
	for _, r := range order {
		offset := 0
		for _, p := range placed {
			if p.first <= r.last && r.first <= p.last {
				if offset+r.size <= p.offset {
					break
				}
				offset = max(offset, p.offset+p.size)
			}
		}
		r.offset = offset
		at, _ := slices.BinarySearchFunc(placed, offset, func(p *region, o int) int { return cmp.Compare(p.offset, o) })
		placed = slices.Insert(placed, at, r)
		total = max(total, offset+r.size)
	}
	return total
}

// build allocates what plan asked for and hands out the buffers.
func (a *arena) build() {
	memory := aligned(a.plan())
	for _, r := range a.regions {
		r.assign(memory[r.offset : r.offset+r.size : r.offset+r.size])
	}
}

// aligned returns n zeros that start at a cache line.
func aligned(n int) []float32 {
	raw := make([]float32, n+lanes)
	skip := 0
	if at := uintptr(unsafe.Pointer(unsafe.SliceData(raw))) % 64; at != 0 {
		skip = int(64-at) / 4
	}
	return raw[skip : skip+n : skip+n]
}
