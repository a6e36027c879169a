// Package ml is the root of everything in Atelier that is not a window. It
// holds no code of its own, only the test that keeps the dependencies between
// the folders pointing one way:
//
//   - nothing under ml imports Fyne or anything under app, so that the engine,
//     the training loop and the command line build without a display or cgo;
//   - only the program itself (app) imports fyne/v2/app, so that every tab and
//     widget can be tested without a graphics card;
//   - the tabs of the window never import each other; what they share lives in
//     app/studio, app/widgets and app/figures;
//   - app/studio imports no Fyne;
//   - widgets know nothing of datasets, networks or training.
package ml
