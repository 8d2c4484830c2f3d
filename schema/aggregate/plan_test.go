package aggregate

import (
	"math"
	"testing"

	"github.com/windrow/windrow/schema/value"
)

func TestPlanRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		typ  value.Type
		arg  string
		want string
	}{
		{"sum", value.Text, "host", "sum needs numbers, host is TEXT: write sum(CAST(host AS REAL))"},
		{"avg", value.JSON, "body", "avg needs numbers, body is JSON: write avg(CAST(body AS REAL))"},
		{"stddev", value.Any, "a ->> 'b'", "stddev_samp needs numbers, a ->> 'b' has no fixed type: write stddev_samp(CAST(a ->> 'b' AS REAL))"},
		{"sum", value.Timestamp, "ts", "sum needs numbers, ts is TIMESTAMP: subtract another time, which gives seconds"},
		{"avg", value.Interval, "INTERVAL '1 day'", "avg needs numbers, INTERVAL '1 day' is INTERVAL: write it as a number of seconds"},
		{"sum", value.Null, "NULL", "sum needs numbers, NULL has no type: write sum(CAST(NULL AS REAL))"},
		{"min", value.Any, "a ->> 'b'", "min needs values of one type, a ->> 'b' has no fixed type: write min(CAST(a ->> 'b' AS TEXT)), or AS REAL"},
		{"last", value.Interval, "i", "last needs values of one type, i is INTERVAL: write it as a number of seconds"},
		{"median", value.Timestamp, "ts", "median needs numbers, ts is TIMESTAMP: subtract another time, which gives seconds"},
		{"median", value.Text, "host", "median needs numbers, host is TEXT: write median(CAST(host AS REAL))"},
		{"first", value.Null, "NULL", "first needs values of one type, NULL has no type: write first(CAST(NULL AS TEXT)), or AS REAL"},
	} {
		_, err := Find(c.name).Plan([]value.Type{c.typ}, []string{c.arg})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s of %s:\n got %v\nwant %s", c.name, c.typ, err, c.want)
		}
	}
}

func TestFraction(t *testing.T) {
	const not = "the fraction of quantile is a number from 0 to 1, not "
	for _, c := range []struct {
		q    value.Value
		text string
		want string
	}{
		{value.Float64(0.99), "0.99", ""},
		{value.Int64(0), "0", ""},
		{value.Int64(1), "1", ""},
		{value.Int64(99), "99", not + "99: write 0.99"},
		{value.Float64(99.9), "99.9", not + "99.9: write 0.999"},
		{value.Float64(1.5), "1.5", not + "1.5: write 0.015"},
		{value.Int64(101), "101", not + "101: write 0.99"},
		{value.Float64(-0.5), "-0.5", not + "-0.5: write 0.99"},
		{value.Float64(math.NaN()), "x", not + "x: write 0.99"},
		{value.String(" 0.25"), "' 0.25'", not + "' 0.25': write 0.25"},
		{value.String("p99"), "'p99'", not + "'p99': write 0.99"},
		{value.Value{}, "q", not + "q: write 0.99"},
	} {
		_, err := Find("quantile").Of(c.q, c.text)
		if err == nil && c.want != "" || err != nil && err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.text, err, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	for name, want := range map[string]string{
		"COUNT": "count", "Variance": "var_samp", "stddev": "stddev_samp", "last": "last", "Median": "median",
	} {
		if f := Find(name); f == nil || f.Name != want {
			t.Errorf("Find(%q) = %v, want %s", name, f, want)
		}
	}
	if f := Find("mode"); f != nil {
		t.Errorf("Find(mode) = %v", f)
	}
}
