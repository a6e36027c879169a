package assets

import "embed"

// Model holds, in the folder model, the trained model that the program answers
// with from the first second.
//
//go:embed model
var Model embed.FS
