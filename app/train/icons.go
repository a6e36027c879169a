package train

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"atelier/ml/nn"
)

// drawn makes an icon of the shapes inside a 24×24 picture; it takes the
// theme's colour.
func drawn(name, shapes string) fyne.Resource {
	return theme.NewThemedResource(fyne.NewStaticResource(name+".svg", []byte(
		`<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">`+shapes+`</svg>`)))
}

const black = ` fill="#000000"`

var (
	iconConv  = drawn("conv", `<path d="M3 3h6v6H3zM10 3h6v6h-6zM3 10h6v6H3zM10 10h6v6h-6z"`+black+`/><path d="M17 8h4v13H8v-4h2v2h9v-9h-2z"`+black+`/>`)
	iconPool  = drawn("pool", `<path d="M2 2h13v13H2zM4 4v9h9V4z"`+black+` fill-rule="evenodd"/><path d="M16 16h6v6h-6z"`+black+`/>`)
	iconNorm  = drawn("norm", `<path d="M2 20c5 0 5-15 10-15s5 15 10 15v2H2z"`+black+`/>`)
	iconDrop  = drawn("dropout", `<circle cx="6" cy="6" r="3.4"`+black+`/><circle cx="18" cy="18" r="3.4"`+black+`/><path d="M18 2.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zm0 1.6a1.9 1.9 0 1 1 0 3.8 1.9 1.9 0 0 1 0-3.8zM6 14.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zm0 1.600a1.900 1.900 0 1 1 0 3.800 1.900 1.900 0 0 1 0-3.800z"`+black+` fill-rule="evenodd"/>`)
	iconFlat  = drawn("flatten", `<path d="M7 2h10v8H7zM1 16h4v5H1zM7 16h4v5H7zM13 16h4v5h-4zM19 16h4v5h-4zM11 11h2v2h2l-3 2-3-2h2z"`+black+`/>`)
	iconDense = drawn("dense", `<path d="M4.500 4.300 20 11l-.8 1.800L4 6zM4 11h16v2H4zM4 18l15.200-6.800.8 1.800L4.500 19.700z"`+black+`/><circle cx="4" cy="5" r="3"`+black+`/><circle cx="4" cy="12" r="3"`+black+`/><circle cx="4" cy="19" r="3"`+black+`/><circle cx="20" cy="12" r="3.500"`+black+`/>`)
	iconRamp  = drawn("activation", `<path d="M2 18h10l8-14 1.800 1L13.200 20H2z"`+black+`/>`)
	iconSkip  = drawn("residual", `<path d="M3 4h2v16H3zM5 11h5v2H5zM10 8h8v8h-8zM18 11h4v2h-4zM13 3h6v3h2l-3 3-3-3h2V5h-4C9 5 7 6 7 10H5C5 5 8 3 13 3z"`+black+`/>`)
)

// layerIcon is the icon of a layer's card.
func layerIcon(l nn.Layer) fyne.Resource {
	switch l.(type) {
	case nn.MaxPool, nn.AveragePool, nn.GlobalAveragePool:
		return iconPool
	case nn.BatchNorm:
		return iconNorm
	case nn.Dropout:
		return iconDrop
	case nn.Flatten:
		return iconFlat
	case nn.Dense:
		return iconDense
	case nn.ActivationLayer:
		return iconRamp
	case nn.Residual:
		return iconSkip
	}
	return iconConv
}
