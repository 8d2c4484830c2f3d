// Package window holds the kinds of windows: for each one its name, the
// arguments it takes, and its arithmetic. A kind is one file and one row of
// Kinds; parser, checker, help and workers all range over that table.
package window

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/windrow/windrow/schema/value"
)

// Kinds is the table of window functions.
var Kinds = []Kind{tumble}

// Find returns the kind of that name in any case, or nil.
func Find(name string) *Kind {
	for i := range Kinds {
		if strings.EqualFold(Kinds[i].Name, name) {
			return &Kinds[i]
		}
	}
	return nil
}

// Kind describes one window function. Its first argument is always the stream
// and its optional second one the time column; Params are those after them.
type Kind struct {
	Name   string   // as users type it, upper case
	Params []string // names of the interval arguments, in order
	Help   string   // one line
	New    func(args []Span) (Window, error)
}

// Window is the arithmetic of one window definition. It is immutable.
type Window interface {
	// Start returns the start of the window that t belongs to.
	Start(t value.Time) value.Time
	// End returns the first time after the window that starts at start.
	End(start value.Time) value.Time
	// Frac is the number of digits of a second (0, 3 or 6) that starts and
	// ends need as text.
	Frac() int
	// String is canonical: equal windows have equal text. It enters the
	// identity of a rollup.
	String() string
}

// Span is the length of time of an INTERVAL: N units. Weeks, months and years
// of exactly one unit, and one day, are calendar units where a window is
// concerned; everything else is a fixed number of microseconds.
type Span struct {
	N    int64
	Unit Unit
}

// Unit is a unit of time.
type Unit uint8

const (
	Microsecond Unit = iota
	Millisecond
	Second
	Minute
	Hour
	Day
	Week
	Month
	Year
)

var unitNames = [...]string{"microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "year"}
var unitShort = [...]string{"us", "ms", "s", "m", "h", "d", "w", "", "y"}
var unitSize = [...]int64{1, 1000, value.Second, value.Minute, value.Hour, value.Day, 7 * value.Day, 0, 0}

func (u Unit) String() string { return unitNames[u] }

// ParseUnit reads a unit word: minute, minutes, MINUTE, min, m.
func ParseUnit(s string) (Unit, bool) {
	l := strings.ToLower(s)
	for i, n := range unitNames {
		if l == n || l == n+"s" || l != "" && l == unitShort[i] {
			return Unit(i), true
		}
	}
	switch l {
	case "sec", "secs":
		return Second, true
	case "min", "mins":
		return Minute, true
	case "hr", "hrs":
		return Hour, true
	case "usec":
		return Microsecond, true
	case "msec":
		return Millisecond, true
	}
	return 0, false
}

// ParseSpan reads the text of an INTERVAL: "1 minute", "90 seconds", "5m".
// The error is a sentence part for the user.
func ParseSpan(s string) (Span, error) {
	t := strings.TrimSpace(s)
	i := 0
	for i < len(t) && (t[i] >= '0' && t[i] <= '9' || i == 0 && (t[i] == '-' || t[i] == '+')) {
		i++
	}
	n, err := strconv.ParseInt(t[:i], 10, 64)
	if err != nil {
		return Span{}, fmt.Errorf("%q is not a length of time like '1 minute' or '90 seconds'", s)
	}
	word := strings.TrimSpace(t[i:])
	u, ok := ParseUnit(word)
	if !ok {
		return Span{}, fmt.Errorf("%q is not a unit of time; units are %s", word, strings.Join(unitNames[:], ", "))
	}
	sp := Span{n, u}
	if !sp.Calendar() {
		if _, ok := sp.fixed(); !ok {
			return Span{}, fmt.Errorf("%q is longer than 9999 years", s)
		}
	}
	return sp, nil
}

// Calendar reports whether the span has no fixed length (months and years).
func (s Span) Calendar() bool { return s.Unit == Month || s.Unit == Year }

// Micros returns the length in microseconds of a span that is not Calendar.
func (s Span) Micros() int64 { m, _ := s.fixed(); return m }

func (s Span) fixed() (int64, bool) {
	size := unitSize[s.Unit]
	if size == 0 {
		return 0, false
	}
	limit := int64(value.MaxTime-value.MinTime) / size
	if s.N > limit || s.N < -limit {
		return 0, false
	}
	return s.N * size, true
}

func (s Span) String() string {
	if s.N == 1 {
		return "1 " + s.Unit.String()
	}
	return strconv.FormatInt(s.N, 10) + " " + s.Unit.String() + "s"
}
