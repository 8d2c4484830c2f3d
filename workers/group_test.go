package workers

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
	"pgregory.net/rapid"
)

func keyTable(types ...value.Type) *table {
	r := &schema.Rollup{}
	for i, ty := range types {
		r.Keys = append(r.Keys, schema.Key{Name: fmt.Sprint("k", i), Expr: &schema.Expr{Type: ty}})
	}
	return newTable(r)
}

// drawCell draws a value that a key of the type may have, seldom NULL.
func drawCell(t *rapid.T, ty value.Type) value.Value {
	if rapid.IntRange(0, 5).Draw(t, "null") == 0 {
		return value.Value{}
	}
	k := ty.Kind()
	if ty == value.Any {
		k = rapid.SampledFrom([]value.Kind{value.KindInt, value.KindReal, value.KindText}).Draw(t, "kind")
	}
	switch k {
	case value.KindInt:
		return value.Int64(rapid.SampledFrom([]int64{-2, 0, 1, 2, 1e18, math.MinInt64, math.MaxInt64}).Draw(t, "int"))
	case value.KindReal:
		return value.Float64(rapid.SampledFrom([]float64{-1.5, 0, math.Copysign(0, -1), 1, 2, 1e18, -1 << 63, 1e300}).Draw(t, "real"))
	}
	return value.String(rapid.SampledFrom([]string{"", "a", "ab", "b", "\x00", "é"}).Draw(t, "text"))
}

// canonical is how SQLite tells keys apart: 1 and 1.0 are one, as are the zeros.
func canonical(v value.Value) string {
	switch v.Kind {
	case value.KindInt:
		return fmt.Sprint("n", v.Int)
	case value.KindReal:
		f, _ := big.NewFloat(v.Real + 0).Rat(nil)
		if f.IsInt() {
			return "n" + f.Num().String()
		}
		return fmt.Sprint("n", v.Real)
	case value.KindText:
		return "t" + v.Text
	}
	return "null"
}

// Rows get the same group exactly when window and keys are equal, whatever the
// types of the keys and however often the table has grown.
func TestGroups(t *testing.T) {
	types := []value.Type{value.Integer, value.Real, value.Text, value.Any}
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.SampledFrom(types), 0, 3).Draw(t, "types")
		tab := keyTable(keys...)
		groups := map[string]int32{}
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			n := rapid.IntRange(1, 30).Draw(t, "rows")
			cols := make([]*value.Column, len(keys))
			for i, ty := range keys {
				cols[i] = &value.Column{Type: ty}
				cols[i].Resize(n)
			}
			var rows []int32
			var starts []int64
			var names []string
			for row := range n {
				start := rapid.Int64Range(0, 2).Draw(t, "start")
				name := fmt.Sprint(start)
				for i, ty := range keys {
					v := drawCell(t, ty)
					cols[i].Set(row, v)
					name += "|" + canonical(v)
				}
				rows, starts, names = append(rows, int32(row)), append(starts, start), append(names, name)
			}
			for i, g := range tab.groupsOf(rows, starts, cols, nil) {
				if want, ok := groups[names[i]]; ok && want != g {
					t.Fatalf("%s: group %d, was %d", names[i], g, want)
				}
				groups[names[i]] = g
			}
		}
		if tab.len() != len(groups) {
			t.Fatalf("%d groups, want %d", tab.len(), len(groups))
		}
	})
}

func TestTableGrowsAndStartsAgain(t *testing.T) {
	tab := keyTable(value.Text)
	col := &value.Column{Type: value.Text}
	col.Resize(1)
	for range 2 {
		for i := range 5000 {
			col.Set(0, value.String(fmt.Sprint("host-", i%2500)))
			g := tab.groupsOf([]int32{0}, []int64{int64(i % 2500 / 100)}, []*value.Column{col}, nil)
			if g[0] != int32(i%2500) {
				t.Fatalf("row %d: group %d", i, g[0])
			}
		}
		tab.reset()
		if tab.len() != 0 || tab.bytes() != 0 {
			t.Fatal("not empty after reset")
		}
	}
}

