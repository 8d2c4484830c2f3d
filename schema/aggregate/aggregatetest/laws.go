// Package aggregatetest holds the laws that every state of an aggregate keeps.
// A new state is done when Run passes for each type of its arguments.
package aggregatetest

import (
	"math"
	"slices"
	"testing"

	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/value"
	"pgregory.net/rapid"
)

const groups = 3 // of each state

// Run checks the laws for a part whose arguments have the given types.
func Run(t *testing.T, part aggregate.Part, types ...value.Type) {
	s := suite{part, types}
	t.Run("parts are the whole", rapid.MakeCheck(s.partsAreTheWhole))
	t.Run("order makes no difference", rapid.MakeCheck(s.orderMakesNoDifference))
	t.Run("merge is associative and commutative", rapid.MakeCheck(s.monoid))
	t.Run("cells are canonical", rapid.MakeCheck(s.canonical))
	t.Run("columns are cells", rapid.MakeCheck(s.columnsAreCells))
	t.Run("merge refuses strange cells", rapid.MakeCheck(s.refuses))
	t.Run("reading changes nothing", rapid.MakeCheck(s.readBetween))
	t.Run("reset empties", rapid.MakeCheck(s.reset))
	t.Run("memory is steady", s.steady)
}

type suite struct {
	part  aggregate.Part
	types []value.Type
}

// fresh returns a state of events.
func (s suite) fresh(events []Event) aggregate.State {
	state := s.part.New()
	state.Grow(groups)
	Fold(state, s.types, events)
	return state
}

func (s suite) draw(t *rapid.T, label string) []Event {
	return Events(30, groups, s.types).Draw(t, label)
}

// mergeInto merges all groups of from into those of to.
func (s suite) mergeInto(t *rapid.T, to, from aggregate.State) {
	for g := range groups {
		if err := to.Merge(g, Cells(from, s.part, g)); err != nil {
			t.Fatalf("merging what Cell gave: %v", err)
		}
	}
}

func (s suite) show(state aggregate.State) (out [groups]string) {
	for g := range groups {
		out[g] = Show(Cells(state, s.part, g))
	}
	return out
}

func (s suite) same(t *rapid.T, what string, got, want aggregate.State) {
	if g, w := s.show(got), s.show(want); g != w {
		t.Fatalf("%s:\n got %v\nwant %v", what, g, w)
	}
}

func (s suite) sameGroup(t *rapid.T, what string, group int, got, want aggregate.State) {
	if g, w := Show(Cells(got, s.part, group)), Show(Cells(want, s.part, group)); g != w {
		t.Fatalf("%s:\n got %v\nwant %v", what, g, w)
	}
}

func (s suite) partsAreTheWhole(t *rapid.T) {
	events := s.draw(t, "events")
	parts := make([][]Event, rapid.IntRange(1, 5).Draw(t, "parts"))
	for _, e := range events {
		p := rapid.IntRange(0, len(parts)-1).Draw(t, "part")
		parts[p] = append(parts[p], e)
	}
	merged := s.fresh(parts[0]) // merged into what already has events
	for _, p := range parts[1:] {
		s.mergeInto(t, merged, s.fresh(p))
	}
	s.same(t, "parts merged", merged, s.fresh(events))
}

func (s suite) orderMakesNoDifference(t *rapid.T) {
	events := s.draw(t, "events")
	other := rapid.Permutation(events).Draw(t, "other order")
	s.same(t, "other order", s.fresh(other), s.fresh(events))
}

