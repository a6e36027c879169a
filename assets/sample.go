package assets

import "embed"

// Sample holds, in the folder sample, a balanced part of Fashion-MNIST as four
// IDX files, and the licence of that dataset.
//
//go:embed sample
var Sample embed.FS
