package report

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
	"time"
)

// Charts are drawn here, not by a library: what was tried (go-analyze/charts)
// puts points at equal distances whatever time lies between them, labels every
// n-th of them instead of round times, measures text by a font of its own and
// fixes colours. Here a line is where its times are, and a page is read in the
// reader's font and theme.
//
// A chart is an SVG without a size of its own: positions along the width are
// percentages and text is as large as that of the page, so that it is read on
// a telephone and on paper alike. Lines are in an inner SVG that is stretched.
// Colours are classes; the page's style gives them for each theme.
const (
	plotHeight = 200.0  // of a chart by itself, in pixels
	lowHeight  = 130.0  // where a section has several
	plotWidth  = 1000.0 // of the inner SVG
	maxHovers  = 400    // moments that show their values under the pointer
	dotted     = 40     // up to so many points each has a dot
)

// drawing is the picture of a line chart while it is drawn.
type drawing struct {
	b       strings.Builder
	chart   lineChart
	zone    *time.Location
	moments []float64
	step    float64 // the distance of moments; 0 if they are irregular
	lo, hi  float64 // of time
	y       scale
	height  float64 // of the plot
}

// drawLines returns the figures of a section's charts, one below the other.
func drawLines(charts []lineChart, zone *time.Location) string {
	drawings, left := make([]*drawing, len(charts)), 0
	for i, c := range charts {
		d := newDrawing(c, zone)
		if len(charts) > 1 {
			d.height = lowHeight
		}
		drawings[i], left = d, max(left, labelWidth(d.y.labels)+12)
	}
	var b strings.Builder
	for _, d := range drawings {
		d.figure(left)
		b.WriteString(d.b.String())
	}
	return b.String()
}

func newDrawing(c lineChart, zone *time.Location) *drawing {
	d := &drawing{chart: c, zone: zone, moments: c.moments(), height: plotHeight}
	d.lo, d.hi = d.moments[0], d.moments[len(d.moments)-1]
	d.step = regular(d.moments, zone)
	var all []float64
	whole := true
	for _, s := range c.series {
		whole = whole && s.whole
		for _, p := range s.points {
			all = append(all, p.y)
		}
	}
	lo, hi := bounds(all)
	d.y = newScale(lo, hi, whole)
	return d
}

// figure draws all, with left pixels for what stands beside the axis.
func (d *drawing) figure(left int) {
	d.b.WriteString("<figure class=\"chart\">\n")
	d.caption()
	fmt.Fprintf(&d.b, "<svg role=\"img\" aria-label=\"%s\" height=\"%d\" style=\"--l:%dpx\">\n", html.EscapeString(d.describe()), int(d.height)+48, left)
	d.axes()
	d.lines()
	d.hovers()
	d.b.WriteString("</svg>\n")
	if d.chart.left != "" {
		fmt.Fprintf(&d.b, "<p class=\"quiet\">%s</p>\n", text(strings.TrimSpace(d.chart.left)))
	}
	d.b.WriteString("</figure>\n")
}

func (d *drawing) describe() string {
	return visible(fmt.Sprintf("Line chart of %s, %s to %s", d.chart.caption, moment(d.lo, d.step, d.zone), moment(d.hi, d.step, d.zone)), false)
}

// caption names the chart, and its lines where there are several.
func (d *drawing) caption() {
	note := d.y.broken()
	if note != "" {
		note = ` <span class="broken">` + note + "</span>"
	}
	if len(d.chart.series) == 1 {
		fmt.Fprintf(&d.b, "<figcaption>%s%s</figcaption>\n", text(d.chart.caption), note)
		return
	}
	d.b.WriteString("<figcaption>")
	if c := d.chart.caption; strings.Contains(c, " by ") {
		d.b.WriteString(text(c))
	}
	d.b.WriteString(note)
	d.b.WriteString("<ul class=\"legend\">")
	for i, s := range d.chart.series {
		name, more := cut(s.name, 60)
		if more {
			name += "…"
		}
		fmt.Fprintf(&d.b, "<li><i class=\"%s\"></i>%s</li>", lineClass(i), text(name))
	}
	d.b.WriteString("</ul></figcaption>\n")
}

// colours is how many lines have a colour of their own; the next are dashed.
const colours = 8

func lineClass(i int) string {
	if i < colours {
		return fmt.Sprintf("c%d", i+1)
	}
	return fmt.Sprintf("c%d dash", i-colours+1)
}

func (d *drawing) axes() {
	for i, v := range d.y.ticks {
		y := d.top(v)
		class := "grid"
		switch {
		case v == 0:
			class = "zero"
		case i == 0 && v > 0 || i == len(d.y.ticks)-1 && v < 0: // where it is broken
			class = "zero torn"
		}
		fmt.Fprintf(&d.b, "<line class=\"%s\" x2=\"100%%\" y1=\"%s\" y2=\"%s\"/><text class=\"y\" x=\"-8\" y=\"%s\">%s</text>\n",
			class, short(y), short(y), short(y), d.y.labels[i])
	}
	ticks := timeTicks(d.lo, d.hi, d.step, d.zone)
	for i, t := range ticks {
		class := "x"
		if i%2 == 1 && len(ticks) > 5 { // left out on a narrow screen
			class = "x odd"
		}
		x := percent(d.across(t.at))
		fmt.Fprintf(&d.b, "<line class=\"tick\" x1=\"%s\" x2=\"%s\" y1=\"%d\" y2=\"%d\"/><text class=\"%s\" x=\"%s\" y=\"%d\">%s</text>",
			x, x, int(d.height)+8, int(d.height)+12, class, x, int(d.height)+26, t.label)
		if t.below != "" {
			fmt.Fprintf(&d.b, "<text class=\"%s below\" x=\"%s\" y=\"%d\">%s</text>", class, x, int(d.height)+42, t.below)
		}
		d.b.WriteByte('\n')
	}
}

