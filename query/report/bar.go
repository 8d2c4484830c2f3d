package report

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
)

// barCharts returns the chart of a section whose rows are categories that have
// different names, and a number. Of several numbers it is the one that the rows
// are ordered by. Rows of different times are drawn if they are a ranking: in
// the order of the number, not of time, and most of its values are different.
func barCharts(cols []*column, zone *time.Location) *barChart {
	names := newNaming(cols, zone)
	if names == nil || len(names.cols[0].values) < 2 {
		return nil
	}
	values := orderColumn(names.tellApart(cols))
	if values == nil || !names.distinct() {
		return nil
	}
	for _, t := range varyingTimes(cols) {
		if !ranking(values) || ordered(t.values) != 0 {
			return nil
		}
	}
	c := &barChart{caption: values.name, whole: values.class == integers}
	for row, v := range values.values {
		name, ending := names.of(row)
		c.bars = append(c.bars, bar{name: name, ending: ending, value: v})
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

func ranking(c *column) bool {
	return ordered(c.values) != 0 && 2*len(different(c.values, len(c.values))) > len(c.values)
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

const (
	barHeight   = 22 // of a bar and its gap, in pixels
	barsAsOne   = 5  // between so many bars a page of paper may end
	labelCells  = 28 // labels are cut to this width, in characters
	pixelOfCell = 7  // about what a character takes
)

// draw returns the figure of a chart: bars that lie, from zero to the left or
// to the right, each with its label and its value. It is made of several
// pictures, so that a page of paper need not hold all bars.
func (c *barChart) draw() string {
	labels, figures, x := c.write()
	var s strings.Builder
	fmt.Fprintf(&s, "<figure class=\"chart long\">\n<figcaption>%s</figcaption>\n", text(c.caption))
	for from := 0; from < len(c.bars); from += barsAsOne {
		to := min(from+barsAsOne, len(c.bars))
		fmt.Fprintf(&s, "<svg class=\"bars\" role=\"img\" aria-label=\"%s\" height=\"%d\" style=\"--l:%dpx;--r:%dpx\">\n",
			html.EscapeString("Bar chart of "+visible(c.caption, false)), (to-from)*barHeight, labelWidth(labels)+12, labelWidth(figures)+12)
		drawBars(&s, c.bars[from:to], labels[from:to], figures[from:to], x)
		s.WriteString("</svg>\n")
	}
	if c.left != "" {
		fmt.Fprintf(&s, "<p class=\"quiet\">%s</p>\n", text(c.left))
	}
	s.WriteString("</figure>\n")
	return s.String()
}

func drawBars(s *strings.Builder, bars []bar, labels, figures []string, x scale) {
	for i, b := range bars {
		top := i*barHeight + 2
		from, to := x.at(0), x.at(0)
		if !math.IsNaN(b.value) {
			from, to = min(from, x.at(b.value)), max(to, x.at(b.value))
		}
		fmt.Fprintf(s, "<text class=\"y\" x=\"-8\" y=\"%d\">%s</text><rect class=\"bar\" x=\"%s\" y=\"%d\" width=\"%s\" height=\"%d\" rx=\"2\"/><text class=\"v\" x=\"%s\" dx=\"6\" y=\"%d\">%s</text>\n",
			top+barHeight/2-2, text(labels[i]), percent(from), top, percent(to-from), barHeight-5, percent(to), top+barHeight/2-2, groupedBy(figures[i], `<tspan dx=".17em">`, "</tspan>"))
	}
	if x.lo < 0 {
		fmt.Fprintf(s, "<line class=\"zero\" x1=\"%s\" x2=\"%s\" y2=\"%d\"/>\n", percent(x.at(0)), percent(x.at(0)), len(bars)*barHeight)
	}
}

// write returns what stands beside the bars, and their scale.
func (c *barChart) write() (names, figures []string, x scale) {
	for _, b := range c.bars {
		if math.IsNaN(b.value) {
			figures = append(figures, "–")
			continue
		}
		x.lo, x.hi = min(x.lo, b.value), max(x.hi, b.value)
		figures = append(figures, number(b.value, c.whole))
	}
	return labels(c.bars, labelCells), figures, x
}

// labelWidth is about how wide the widest label is, in pixels.
func labelWidth(labels []string) int {
	most := 0
	for _, l := range labels {
		most = max(most, runewidth.StringWidth(l))
	}
	return most * pixelOfCell
}
