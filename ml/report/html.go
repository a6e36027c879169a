package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/png"
	"io"

	"atelier/ml/figures"
)

//go:embed report.html
var page string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"svg": inlineSVG,
	"png": dataURI,
}).Parse(page))

func writeHTML(w io.Writer, d document) error {
	// Into memory first, so that an error leaves no half page behind.
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, d); err != nil {
		return fmt.Errorf("make report: %w", err)
	}
	_, err := b.WriteTo(w)
	return err
}

// inlineSVG returns a figure's svg element.
func inlineSVG(f figures.Figure) (template.HTML, error) {
	var b bytes.Buffer
	if err := figures.Write(&b, f, "svg", figures.Style{Transparent: true}); err != nil {
		return "", err
	}
	start := max(bytes.Index(b.Bytes(), []byte("<svg")), 0)
	return template.HTML(b.Bytes()[start:]), nil
}

// dataURI returns a picture that needs no file.
func dataURI(img image.Image) (template.URL, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return "", err
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil
}
