package report

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/windrow/windrow/query/output"
)

// columns collects rows as a section does.
func columns(names string, rows ...[]any) []*column {
	var cols []*column
	for _, n := range strings.Split(names, ",") {
		cols = append(cols, newColumn(n))
	}
	for _, r := range rows {
		for i, v := range r {
			cols[i].add(v)
		}
	}
	return cols
}

// stamp is the i-th hour of a day.
func stamp(i int) string {
	return time.Date(2026, 3, 2, i, 0, 0, 0, time.UTC).Format(storeTime)
}

// each makes n rows.
func each(n int, row func(i int) []any) [][]any {
	rows := make([][]any, n)
	for i := range rows {
		rows[i] = row(i)
	}
	return rows
}

// TestChoice says what is drawn of which result.
func TestChoice(t *testing.T) {
	for _, c := range []struct {
		name, cols string
		rows       [][]any
		want       string
	}{
		{"a course", "t,n", each(3, func(i int) []any { return []any{stamp(i), int64(i)} }), "lines of n: n"},
		{"backwards", "t,n", each(3, func(i int) []any { return []any{stamp(9 - i), int64(i)} }), "lines of n: n"},
		{"of one size", "t,n,m", each(3, func(i int) []any { return []any{stamp(i), int64(i), 3.5} }), "lines of n, m: n m"},
		{"of two sizes", "t,n,m", each(3, func(i int) []any { return []any{stamp(i), int64(i), 5e6} }), "lines of n: n; lines of m: m"},
		{"of too many sizes", "t,a,b,c,d", each(3, func(i int) []any { return []any{stamp(i), 1.0, 1e3, 1e6, 1e9} }), "lines of a: a; lines of b: b; lines of c: c (Not drawn: d.)"},
		{"by host", "t,host,n", each(6, func(i int) []any { return []any{stamp(i / 2), []string{"b", "a"}[i%2], 1.5} }), "lines of n by host: a b"},
		{"by host and class", "t,host,class,n", each(12, func(i int) []any { return []any{stamp(i / 4), []string{"a", "b"}[i%2], int64(i / 2 % 2), 1.5} }), "lines of n by host, class: a · 0 a · 1 b · 0 b · 1"},
		{"by class", "t,class,n", each(6, func(i int) []any { return []any{stamp(i / 3), int64(9 + i%3), 2.5} }), "lines of n by class: 9 10 11"},
		{"by nothing, though there is text", "t,host,n", each(3, func(i int) []any { return []any{stamp(i), fmt.Sprint(i), 1.5} }), "lines of n: n"},
		{"with NULL", "t,host,n", each(6, func(i int) []any { return []any{stamp(i / 2), []any{nil, "a"}[i%2], 1.5} }), "lines of n by host: NULL a"},
		{"too many lines", "t,host,n", each(60, func(i int) []any { return []any{stamp(i / 30), fmt.Sprintf("h%02d", i%30), int64(i % 30)} }),
			"lines of n by host: h18 h19 h20 h21 h22 h23 h24 h25 h26 h27 h28 h29 (The 12 of 30 with the highest peaks.)"},
		{"times that come twice", "t,n", each(4, func(i int) []any { return []any{stamp(i / 2), 1.5} }), ""},
		{"a ranking with times", "t,host,n", [][]any{{stamp(4), "a", int64(9)}, {stamp(2), "a", int64(8)}, {stamp(3), "a", int64(7)}}, "bars of n: a · 04:00=9 a · 02:00=8 a · 03:00=7"},
		{"of several days", "t,host,n", [][]any{{stamp(4), "a", 9.5}, {stamp(-2), "a", 8.5}, {stamp(3), "b", 7.5}}, "bars of n: a · 2 Mar 04:00=9.5 a · 1 Mar 22:00=8.5 b · 2 Mar 03:00=7.5"},
		{"of several years", "t,host,n", [][]any{{stamp(24 * 400), "a", 9.5}, {stamp(0), "a", 8.5}, {stamp(24), "b", 7.5}}, "bars of n: a · 6 Apr 2027=9.5 a · 2 Mar 2026=8.5 b · 3 Mar 2026=7.5"},
		{"with seconds", "t,host,n", [][]any{{"2026-03-02 08:00:00", "a", 9.5}, {"2026-03-02 08:00:02", "a", 8.5}, {"2026-03-02 08:00:01", "a", 7.5}, {nil, "a", 6.5}}, "bars of n: a · 08:00:00=9.5 a · 08:00:02=8.5 a · 08:00:01=7.5 a · NULL=6.5"},
		{"a ranking of hosts with times", "t,host,n", [][]any{{stamp(4), "a", 9.5}, {stamp(2), "b", 8.5}, {stamp(3), "c", 7.5}}, "bars of n: a=9.5 b=8.5 c=7.5"},
		{"a list with times, not ordered by the number", "t,host,n", [][]any{{stamp(4), "a", 9.5}, {stamp(2), "a", 10.5}, {stamp(3), "a", 7.5}}, ""},
		{"a ranking where most are the same", "t,host,n", [][]any{{stamp(4), "a", int64(2)}, {stamp(2), "b", int64(1)}, {stamp(3), "c", int64(1)}, {stamp(1), "d", int64(1)}}, ""},
		{"a list ordered by time", "t,event,line", [][]any{{stamp(2), "a", int64(1)}, {stamp(2), "b", int64(2)}, {stamp(4), "c", int64(3)}}, ""},
		{"names that come twice", "host,n", [][]any{{"h1", 9.5}, {"h1", 8.5}, {"h2", 7.5}}, ""},
		{"names that come twice at one time", "t,host,n", [][]any{{stamp(1), "h1", 9.5}, {stamp(1), "h1", 8.5}}, ""},
		{"names that come twice, with the start and the end", "a,b,host,n", [][]any{{stamp(1), stamp(3), "h1", 9.5}, {stamp(1), stamp(2), "h1", 8.5}, {stamp(1), stamp(4), "h1", 7.5}}, "bars of n: h1 · 03:00=9.5 h1 · 02:00=8.5 h1 · 04:00=7.5"},
		{"one point a line", "t,host,n", [][]any{{stamp(1), "a", 1.5}, {stamp(1), "b", 1.5}, {stamp(2), "c", 1.5}}, ""},
		{"one time", "t,host,n", [][]any{{stamp(1), "a", 1.5}, {stamp(1), "b", 2.5}}, "bars of n: a=1.5 b=2.5"},
		{"NULLs only", "t,n", each(3, func(i int) []any { return []any{stamp(i), nil} }), ""},
		{"one value", "t,n", [][]any{{stamp(1), 1.5}, {stamp(2), nil}}, ""},
		{"times only", "t,u", each(3, func(i int) []any { return []any{stamp(i), stamp(i + 1)} }), ""},
		{"hosts", "host,n", [][]any{{"b", int64(2)}, {"a", int64(5)}, {"c", nil}}, "bars of n: b=2 a=5 c=NaN"},
		{"the number of the order", "host,n,p99", [][]any{{"b", int64(2), 9.5}, {"a", int64(5), 8.5}, {"c", int64(1), 1.5}}, "bars of p99: b=9.5 a=8.5 c=1.5"},
		{"two texts", "a,b,n", [][]any{{"x", "y", int64(2)}, {"x", "z", int64(1)}}, "bars of n: x · y=2 x · z=1"},
		{"a text and a class", "a,class,n", [][]any{{"x", int64(2), 7.5}, {"x", int64(5), 1.5}}, "bars of n: x · 2=7.5 x · 5=1.5"},
		{"classes", "class,n", [][]any{{int64(2), int64(20)}, {int64(5), int64(10)}}, "bars of n: 2=20 5=10"},
		{"numbers only", "a,b", [][]any{{1.5, 2.5}, {3.5, 4.5}}, ""},
		{"classes that come twice", "a,b", [][]any{{int64(1), 2.5}, {int64(1), 4.5}}, ""},
		{"zeros", "a,b", [][]any{{"x", int64(0)}, {"y", int64(0)}}, ""},
		{"one row", "a,b", [][]any{{"x", int64(1)}}, ""},
		{"text only", "a,b", [][]any{{"x", "y"}, {"y", "z"}}, ""},
		{"nothing", "a", nil, ""},
		{"infinities", "a,b", [][]any{{"x", math.Inf(1)}, {"y", 1.5}}, "bars of b: x=NaN y=1.5"},
		{"mixed", "a,b", [][]any{{"x", int64(1)}, {"y", "z"}}, ""},
	} {
		if got := chosen(columns(c.cols, c.rows...)); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

func chosen(cols []*column) string {
	var all []string
	for _, c := range lineCharts(cols) {
		s := "lines of " + c.caption + ":"
		for _, l := range c.series {
			s += " " + l.name
		}
		if c.left != "" {
			s += " (" + strings.TrimSpace(c.left) + ")"
		}
		all = append(all, s)
	}
	if c := barCharts(cols, time.UTC); c != nil && len(all) == 0 {
		s := "bars of " + c.caption + ":"
		for _, b := range c.bars {
			s += fmt.Sprintf(" %s%s=%v", b.name, b.ending, b.value)
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

func TestManyBars(t *testing.T) {
	falling := each(40, func(i int) []any { return []any{fmt.Sprint("h", i), int64(40 - i)} })
	c := barCharts(columns("host,n", falling...), time.UTC)
	if len(c.bars) != maxBars || c.bars[29].name != "h29" || c.left != "The first 30 of 40." {
		t.Errorf("%d bars, the last %+v, %s", len(c.bars), c.bars[len(c.bars)-1], c.left)
	}
	mixed := each(40, func(i int) []any { return []any{fmt.Sprint("h", i), int64(i * 7 % 40)} })
	c = barCharts(columns("host,n", mixed...), time.UTC)
	if len(c.bars) != maxBars || c.bars[0].value != 39 || c.bars[29].value != 10 || c.left != "The 30 greatest of 40." {
		t.Errorf("%d bars, the last %+v, %s", len(c.bars), c.bars[len(c.bars)-1], c.left)
	}
}

// Names are cut to their room, their times never; no two look the same.
func TestLabels(t *testing.T) {
	for _, c := range []struct {
		bars []bar
		want string
	}{
		{[]bar{{name: "checkout-service", ending: " · 2 Mar 08:00"}}, "checkout-ser… · 2 Mar 08:00"},
		{[]bar{{name: "short"}, {name: "https://example.com/shop/cart"}}, "short|https://example.com/shop/c…"},
		{[]bar{{name: "https://example.com/shop/cart/1"}, {name: "https://example.com/shop/cart/2"}}, "https://e…e.com/shop/cart/1|https://e…e.com/shop/cart/2"},
		{[]bar{{name: "日本語日本語日本語日本語日本語"}, {name: "日本語日本語日本語日本語日本人"}}, ""},
	} {
		all := labels(c.bars, 27)
		for i, l := range all {
			if w := runewidth.StringWidth(l); w > 27 || i > 0 && l == all[i-1] {
				t.Errorf("%q is %d wide", l, w)
			}
		}
		if got := strings.Join(all, "|"); got != c.want && c.want != "" {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Bars are drawn in pictures of five, so that paper is filled.
func TestBarsBreak(t *testing.T) {
	c := barCharts(columns("host,n", each(23, func(i int) []any { return []any{fmt.Sprint("h", i), int64(40 - i)} })...), time.UTC)
	drawn := c.draw()
	if n := strings.Count(drawn, "<svg"); n != 5 || strings.Count(drawn, "<rect") != 23 || strings.Count(drawn, "<figure") != 1 {
		t.Errorf("%d pictures:\n%s", n, drawn)
	}
}

// An axis without zero says so; one that has it does not.
func TestBroken(t *testing.T) {
	for _, c := range []struct {
		values []any
		want   string
	}{
		{[]any{1000.0, 1070.0}, "axis begins at 1000"}, {[]any{-1000.0, -1070.0}, "axis ends at -1000"}, {[]any{int64(1_000_000), int64(1_070_000)}, "axis begins at 1.00M"},
		{[]any{1000.0, 1700.0}, ""}, {[]any{590.0, 1000.0}, ""}, {[]any{0.0, 0.1}, ""}, {[]any{-5.0, 1000.0}, ""}, {[]any{7.5, 7.5}, ""},
	} {
		drawn := drawLines(lineCharts(columns("t,n", each(len(c.values), func(i int) []any { return []any{stamp(i), c.values[i]} })...)), time.UTC)
		if c.want == "" && (strings.Contains(drawn, "axis") || strings.Contains(drawn, "torn") || !strings.Contains(drawn, `class="zero"`)) ||
			c.want != "" && (!strings.Contains(drawn, c.want+"<") || !strings.Contains(drawn, "torn")) {
			t.Errorf("%v: want %q:\n%s", c.values, c.want, drawn)
		}
	}
}

// Where the least value is below 60 % of the greatest, zero is on the axis.
func TestZeroOnAxis(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		hi := rapid.Float64Range(1e-9, 1e12).Draw(r, "hi")
		lo := hi * rapid.Float64Range(0, 0.6).Draw(r, "least")
		if s := newScale(lo, hi, rapid.Bool().Draw(r, "whole")); s.lo != 0 || s.broken() != "" {
			r.Fatalf("[%v, %v]: %+v", lo, hi, s)
		}
	})
}

func points(of ...any) []point {
	var ps []point
	for i := 0; i < len(of); i += 2 {
		y := math.NaN()
		if v, ok := of[i+1].(float64); ok {
			y = v
		}
		ps = append(ps, point{of[i].(float64), y})
	}
	return ps
}

func TestGaps(t *testing.T) {
	for _, c := range []struct {
		name   string
		points []point
		step   float64
		want   string
	}{
		{"whole", points(0., 1., 60., 1., 120., 1.), 60, "3"},
		{"NULL", points(0., 1., 60., nil, 120., 1., 180., 1.), 60, "1 2"},
		{"missing", points(0., 1., 60., 1., 180., 1.), 60, "2 1"},
		{"irregular", points(0., 1., 60., 1., 1800., 1.), 0, "3"},
		{"all NULL", points(0., nil, 60., nil), 60, ""},
	} {
		var got []string
		for _, run := range split(c.points, c.step, time.UTC) {
			got = append(got, fmt.Sprint(len(run)))
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%s: runs of %s, want %s", c.name, g, c.want)
		}
	}
}

func TestRegular(t *testing.T) {
	zone := berlin(t)
	days := func(n int, step func(time.Time) time.Time) []float64 {
		at := time.Date(2026, 3, 25, 0, 0, 0, 0, zone)
		var all []float64
		for range n {
			all, at = append(all, unix(at)), step(at)
		}
		return all
	}
	for _, c := range []struct {
		name    string
		moments []float64
		want    float64
	}{
		{"minutes", []float64{0, 60, 120, 300}, 60},
		{"events", []float64{0, 61, 120, 300}, 0},
		{"days over a change", days(10, func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }), 86400},
		{"hours over a change", days(200, func(t time.Time) time.Time { return t.Add(time.Hour) }), 3600},
		{"weeks", days(10, func(t time.Time) time.Time { return t.AddDate(0, 0, 7) }), 7 * 86400},
		{"months", days(10, func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }), 0},
	} {
		step := regular(c.moments, zone)
		if step != c.want {
			t.Errorf("%s: %v, want %v", c.name, step, c.want)
		}
		var ps []point
		for _, m := range c.moments {
			ps = append(ps, point{m, 1})
		}
		if n := len(split(ps, step, zone)); n != 1 && c.name != "minutes" {
			t.Errorf("%s: %d runs", c.name, n)
		}
	}
}

// However many points there are, no peak is lost.
func TestThinKeepsPeaks(t *testing.T) {
	run := make([]point, 100_000)
	for i := range run {
		run[i] = point{float64(i), float64(i % 7)}
	}
	run[54_321].y, run[77_777].y = 1000, -1000
	some := thin(run, 0, float64(len(run)-1))
	if len(some) > 4*plotWidth+4 {
		t.Errorf("%d points", len(some))
	}
	var high, low bool
	for i, p := range some {
		high, low = high || p == run[54_321], low || p == run[77_777]
		if i > 0 && p.x <= some[i-1].x {
			t.Fatalf("point %d is at %v, the one before at %v", i, p.x, some[i-1].x)
		}
	}
	if !high || !low || some[0] != run[0] || some[len(some)-1] != run[len(run)-1] {
		t.Errorf("the peaks or the ends are lost: %v %v", high, low)
	}
}

// Results that are hard to draw give whole pages.
func TestHardToDraw(t *testing.T) {
	huge := func(f func(i int) any) [][]any { return each(5000, func(i int) []any { return []any{stamp(i), f(i)} }) }
	results := []result{
		{"5000 points", []string{"t", "n"}, huge(func(i int) any { return math.Sin(float64(i) / 100) })},
		{"greatest", []string{"t", "n"}, huge(func(i int) any { return math.MaxFloat64 * math.Sin(float64(i)) })},
		{"least", []string{"t", "n"}, huge(func(i int) any { return float64(i) * 5e-324 })},
		{"level", []string{"t", "n"}, huge(func(i int) any { return 1e15 + float64(i%2) })},
		{"constant", []string{"t", "n"}, huge(func(i int) any { return -7.5 })},
		{"dots", []string{"t", "n"}, huge(func(i int) any { return []any{int64(i), nil}[i%2] })},
		{"infinities", []string{"t", "n"}, huge(func(i int) any { return math.Inf(i%2*2 - 1) })},
		{"12 lines", []string{"t", "host", "n"}, each(1200, func(i int) []any { return []any{stamp(i / 12), fmt.Sprint(i % 12), float64(i)} })},
		{"the end of time", []string{"t", "n"}, [][]any{{"0001-01-01 00:00:00", 1.5}, {"9999-12-31 23:59:59.999999", 2.5}}},
		{"a moment", []string{"t", "n"}, [][]any{{"2026-03-02 00:00:00.000001", 1.5}, {"2026-03-02 00:00:00.000002", 2.5}}},
		{"bars", []string{"k", "n"}, [][]any{{"a", math.MaxFloat64}, {"b", -math.MaxFloat64}, {"c", 5e-324}, {"d", nil}, {"e", math.Inf(1)}}},
	}
	page := render(t, "html", output.Options{}, morning(t), results...)
	checkPage(t, page)
	for _, bad := range []string{"NaN", "Inf%", "\"Inf", "InfinityM", "%!"} {
		if strings.Contains(strings.ReplaceAll(page, ">-Inf<", ""), bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	if n := strings.Count(page, "<figure"); n != 10 {
		t.Errorf("%d charts", n)
	}
	checkCoordinates(t, page)
}

// checkCoordinates reports what is drawn outside of its place.
func checkCoordinates(t *testing.T, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			var f float64
			if !strings.HasSuffix(a.Val, "%") {
				continue
			}
			if _, err := fmt.Sscanf(a.Val, "%f%%", &f); err != nil || f < 0 || f > 100.01 {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
}
