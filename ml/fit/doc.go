// Package fit trains networks: the loop over epochs and batches with everything around it.
//
// [Train] runs a [Job], a network with a [Recipe] and data, and tells what happens as a sequence of
// [Event] values. It knows nothing of windows: the studio's curves, the command line's progress bar
// and the log are listeners. Commands come through a context and a [Control] and are answered
// between two batches.
//
// A run with a folder can be resumed after a stop, a crash or a power cut, and then ends with the
// same bytes as a run that was never interrupted: every random decision is a function of the
// recipe's seed and of its place in the run, and a checkpoint holds the weights, the optimiser's
// memory and the sums of the epoch under way. [Runs] keeps such folders, which hold
//
//	run.json                the record: network, recipe, data, status, history
//	checkpoint.safetensors  the last weights and all that going on needs
//	best.safetensors        the best epoch's weights
//	batches.csv             the figures of every batch
//	run.lock                held while the run is trained
package fit