func (s suite) monoid(t *rapid.T) {
	all := s.draw(t, "events")
	i := rapid.IntRange(0, len(all)).Draw(t, "i")
	j := rapid.IntRange(i, len(all)).Draw(t, "j")
	a, b, c := all[:i], all[i:j], all[j:]
	plus := func(x, y aggregate.State) aggregate.State {
		z := s.fresh(nil)
		s.mergeInto(t, z, x)
		s.mergeInto(t, z, y)
		return z
	}
	sa, sb, sc := s.fresh(a), s.fresh(b), s.fresh(c)
	s.same(t, "(a+b)+c and a+(b+c)", plus(plus(sa, sb), sc), plus(sa, plus(sb, sc)))
	s.same(t, "b+a and a+b", plus(sb, sa), plus(sa, sb))
	s.same(t, "a+empty", plus(sa, s.fresh(nil)), sa)
	s.same(t, "empty+a", plus(s.fresh(nil), sa), sa)
	s.mergeInto(t, sa, s.fresh(nil))
	s.same(t, "empty merged into a", sa, s.fresh(a))
}

func (s suite) canonical(t *rapid.T) {
	state := s.fresh(s.draw(t, "events"))
	for g := range groups {
		cells := Cells(state, s.part, g)
		for i, c := range cells {
			if !belongs(c, s.part.Columns[i].Type) {
				t.Fatalf("column %q is %s, cell is %T", s.part.Columns[i].Suffix, s.part.Columns[i].Type, c)
			}
			if f, ok := c.(float64); ok && (f != f || math.Float64bits(f) == 1<<63) {
				t.Fatalf("column %q is %v", s.part.Columns[i].Suffix, f)
			}
		}
		again := Cells(state, s.part, g)
		if Show(again) != Show(cells) {
			t.Fatalf("read twice:\n%s\n%s", Show(cells), Show(again))
		}
	}
}

func (s suite) readBetween(t *rapid.T) {
	a, b, c := s.draw(t, "a"), s.draw(t, "b"), s.draw(t, "c")
	for i := range a {
		a[i].Offset += 1000
	}
	for i := range c {
		c[i].Offset += 2000
	}
	g := rapid.IntRange(0, groups-1).Draw(t, "group")
	state := s.fresh(a)
	Cells(state, s.part, g)
	Fold(state, s.types, b)
	want := s.fresh(slices.Concat(a, b))
	s.sameGroup(t, "added after reading", g, state, want)
	other := s.fresh(c)
	s.mergeInto(t, want, other)
	if err := state.Merge(g, Cells(other, s.part, g)); err != nil {
		t.Fatal(err)
	}
	s.sameGroup(t, "merged after reading", g, state, want)
}

func belongs(cell any, column string) bool {
	switch cell.(type) {
	case nil:
		return true
	case int64:
		return column == "INTEGER" || column == "ANY"
	case float64:
		return column == "REAL" || column == "ANY"
	case string:
		return column == "TEXT" || column == "ANY"
	case []byte:
		return column == "BLOB" || column == "ANY"
	}
	return false
}

// refuses checks that cells changed anywhere are refused, and leave the state
// as it was, or are the cells of another state.
func (s suite) refuses(t *rapid.T) {
	state := s.fresh(s.draw(t, "events"))
	want := s.show(state)
	g := rapid.IntRange(0, groups-1).Draw(t, "group")
	cells := Cells(s.fresh(s.draw(t, "others")), s.part, g)
	switch i := rapid.IntRange(-2, len(cells)-1).Draw(t, "column"); i {
	case -2:
		cells = append(cells, nil)
	case -1:
		cells = cells[1:]
	default:
		cells[i] = Cell().Draw(t, "cell")
	}
	if state.Merge(g, cells) == nil {
		CheckMerged(t, s.part, cells)
	} else if got := s.show(state); got != want {
		t.Fatalf("%v was refused, but changed the state:\n got %v\nwant %v", cells, got, want)
	}
}

func (s suite) reset(t *rapid.T) {
	a, b := s.draw(t, "a"), s.draw(t, "b")
	state := s.fresh(a)
	state.Reset()
	if n := state.Bytes(); n != 0 {
		t.Fatalf("%d bytes after Reset", n)
	}
	state.Grow(1)
	state.Grow(groups)
	s.same(t, "after Reset", state, s.fresh(nil))
	Fold(state, s.types, b)
	s.same(t, "after Reset and Add", state, s.fresh(b))
}
