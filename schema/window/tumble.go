package window

import (
	"fmt"
	"time"

	"github.com/windrow/windrow/schema/value"
)

var tumble = Kind{
	Name:   "TUMBLE",
	Params: []string{"size"},
	Help:   "TUMBLE(stream[, time], size): windows of one size, side by side; an event is in exactly one",
	New: func(args []Span) (Window, error) {
		size := args[0]
		switch {
		case size.N <= 0:
			return nil, fmt.Errorf("the size of a window must be more than 0, not %s", size)
		case size.Calendar() && size.N != 1:
			return nil, fmt.Errorf("a window can be 1 %s long, not %d", size.Unit, size.N)
		case size.Calendar():
			return calendar{size.Unit}, nil
		case size.Unit == Week && size.N == 1:
			return fixed{size: size.Micros(), origin: monday}, nil
		}
		return fixed{size: size.Micros()}, nil
	},
}

// monday is the offset of the weeks: 1970-01-05 was a Monday.
const monday = 4 * value.Day

// fixed are windows of size microseconds, one of which starts at origin.
type fixed struct{ size, origin int64 }

func (w fixed) Start(t value.Time) value.Time {
	r := (int64(t) - w.origin) % w.size
	if r < 0 {
		r += w.size
	}
	return t - value.Time(r)
}
func (w fixed) End(start value.Time) value.Time { return start + value.Time(w.size) }
func (w fixed) Frac() int {
	switch {
	case w.size%value.Second == 0:
		return 0
	case w.size%value.Millisecond == 0:
		return 3
	}
	return 6
}
func (w fixed) String() string { return fmt.Sprintf("tumble %dus origin %dus", w.size, w.origin) }

// calendar are the months or years of UTC.
type calendar struct{ unit Unit }

func (w calendar) Start(t value.Time) value.Time {
	y, m, _ := t.Std().Date()
	if w.unit == Year {
		m = time.January
	}
	return value.TimeOf(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC))
}
func (w calendar) End(start value.Time) value.Time {
	y, m, _ := start.Std().Date()
	if w.unit == Year {
		y++
	} else {
		m++
	}
	return value.TimeOf(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC))
}
func (w calendar) Frac() int      { return 0 }
func (w calendar) String() string { return "tumble 1 " + w.unit.String() + " UTC" }
