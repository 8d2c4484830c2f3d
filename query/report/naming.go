package report

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
)

// naming is the columns that name the rows of a section that are categories.
type naming struct {
	cols   []*column // texts, or integers
	times  []*column // where the others do not tell the rows apart
	layout string    // of the times
	zone   *time.Location
}

// newNaming takes the columns of text, or else a first column of different
// integers, unless there are times that differ. It is nil if there are none.
func newNaming(cols []*column, zone *time.Location) *naming {
	n := &naming{zone: zone}
	if n.zone == nil {
		n.zone = time.UTC
	}
	for _, c := range cols {
		if c.class == texts && !c.many {
			n.cols = append(n.cols, c)
		}
	}
	if len(n.cols) > 0 {
		return n
	}
	if len(cols) == 0 || cols[0].class != integers || len(varyingTimes(cols)) > 0 {
		return nil
	}
	if rows := len(cols[0].values); rows > maxClasses || len(different(cols[0].values, rows)) < rows {
		return nil
	}
	n.cols = cols[:1:1]
	return n
}

// varyingTimes are the columns with at least two different times.
func varyingTimes(cols []*column) []*column {
	var vary []*column
	for _, c := range cols {
		if lo, hi := bounds(c.values); c.class == times && lo < hi {
			vary = append(vary, c)
		}
	}
	return vary
}

// tellApart adds times, then integers, as long as two rows have the same name.
// It returns the number columns that are left: one at least, if there was one.
func (n *naming) tellApart(cols []*column) (numbers []*column) {
	for _, c := range varyingTimes(cols) {
		if n.distinct() {
			break
		}
		n.times = append(n.times, c)
		n.layout = n.shortLayout()
	}
	numbers = slices.DeleteFunc(numberColumns(cols), func(c *column) bool { return slices.Contains(n.cols, c) })
	for i := 0; i < len(numbers) && len(numbers) > 1 && !n.distinct(); {
		c := numbers[i]
		if c.class != integers || len(different(c.values, maxClasses)) > maxClasses {
			i++
			continue
		}
		n.cols, numbers = append(n.cols, c), slices.Delete(numbers, i, i+1)
	}
	return numbers
}

// shortLayout leaves out what all times have in common: the date, the year,
// the time of day where all are midnights.
func (n *naming) shortLayout() string {
	days, years, clock := map[string]bool{}, map[int]bool{}, ""
	for _, c := range n.times {
		for _, v := range c.values {
			if math.IsNaN(v) {
				continue
			}
			t := at(v, n.zone)
			days[t.Format(time.DateOnly)], years[t.Year()] = true, true
			switch {
			case t.Second() != 0 || t.Nanosecond() != 0:
				clock = "15:04:05"
			case clock == "" && !midnight(t):
				clock = "15:04"
			}
		}
	}
	switch {
	case clock != "" && len(days) == 1:
		return clock
	case len(years) > 1:
		return strings.TrimSpace("2 Jan 2006 " + clock)
	}
	return strings.TrimSpace("2 Jan " + clock)
}

// of returns the name of a row and the times that belong to it, " · 08:00" or
// nothing.
func (n *naming) of(row int) (name, ending string) {
	var parts []string
	for _, c := range n.cols {
		switch {
		case c.class == texts:
			parts = append(parts, c.text(row))
		case math.IsNaN(c.values[row]):
			parts = append(parts, "NULL")
		default:
			parts = append(parts, number(c.values[row], true))
		}
	}
	for _, c := range n.times {
		if v := c.values[row]; math.IsNaN(v) {
			ending += separator + "NULL"
		} else {
			ending += separator + at(v, n.zone).Format(n.layout)
		}
	}
	return strings.Join(parts, separator), ending
}

const separator = " · "

// distinct reports whether each of the rows has another name.
func (n *naming) distinct() bool {
	seen := map[string]bool{}
	for row := range n.cols[0].values {
		name, ending := n.of(row)
		if seen[name+ending] {
			return false
		}
		seen[name+ending] = true
	}
	return true
}

// labels returns the names of bars, cut at their end to a width in characters
// or, where two would then look the same, in the middle.
func labels(bars []bar, width int) []string {
	all := make([]string, len(bars))
	for _, fit := range []func(string, int) string{cutEnd, cutMiddle} {
		seen, same := map[string]bool{}, false
		for i, b := range bars {
			ending := visible(b.ending, false)
			all[i] = fit(visible(b.name, false), max(width-runewidth.StringWidth(ending), width/4)) + ending
			same = same || seen[all[i]]
			seen[all[i]] = true
		}
		if !same {
			break
		}
	}
	return all
}

func cutEnd(s string, width int) string { return runewidth.Truncate(s, width, "…") }

func cutMiddle(s string, width int) string {
	w := runewidth.StringWidth(s)
	if w <= width {
		return s
	}
	head := width / 3
	return runewidth.Truncate(s, head, "") + runewidth.TruncateLeft(s, w-(width-head-1), "…")
}
