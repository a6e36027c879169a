package dataset

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	csvColumns = 1 + Side*Side // label and pixels
	csvBlock   = 1 << 20       // bytes of text that one worker takes at a time
	csvHeader  = 1 << 16       // bytes in the header at most; it has 7,341 or so
)

// ReadCSV reads a table in the form of Kaggle's fashion-mnist_train.csv: a
// header that names the columns label and pixel1 to pixel784 (or pixel0 to
// pixel783), in any order, and one row of whole numbers for each picture.
// Line ends of either kind, a byte-order mark, blank lines, spaces around
// numbers and quotes are accepted. Faults are *FormatError with file, line and
// column; name is what they call the file. Labels must be below classes.
//
// The text is parsed block by block on all cores; beside the result only a few
// blocks are held in memory.
func ReadCSV(ctx context.Context, r io.Reader, name string, classes int) (*Set, error) {
	text := &lineReader{r: r}
	header, err := text.header()
	if err != nil {
		return nil, csvReadError(name, err)
	}
	t := &csvTable{name: name, classes: classes}
	if err := t.setColumns(header); err != nil {
		return nil, err
	}

	ctx, cancel := context.WithCancel(ctx)
	workers := runtime.GOMAXPROCS(0)
	todo := make(chan *csvPart)
	inOrder := make(chan *csvPart, workers+1) // its size bounds the memory
	spare := make(chan []byte, workers+3)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()

	var readErr error // set before inOrder is closed
	running.Go(func() {
		defer close(inOrder)
		defer close(todo)
		for {
			part := &csvPart{done: make(chan struct{})}
			select {
			case part.text = <-spare:
			default:
			}
			part.text, readErr = text.block(part.text)
			if readErr != nil {
				return
			}
			for _, queue := range []chan *csvPart{inOrder, todo} {
				select {
				case queue <- part:
				case <-ctx.Done():
					readErr = ctx.Err()
					return
				}
			}
		}
	})
	for range workers {
		running.Go(func() {
			for part := range todo {
				part.parse(t)
				close(part.done)
			}
		})
	}

	s := &Set{H: Side, W: Side}
	var images [][]byte
	line := 2
	for part := range inOrder {
		select {
		case <-part.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if part.err != nil {
			part.err.Line += line
			return nil, part.err
		}
		line += part.lines
		images = append(images, part.images)
		s.Labels = append(s.Labels, part.labels...)
		if s.Len() > maxBytes/(Side*Side) {
			return nil, &FormatError{File: name, Line: line, Problem: "the table has too many rows to fit in memory", Remedy: "Cut it into smaller files"}
		}
		select {
		case spare <- part.text:
		default:
		}
	}
	if readErr != io.EOF {
		if e, ok := readErr.(*FormatError); ok {
			e.File, e.Line = name, line
		}
		return nil, csvReadError(name, readErr)
	}
	if s.Len() == 0 {
		return nil, &FormatError{File: name, Problem: "it holds a header but no rows", Remedy: "Get the file again"}
	}
	s.Images = slices.Concat(images...)
	return s, nil
}

// csvReadError passes on faults of the format and names the file for others.
func csvReadError(name string, err error) error {
	if e, ok := err.(*FormatError); ok {
		if e.File == "" {
			e.File = name
		}
		return e
	}
	return fmt.Errorf("%s: %w", name, err)
}

// lineReader cuts a stream into blocks of whole lines.
type lineReader struct {
	r    io.Reader
	rest []byte // read, but not yet handed out
	err  error  // why no more can be read
}

var errLongLine = FormatError{Problem: "the line is far too long for a row of a table", Remedy: "Check that the file is a CSV file"}

// header returns the first line without its end.
func (l *lineReader) header() ([]byte, error) {
	for {
		if end := bytes.IndexByte(l.rest, '\n'); end >= 0 {
			line := bytes.TrimSuffix(l.rest[:end], []byte{'\r'})
			l.rest = l.rest[end+1:]
			return line, nil
		}
		if len(l.rest) > csvHeader {
			e := errLongLine
			e.Line = 1
			return nil, &e
		}
		if l.err == io.EOF && len(l.rest) > 0 {
			l.rest = append(l.rest, '\n')
			continue
		}
		if l.err == io.EOF {
			return nil, &FormatError{Problem: "the file is empty", Remedy: "Get it again"}
		}
		if l.err != nil {
			return nil, l.err
		}
		at := len(l.rest)
		l.rest = slices.Grow(l.rest, csvHeader)[:at+csvHeader]
		var n int
		n, l.err = l.r.Read(l.rest[at:])
		l.rest = l.rest[:at+n]
	}
}

// block fills buf, or new memory when it is nil, with whole lines, each with
// its '\n'. It returns io.EOF when none is left.
func (l *lineReader) block(buf []byte) ([]byte, error) {
	if buf == nil {
		buf = make([]byte, 0, csvBlock+csvHeader+1)
	}
	buf = append(buf[:0], l.rest...)
	l.rest = l.rest[:0]
	for l.err == nil && len(buf) < csvBlock {
		var n int
		n, l.err = l.r.Read(buf[len(buf):csvBlock])
		buf = buf[:len(buf)+n]
	}
	switch {
	case l.err != nil && l.err != io.EOF:
		return nil, l.err
	case l.err == io.EOF && len(buf) == 0:
		return nil, io.EOF
	case l.err == io.EOF:
		if buf[len(buf)-1] != '\n' {
			buf = append(buf, '\n')
		}
		return buf, nil
	}
	end := bytes.LastIndexByte(buf, '\n') + 1
	if end == 0 {
		e := errLongLine
		return nil, &e
	}
	l.rest = append(l.rest, buf[end:]...)
	return buf[:end], nil
}

// csvTable is what the header tells.
type csvTable struct {
	name    string
	classes int
	columns []string // names by column
	place   []int    // by column: 0 for the label, k for the k-th pixel from 1
}

// setColumns finds out what each column holds.
func (t *csvTable) setColumns(header []byte) error {
	fault := func(column int, name, problem string) error {
		return &FormatError{
			File: t.name, Line: 1, Column: column, Name: name, Problem: problem,
			Remedy: "The first line must name the columns: label,pixel1,…,pixel784",
		}
	}
	switch {
	case bytes.HasPrefix(header, []byte("\xff\xfe")), bytes.HasPrefix(header, []byte("\xfe\xff")):
		return &FormatError{File: t.name, Line: 1, Problem: "the file is written in UTF-16", Remedy: "Save it as UTF-8"}
	case bytes.IndexByte(header, 0) >= 0:
		return &FormatError{File: t.name, Line: 1, Column: bytes.Count(header[:bytes.IndexByte(header, 0)], []byte{','}) + 1, Problem: "there is a NUL byte in the text", Remedy: "The file is damaged or not CSV: get it again"}
	}
	header = bytes.TrimPrefix(header, []byte("\ufeff"))
	for _, other := range []struct{ mark, name string }{{";", "semicolons"}, {"\t", "tabs"}} {
		if !bytes.Contains(header, []byte{','}) && bytes.Contains(header, []byte(other.mark)) {
			return &FormatError{File: t.name, Line: 1, Problem: "the cells are separated by " + other.name, Remedy: "Save the file with commas"}
		}
	}
	for cell := range bytes.SplitSeq(header, []byte{','}) {
		t.columns = append(t.columns, strings.ToLower(string(bare(cell))))
	}
	if _, err := strconv.ParseFloat(t.columns[0], 64); err == nil {
		return fault(0, "", "the first line holds numbers instead of names")
	}
	base := 1 // the number of the first pixel
	if slices.Contains(t.columns, "pixel0") {
		base = 0
	}
	seen := make([]bool, csvColumns)
	for c, name := range t.columns {
		place := 0
		if name != "label" {
			digits, isPixel := strings.CutPrefix(name, "pixel")
			n, err := strconv.Atoi(digits)
			if place = n - base + 1; !isPixel || err != nil || digits != strconv.Itoa(n) || place < 1 || place >= csvColumns {
				return fault(c+1, "", fmt.Sprintf("%s is not a column of this kind of table", clip(name)))
			}
		}
		if seen[place] {
			return fault(c+1, "", name+" is there twice")
		}
		seen[place] = true
		t.place = append(t.place, place)
	}
	if missing := slices.Index(seen, false); missing >= 0 {
		return fault(0, "", fmt.Sprintf("the column %s is missing (there are %d of %d columns)", columnName(missing, base), len(t.columns), csvColumns))
	}
	return nil
}

func columnName(place, base int) string {
	if place == 0 {
		return "label"
	}
	return "pixel" + strconv.Itoa(place-1+base)
}

// csvPart is a block of lines and what became of it.
type csvPart struct {
	text   []byte
	lines  int
	images []byte
	labels []uint8
	err    *FormatError // its Line counts from the part's first line, from 0
	done   chan struct{}
}

// parse reads the rows of the part's text, up to the first fault.
func (p *csvPart) parse(t *csvTable) {
	const shortest = 2 * csvColumns // one digit and one separator a cell
	rows := len(p.text)/shortest + 1
	p.labels = make([]uint8, 0, rows)
	p.images = make([]byte, 0, rows*Side*Side)
	var row [csvColumns]byte
	for text := p.text; len(text) > 0; p.lines++ {
		n := parseRow(text, t.place, &row)
		if n == 0 || int(row[0]) >= t.classes {
			n = bytes.IndexByte(text, '\n') + 1
			line := bytes.TrimSuffix(text[:n-1], []byte{'\r'})
			if len(line) == 0 {
				text = text[n:]
				continue
			}
			if err := t.parseOdd(line, &row); err != nil {
				err.Line = p.lines
				p.err = err
				return
			}
		}
		text = text[n:]
		p.labels = append(p.labels, row[0])
		p.images = append(p.images, row[1:]...)
	}
}

// parseRow reads one row of plain numbers below 256, written with one to three
// digits, from the start of text, and returns the length of its line, or 0
// when the row is not of this common form. Text ends with '\n', which stops
// every loop.
func parseRow(text []byte, place []int, row *[csvColumns]byte) int {
	i := 0
	last := len(place) - 1
	for c, k := range place {
		v := uint(text[i] - '0')
		if v > 9 {
			return 0
		}
		i++
		if d := uint(text[i] - '0'); d <= 9 {
			v = v*10 + d
			i++
			if d := uint(text[i] - '0'); d <= 9 {
				v = v*10 + d
				i++
			}
		}
		if v > 255 || uint(k) >= csvColumns {
			return 0
		}
		row[k] = byte(v)
		switch end := text[i]; {
		case end == ',' && c < last:
			i++
		case end == '\n' && c == last:
			return i + 1
		case end == '\r' && c == last && i+1 < len(text) && text[i+1] == '\n':
			return i + 2
		default:
			return 0
		}
	}
	return 0
}

// parseOdd reads a row that parseRow refuses: numbers with spaces, quotes or
// leading zeros, or a fault, which it names.
func (t *csvTable) parseOdd(line []byte, row *[csvColumns]byte) *FormatError {
	c := 0
	for cell := range bytes.SplitSeq(line, []byte{','}) {
		if c == len(t.place) {
			return t.fault(c, fmt.Sprintf("the row has %d cells, but the header names %d columns", bytes.Count(line, []byte{','})+1, len(t.place)), "Remove what is too much")
		}
		k := t.place[c]
		limit, remedy := 255, "Pixels are whole numbers from 0 to 255"
		if k == 0 {
			limit, remedy = t.classes-1, fmt.Sprintf("Labels are whole numbers from 0 to %d", t.classes-1)
		}
		v, problem := parseCell(cell, limit)
		if problem != "" {
			return t.fault(c, problem, remedy)
		}
		row[k] = byte(v)
		c++
	}
	if c < len(t.place) {
		return t.fault(c, fmt.Sprintf("the row has %d cells, but the header names %d columns", c, len(t.place)), "The row is cut short: get the file again")
	}
	return nil
}

func (t *csvTable) fault(column int, problem, remedy string) *FormatError {
	e := &FormatError{File: t.name, Column: column + 1, Problem: problem, Remedy: remedy}
	if column < len(t.columns) {
		e.Name = t.columns[column]
	}
	return e
}

// parseCell reads a whole number from 0 to limit, or says what is wrong.
func parseCell(cell []byte, limit int) (v int, problem string) {
	text := string(bare(cell))
	switch {
	case strings.IndexByte(text, 0) >= 0:
		return 0, "there is a NUL byte in the text"
	case text == "":
		return 0, "the cell is empty"
	case strings.Trim(text, "0123456789") == "":
		v, err := strconv.Atoi(text)
		if err != nil || v > limit {
			return 0, clip(text) + " is too large"
		}
		return v, ""
	}
	switch v, err := strconv.ParseFloat(text, 64); {
	case err != nil:
		return 0, clip(text) + " is not a number"
	case math.Signbit(v):
		return 0, clip(text) + " is negative"
	}
	return 0, clip(text) + " is not written as a whole number"
}

// bare removes spaces and one pair of quotes around a cell.
func bare(cell []byte) []byte {
	cell = bytes.TrimSpace(cell)
	if n := len(cell); n >= 2 && cell[0] == '"' && cell[n-1] == '"' {
		cell = bytes.TrimSpace(cell[1 : n-1])
	}
	return cell
}

// clip quotes a piece of a file for a message, shortened when it is long.
func clip(s string) string {
	const most = 24
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return "“" + s + "”"
}

// WriteCSV writes s as a table that ReadCSV reads: the header
// label,pixel1,…,pixel784 and one row for each picture.
func WriteCSV(w io.Writer, s *Set) error {
	out := bufio.NewWriterSize(w, 1<<16)
	out.WriteString("label")
	for i := range s.H * s.W {
		out.WriteString(",pixel" + strconv.Itoa(i+1))
	}
	var row []byte
	for i := range s.Len() {
		row = strconv.AppendUint(append(row[:0], '\n'), uint64(s.Labels[i]), 10)
		for _, v := range s.Image(i) {
			row = strconv.AppendUint(append(row, ','), uint64(v), 10)
		}
		out.Write(row)
	}
	out.WriteByte('\n')
	return out.Flush()
}
