package report

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "0"}, {1, "1"}, {12.5, "12.5"}, {31.01388888888889, "31.0139"}, {-0.0012345678, "-0.00123457"},
		{1234567.891, "1234568"}, {123456789012345, "123456789012345"}, {1e15, "1e15"}, {1.5e300, "1.5e300"}, {-math.MaxFloat64, "-1.79769e308"},
		{5e-324, "5e-324"}, {0.00012, "0.00012"}, {0.000099999999, "1e-4"}, {math.Inf(1), "Inf"}, {math.Inf(-1), "-Inf"}, {99999.96, "100000"},
	} {
		if got := shortReal(c.f); got != c.want {
			t.Errorf("%v is %q, want %q", c.f, got, c.want)
		}
	}
}

// Rounding moves nothing by more than half of the sixth digit, and never a
// digit before the point.
func TestRoundIsClose(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f := rapid.Float64().Draw(r, "f")
		for what, got := range map[string]float64{"round": round(f), "shortReal": parse(r, shortReal(f))} {
			if math.Abs(got-f) > math.Abs(f)*5.00001e-6 && math.Abs(f) > 1e-300 || math.Abs(f) > 1e6 && math.Abs(f) < scientific && math.Abs(got-f) > 0.5 {
				r.Fatalf("%s(%v) is %v", what, f, got)
			}
		}
	})
}

func parse(t *rapid.T, s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestDecimalsOfColumn(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   string
	}{
		{[]float64{31.01388888888889, 24.11352631578947, 8.670760594779347}, "31.014 24.114 8.671"},
		{[]float64{1519.4898, 8.670760594779347}, "1519.49 8.67"},
		{[]float64{12, 24, 100}, "12 24 100"},
		{[]float64{12.5, 1, 0}, "12.5 1.0 0.0"},
		{[]float64{1234567.89, 12.5}, "1234567.89 12.50"},
		{[]float64{1234567.891, 12.6}, "1234567.9 12.6"},
		{[]float64{1234567.891, 0.0125}, "1234568 0.0125"},
		{[]float64{0.25, 0.000412345, 0.9}, "0.250000 0.000412 0.900000"},
		{[]float64{1e300, 1.5}, "1e300 1.5"},
		{[]float64{math.Inf(1), 1.5, -0.5}, "Inf 1.5 -0.5"},
		{[]float64{-0.0004, 100.123456}, "-0.0004 100.123"},
		{nil, ""},
	} {
		var d decimals
		for _, f := range c.values {
			d.see(f)
		}
		var got []string
		for _, f := range c.values {
			got = append(got, realWith(f, d.shared()))
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%v is %q, want %q", c.values, g, c.want)
		}
	}
}

// What is shown rounded has the exact value as its title; digits are grouped by
// style alone.
func TestCells(t *testing.T) {
	s := shape{class: reals, decimals: 2}
	for _, c := range []struct {
		s              shape
		v              any
		content, title string
	}{
		{s, 31.01388888888889, "31.01", "31.01388888888889"},
		{s, 31.25, "31.25", ""},
		{s, -0.001, "0.00", "-0.001"},
		{s, int64(31), "31", ""},
		{s, 1234567.5, "1<i>234</i><i>567</i>.50", ""},
		{shape{decimals: -1}, 1.23456789e-7, "1.23457e-7", "1.23456789e-07"},
		{s, math.Inf(-1), "-Inf", ""},
		{s, int64(9999), "9999", ""},
		{s, int64(-12345), "-12<i>345</i>", ""},
		{s, int64(math.MinInt64), "-9<i>223</i><i>372</i><i>036</i><i>854</i><i>775</i><i>808</i>", ""},
		{s, nil, `<span class="null">–</span>`, "NULL"},
		{shape{class: mixed}, blob{[]byte{1, 2}, 2}, "x&#39;0102&#39;", ""},
		{shape{class: mixed}, blob{[]byte{1, 2}, 99}, "x&#39;0102…&#39; (99 bytes)", ""},
		{shape{class: texts}, "2026-03-02 06:00:00", "2026-03-02 06:00:00", ""},
		{shape{class: texts}, "a\nb\x00", "a\nb\\x00", ""},
	} {
		content, title := c.s.cell(c.v)
		if content != c.content || title != c.title {
			t.Errorf("%v is %q with the title %q, want %q and %q", c.v, content, title, c.content, c.title)
		}
	}
	content, title := long(strings.Repeat("é", maxText+1))
	if again, none := long(content); again != content || none != "" {
		t.Errorf("text that is cut already is %q with %q", again, none)
	}
	if content != strings.Repeat("é", maxText)+"…" || title != strings.Repeat("é", maxText+1) {
		t.Errorf("long text is %q with %q", content, title)
	}
}
