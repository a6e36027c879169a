package classify

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"strconv"
	"strings"

	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/atomicfile"
	"atelier/ml/recognise"
	"atelier/ml/vision"
)

// thumbnailEdge is the longest edge of a thumbnail in pixels.
const thumbnailEdge = 96

// row is one of many pictures and the answer to it.
type row struct {
	picture studio.Picture
	thumb   *image.RGBA // nil until the picture is read
	answer  recognise.Answer
	err     error
	done    bool
}

// answerText is what the table says of a row.
func (r row) answerText() string {
	switch {
	case r.err != nil:
		return "Could not be read"
	case !r.done:
		return "…"
	case r.answer.Unknown:
		return "Not a garment?"
	}
	return r.answer.Name
}

// certainty is how sure the answer is; 0 without one.
func (r row) certainty() float64 {
	if r.err != nil || !r.done || r.answer.Unknown {
		return 0
	}
	return r.answer.Probability
}

func (r row) certaintyText() string {
	if r.certainty() == 0 {
		return ""
	}
	return widgets.Percent(r.certainty())
}

// note is why, or what is wrong.
func (r row) note() string {
	switch {
	case r.err != nil:
		var unread *vision.DecodeError
		if errors.As(r.err, &unread) {
			return widgets.Sentence("it " + unread.Reason) // the file is named beside
		}
		return widgets.Sentence(r.err.Error())
	case r.answer.Unknown:
		return r.answer.Why
	case r.done:
		return kindTitle(r.answer.Kind)
	}
	return ""
}

// take keeps an answer or error. Of the answer's steps it keeps a thumbnail of
// the first only: all would be too much memory for thousands of pictures.
func (r *row) take(a recognise.Answer, err error) {
	r.done, r.err = true, err
	if err != nil {
		return
	}
	if len(a.Steps) > 0 {
		r.thumb = widgets.Preview(a.Steps[0].Image, thumbnailEdge)
	}
	a.Steps = nil
	r.answer = a
}

// list replaces folders by the pictures in them. What cannot be looked into
// becomes a row with its error.
func list(pictures []studio.Picture) []row {
	var rows []row
	for _, p := range pictures {
		if p.Image != nil {
			rows = append(rows, row{picture: p})
			continue
		}
		paths, err := recognise.Walk([]string{p.Path})
		if err != nil {
			rows = append(rows, row{picture: p, err: err, done: true})
			continue
		}
		for _, path := range paths {
			rows = append(rows, row{picture: studio.Picture{Name: shortName(p.Path, path), Path: path}})
		}
	}
	return rows
}

// shortName is a file's path from the folder that was opened.
func shortName(root, path string) string {
	if short := strings.TrimLeft(strings.TrimPrefix(path, root), `/\`); short != "" {
		return short
	}
	return path[strings.LastIndexAny(path, `/\`)+1:]
}

// classifyAll answers for every row that has no answer yet, and passes each on
// with its index.
func classifyAll(ctx context.Context, m *studio.Model, rows []row, done func(i int, r row)) error {
	rec, err := recognise.New(m.Model, recognise.Options{})
	if err != nil {
		return err
	}
	defer rec.Close()
	var files []string
	var at []int
	for i, r := range rows {
		switch {
		case r.done:
			done(i, r)
		case r.picture.Image == nil:
			files, at = append(files, r.picture.Path), append(at, i)
		default:
			s, err := open(ctx, r.picture)
			var prepared vision.Result
			if err == nil {
				prepared, err = s.prepare()
			}
			var a recognise.Answer
			if err == nil {
				a, err = rec.Prepared(ctx, prepared)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r.take(a, err)
			done(i, r)
		}
	}
	return rec.Files(ctx, files, vision.Auto, func(k int, a recognise.Answer, err error) {
		r := rows[at[k]]
		r.take(a, err)
		done(at[k], r)
	})
}

// filters of the table beside the classes.
const (
	filterAll      = "All pictures"
	filterUnknown  = "Not a garment"
	filterProblems = "Could not be read"
)

func (r row) passes(filter string) bool {
	switch filter {
	case filterAll, "":
		return true
	case filterUnknown:
		return r.done && r.err == nil && r.answer.Unknown
	case filterProblems:
		return r.err != nil
	}
	return r.done && r.err == nil && !r.answer.Unknown && r.answer.Name == filter
}

// column numbers of the table.
const (
	columnThumb = iota
	columnName
	columnAnswer
	columnCertainty
	columnNote
	columnCount
)

// order sorts indices of rows by a column; rows that are equal stay in the order
// in which they came.
func order(rows []row, indices []int, column int, descending bool) {
	slices.SortStableFunc(indices, func(a, b int) int {
		x, y := rows[a], rows[b]
		c := 0
		switch column {
		case columnName:
			c = strings.Compare(strings.ToLower(x.picture.Name), strings.ToLower(y.picture.Name))
		case columnAnswer:
			c = strings.Compare(x.answerText(), y.answerText())
		case columnCertainty:
			c = cmp.Compare(x.certainty(), y.certainty())
		case columnNote:
			c = strings.Compare(x.note(), y.note())
		}
		if descending {
			return -c
		}
		return c
	})
}

// summary counts the answers, the most frequent first.
func summary(rows []row) string {
	counts := map[string]int{}
	read := 0
	for _, r := range rows {
		if r.done {
			counts[r.answerText()]++
			read++
		}
	}
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	parts := []string{fmt.Sprintf("%d of %d pictures", read, len(rows))}
	for _, n := range names {
		parts = append(parts, fmt.Sprintf("%s %d", n, counts[n]))
	}
	return strings.Join(parts, " · ")
}

// saveCSV writes one line a picture: its file, the answer, all probabilities, or
// what was wrong with it.
func saveCSV(path string, rows []row, classes []string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		out := csv.NewWriter(w)
		header := []string{"picture", "class", "name", "probability", "unknown"}
		for _, c := range classes {
			header = append(header, "p("+c+")")
		}
		if err := out.Write(append(header, "error")); err != nil {
			return err
		}
		for _, r := range rows {
			name := r.picture.Path
			if name == "" {
				name = r.picture.Name
			}
			line := make([]string, len(header)+1)
			line[0] = name
			switch {
			case r.err != nil:
				line[len(header)] = r.err.Error()
			case r.done:
				number := func(p float64) string { return strconv.FormatFloat(p, 'g', 6, 64) }
				copy(line[1:], []string{strconv.Itoa(r.answer.Class), r.answer.Name, number(r.answer.Probability), strconv.FormatBool(r.answer.Unknown)})
				for i, p := range r.answer.Probabilities {
					line[5+i] = number(p)
				}
			}
			if err := out.Write(line); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	})
}
