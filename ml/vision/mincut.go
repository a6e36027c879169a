package vision

import "math"

// A cutter divides the pixels of a w×h picture into two sides at the least cost:
// the maximum flow through a grid whose nodes are joined to their eight
// neighbours, by the algorithm of Boykov and Kolmogorov ("An experimental
// comparison of min-cut/max-flow algorithms for energy minimization in vision",
// PAMI 26, 2004).
type cutter struct {
	w       int // nodes a row, a border of unused ones included
	offset  [8]int
	odds    plane     // what the last cut was asked for
	through []float32 // node×8: what may still flow to each neighbour
	from    []float32 // what may still flow in from the source, negative: out to the sink

	side    []uint8 // whose tree a node belongs to
	parent  []uint8 // the direction of its parent
	stamp   []int32 // when depth was last known to be right
	depth   []int32 // steps to the terminal
	active  []int32 // nodes at the rim of the trees, first in first out
	waiting []bool  // whether a node is among active
	orphans []int32
	now     int32
}

// The sides of a node, and parents that are no direction.
const (
	free, source, sink = 0, 1, 2
	terminal, orphan   = 8, 9
)

// neighbours are the steps to the eight neighbours; a direction's opposite is
// the direction xor 1.
var neighbours = [8][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {-1, -1}, {1, -1}, {-1, 1}}

// links are what it costs to part neighbouring pixels of a w×h picture: for each
// pixel the cost towards the right, below, and the two diagonals, in the order of
// every other one of neighbours.
type links struct {
	w, h int
	cost []float32
}

// newLinks asks cost for every pair of neighbours a and b, which are steps pixels
// apart.
func newLinks(w, h int, cost func(a, b int, steps float32) float32) links {
	l := links{w, h, make([]float32, 4*w*h)}
	for y := range h {
		for x := range w {
			for k := 0; k < 8; k += 2 {
				bx, by := x+neighbours[k][0], y+neighbours[k][1]
				if bx < 0 || by < 0 || bx >= w || by >= h {
					continue
				}
				steps := float32(1)
				if k >= 4 {
					steps = math.Sqrt2
				}
				l.cost[4*(y*w+x)+k/2] = cost(y*w+x, by*w+bx, steps)
			}
		}
	}
	return l
}

func newCutter(l links) *cutter {
	w := l.w + 2
	n := w * (l.h + 2)
	c := &cutter{
		w: w, odds: newPlane(l.w, l.h), through: make([]float32, 8*n), from: make([]float32, n),
		side: make([]uint8, n), parent: make([]uint8, n), stamp: make([]int32, n), depth: make([]int32, n),
		waiting: make([]bool, n),
	}
	for k, step := range neighbours {
		c.offset[k] = step[1]*w + step[0]
	}
	for a := range l.w * l.h {
		node := c.node(a)
		for k := 0; k < 8; k += 2 {
			// A link over the picture's edge costs nothing.
			cost := l.cost[4*a+k/2]
			c.through[8*node+k] = cost
			c.through[8*(node+c.offset[k])+k^1] = cost
		}
	}
	return c
}

// node returns the node of pixel i.
func (c *cutter) node(i int) int { return (i/c.odds.w+1)*c.w + i%c.odds.w + 1 }

// cut returns the pixels on the source's side. odds says how much more it costs
// to put a pixel on the sink's side. What flowed for the odds before flows on
// (Kohli and Torr, "Dynamic Graph Cuts", PAMI 29, 2007), so that odds which differ
// little are quickly cut again.
func (c *cutter) cut(odds plane) mask {
	clear(c.side)
	clear(c.stamp)
	c.now = 0
	for i, v := range odds.v {
		node := c.node(i)
		c.from[node] += v - c.odds.v[i]
		if c.from[node] != 0 {
			c.side[node] = source
			if c.from[node] < 0 {
				c.side[node] = sink
			}
			c.parent[node], c.depth[node] = terminal, 1
			c.activate(int32(node))
		}
	}
	copy(c.odds.v, odds.v)
	c.run()
	return where(odds.w, odds.h, func(i int) bool { return c.side[c.node(i)] == source })
}

func (c *cutter) activate(node int32) {
	if !c.waiting[node] {
		c.waiting[node] = true
		c.active = append(c.active, node)
	}
}

// open tells how much may flow from a node's parent to it in the source's tree,
// or from the node to its parent in the sink's.
func (c *cutter) open(node int, direction uint8, tree uint8) *float32 {
	if tree == source {
		return &c.through[8*(node+c.offset[direction])+int(direction^1)]
	}
	return &c.through[8*node+int(direction)]
}

