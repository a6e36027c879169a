// Package engine turns the description of a network (package nn) into
// programs that train it and predict with it.
//
// A program is a Gorgonia expression graph whose operations are our own
// (package op), differentiated by gorgonia.Grad and executed by a Gorgonia
// TapeMachine; the arithmetic under the operations is in package kernel. Two
// programs are offered:
//
//   - Trainer runs forward, backward and optimiser steps on batches;
//   - Predictor returns class probabilities, and the activations of every layer.
//
// Everything is float32. Pictures are laid out NHWC (batch, row, column,
// channel), convolution kernels HWIO (row, column, input, output), dense
// kernels (input, output), and a flattened map is in H, W, C order: Keras's
// conventions throughout.
//
// One goroutine owns a Trainer or a Predictor; different ones may run at the
// same time. Results depend on the network, the weights, the batches and the
// seed, never on the number of threads.
package engine