// Keys survive encoding, and sort as SQLite sorts them.
func TestKeyOrder(t *testing.T) {
	tab := keyTable(value.Any, value.Text)
	in := [][2]value.Value{
		{value.Int64(-1), value.String("")}, {value.Float64(0.5), value.String("x")}, {value.Int64(1), value.String("a")}, {value.Float64(1), value.String("b")},
		{value.String("a"), value.String("z")}, {value.String("ab"), value.String("a")}, {value.Value{}, value.String("a")}, {value.Value{}, value.Value{}},
	}
	cols := []*value.Column{{Type: value.Any}, {Type: value.Text}}
	for _, c := range cols {
		c.Resize(1)
	}
	for i := range in {
		for k, c := range cols {
			c.Set(0, in[len(in)-1-i][k])
		}
		tab.groupsOf([]int32{0}, []int64{7}, cols, nil)
	}
	r := newTestRows(tab)
	for i, g := range r.order {
		for k := range cols {
			want := any(null)
			switch v := in[i][k]; v.Kind {
			case value.KindInt:
				want = v.Int
			case value.KindReal:
				want = v.Real
				if v.Real == 1 {
					want = int64(1)
				}
			case value.KindText:
				want = v.Text
			}
			if got := r.key(g, k); fmt.Sprintf("%T %v", got, got) != fmt.Sprintf("%T %v", want, want) {
				t.Errorf("row %d key %d: %T %v, want %T %v", i, k, got, got, want, want)
			}
		}
	}
}

// The greatest INTEGER is less than 2^63, which it is rounded to as a double.
func TestOrderOfTheGreatest(t *testing.T) {
	for _, first := range []value.Value{value.Int64(math.MaxInt64), value.Float64(1 << 63)} {
		tab := keyTable(value.Any)
		col := &value.Column{Type: value.Any}
		col.Resize(1)
		for _, v := range []value.Value{first, value.Int64(math.MaxInt64), value.Float64(1 << 63)} {
			col.Set(0, v)
			tab.groupsOf([]int32{0}, []int64{0}, []*value.Column{col}, nil)
		}
		order := tab.sorted()
		if k := tab.key(order[0]); len(order) != 2 || value.Kind(k[0]) != value.KindInt {
			t.Errorf("%d groups, the first has the key %x", len(order), k)
		}
	}
}

// Groups are sorted as their windows and keys compare, whatever was in the
// table before.
func TestOrder(t *testing.T) {
	types := []value.Type{value.Integer, value.Real, value.Text, value.Any, value.Boolean}
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.SampledFrom(types), 0, 3).Draw(t, "types")
		tab := keyTable(keys...)
		cols := make([]*value.Column, len(keys))
		for i, ty := range keys {
			cols[i] = &value.Column{Type: ty}
			cols[i].Resize(1)
		}
		for range rapid.IntRange(1, 3).Draw(t, "commits") {
			for range rapid.IntRange(0, 60).Draw(t, "rows") {
				for i, ty := range keys {
					v := drawCell(t, ty)
					if v.Kind == value.KindText {
						v.Text = rapid.SampledFrom([]string{"", "host-000", "a text of more than 16 bytes "}).Draw(t, "before") + v.Text
					}
					cols[i].Set(0, v)
				}
				tab.groupsOf([]int32{0}, []int64{rapid.Int64Range(-2, 2).Draw(t, "start") << 40}, cols, nil)
			}
			order := slices.Clone(tab.sorted())
			want := slices.Clone(order)
			slices.Sort(want)
			for i := range want {
				if want[i] != int32(i) || len(want) != tab.len() {
					t.Fatalf("order %v of %d groups", order, tab.len())
				}
			}
			for i := 1; i < len(order); i++ {
				a, b := order[i-1], order[i]
				c := sign(tab.starts[a], tab.starts[b])
				if c > 0 || c == 0 && compareKeys(tab.key(a), tab.key(b), len(keys)) >= 0 {
					t.Fatalf("%x %x before %x %x", tab.starts[a], tab.key(a), tab.starts[b], tab.key(b))
				}
			}
			if rapid.Bool().Draw(t, "forget") {
				for _, d := range tab.dicts {
					d.reset()
				}
			}
			tab.reset()
		}
	})
}