func (c *cutter) run() {
	for next := 0; next < len(c.active); {
		node := int(c.active[next])
		if c.side[node] == free {
			c.waiting[node] = false
			next++
			continue
		}
		a, direction, found := c.grow(node)
		if !found {
			c.waiting[node] = false
			next++
			if next > 1<<16 { // forget what is done
				c.active = append(c.active[:0], c.active[next:]...)
				next = 0
			}
			continue
		}
		c.now++
		c.augment(a, direction)
		for len(c.orphans) > 0 {
			last := c.orphans[len(c.orphans)-1]
			c.orphans = c.orphans[:len(c.orphans)-1]
			c.adopt(int(last))
		}
	}
	c.active = c.active[:0]
}

// grow takes free neighbours into the node's tree. It stops at a neighbour of
// the other tree and returns the link between them, from source to sink.
func (c *cutter) grow(node int) (a int, direction uint8, found bool) {
	tree := c.side[node]
	for k := range uint8(8) {
		other := node + c.offset[k]
		// In the source's tree flow goes from the node outwards.
		if tree == source && c.through[8*node+int(k)] <= 0 || tree == sink && c.through[8*other+int(k^1)] <= 0 {
			continue
		}
		switch c.side[other] {
		case free:
			c.side[other], c.parent[other] = tree, k^1
			c.depth[other], c.stamp[other] = c.depth[node]+1, c.stamp[node]
			c.activate(int32(other))
		case tree:
			if c.parent[other] < terminal && c.stamp[other] <= c.stamp[node] && c.depth[other] > c.depth[node]+1 {
				c.parent[other], c.depth[other], c.stamp[other] = k^1, c.depth[node]+1, c.stamp[node]
			}
		default:
			if tree == source {
				return node, k, true
			}
			return other, k ^ 1, true
		}
	}
	return 0, 0, false
}

// augment sends as much as fits from the source over the link to the sink.
func (c *cutter) augment(a int, direction uint8) {
	b := a + c.offset[direction]
	link := &c.through[8*a+int(direction)]
	least := *link
	for _, end := range [2]int{a, b} {
		tree := c.side[end]
		node := end
		for ; c.parent[node] != terminal; node += c.offset[c.parent[node]] {
			least = min(least, *c.open(node, c.parent[node], tree))
		}
		least = min(least, abs(c.from[node]))
	}
	*link -= least
	c.through[8*b+int(direction^1)] += least
	for _, end := range [2]int{a, b} {
		tree := c.side[end]
		node := end
		for c.parent[node] != terminal {
			d := c.parent[node]
			up := node + c.offset[d]
			room := c.open(node, d, tree)
			*room -= least
			if tree == source {
				c.through[8*node+int(d)] += least
			} else {
				c.through[8*up+int(d^1)] += least
			}
			if *room <= 0 {
				c.parent[node] = orphan
				c.orphans = append(c.orphans, int32(node))
			}
			node = up
		}
		if tree == source {
			c.from[node] -= least
		} else {
			c.from[node] += least
		}
		if tree == source && c.from[node] <= 0 || tree == sink && c.from[node] >= 0 {
			c.parent[node] = orphan
			c.orphans = append(c.orphans, int32(node))
		}
	}
}

// adopt finds a new parent for a node that lost its own, or sets it free.
func (c *cutter) adopt(node int) {
	tree := c.side[node]
	best, bestDepth := uint8(orphan), int32(math.MaxInt32)
	for k := range uint8(8) {
		other := node + c.offset[k]
		if c.side[other] != tree || *c.open(node, k, tree) <= 0 {
			continue
		}
		if d, rooted := c.root(other); rooted && d < bestDepth {
			best, bestDepth = k, d
		}
	}
	if best != orphan {
		c.parent[node], c.depth[node], c.stamp[node] = best, bestDepth+1, c.now
		return
	}
	for k := range uint8(8) {
		other := node + c.offset[k]
		if c.side[other] != tree {
			continue
		}
		if *c.open(node, k, tree) > 0 {
			c.activate(int32(other))
		}
		if c.parent[other] == k^1 {
			c.parent[other] = orphan
			c.orphans = append(c.orphans, int32(other))
		}
	}
	c.side[node] = free
}

// root follows a node's parents to the terminal and returns how far it is; those
// on the way remember it.
func (c *cutter) root(node int) (depth int32, rooted bool) {
	at := node
	for c.stamp[at] != c.now || c.parent[at] == orphan {
		switch p := c.parent[at]; p {
		case orphan:
			return 0, false
		case terminal:
			c.stamp[at], c.depth[at] = c.now, 1
		default:
			depth++
			at += c.offset[p]
			continue
		}
		break
	}
	depth += c.depth[at]
	for d, at := depth, node; c.stamp[at] != c.now; d, at = d-1, at+c.offset[c.parent[at]] {
		c.stamp[at], c.depth[at] = c.now, d
	}
	return depth, true
}
