package assets

import _ "embed"

// Icon is the program's icon, a PNG of 256×256 pixels made from
// icon/atelier.svg.
//
//go:embed icon/atelier.png
var Icon []byte
