package report

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
)

// barCharts returns the chart of a section whose rows are categories: columns
// of text, or else a first column of different integers, and a number. Of
// several numbers it is the one that the rows are ordered by.
func barCharts(cols []*column) *barChart {
	labels := categoryColumns(cols)
	if len(labels) == 0 || len(labels[0].values) < 2 {
		return nil
	}
	labels, numbers := tellApart(labels, cols)
	values := orderColumn(numbers)
	if values == nil {
		return nil
	}
	c := &barChart{caption: values.name, whole: values.class == integers}
	for row, v := range values.values {
		c.bars = append(c.bars, bar{label: label(labels, row), value: v})
	}
	if lo, hi := bounds(values.values); lo > hi || lo == 0 && hi == 0 {
		return nil
	}
	if n := len(c.bars); n > maxBars {
		c.left = fmt.Sprintf("The first %d of %d.", maxBars, n)
		if ordered(values.values) == 0 {
			slices.SortStableFunc(c.bars, func(a, b bar) int { return cmp.Compare(math.Abs(b.value), math.Abs(a.value)) })
			c.left = fmt.Sprintf("The %d greatest of %d.", maxBars, n)
		}
		c.bars = c.bars[:maxBars]
	}
	return c
}

// categoryColumns are those whose values name the rows. There are none where
// the rows have different times.
func categoryColumns(cols []*column) []*column {
	var labels []*column
	for _, c := range cols {
		if c.class == times && timeColumn([]*column{c}) != nil {
			return nil
		}
		if c.class == texts && !c.many {
			labels = append(labels, c)
		}
	}
	if len(labels) > 0 || len(cols) == 0 || cols[0].class != integers {
		return labels
	}
	if n := len(cols[0].values); n > maxClasses || len(different(cols[0].values, n)) < n {
		return nil
	}
	return []*column{cols[0]}
}

// tellApart adds columns of integers to those that name the rows, as long as
// two rows have the same name, and returns the number columns that are left:
// one at least, if there was one.
func tellApart(labels, cols []*column) (names, numbers []*column) {
	numbers = slices.DeleteFunc(numberColumns(cols), func(c *column) bool { return slices.Contains(labels, c) })
	for i := 0; i < len(numbers) && len(numbers) > 1 && !distinct(labels); {
		c := numbers[i]
		if c.class != integers || len(different(c.values, maxClasses)) > maxClasses {
			i++
			continue
		}
		labels, numbers = append(labels, c), slices.Delete(numbers, i, i+1)
	}
	return labels, numbers
}

// distinct reports whether the columns name each of the rows differently.
func distinct(labels []*column) bool {
	seen := map[string]bool{}
	for row := range labels[0].values {
		l := label(labels, row)
		if seen[l] {
			return false
		}
		seen[l] = true
	}
	return true
}

// orderColumn is the first column by which the rows are ordered, or else the
// first; nil if there is none.
func orderColumn(numbers []*column) *column {
	for _, c := range numbers {
		if ordered(c.values) != 0 {
			return c
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	return numbers[0]
}

// ordered is 1 for values that rise, -1 for ones that fall, 0 for others.
func ordered(values []float64) int {
	up, down, last := false, false, math.NaN()
	for _, v := range values {
		up, down = up || v > last, down || v < last
		if !math.IsNaN(v) {
			last = v
		}
	}
	switch {
	case up && !down:
		return 1
	case down && !up:
		return -1
	}
	return 0
}

func label(cols []*column, row int) string {
	var parts []string
	for _, c := range cols {
		switch {
		case c.class == texts:
			parts = append(parts, c.text(row))
		case math.IsNaN(c.values[row]):
			parts = append(parts, "NULL")
		default:
			parts = append(parts, number(c.values[row], true))
		}
	}
	return strings.Join(parts, " · ")
}

const (
	barHeight   = 22 // of a bar and its gap, in pixels
	labelCells  = 28 // labels are cut to this width, in characters
	pixelOfCell = 7  // about what a character takes
)

// draw returns the figure of a chart: bars that lie, from zero to the left or
// to the right, each with its label and its value.
func (c *barChart) draw() string {
	labels, figures, x := c.write()
	var s strings.Builder
	height := len(c.bars)*barHeight + 4
	fmt.Fprintf(&s, "<figure class=\"chart\">\n<figcaption>%s</figcaption>\n<svg class=\"bars\" role=\"img\" aria-label=\"%s\" height=\"%d\" style=\"--l:%dpx;--r:%dpx\">\n",
		text(c.caption), html.EscapeString("Bar chart of "+visible(c.caption, false)), height, labelWidth(labels)+12, labelWidth(figures)+12)
	for i, b := range c.bars {
		top := i*barHeight + 3
		from, to := x.at(0), x.at(0)
		if !math.IsNaN(b.value) {
			from, to = min(from, x.at(b.value)), max(to, x.at(b.value))
		}
		fmt.Fprintf(&s, "<text class=\"y\" x=\"-8\" y=\"%d\">%s</text><rect class=\"bar\" x=\"%s\" y=\"%d\" width=\"%s\" height=\"%d\" rx=\"2\"/><text class=\"v\" x=\"%s\" dx=\"6\" y=\"%d\">%s</text>\n",
			top+barHeight/2-2, text(labels[i]), percent(from), top, percent(to-from), barHeight-5, percent(to), top+barHeight/2-2, groupedBy(figures[i], `<tspan dx=".17em">`, "</tspan>"))
	}
	if x.lo < 0 {
		fmt.Fprintf(&s, "<line class=\"zero\" x1=\"%s\" x2=\"%s\" y2=\"%d\"/>\n", percent(x.at(0)), percent(x.at(0)), height)
	}
	s.WriteString("</svg>\n")
	if c.left != "" {
		fmt.Fprintf(&s, "<p class=\"quiet\">%s</p>\n", text(c.left))
	}
	s.WriteString("</figure>\n")
	return s.String()
}

// write returns what stands beside the bars, and their scale.
func (c *barChart) write() (labels, figures []string, x scale) {
	for _, b := range c.bars {
		if !math.IsNaN(b.value) {
			x.lo, x.hi = min(x.lo, b.value), max(x.hi, b.value)
		}
	}
	for _, b := range c.bars {
		labels = append(labels, runewidth.Truncate(visible(b.label, false), labelCells, "…"))
		if math.IsNaN(b.value) {
			figures = append(figures, "–")
		} else {
			figures = append(figures, number(b.value, c.whole))
		}
	}
	return labels, figures, x
}

// labelWidth is about how wide the widest label is, in pixels.
func labelWidth(labels []string) int {
	most := 0
	for _, l := range labels {
		most = max(most, runewidth.StringWidth(l))
	}
	return most * pixelOfCell
}
