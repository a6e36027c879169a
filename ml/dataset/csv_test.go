package dataset_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"atelier/ml/dataset"
)

func readCSV(text string) (*dataset.Set, error) {
	return dataset.ReadCSV(context.Background(), strings.NewReader(text), "t.csv", 10)
}

func csvText(t testing.TB, s *dataset.Set) string {
	t.Helper()
	var b strings.Builder
	if err := dataset.WriteCSV(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCSVRoundTrip(t *testing.T) {
	want := sample(t).Test
	text := csvText(t, want)
	for name, edit := range map[string]func(string) string{
		"as written":      func(s string) string { return s },
		"CRLF":            func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"byte-order mark": func(s string) string { return "\ufeff" + s },
		"no last newline": func(s string) string { return strings.TrimSuffix(s, "\n") },
		"blank lines":     func(s string) string { return strings.ReplaceAll(s, "\n", "\n\n") },
		"quoted names":    func(s string) string { return strings.Replace(s, "label,pixel1,", `"label","pixel1",`, 1) },
		"spaces":          func(s string) string { return strings.ReplaceAll(s, ",", " , ") },
		"pixels from 0": func(s string) string {
			header, rows, _ := strings.Cut(s, "\n")
			for i := range 784 {
				header = strings.Replace(header, fmt.Sprintf("pixel%d", i+1), fmt.Sprintf("Pixel%d", i), 1)
			}
			return header + "\n" + rows
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readCSV(edit(text))
			if err != nil {
				t.Fatal(err)
			}
			checkSet(t, got, want)
		})
	}
}

func TestCSVColumnsInAnyOrder(t *testing.T) {
	want := sample(t).Test.Subset([]int{3, 1, 4, 1, 5})
	lines := strings.Split(strings.TrimSpace(csvText(t, want)), "\n")
	order := rand.New(rand.NewPCG(1, 2)).Perm(785)
	for i, line := range lines {
		cells := strings.Split(line, ",")
		mixed := make([]string, len(cells))
		for from, to := range order {
			mixed[to] = cells[from]
		}
		lines[i] = strings.Join(mixed, ",")
	}
	got, err := readCSV(strings.Join(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	checkSet(t, got, want)
}

func TestCSVInSmallReads(t *testing.T) {
	want := sample(t).Test.Subset([]int{0, 1, 2})
	text := csvText(t, want)
	got, err := dataset.ReadCSV(context.Background(), iotest.OneByteReader(strings.NewReader(text)), "t.csv", 10)
	if err != nil {
		t.Fatal(err)
	}
	checkSet(t, got, want)
}

func checkSet(t *testing.T, got, want *dataset.Set) {
	t.Helper()
	if got.H != want.H || got.W != want.W || !bytes.Equal(got.Labels, want.Labels) || !bytes.Equal(got.Images, want.Images) {
		t.Errorf("%d pictures of %d×%d are not the %d of %d×%d that were written", got.Len(), got.H, got.W, want.Len(), want.H, want.W)
	}
}

// table is a header and rows of zeros, some cells of which are replaced.
func table(rows int, cells map[[2]int]string) string {
	var b strings.Builder
	b.WriteString("label")
	for i := range 784 {
		fmt.Fprintf(&b, ",pixel%d", i+1)
	}
	for r := range rows {
		b.WriteByte('\n')
		for c := range 785 {
			if c > 0 {
				b.WriteByte(',')
			}
			if s, ok := cells[[2]int{r, c}]; ok {
				b.WriteString(s)
			} else {
				b.WriteByte('0')
			}
		}
	}
	return b.String() + "\n"
}

func TestCSVFaults(t *testing.T) {
	good := table(3, nil)
	cell := func(row, column int, text string) string { return table(3, map[[2]int]string{{row, column}: text}) }
	for name, c := range map[string]struct {
		text         string
		line, column int
		want         string
	}{
		"empty file":       {"", 0, 0, "empty"},
		"header only":      {table(0, nil), 0, 0, "no rows"},
		"no header":        {strings.SplitN(good, "\n", 2)[1], 1, 0, "numbers instead of names"},
		"unknown column":   {strings.Replace(good, "pixel7,", "age,", 1), 1, 8, "“age” is not a column"},
		"column twice":     {strings.Replace(good, "pixel7,", "pixel6,", 1), 1, 8, "pixel6 is there twice"},
		"column too many":  {strings.Replace(good, "pixel784", "pixel785", 1), 1, 785, "“pixel785” is not a column"},
		"no label column":  {strings.Replace(good, "label,", "", 1), 1, 0, "the column label is missing"},
		"column missing":   {strings.Replace(good, ",pixel784", "", 1), 1, 0, "the column pixel784 is missing"},
		"semicolons":       {strings.ReplaceAll(good, ",", ";"), 1, 0, "separated by semicolons"},
		"tabs":             {strings.ReplaceAll(good, ",", "\t"), 1, 0, "separated by tabs"},
		"UTF-16":           {"\xff\xfel\x00a\x00b\x00", 1, 0, "UTF-16"},
		"NUL in header":    {strings.Replace(good, "pixel2", "pix\x00l2", 1), 1, 3, "NUL"},
		"783 cells":        {strings.TrimSuffix(good, ",0,0\n") + "\n", 4, 784, "783 cells"},
		"784 cells":        {strings.TrimSuffix(good, ",0\n") + "\n", 4, 785, "784 cells"},
		"786 cells":        {strings.TrimSuffix(good, "\n") + ",0\n", 4, 786, "786 cells"},
		"256":              {cell(1, 17, "256"), 3, 18, "(pixel17): “256” is too large"},
		"1000":             {cell(1, 17, "1000"), 3, 18, "“1000” is too large"},
		"huge":             {cell(1, 17, strings.Repeat("9", 99)), 3, 18, "is too large"},
		"-1":               {cell(0, 1, "-1"), 2, 2, "“-1” is negative"},
		"1.5":              {cell(2, 784, "1.5"), 4, 785, "“1.5” is not written as a whole number"},
		"empty cell":       {cell(2, 5, ""), 4, 6, "the cell is empty"},
		"empty last cell":  {cell(2, 784, ""), 4, 785, "the cell is empty"},
		"word":             {cell(2, 5, "white"), 4, 6, "“white” is not a number"},
		"NUL in a cell":    {cell(2, 5, "\x00"), 4, 6, "NUL"},
		"bare CR":          {cell(2, 5, "1\r2"), 4, 6, "is not a number"},
		"label 10":         {cell(1, 0, "10"), 3, 1, "(label): “10” is too large"},
		"label -1":         {cell(1, 0, "-1"), 3, 1, "“-1” is negative"},
		"empty label":      {cell(1, 0, ""), 3, 1, "the cell is empty"},
		"endless header":   {strings.Repeat("x", 1<<20), 1, 0, "far too long"},
		"endless line":     {table(2, nil) + strings.Repeat("1", 3<<20), 4, 0, "far too long"},
		"cut in the midst": {good[:len(good)-501], 4, 536, "535 cells"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readCSV(c.text)
			checkFault(t, err, "t.csv", c.want)
			var fault *dataset.FormatError
			if errors.As(err, &fault) && (fault.Line != c.line || fault.Column != c.column) {
				t.Errorf("the place is line %d, column %d, want %d, %d", fault.Line, fault.Column, c.line, c.column)
			}
		})
	}
}

// The first fault of the file is told, wherever its block ends, and lines are
// counted through blocks and blank lines.
func TestCSVFaultFarDown(t *testing.T) {
	text := csvText(t, sample(t).Test)
	lines := strings.SplitAfter(text, "\n")
	lines[500] = "\n" + lines[500]
	lines[900] = strings.Replace(lines[900], ",", ",x,", 1)
	lines[990] = "worse\n"
	_, err := readCSV(strings.Join(lines, ""))
	var fault *dataset.FormatError
	if !errors.As(err, &fault) || fault.Line != 902 || fault.Column != 2 {
		t.Errorf("got %v, want line 902, column 2", err)
	}
}

func TestCSVPassesOnReadErrors(t *testing.T) {
	broken := errors.New("the disk is broken")
	for _, text := range []string{"", "label", table(2, nil)} {
		r := io.MultiReader(strings.NewReader(text), failing{broken})
		if _, err := dataset.ReadCSV(context.Background(), r, "t.csv", 10); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: got %v", len(text), err)
		}
	}
}

func TestCSVCancel(t *testing.T) {
	text := strings.SplitAfterN(table(1, nil), "\n", 2)
	header, row := text[0], text[1]
	ctx, cancel := context.WithCancel(context.Background())
	at := 0
	endless := readerFunc(func(p []byte) (int, error) {
		n := copy(p, row[at%len(row):])
		if at += n; at > 10_000*len(row) {
			cancel()
		}
		return n, nil
	})
	_, err := dataset.ReadCSV(ctx, io.MultiReader(strings.NewReader(header), endless), "t.csv", 10)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// FuzzCSV compares the fast reader with a plain one on tables with odd cells.
func FuzzCSV(f *testing.F) {
	for _, cell := range []string{"0", "255", "256", "-1", "", " 7", `"8"`, "1.5", "007", "-0", "+5", "1e2", "\x00", "1,2", "\n", "\r", "x\r\n"} {
		f.Add(cell, uint16(17))
	}
	f.Fuzz(func(t *testing.T, cell string, column uint16) {
		c := int(column) % 785
		text := table(2, map[[2]int]string{{1, c}: cell})
		s, err := readCSV(text)
		lines := strings.Split(text, "\n")
		v, plainErr := strconv.ParseUint(cell, 10, 8)
		limit := uint64(255)
		if c == 0 {
			limit = 9
		}
		switch {
		case plainErr == nil && v <= limit && len(lines) == 4:
			if err != nil {
				t.Fatalf("the cell %q was refused: %v", cell, err)
			}
			got := append([]byte{s.Labels[1]}, s.Image(1)...)
			want := make([]byte, 785)
			want[c] = byte(v)
			if !bytes.Equal(got, want) {
				t.Errorf("the cell %q was misread", cell)
			}
		case err == nil && len(lines) == 4:
			if strings.Trim(cell, " \t\v\f\r\u0085\u00a0\"0123456789") != "" {
				t.Errorf("the cell %q was accepted", cell)
			}
		}
	})
}

// FuzzCSVAnything looks for text that makes the reader panic or hang.
func FuzzCSVAnything(f *testing.F) {
	f.Add("label,pixel1\n0,0\n")
	f.Add(table(1, nil))
	f.Fuzz(func(t *testing.T, text string) {
		s, err := readCSV(text)
		if err == nil && len(s.Images) != s.Len()*784 {
			t.Errorf("%d pixels for %d labels", len(s.Images), s.Len())
		}
	})
}

func BenchmarkReadCSV(b *testing.B) {
	text := csvText(b, sample(b).Train)
	b.SetBytes(int64(len(text)))
	for range b.N {
		if _, err := readCSV(text); err != nil {
			b.Fatal(err)
		}
	}
}
