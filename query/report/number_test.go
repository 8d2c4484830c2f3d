package report

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/query/output"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want string
	}{
		{0, "0.0"}, {math.Copysign(0, -1), "0.0"}, {1, "1.0"}, {12, "12.0"}, {12.5, "12.5"}, {31.01388888888889, "31.0139"}, {-0.0012345678, "-0.00123457"},
		{1234567.89, "1234567.89"}, {1234567.891, "1234567.89"}, {12345678.9, "12345678.9"}, {123456.123, "123456.12"}, {5459.3184, "5459.32"},
		{0.99951, "0.99951"}, {99.999, "99.999"}, {-99.999, "-99.999"}, {123456789012345, "123456789012345.0"}, {1e15 + 0.125, "1000000000000000.1"},
		{0.9999996, "0.9999996"}, {0.99999951, "0.9999995"}, {1.0000001, "1.0"}, {-0.9999996, "-0.9999996"}, {99999.996, "99999.996"}, {1234567.999, "1234567.999"}, {1234567.001, "1234567.0"}, {3003.003, "3003.0"},
		{2.9999999999999996, "3.0"}, {100.00000000000003, "100.0"}, {0.1 + 0.2, "0.3"},
		{1e16, "1e+16"}, {1e300, "1e+300"}, {1.5e300, "1.5e+300"}, {-math.MaxFloat64, "-1.79769e+308"},
		{5e-324, "5e-324"}, {0.00012, "0.00012"}, {0.000099999999, "0.0001"}, {1e-7, "1e-07"}, {1.23456789e-7, "1.23457e-07"},
		{math.Inf(1), "Inf"}, {math.Inf(-1), "-Inf"},
	} {
		if got := shortReal(c.f); got != c.want {
			t.Errorf("%v is %q, want %q", c.f, got, c.want)
		}
	}
}

// anyReal draws reals as reports have them: of all sizes, of few decimals,
// close to whole numbers.
func anyReal(r *rapid.T, name string) float64 {
	size := math.Pow(10, float64(rapid.IntRange(-7, 12).Draw(r, "size")))
	switch rapid.IntRange(0, 3).Draw(r, "kind") {
	case 0:
		return rapid.Float64().Draw(r, name)
	case 1:
		return rapid.Float64Range(-1, 1).Draw(r, name) * size
	case 2:
		return float64(rapid.Int64Range(-1e14, 1e14).Draw(r, name)) / 100
	}
	return float64(rapid.IntRange(-2000, 2000).Draw(r, name)) + rapid.Float64Range(-1, 1).Draw(r, "off")*size
}

// What is shown is the value to half a unit of the sixth digit or to 0.005, is
// exact where there are no more than two decimals, and is not whole where the
// value is not; in a column too.
func TestRoundIsClose(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f := anyReal(r, "f")
		var d decimals
		for range rapid.IntRange(0, 3).Draw(r, "others") {
			d.see(anyReal(r, "other"))
		}
		d.see(f)
		for what, shown := range map[string]string{"alone": shortReal(f), "in a column": d.write(f)} {
			checkShown(r, what, f, parse(r, shown))
		}
		if s := d.write(f); decimalsIn(shortReal(f)) <= d && !strings.Contains(s, "e") && decimalsIn(s) != d {
			r.Fatalf("%v is %s in a column of %d decimals", f, s, d)
		}
	})
}

func checkShown(r *rapid.T, what string, f, shown float64) {
	off, half := math.Abs(shown-f), math.Abs(f)*5.00001e-6
	if off > max(half, 0.00500001) && math.Abs(f) > 1e-300 {
		r.Fatalf("%v %s is %v", f, what, shown)
	}
	if math.Round(f*100)/100 == f && shown != f && math.Abs(f) < powers && math.Abs(f) >= 0.01 {
		r.Fatalf("%v %s is %v though it has two decimals", f, what, shown)
	}
	whole := shown == math.Trunc(shown)
	if whole && shown != math.Trunc(f) && math.Abs(f) < powers && off > math.Abs(f)*1e-11 {
		r.Fatalf("%v %s became the whole number %v", f, what, shown)
	}
	if math.Signbit(shown) != math.Signbit(f) && f != 0 {
		r.Fatalf("%v %s is %v", f, what, shown)
	}
}

func parse(t *rapid.T, s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A value by itself reads the same in all formats for people.
func TestOneRule(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f := anyReal(r, "f")
		want := shortReal(f)
		one := result{"", []string{"x"}, [][]any{{f}}}
		for format, as := range map[string]string{"text": "│ " + want + " │", "markdown": "| " + want + " |", "html": ">" + grouped(want) + "</dd>"} {
			if got := render(t, format, output.Options{}, Head{Name: "x"}, one); !strings.Contains(got, as) {
				r.Fatalf("%s shows %v not as %s:\n%s", format, f, as, got[max(0, len(got)-300):])
			}
		}
	})
}

func TestDecimalsOfColumn(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   string
	}{
		{[]float64{31.01388888888889, 24.11352631578947, 8.670760594779347}, "31.01389 24.11353 8.67076"},
		{[]float64{5459.3184, 12.5}, "5459.32 12.50"},
		{[]float64{12, 24, 100}, "12.0 24.0 100.0"},
		{[]float64{12.5, 1, 0}, "12.5 1.0 0.0"},
		{[]float64{0.99951, 0.5, 1}, "0.99951 0.50000 1.00000"},
		{[]float64{99.999, 100}, "99.999 100.000"},
		{[]float64{1234567.89, 12.5}, "1234567.89 12.50"},
		{[]float64{1234567.891, 0.0125}, "1234567.8910 0.0125"},
		{[]float64{1e12 + 0.1, 0.012345}, "1000000000000.100000 0.012345"},
		{[]float64{0.25, 0.000412345, 0.9}, "0.250000 0.000412 0.900000"},
		{[]float64{0.25, 0.0000412345}, "0.250000 0.0000412345"},
		{[]float64{3003.003, 12.25}, "3003.00 12.25"},
		{[]float64{3003.003, 0.1234}, "3003.0030 0.1234"},
		{[]float64{5459.998, 12.25}, "5459.998 12.250"},
		{[]float64{0.9999996, 0.5}, "0.9999996 0.500000"},
		{[]float64{2.9999999999999996, 0.25}, "3.00 0.25"},
		{[]float64{1e300, 1.5, 1e-7, 2.25}, "1e+300 1.50 1e-07 2.25"},
		{[]float64{math.Inf(1), 1.5, -0.5}, "Inf 1.5 -0.5"},
		{[]float64{math.Copysign(0, -1), 1.25}, "0.00 1.25"},
		{nil, ""},
	} {
		var d decimals
		for _, f := range c.values {
			d.see(f)
		}
		var got []string
		for _, f := range c.values {
			got = append(got, d.write(f))
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
		{s, -0.001, "-0.001", ""},
		{s, int64(31), "31", ""},
		{s, 1234567.5, "1<i>234</i><i>567</i>.50", ""},
		{s, 1.23456789e-7, "1.23457e-07", "1.23456789e-07"},
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