// across is where a moment lies between left (0) and right (1).
func (d *drawing) across(x float64) float64 { return (x - d.lo) / (d.hi - d.lo) }

// top is how far below the upper edge a value lies, in pixels.
func (d *drawing) top(y float64) float64 { return 8 + d.height*(1-d.y.at(y)) }

func (d *drawing) lines() {
	fmt.Fprintf(&d.b, "<svg class=\"plot\" y=\"8\" width=\"100%%\" height=\"%d\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\">\n",
		int(d.height), int(plotWidth), int(d.height))
	for i, s := range d.chart.series {
		runs := split(s.points, d.step, d.zone)
		if len(d.chart.series) == 1 && d.y.lo <= 0 && d.y.hi >= 0 {
			fmt.Fprintf(&d.b, "<path class=\"area\" d=\"%s\"/>\n", d.area(runs))
		}
		line, dots := d.paths(runs, len(s.points) <= dotted)
		if line != "" {
			fmt.Fprintf(&d.b, "<path class=\"%s\" d=\"%s\"/>\n", lineClass(i), line)
		}
		if dots != "" {
			fmt.Fprintf(&d.b, "<path class=\"dots c%d\" d=\"%s\"/>\n", i%colours+1, dots)
		}
	}
	d.b.WriteString("</svg>\n")
}

// paths draws runs of points; what stands alone is a dot, and each point if
// all is set.
func (d *drawing) paths(runs [][]point, all bool) (line, dots string) {
	var l, o strings.Builder
	for _, run := range runs {
		for i, p := range thin(run, d.lo, d.hi) {
			x, y := d.spot(p)
			switch {
			case len(run) == 1:
			case i == 0:
				fmt.Fprintf(&l, "M%s %s", x, y)
			default:
				fmt.Fprintf(&l, " %s %s", x, y)
			}
			if all || len(run) == 1 {
				fmt.Fprintf(&o, "M%s %sh0", x, y)
			}
		}
	}
	return l.String(), o.String()
}

// area is the ground between a line and zero.
func (d *drawing) area(runs [][]point) string {
	var b strings.Builder
	ground := short(d.top(0) - 8)
	for _, run := range runs {
		if len(run) == 1 {
			continue
		}
		first, _ := d.spot(run[0])
		last, _ := d.spot(run[len(run)-1])
		fmt.Fprintf(&b, "M%s %s", first, ground)
		for _, p := range thin(run, d.lo, d.hi) {
			x, y := d.spot(p)
			fmt.Fprintf(&b, " %s %s", x, y)
		}
		fmt.Fprintf(&b, " %s %sz", last, ground)
	}
	return b.String()
}

// spot is where a point lies in the inner SVG.
func (d *drawing) spot(p point) (x, y string) {
	return short(plotWidth * d.across(p.x)), short(d.height * (1 - d.y.at(p.y)))
}

// hovers writes a strip for each moment; a browser shows its title, the
// values, under the pointer, and the style marks it.
func (d *drawing) hovers() {
	if len(d.moments) > maxHovers {
		return
	}
	values := map[float64]*strings.Builder{}
	for _, m := range d.moments {
		values[m] = &strings.Builder{}
	}
	for _, s := range d.chart.series {
		name, _ := cut(s.name, 60)
		for _, p := range s.points {
			v := "NULL"
			if !math.IsNaN(p.y) {
				v = number(p.y, s.whole)
			}
			fmt.Fprintf(values[p.x], "\n%s  %s", v, text(name))
		}
	}
	for i, m := range d.moments {
		from, to := d.lo, d.hi
		if i > 0 {
			from = (d.moments[i-1] + m) / 2
		}
		if i < len(d.moments)-1 {
			to = (d.moments[i+1] + m) / 2
		}
		fmt.Fprintf(&d.b, "<g class=\"at\"><rect x=\"%s\" width=\"%s\" height=\"%d\"/><line x1=\"%s\" x2=\"%s\" y1=\"8\" y2=\"%d\"/><title>%s%s</title></g>\n",
			percent(d.across(from)), percent(d.across(to)-d.across(from)), int(d.height)+8, percent(d.across(m)), percent(d.across(m)), int(d.height)+8,
			moment(m, d.step, d.zone), values[m])
	}
}

// short writes a coordinate with one decimal at most.
func short(f float64) string {
	s := strconv.FormatFloat(f, 'f', 1, 64)
	if s = strings.TrimSuffix(s, ".0"); s == "-0" {
		return "0"
	}
	return s
}

func percent(f float64) string {
	return strconv.FormatFloat(math.Round(f*1e4)/100, 'f', -1, 64) + "%"
}
