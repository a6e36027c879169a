package main

import (
	"fyne.io/fyne/v2"

	"atelier/assets"
)

// metadata is what FyneApp.toml says, for programs that were built without
// Fyne's packager.
func metadata() fyne.AppMetadata {
	return fyne.AppMetadata{
		ID:         "org.atelier.studio",
		Name:       "Atelier",
		Version:    "0.1.0",
		Build:      1,
		Icon:       fyne.NewStaticResource("atelier.png", assets.Icon),
		Migrations: map[string]bool{"fyneDo": true},
	}
}
