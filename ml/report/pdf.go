package report

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"

	"codeberg.org/go-fonts/liberation/liberationmonoregular"
	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"

	"atelier/ml/figures"
)

// Lengths are in millimetres on A4 paper, fonts in points.
const (
	marginX, marginY = 20, 20
	textWidth        = 210 - 2*marginX
	pageBottom       = 297 - marginY
	sans, mono       = "sans", "mono"
	body, small      = 10, 8
	line             = 5
	pointsPerMM      = 72 / 25.4
)

// paper is a PDF under way.
type paper struct {
	*fpdf.Fpdf
	images int
}

func writePDF(w io.Writer, d document) error {
	p := &paper{Fpdf: fpdf.New("P", "mm", "A4", "")}
	p.SetMargins(marginX, marginY, marginX)
	p.SetCellMargin(0)
	p.SetAutoPageBreak(true, marginY)
	p.AddUTF8FontFromBytes(sans, "", liberationsansregular.TTF)
	p.AddUTF8FontFromBytes(sans, "B", liberationsansbold.TTF)
	p.AddUTF8FontFromBytes(mono, "", liberationmonoregular.TTF)
	p.SetTitle(d.Title, true)
	p.SetLang("en")
	p.SetCreationDate(d.Created)
	p.SetModificationDate(d.Created)
	p.AliasNbPages("{pages}")
	p.SetFooterFunc(func() {
		p.SetY(-15)
		p.SetFont(sans, "", small)
		p.CellFormat(0, line, fmt.Sprintf("%d / {pages}", p.PageNo()), "", 0, "C", false, 0, "")
	})
	p.AddPage()

	p.SetFont(sans, "B", 20)
	p.MultiCell(0, 9, d.Title, "", "L", false)
	p.SetFont(sans, "", body)
	p.MultiCell(0, line+2, d.Created.Format("2 January 2006, 15:04"), "", "L", false)
	p.Ln(2)
	p.SetFont(sans, "", body+1)
	for _, text := range d.Lead {
		p.MultiCell(0, line+0.5, text, "", "L", false)
		p.Ln(1.5)
	}
	for _, s := range d.Sections {
		if err := p.section(s); err != nil {
			return fmt.Errorf("make report: %w", err)
		}
	}
	return p.Output(w)
}

// room starts a new page unless the current one has height left.
func (p *paper) room(height float64) {
	if p.GetY()+height > pageBottom {
		p.AddPage()
	}
}

// shortTable is the most rows of a table that stays with its heading.
const shortTable = 12

func (p *paper) section(s section) error {
	need := 30.0 // the heading and some of what follows it
	if len(s.Figures) > 0 {
		_, height := s.Figures[0].Figure.Size()
		need = 20 + float64(height)/pointsPerMM + float64(line*len(s.Text)*3)
	} else if s.Table != nil && len(s.Table.Rows) <= shortTable {
		need = 20 + float64(line*(len(s.Table.Rows)+1))
	}
	p.Ln(5)
	p.room(min(need, pageBottom-marginY))
	p.SetFont(sans, "B", 14)
	p.Bookmark(s.Heading, 0, -1)
	p.MultiCell(0, 7, s.Heading, "", "L", false)
	p.SetFont(sans, "", body)
	for _, text := range s.Text {
		p.MultiCell(0, line, text, "", "L", false)
	}
	p.Ln(1.5)
	for _, f := range s.Figures {
		if err := p.figure(f.Figure); err != nil {
			return err
		}
	}
	if s.Table != nil {
		p.table(*s.Table)
	}
	if err := p.pictures(s.Pictures); err != nil {
		return err
	}
	for _, c := range s.Code {
		p.room(3 * line)
		p.SetFont(sans, "B", body)
		p.MultiCell(0, line+1, c.About, "", "L", false)
		p.SetFont(mono, "", small)
		p.MultiCell(0, line*0.8, c.Text, "", "L", false)
		p.Ln(2)
	}
	return p.Error()
}

// figure draws a figure as wide as the text, or less if it is smaller.
func (p *paper) figure(f figures.Figure) error {
	var b bytes.Buffer
	if err := figures.Write(&b, f, "png", figures.Style{}); err != nil {
		return err
	}
	w, h := f.Size()
	width, height := float64(w)/pointsPerMM, float64(h)/pointsPerMM
	if width > textWidth {
		width, height = textWidth, height*textWidth/width
	}
	p.room(height)
	p.image(&b, marginX+(textWidth-width)/2, p.GetY(), width, height)
	p.SetY(p.GetY() + height + 2)
	return nil
}

