package value

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAppend(t *testing.T) {
	at := func(s string) Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return TimeOf(v)
	}
	for _, c := range []struct {
		in   string
		frac int
		want string
	}{
		{"2026-03-01T12:30:05Z", 0, "2026-03-01 12:30:05"},
		{"2026-03-01T12:30:05.25Z", -1, "2026-03-01 12:30:05.25"},
		{"2026-03-01T12:30:05.25Z", 3, "2026-03-01 12:30:05.250"},
		{"2026-03-01T12:30:05.000001Z", 6, "2026-03-01 12:30:05.000001"},
		{"2026-03-01T12:30:05.000001Z", -1, "2026-03-01 12:30:05.000001"},
		{"2026-03-01T12:30:05.999999Z", 3, "2026-03-01 12:30:05.999"},
		{"2026-03-01T12:30:05Z", 6, "2026-03-01 12:30:05.000000"},
		{"1969-12-31T23:59:59.5Z", -1, "1969-12-31 23:59:59.5"},
		{"0001-01-01T00:00:00Z", -1, "0001-01-01 00:00:00"},
		{"9999-12-31T23:59:59.999999Z", -1, "9999-12-31 23:59:59.999999"},
	} {
		if got := at(c.in).Format(c.frac); got != c.want {
			t.Errorf("%s with %d digits: %s, want %s", c.in, c.frac, got, c.want)
		}
	}
}

func drawTime(t *rapid.T, label string) Time {
	return Time(rapid.Int64Range(int64(MinTime), int64(MaxTime)).Draw(t, label))
}

// As text, times read back and sort as they do, with and without a fixed width.
func TestTextKeepsTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawTime(t, "a")
		b := a + Time(rapid.Int64Range(-3_000_000, 3_000_000).Draw(t, "difference"))
		if !b.Valid() {
			return
		}
		for _, frac := range []int{-1, 6} {
			x, y := a.Format(frac), b.Format(frac)
			if got, ok := ParseTime(x, nil); !ok || got != a {
				t.Fatalf("%d is %s, which reads as %d", a, x, got)
			}
			if (x < y) != (a < b) {
				t.Fatalf("%s and %s sort otherwise than %d and %d", x, y, a, b)
			}
		}
	})
}

func TestParseTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ in, want string }{
		{"2026-03-01", "2026-02-28 23:00:00"},
		{"2026-03-01 12:30", "2026-03-01 11:30:00"},
		{"2026-03-01T12:30:05.25", "2026-03-01 11:30:05.25"},
		{"2026-07-01 12:30:05", "2026-07-01 10:30:05"},
		{"2026-03-01T12:30:05Z", "2026-03-01 12:30:05"},
		{"2026-03-01t12:30:05z", "2026-03-01 12:30:05"},
		{" 2026-03-01 12:30:05+02:00 ", "2026-03-01 10:30:05"},
		{"2026-03-01T12:30:05.123456789-0130", "2026-03-01 14:00:05.123456"},
		{"2026-03-01T12:30Z", "2026-03-01 12:30:00"},
	} {
		if got, ok := ParseTime(c.in, berlin); !ok || got.Format(-1) != c.want {
			t.Errorf("%q: %s %v, want %s", c.in, got.Format(-1), ok, c.want)
		}
	}
	for _, in := range []string{"", "x", "2026-02-30", "2026-03-01 25:00", "2026-03-01 12:30:05,5", "0000-01-01", "10000-01-01", "12:30"} {
		if got, ok := ParseTime(in, nil); ok {
			t.Errorf("%q: %s", in, got.Format(-1))
		}
	}
}

func TestColumnKeepsValues(t *testing.T) {
	c := &Column{Type: Any}
	c.Resize(4)
	for i, v := range []Value{Int64(-1), Float64(0.5), String("é"), {}} {
		c.Set(i, v)
		if got := c.At(i); got != v {
			t.Errorf("%+v, want %+v", got, v)
		}
	}
}