// A table tells what its keys' values need, and does so anew after a commit,
// whether they are kept for the next or not.
func TestBytesOfKeys(t *testing.T) {
	const groups, size = 20_000, 200
	for _, distinct := range []int{10, groups} {
		tab := keyTable(value.Integer, value.Text)
		cols := []*value.Column{{Type: value.Integer}, {Type: value.Text}}
		for _, c := range cols {
			c.Resize(1)
		}
		for range 2 {
			for i := range groups {
				cols[0].Set(0, value.Int64(int64(i)))
				cols[1].Set(0, value.String(fmt.Sprintf("%0*d", size, i%distinct)))
				tab.groupsOf([]int32{0}, []int64{0}, cols, nil)
			}
			keys, texts := groups*(size+8), distinct*size
			if n := tab.bytes(); n < keys+texts || n > keys+texts+groups*300 {
				t.Errorf("%d groups of %d texts of %d bytes: %d bytes", groups, distinct, size, n)
			}
			tab.reset()
			for _, d := range tab.dicts {
				if n := d.bytes(); n > dictionaryKept {
					t.Errorf("%d bytes of values are kept", n)
				}
				d.reset()
			}
			tab.reset()
			if n := tab.bytes(); n != 0 {
				t.Errorf("%d bytes after reset", n)
			}
		}
	}
}

// The groups of a batch in one window are those that groupsOf gives, whatever
// window was before and however often the table was emptied.
func TestGroupsOfWindow(t *testing.T) {
	texts := rapid.OneOf(rapid.SampledFrom([]string{"", "a", "\x00", "host-0001", "exactly 16 bytes", "more than 16 bytes"}), rapid.StringN(0, 20, 40))
	rapid.Check(t, func(t *rapid.T) {
		tab, other := keyTable(value.Text), keyTable(value.Text)
		for range rapid.IntRange(1, 8).Draw(t, "batches") {
			n := rapid.IntRange(1, 30).Draw(t, "rows")
			col := &value.Column{Type: value.Text}
			col.Resize(n)
			start := rapid.Int64Range(0, 2).Draw(t, "start")
			var rows []int32
			var starts []int64
			for row := range n {
				if rapid.IntRange(0, 5).Draw(t, "null") > 0 {
					col.Set(row, value.String(texts.Draw(t, "text")))
				}
				if rapid.IntRange(0, 9).Draw(t, "kept") > 0 {
					rows, starts = append(rows, int32(row)), append(starts, start)
				}
			}
			cols := []*value.Column{col}
			want, got := other.groupsOf(rows, starts, cols, nil), []int32(nil)
			if rapid.IntRange(0, 3).Draw(t, "general") == 0 {
				got = tab.groupsOf(rows, starts, cols, nil)
			} else {
				got = tab.groupsOfWindow(rows, start, col, nil)
			}
			if !slices.Equal(got, want) || tab.len() != other.len() {
				t.Fatalf("groups %v, want %v", got, want)
			}
			if rapid.IntRange(0, 3).Draw(t, "reset") == 0 {
				tab.reset()
				other.reset()
			}
			if rapid.IntRange(0, 9).Draw(t, "wrap") == 0 {
				tab.window.change = math.MaxUint32
			}
		}
	})
}

func newTestRows(tab *table) *rows { return &rows{t: tab, order: tab.sorted()} }

func BenchmarkGroups(b *testing.B) {
	tab := keyTable(value.Text)
	col := &value.Column{Type: value.Text}
	col.Resize(1024)
	rows, starts := make([]int32, 1024), make([]int64, 1024)
	for i := range rows {
		rows[i], starts[i] = int32(i), int64(i/512)
		col.Set(i, value.String(fmt.Sprintf("host-%04d", i*7919%1000)))
	}
	out := make([]int32, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		out = tab.groupsOf(rows, starts, []*value.Column{col}, out[:0])
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1024, "ns/row")
}

// compareKeys orders encoded keys as SQLite does, NULL (stored as x”) last.
func compareKeys(a, b []byte, n int) int {
	for ; n > 0; n-- {
		va, ta, ra := nextKey(a, n)
		vb, tb, rb := nextKey(b, n)
		if c := compareValues(va, vb, ta, tb); c != 0 {
			return c
		}
		a, b = ra, rb
	}
	return 0
}

func compareValues(a, b value.Value, ta, tb []byte) int {
	ca, cb := class(a.Kind), class(b.Kind)
	switch {
	case ca != cb:
		return ca - cb
	case a.Kind == value.KindText:
		return bytes.Compare(ta, tb)
	case a.Kind == value.KindInt && b.Kind == value.KindInt:
		return sign(a.Int, b.Int)
	case ca == 0:
		return sign(number(a), number(b))
	}
	return 0
}

func class(k value.Kind) int {
	switch k {
	case value.KindInt, value.KindReal:
		return 0
	case value.KindText:
		return 1
	}
	return 2
}

func number(v value.Value) float64 {
	if v.Kind == value.KindInt {
		return float64(v.Int)
	}
	return v.Real
}

func sign[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