// image places a PNG.
func (p *paper) image(r io.Reader, x, y, width, height float64) {
	p.images++
	name := fmt.Sprint(p.images)
	options := fpdf.ImageOptions{ImageType: "png"}
	p.RegisterImageOptionsReader(name, options, r)
	p.ImageOptions(name, x, y, width, height, false, options, 0, "")
}

// cellPadding is the room at both sides of a cell.
const cellPadding = 1.5

// table draws a table, its heading again on every page. A short one is kept on
// one page.
func (p *paper) table(t table) {
	widths := p.columns(t)
	whole := p.rowHeight(p.wrap(t.Head, widths, "B"))
	for _, cells := range t.Rows {
		whole += p.rowHeight(p.wrap(cells, widths, ""))
	}
	p.room(min(whole, (pageBottom-marginY)/2))
	p.row(t, p.wrap(t.Head, widths, "B"), widths)
	for _, cells := range t.Rows {
		if lines := p.wrap(cells, widths, ""); p.GetY()+p.rowHeight(lines) > pageBottom {
			p.AddPage()
			p.row(t, p.wrap(t.Head, widths, "B"), widths)
		}
		p.row(t, p.wrap(cells, widths, ""), widths)
	}
	p.SetFont(sans, "", body)
	p.Ln(2)
}

// wrap breaks the cells of a row into lines and leaves their font set.
func (p *paper) wrap(cells []string, widths []float64, style string) [][]string {
	p.SetFont(sans, style, small+1)
	lines := make([][]string, len(cells))
	for i, cell := range cells {
		lines[i] = p.SplitText(cell, widths[i]-2*cellPadding)
	}
	return lines
}

func (p *paper) rowHeight(lines [][]string) float64 {
	most := 1
	for _, l := range lines {
		most = max(most, len(l))
	}
	return float64(most)*line*0.85 + 1
}

// row draws a row of a table with a rule below.
func (p *paper) row(t table, lines [][]string, widths []float64) {
	x, y, height := float64(marginX), p.GetY(), p.rowHeight(lines)
	for i := range lines {
		align := "L"
		if i >= t.Numbers {
			align = "R"
		}
		for k, text := range lines[i] {
			p.SetXY(x+cellPadding, y+0.5+float64(k)*line*0.85)
			p.CellFormat(widths[i]-2*cellPadding, line*0.85, text, "", 0, align, false, 0, "")
		}
		x += widths[i]
	}
	p.SetDrawColor(220, 217, 210)
	p.Line(marginX, y+height, x, y+height)
	p.SetXY(marginX, y+height)
}

// columns shares the width out by the longest cell of each column.
func (p *paper) columns(t table) []float64 {
	p.SetFont(sans, "B", small+1)
	widths := make([]float64, len(t.Head))
	total := 0.0
	for i := range widths {
		widths[i] = p.GetStringWidth(t.Head[i])
		for _, row := range t.Rows {
			widths[i] = max(widths[i], p.GetStringWidth(row[i]))
		}
		widths[i] = min(widths[i]+2*cellPadding+1, textWidth*0.6)
		total += widths[i]
	}
	if total > textWidth {
		for i := range widths {
			widths[i] *= textWidth / total
		}
	}
	return widths
}

// pictures draws small pictures in rows with their captions below.
func (p *paper) pictures(pictures []picture) error {
	const (
		columns = 8
		width   = textWidth / float64(columns)
		side    = width - 3
		height  = side + 14
	)
	for i, picture := range pictures {
		column := i % columns
		if column == 0 {
			if i > 0 {
				p.SetY(p.GetY() + height)
			}
			p.room(height)
		}
		var b bytes.Buffer
		if err := png.Encode(&b, enlarge(picture.Image, 8)); err != nil {
			return err
		}
		x, y := marginX+float64(column)*width, p.GetY()
		p.image(&b, x, y, side, side)
		p.SetFont(sans, "", 6.5)
		for k, text := range p.SplitText(picture.Caption, side) {
			p.SetXY(x, y+side+0.5+float64(k)*2.7)
			p.CellFormat(side, 2.7, text, "", 0, "L", false, 0, "")
		}
		p.SetXY(marginX, y)
	}
	if len(pictures) > 0 {
		p.SetY(p.GetY() + height)
	}
	return nil
}

// enlarge repeats each pixel, since PDF readers smooth small pictures.
func enlarge(img image.Image, times int) image.Image {
	b := img.Bounds()
	out := image.NewGray(image.Rect(0, 0, b.Dx()*times, b.Dy()*times))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.SetGray(x, y, color.GrayModel.Convert(img.At(b.Min.X+x/times, b.Min.Y+y/times)).(color.Gray))
		}
	}
	return out
}
