package main

import (
	"context"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/dragover"
)

// dropMark shows, over the whole window, that what is dragged there can be let
// go.
type dropMark struct {
	widget.BaseWidget
	frame *canvas.Rectangle
	words *canvas.Text
	plate *canvas.Rectangle // under the words
}

func newDropMark() *dropMark {
	m := &dropMark{
		frame: canvas.NewRectangle(color.Transparent),
		words: canvas.NewText("Drop pictures, a folder, a dataset or a model", nil),
		plate: canvas.NewRectangle(nil),
	}
	m.words.TextStyle.Bold = true
	m.frame.StrokeWidth = 4
	m.plate.CornerRadius = 8
	m.ExtendBaseWidget(m)
	m.Hide()
	return m
}

// Refresh implements fyne.CanvasObject.
func (m *dropMark) Refresh() {
	primary := theme.Color(theme.ColorNamePrimary)
	m.frame.FillColor, m.frame.StrokeColor = theme.Color(theme.ColorNameSelection), primary
	m.plate.FillColor = primary
	m.words.Color, m.words.TextSize = theme.Color(theme.ColorNameForegroundOnPrimary), theme.Size(theme.SizeNameHeadingText)
	m.BaseWidget.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (m *dropMark) CreateRenderer() fyne.WidgetRenderer {
	words := container.NewStack(m.plate, container.NewPadded(container.NewPadded(m.words)))
	return widget.NewSimpleRenderer(container.NewStack(m.frame, container.NewCenter(words)))
}

// watchDrags shows the mark while files are dragged over the window, where the
// desktop tells.
func (w *window) watchDrags(ctx context.Context) {
	native, ok := w.Window.(driver.NativeWindow)
	if !ok {
		return
	}
	native.RunNative(func(handle any) {
		x, ok := handle.(driver.X11WindowContext)
		if !ok {
			return
		}
		err := dragover.Watch(ctx, x.WindowHandle, func(over bool) {
			w.studio.Logger().Debug("dragged over", "over", over)
			w.studio.Do(func() { w.showDropMark(over) })
		})
		if err != nil {
			w.studio.Logger().Warn("drags are not shown", "error", err)
		}
	})
}

func (w *window) showDropMark(show bool) {
	if show {
		w.dropMark.Show()
		w.dropMark.Refresh()
	} else {
		w.dropMark.Hide()
	}
}
