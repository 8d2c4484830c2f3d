package report

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
	"time"
)

// A chart is an SVG without a size of its own: positions along the width are
// percentages and text is as large as that of the page, so that it is read on
// a telephone and on paper alike. Lines are in an inner SVG that is stretched.
// Colours are classes; the page's style gives them for each theme.
const (
	plotHeight = 200.0
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
}

// draw returns the figure of a chart.
func (c lineChart) draw(zone *time.Location) string {
	d := &drawing{chart: c, zone: zone, moments: c.moments()}
	d.lo, d.hi = d.moments[0], d.moments[len(d.moments)-1]
	d.step = regular(d.moments, zone)
	var all []float64
	for _, s := range c.series {
		for _, p := range s.points {
			all = append(all, p.y)
		}
	}
	lo, hi := bounds(all)
	d.y = newScale(lo, hi, false)
	d.b.WriteString("<figure class=\"chart\">\n")
	d.caption()
	left := labelWidth(d.y.labels) + 12
	fmt.Fprintf(&d.b, "<svg role=\"img\" aria-label=\"%s\" height=\"%d\" style=\"--l:%dpx\">\n", html.EscapeString(d.describe()), int(plotHeight)+48, left)
	d.axes()
	d.lines()
	d.hovers()
	d.b.WriteString("</svg>\n")
	if c.left != "" {
		fmt.Fprintf(&d.b, "<p class=\"quiet\">%s</p>\n", text(strings.TrimSpace(c.left)))
	}
	d.b.WriteString("</figure>\n")
	return d.b.String()
}

func (d *drawing) describe() string {
	return visible(fmt.Sprintf("Line chart of %s, %s to %s", d.chart.caption, moment(d.lo, d.step, d.zone), moment(d.hi, d.step, d.zone)), false)
}

// caption names the chart, and its lines where there are several.
func (d *drawing) caption() {
	if len(d.chart.series) == 1 {
		fmt.Fprintf(&d.b, "<figcaption>%s</figcaption>\n", text(d.chart.caption))
		return
	}
	d.b.WriteString("<figcaption>")
	if c := d.chart.caption; strings.Contains(c, " by ") {
		d.b.WriteString(text(c))
	}
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
		if v == 0 {
			class = "zero"
		}
		fmt.Fprintf(&d.b, "<line class=\"%s\" x2=\"100%%\" y1=\"%s\" y2=\"%s\"/><text class=\"y\" x=\"-8\" y=\"%s\">%s</text>\n",
			class, short(y), short(y), short(y), d.y.labels[i])
	}
	for i, t := range timeTicks(d.lo, d.hi, d.zone) {
		class := "x"
		if i%2 == 1 {
			class = "x odd"
		}
		x := percent(d.across(t.at))
		fmt.Fprintf(&d.b, "<line class=\"tick\" x1=\"%s\" x2=\"%s\" y1=\"%d\" y2=\"%d\"/><text class=\"%s\" x=\"%s\" y=\"%d\">%s</text>",
			x, x, int(plotHeight)+8, int(plotHeight)+12, class, x, int(plotHeight)+26, t.label)
		if t.below != "" {
			fmt.Fprintf(&d.b, "<text class=\"%s below\" x=\"%s\" y=\"%d\">%s</text>", class, x, int(plotHeight)+42, t.below)
		}
		d.b.WriteByte('\n')
	}
}

// across is where a moment lies between left (0) and right (1).
func (d *drawing) across(x float64) float64 { return (x - d.lo) / (d.hi - d.lo) }

// top is how far below the upper edge a value lies, in pixels.
func (d *drawing) top(y float64) float64 { return 8 + plotHeight*(1-d.y.at(y)) }

func (d *drawing) lines() {
	fmt.Fprintf(&d.b, "<svg class=\"plot\" y=\"8\" width=\"100%%\" height=\"%d\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\">\n",
		int(plotHeight), int(plotWidth), int(plotHeight))
	for i, s := range d.chart.series {
		runs := split(s.points, d.step, d.zone)
		if len(d.chart.series) == 1 {
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
	ground := short(d.top(min(max(0, d.y.lo), d.y.hi)) - 8)
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
	return short(plotWidth * d.across(p.x)), short(plotHeight * (1 - d.y.at(p.y)))
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
			percent(d.across(from)), percent(d.across(to)-d.across(from)), int(plotHeight)+8, percent(d.across(m)), percent(d.across(m)), int(plotHeight)+8,
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
