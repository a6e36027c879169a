// Package op is the engine's set of Gorgonia operations: one file for each
// kind of layer, chain.go for several in one, and stage.go, which holds
// everything that Gorgonia asks of an operation.
//
// A layer's arithmetic implements Layer. A Stage wraps it into Gorgonia nodes:
//
//	forward  (x, parameters…) → y
//	backward (x, parameters…, y, dy) → dx; leaves the parameters' gradients in its buffers
//	tap      (backward) → one parameter's gradient
//
// The graph is static and built for a largest batch. How many of its rows are
// in use is part of Run, which all operations of one graph share, so that the
// same program serves every batch size. All buffers are planned beforehand and
// nothing is allocated while a program runs.
package op
