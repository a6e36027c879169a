package browse

import (
	"fmt"
	"strings"

	"atelier/ml/dataset"
)

// header returns the first line of the CSV, label,pixel1,….
func header(pixels int) []string {
	out := make([]string, pixels+1)
	out[0] = "label"
	for i := 1; i <= pixels; i++ {
		out[i] = fmt.Sprintf("pixel%d", i)
	}
	return out
}

// csvRow returns the picture as its row of the CSV.
func csvRow(s *dataset.Set, i int) string {
	var b strings.Builder
	fmt.Fprint(&b, s.Label(i))
	for _, v := range s.Image(i) {
		fmt.Fprintf(&b, ",%d", v)
	}
	return b.String()
}

// wrapRow breaks a CSV row into lines of so many values, to be read.
func wrapRow(row string, values int) string {
	cells := strings.Split(row, ",")
	var b strings.Builder
	for i, c := range cells {
		b.WriteString(c)
		if i < len(cells)-1 {
			b.WriteByte(',')
			if i%values == 0 {
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}

// arrayText returns the picture as NumPy prints an array of bytes.
func arrayText(s *dataset.Set, i int) string {
	var b strings.Builder
	for y := range s.H {
		b.WriteString(opening(y))
		for x := range s.W {
			if x > 0 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, "%3d", s.Image(i)[y*s.W+x])
		}
		b.WriteString(closing(y, s.H))
	}
	return b.String()
}

// normalisedText returns the picture as the network takes it.
func normalisedText(s *dataset.Set, i int) string {
	x := make([]float32, s.H*s.W)
	dataset.Fill(x, s, []int{i})
	var b strings.Builder
	for y := range s.H {
		b.WriteString(opening(y))
		for k, v := range x[y*s.W : (y+1)*s.W] {
			if k > 0 {
				b.WriteByte(' ')
			}
			switch v {
			case 0:
				b.WriteString("0.   ")
			case 1:
				b.WriteString("1.   ")
			default:
				fmt.Fprintf(&b, "%.3f", v)
			}
		}
		b.WriteString(closing(y, s.H))
	}
	return b.String()
}

func opening(row int) string {
	if row == 0 {
		return "[["
	}
	return " ["
}

func closing(row, rows int) string {
	if row == rows-1 {
		return "]]"
	}
	return "]\n"
}

// oneHotText returns the label as a vector, one class a line.
func oneHotText(label int, classes []string) string {
	var vector []string
	for c := range classes {
		v := "0."
		if c == label {
			v = "1."
		}
		vector = append(vector, v)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "label %d → [%s]\n\n", label, strings.Join(vector, " "))
	for c, name := range classes {
		mark := " "
		if c == label {
			mark = "←"
		}
		fmt.Fprintf(&b, "%3d  %s  %s %s\n", c, vector[c], name, mark)
	}
	return b.String()
}
