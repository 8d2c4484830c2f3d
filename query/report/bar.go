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
	values := orderColumn(slices.DeleteFunc(numberColumns(cols), func(c *column) bool { return slices.Contains(labels, c) }))
	if len(labels) == 0 || values == nil || len(values.values) < 2 {
		return nil
	}
	c := &barChart{caption: values.name}
	for row, v := range values.values {
		c.bars = append(c.bars, bar{label: label(labels, row), value: v, whole: values.class == integers})
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
	return cols[:1]
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
	values := make([]float64, len(c.bars))
	labels, figures := make([]string, len(c.bars)), make([]string, len(c.bars))
	for i, b := range c.bars {
		values[i] = b.value
		labels[i] = runewidth.Truncate(visible(b.label, false), labelCells, "…")
		if figures[i] = "NULL"; !math.IsNaN(b.value) {
			figures[i] = number(b.value, b.whole)
		}
	}
	lo, hi := bounds(values)
	lo, hi = min(lo, 0), max(hi, 0)
	y := scale{lo: lo, hi: hi}
	var s strings.Builder
	fmt.Fprintf(&s, "<figure class=\"chart\">\n<figcaption>%s</figcaption>\n<svg role=\"img\" aria-label=\"%s\" height=\"%d\" style=\"--l:%dpx;--r:%dpx\">\n",
		text(c.caption), html.EscapeString("Bar chart of "+visible(c.caption, false)), len(c.bars)*barHeight+4, labelWidth(labels)+12, labelWidth(figures)+12)
	for i, b := range c.bars {
		top, middle := i*barHeight+3, i*barHeight+3+(barHeight-4)/2
		from, to := y.at(0), y.at(0)
		if !math.IsNaN(b.value) {
			from, to = min(from, y.at(b.value)), max(to, y.at(b.value))
		}
		fmt.Fprintf(&s, "<text class=\"y\" x=\"-8\" y=\"%d\">%s</text><rect class=\"bar\" x=\"%s\" y=\"%d\" width=\"%s\" height=\"%d\"/><text class=\"v\" x=\"%s\" dx=\"6\" y=\"%d\">%s</text>\n",
			middle, text(labels[i]), percent(from), top, percent(to-from), barHeight-5, percent(to), middle, figures[i])
	}
	if lo < 0 {
		fmt.Fprintf(&s, "<line class=\"zero\" x1=\"%s\" x2=\"%s\" y2=\"%d\"/>\n", percent(y.at(0)), percent(y.at(0)), len(c.bars)*barHeight+4)
	}
	s.WriteString("</svg>\n")
	if c.left != "" {
		fmt.Fprintf(&s, "<p class=\"quiet\">%s</p>\n", text(c.left))
	}
	s.WriteString("</figure>\n")
	return s.String()
}

// labelWidth is about how wide the widest label is, in pixels.
func labelWidth(labels []string) int {
	most := 0
	for _, l := range labels {
		most = max(most, runewidth.StringWidth(l))
	}
	return most * pixelOfCell
}
