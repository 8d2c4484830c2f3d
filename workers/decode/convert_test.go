package decode_test

import (
	"math"
	"testing"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode"
)

func TestConvertColumn(t *testing.T) {
	i, f, s := value.Int64, value.Float64, value.String
	for _, tc := range []struct {
		from value.Type
		v    value.Value
		to   value.Type
		want value.Value
		why  string
	}{
		{value.Integer, i(7), value.Integer, i(7), ""}, {value.Integer, i(7), value.Real, f(7), ""}, {value.Integer, i(7), value.Text, s("7"), ""}, {value.Integer, i(1), value.Boolean, i(1), ""}, {value.Integer, i(7), value.JSON, s("7"), ""},
		{value.Integer, i(2), value.Timestamp, i(2_000_000), ""}, {value.Integer, i(7), value.Boolean, value.Value{}, "7 is not a BOOLEAN"}, {value.Integer, i(math.MaxInt64), value.Timestamp, i(9223372036854775), ""},
		{value.Boolean, i(1), value.Boolean, i(1), ""}, {value.Boolean, i(1), value.Integer, i(1), ""}, {value.Boolean, i(0), value.Text, s("false"), ""}, {value.Boolean, i(1), value.JSON, s("true"), ""}, {value.Boolean, i(1), value.Timestamp, value.Value{}, "true is not a TIMESTAMP"}, {value.Boolean, i(1), value.Real, f(1), ""},
		{value.Real, f(200), value.Integer, i(200), ""}, {value.Real, f(1.5), value.Integer, value.Value{}, "1.5 is not an INTEGER"}, {value.Real, f(1e19), value.Integer, value.Value{}, "1e+19 is out of range"}, {value.Real, f(math.Copysign(0, -1)), value.Real, f(0), ""},
		{value.Real, f(math.Inf(1)), value.Real, value.Value{}, "+Inf is out of range"}, {value.Real, f(math.NaN()), value.Text, value.Value{}, "NaN is out of range"}, {value.Real, f(2), value.Text, s("2.0"), ""}, {value.Real, f(0.1), value.Text, s("0.1"), ""}, {value.Real, f(0), value.Boolean, i(0), ""},
		{value.Real, f(1.5), value.Timestamp, i(1_500_000), ""}, {value.Real, f(1.5), value.JSON, s("1.5"), ""}, {value.Text, s("200"), value.Integer, i(200), ""}, {value.Text, s("x"), value.Integer, value.Value{}, "'x' is not an INTEGER"}, {value.Text, s("x"), value.Text, s("x"), ""},
		{value.Text, s("\xff"), value.Text, value.Value{}, "not valid UTF-8"}, {value.Text, s("1970-01-01T00:00:01Z"), value.Timestamp, i(1_000_000), ""}, {value.Text, s("[1]"), value.JSON, s("[1]"), ""}, {value.Text, s("["), value.JSON, value.Value{}, "'[' is not JSON"},
		{value.JSON, s("[1]"), value.JSON, s("[1]"), ""}, {value.JSON, s("12"), value.Integer, i(12), ""}, {value.Timestamp, i(1_500_000), value.Timestamp, i(1_500_000), ""}, {value.Timestamp, i(1_500_000), value.Text, s("1970-01-01 00:00:01.5"), ""},
		{value.Timestamp, i(0), value.Integer, value.Value{}, "1970-01-01 00:00:00 is not an INTEGER"}, {value.Timestamp, i(math.MaxInt64), value.Timestamp, value.Value{}, "9223372036854775807 is out of range"}, {value.Interval, i(1), value.Integer, value.Value{}, "an interval is not an INTEGER"},
		{value.Any, i(5), value.Integer, i(5), ""}, {value.Any, s("5"), value.Integer, i(5), ""}, {value.Any, f(5), value.Integer, i(5), ""}, {value.Null, value.Value{}, value.Integer, value.Value{}, "NULL"},
	} {
		src, dst := value.Column{Type: value.Any}, value.Column{Type: tc.to}
		src.Resize(3)
		src.Type = tc.from
		dst.Resize(3)
		src.Set(1, tc.v)
		why := ""
		decode.ConvertColumn(&dst, &src, []int32{1}, &schema.Stream{}, func(row int, reason string) {
			if row != 1 {
				t.Errorf("row %d", row)
			}
			why = reason
		})
		got := dst.At(1)
		if got.Kind == value.KindNull && tc.why == "NULL" {
			continue
		}
		if why != tc.why || tc.why == "" && got != tc.want || (tc.why != "") != (got.Kind == value.KindBad) {
			t.Errorf("%s %+v to %s: %+v %q, want %+v %q", tc.from, tc.v, tc.to, got, why, tc.want, tc.why)
		}
	}
}

func TestConvertColumnPassesBadOn(t *testing.T) {
	c := value.Column{Type: value.Integer}
	c.Resize(2)
	c.Set(0, value.Int64(4))
	c.Kind[1] = value.KindBad
	calls := 0
	decode.ConvertColumn(&c, &c, []int32{0, 1}, &schema.Stream{}, func(row int, reason string) {
		calls++
		if row != 1 || reason != "" {
			t.Errorf("row %d, reason %q", row, reason)
		}
	})
	if calls != 1 || c.At(0) != value.Int64(4) || c.Kind[1] != value.KindBad {
		t.Errorf("%d calls, %+v", calls, c)
	}
	broken := &schema.Stream{}
	broken.TimestampFormat = "%Q"
	text, at := value.Column{Type: value.Text}, value.Column{Type: value.Timestamp}
	text.Resize(1)
	at.Resize(1)
	text.Set(0, value.String("2026-03-01"))
	decode.ConvertColumn(&at, &text, []int32{0}, broken, func(int, string) {})
	if at.Kind[0] != value.KindBad {
		t.Errorf("with a bad format: %+v", at.At(0))
	}
}
