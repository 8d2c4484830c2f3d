package report

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// grouping divides the rows of a section into series.
type grouping struct {
	times *column
	keys  []*column // by which it divides
	of    []int     // the group of each row
	first []int     // of each group, the row that begins it
}

func newGrouping(times *column) *grouping {
	g := &grouping{times: times, of: make([]int, len(times.values))}
	if len(g.of) > 0 {
		g.first = []int{0}
	}
	return g
}

// split divides each group by the values of one more column.
func (g *grouping) split(c *column) {
	type part struct {
		group int
		text  int32
		value float64
	}
	parts := map[part]int{}
	g.keys, g.first = append(g.keys, c), nil
	for row, group := range g.of {
		p := part{group: group, text: c.texts[row], value: c.values[row]}
		if math.IsNaN(p.value) { // which equals nothing
			p.value = 0
			if c.class != texts {
				p.text = -2
			}
		}
		n, ok := parts[p]
		if !ok {
			n = len(g.first)
			parts[p] = n
			g.first = append(g.first, row)
		}
		g.of[row] = n
	}
}

// unique reports whether no group has a time twice.
func (g *grouping) unique() bool {
	type cell struct {
		group int
		time  float64
	}
	seen := make(map[cell]bool, len(g.of))
	for row, group := range g.of {
		c := cell{group, g.times.values[row]}
		if seen[c] {
			return false
		}
		seen[c] = !math.IsNaN(c.time)
	}
	return true
}

// oneWay reports whether the times of each group go the same way: what is
// ordered by something else is a list, not a course.
func (g *grouping) oneWay() bool {
	last := make([]float64, len(g.first))
	for i := range last {
		last[i] = math.NaN()
	}
	up, down := false, false
	for row, group := range g.of {
		t := g.times.values[row]
		up, down = up || t > last[group], down || t < last[group]
		if !math.IsNaN(t) {
			last[group] = t
		}
	}
	return up != down
}

// series returns a line for each group, of the values of one column, in the
// order of their names, so that a name keeps its colour. It is empty if no line has two values: there is no course to see.
func (g *grouping) series(c *column) []series {
	all := make([]series, len(g.first))
	values := make([]int, len(g.first))
	for row, group := range g.of {
		t, v := g.times.values[row], c.values[row]
		if math.IsNaN(t) {
			continue
		}
		all[group].points = append(all[group].points, point{t, v})
		if !math.IsNaN(v) {
			values[group]++
		}
	}
	if len(values) == 0 || slices.Max(values) < 2 {
		return nil
	}
	var some []series
	for i, s := range all {
		if values[i] == 0 {
			continue
		}
		s.name, s.whole = g.name(i), c.class == integers
		slices.SortFunc(s.points, func(a, b point) int { return cmp.Compare(a.x, b.x) })
		some = append(some, s)
	}
	slices.SortStableFunc(some, func(a, b series) int { return compareNames(a.name, b.name) })
	return some
}

// compareNames orders names, and numbers by their size.
func compareNames(a, b string) int {
	m, errA := strconv.ParseInt(a, 10, 64)
	n, errB := strconv.ParseInt(b, 10, 64)
	switch {
	case errA == nil && errB == nil:
		return cmp.Compare(m, n)
	case errA == nil:
		return -1
	case errB == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

// name returns what tells a group from the others.
func (g *grouping) name(group int) string {
	parts := make([]string, len(g.keys))
	for i, k := range g.keys {
		row := g.first[group]
		switch {
		case k.class == texts:
			parts[i] = k.text(row)
		case math.IsNaN(k.values[row]):
			parts[i] = "NULL"
		default:
			parts[i] = number(k.values[row], true)
		}
	}
	return strings.Join(parts, " · ")
}
