// Package explain shows what a trained network makes of one picture: what each
// layer answers, where the picture decided, what the first filters look for,
// and which training pictures the network finds most alike.
//
// Everything comes out as plain numbers and images.
package explain
