package aggregate

import (
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
		{"first", value.Null, "NULL", "first needs values of one type, NULL has no type: write first(CAST(NULL AS TEXT)), or AS REAL"},
	} {
		_, err := Find(c.name).Plan([]value.Type{c.typ}, []string{c.arg})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s of %s:\n got %v\nwant %s", c.name, c.typ, err, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	for name, want := range map[string]string{
		"COUNT": "count", "Variance": "var_samp", "stddev": "stddev_samp", "last": "last",
	} {
		if f := Find(name); f == nil || f.Name != want {
			t.Errorf("Find(%q) = %v, want %s", name, f, want)
		}
	}
	if f := Find("median"); f != nil {
		t.Errorf("Find(median) = %v", f)
	}
}
