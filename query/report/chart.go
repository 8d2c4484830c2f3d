package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Bounds of charts.
const (
	maxSeries  = 12        // lines in one chart
	maxBars    = 30        // bars in one chart
	maxCharts  = 3         // charts of one section
	maxPoints  = 200_000   // rows that charts are made of
	maxValues  = 2_000_000 // values of these rows
	sameScale  = 25        // columns whose greatest values are further apart than this factor have charts of their own
	maxClasses = 50        // different integers that can tell series apart
)

// lineChart is a course over time. All series have one unit.
type lineChart struct {
	caption string
	series  []series
	left    string // what is not drawn, "" if all is
}

// series is one line: points in the order of time.
type series struct {
	name   string
	points []point
	whole  bool // the values are integers
}

// point is a moment in seconds since 1970 and its value, NaN for NULL.
type point struct{ x, y float64 }

// barChart compares categories.
type barChart struct {
	caption string
	bars    []bar
	whole   bool   // the values are integers
	left    string // what is not drawn, "" if all is
}

type bar struct {
	name   string
	ending string  // of the name, which is never cut: its times
	value  float64 // NaN for NULL
}

// lineCharts returns the charts of a section with a time column and numbers,
// none if its rows are not a course over time: the times of each series must
// go one way, each once. Series are told apart by as many columns of text, then
// of integers, as it takes; without, each number column is one.
func lineCharts(cols []*column) []lineChart {
	t := timeColumn(cols)
	if t == nil {
		return nil
	}
	g := newGrouping(t)
	for _, c := range keyColumns(cols) {
		if g.unique() {
			break
		}
		g.split(c)
	}
	if !g.unique() || !g.oneWay() {
		return nil
	}
	numbers := slices.DeleteFunc(numberColumns(cols), func(c *column) bool { return slices.Contains(g.keys, c) })
	if len(g.keys) == 0 {
		return chartsOfColumns(g, numbers)
	}
	return chartsOfKeys(g, numbers)
}

// timeColumn is the first column of times if it has at least two.
func timeColumn(cols []*column) *column {
	for _, c := range cols {
		if c.class == times {
			lo, hi := bounds(c.values)
			if lo < hi {
				return c
			}
			return nil
		}
	}
	return nil
}

// keyColumns are those that could tell series apart, in the order to try.
func keyColumns(cols []*column) []*column {
	var keys, ints []*column
	for _, c := range cols {
		switch {
		case c.class == texts && !c.many:
			keys = append(keys, c)
		case c.class == integers && len(different(c.values, maxClasses)) <= maxClasses:
			ints = append(ints, c)
		}
	}
	return append(keys, ints...)
}

func numberColumns(cols []*column) []*column {
	var numbers []*column
	for _, c := range cols {
		if c.class.number() {
			numbers = append(numbers, c)
		}
	}
	return numbers
}

// different returns the different values, or some more than most of them.
func different(values []float64, most int) map[float64]bool {
	set := map[float64]bool{}
	for _, v := range values {
		if set[v] = true; len(set) > most {
			break
		}
	}
	return set
}

// chartsOfColumns draws each number column as one line. Columns of about the
// same size share a chart.
func chartsOfColumns(g *grouping, numbers []*column) []lineChart {
	var charts []lineChart
	var sizes []float64
	var left []string
next:
	for _, c := range numbers {
		s := g.series(c)
		if len(s) == 0 {
			continue
		}
		s[0].name = c.name
		size := extent(s[0])
		for i := range charts {
			if len(charts[i].series) < maxSeries && size <= sizes[i]*sameScale && sizes[i] <= size*sameScale {
				charts[i].series = append(charts[i].series, s[0])
				charts[i].caption += ", " + c.name
				continue next
			}
		}
		if len(charts) == maxCharts {
			left = append(left, c.name)
			continue
		}
		charts, sizes = append(charts, lineChart{caption: c.name, series: s}), append(sizes, size)
	}
	if len(left) > 0 {
		charts[len(charts)-1].left = "Not drawn: " + strings.Join(left, ", ") + "."
	}
	return charts
}

// chartsOfKeys draws a chart for each number column, with a line for each key.
func chartsOfKeys(g *grouping, numbers []*column) []lineChart {
	var charts []lineChart
	by := make([]string, len(g.keys))
	for i, k := range g.keys {
		by[i] = k.name
	}
	for _, c := range numbers {
		all := g.series(c)
		if len(all) == 0 {
			continue
		}
		if len(charts) == maxCharts {
			charts[maxCharts-1].left += "Further columns are in the table only."
			break
		}
		shown := highest(all, maxSeries)
		chart := lineChart{caption: c.name + " by " + strings.Join(by, ", "), series: shown}
		if len(shown) < len(all) {
			chart.left = fmt.Sprintf("The %d of %d with the highest peaks. ", len(shown), len(all))
		}
		charts = append(charts, chart)
	}
	return charts
}

// highest returns the n series with the highest peaks, in their order.
func highest(all []series, n int) []series {
	if len(all) <= n {
		return all
	}
	sizes := make([]float64, len(all))
	for i, s := range all {
		sizes[i] = extent(s)
	}
	least := slices.Sorted(slices.Values(sizes))[len(all)-n]
	var shown []series
	for i, s := range all {
		if sizes[i] >= least && len(shown) < n {
			shown = append(shown, s)
		}
	}
	return shown
}

// extent is the greatest absolute value of a series.
func extent(s series) float64 {
	most := 0.0
	for _, p := range s.points {
		if !math.IsNaN(p.y) {
			most = max(most, math.Abs(p.y))
		}
	}
	return most
}

// bounds returns the least and the greatest value, +Inf and -Inf if all are NaN.
func bounds(values []float64) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	return lo, hi
}

// moments returns all times of the series, ascending.
func (c lineChart) moments() []float64 {
	set := map[float64]bool{}
	for _, s := range c.series {
		for _, p := range s.points {
			set[p.x] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}
