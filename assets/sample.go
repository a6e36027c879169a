package assets

import "embed"

// Sample holds, in the folder sample, a balanced part of Fashion-MNIST as four
// IDX files, and the licence of that data set.
//
//go:embed sample
var Sample embed.FS
