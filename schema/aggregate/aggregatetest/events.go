package aggregatetest

import (
	"bytes"
	"fmt"
	"math"

	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/value"
	"pgregory.net/rapid"
)

// Event is one event as a state sees it.
type Event struct {
	Group int
	Args  []value.Value // NULL among them
	Time  int64
	Split int64
	// Offset is different in each event of a split.
	Offset int64
}

// Values generates values of a type that are not NULL: ordinary ones, and with
// them all that has ever been trouble.
func Values(typ value.Type) *rapid.Generator[value.Value] {
	switch typ {
	case value.Integer:
		return rapid.Map(rapid.OneOf(
			rapid.Int64Range(-100, 100),
			rapid.Int64(),
			rapid.SampledFrom([]int64{math.MaxInt64, math.MinInt64, 1<<53 + 1, -1<<53 - 1, 1 << 56, 1_000_000_000}),
		), value.Int64)
	case value.Boolean:
		return rapid.Map(rapid.Int64Range(0, 1), value.Int64)
	case value.Timestamp:
		return rapid.Map(rapid.OneOf(
			rapid.Int64Range(int64(value.MinTime), int64(value.MaxTime)),
			rapid.Map(rapid.Int64Range(0, 100), func(s int64) int64 { return s * value.Second }),
			rapid.SampledFrom([]int64{int64(value.MinTime), int64(value.MaxTime), -1, 951782400_000000}),
		), value.Int64)
	case value.Real:
		return rapid.Map(reals(), value.Float64)
	}
	return rapid.Map(rapid.OneOf(
		rapid.StringN(0, 12, -1),
		rapid.StringMatching(`a{0,40}`),
		rapid.SampledFrom([]string{"", "\x00", "é", "\xff\xfe", "Z", "a", "{\"a\":1}"}),
	), value.String)
}

func reals() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Map(rapid.Int64Range(-100000, 100000), func(i int64) float64 { return float64(i) / 100 }),
		rapid.Map(rapid.Int64Range(-1000, 1000), func(i int64) float64 { return float64(i) }),
		rapid.Map(rapid.Uint64(), func(b uint64) float64 {
			if x := math.Float64frombits(b); x-x == 0 {
				return x
			}
			return 1e9
		}),
		rapid.Custom(func(t *rapid.T) float64 { // powers of two and their neighbours, subnormals among them
			x := math.Ldexp(1, rapid.IntRange(-1074, 1023).Draw(t, "exponent"))
			to := rapid.SampledFrom([]float64{x, 0, math.MaxFloat64}).Draw(t, "towards")
			return math.Copysign(math.Nextafter(x, to), rapid.SampledFrom([]float64{1, -1}).Draw(t, "sign"))
		}),
		rapid.SampledFrom([]float64{
			0, math.Copysign(0, -1), 1e308, -1e308, math.MaxFloat64, -math.MaxFloat64,
			math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 1, -1, 0.1, 1e16, 1e-16, 1e150, 1e-170,
		}),
	)
}

// Events generates up to n events with arguments of the types, in groups 0 to
// groups-1. No two have the same place.
func Events(n, groups int, types []value.Type) *rapid.Generator[[]Event] {
	return rapid.Custom(func(t *rapid.T) []Event {
		events := make([]Event, rapid.IntRange(0, n).Draw(t, "events"))
		var args []*rapid.Generator[value.Value]
		for _, typ := range types {
			args = append(args, rapid.OneOf(Values(typ), Values(typ), Values(typ), rapid.Just(value.Value{})))
		}
		for i := range events {
			e := Event{
				Group:  rapid.IntRange(0, groups-1).Draw(t, "group"),
				Time:   rapid.Int64Range(-3, 3).Draw(t, "time"),
				Split:  rapid.Int64Range(1, 3).Draw(t, "split"),
				Offset: int64(i) * 10,
			}
			for _, a := range args {
				e.Args = append(e.Args, a.Draw(t, "value"))
			}
			events[i] = e
		}
		return rapid.Permutation(events).Draw(t, "order")
	})
}

// Fold adds events to a state, a batch for as long as the split stays the
// same, with rows in between that belong to no group.
func Fold(s aggregate.State, types []value.Type, events []Event) {
	for len(events) > 0 {
		n := 1
		for n < len(events) && n < 7 && events[n].Split == events[0].Split {
			n++
		}
		addBatch(s, types, events[:n])
		events = events[n:]
	}
}

func addBatch(s aggregate.State, types []value.Type, events []Event) {
	n := 2*len(events) + 1
	at := &aggregate.Positions{Time: make([]int64, n), Offset: make([]int64, n), Split: events[0].Split}
	args := make([]*value.Column, len(types))
	for a, typ := range types {
		args[a] = &value.Column{Type: typ}
		args[a].Resize(n)
	}
	var groups, rows []int32
	for i, e := range events {
		r := 2*i + 1
		at.Time[r], at.Offset[r] = e.Time, e.Offset
		for a, v := range e.Args {
			args[a].Set(r, v)
		}
		groups, rows = append(groups, int32(e.Group)), append(rows, int32(r))
	}
	s.Add(groups, rows, args, at)
	for _, a := range args { // the caller reuses it all
		for _, b := range a.Text {
			copy(b, bytes.Repeat([]byte{'#'}, len(b)))
		}
	}
}

// Cells returns copies of all cells of a group.
func Cells(s aggregate.State, part aggregate.Part, group int) []any {
	cells := make([]any, len(part.Columns))
	for i := range cells {
		switch v := s.Cell(group, i).(type) {
		case []byte:
			cells[i] = bytes.Clone(v)
		case string:
			cells[i] = string([]byte(v))
		default:
			cells[i] = v
		}
	}
	return cells
}

// Show writes cells so that two texts are equal only if all bits are.
func Show(cells []any) string {
	var b bytes.Buffer
	for _, c := range cells {
		switch v := c.(type) {
		case nil:
			b.WriteString("NULL")
		case float64:
			fmt.Fprintf(&b, "%v/%016x", v, math.Float64bits(v))
		case string:
			fmt.Fprintf(&b, "%q", v)
		case []byte:
			fmt.Fprintf(&b, "x'%x'", v)
		default:
			fmt.Fprintf(&b, "%T(%v)", v, v)
		}
		b.WriteString(", ")
	}
	return b.String()
}
