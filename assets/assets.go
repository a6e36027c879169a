// Package assets holds the files that are part of the program: its icon, a
// sample of the dataset and a trained model.
package assets
