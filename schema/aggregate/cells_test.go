package aggregate

import (
	"math"
	"testing"

	"github.com/windrow/windrow/schema/value"
	"pgregory.net/rapid"
)

func TestReadTime(t *testing.T) {
	c := codec{typ: value.Timestamp}
	for text, want := range map[string]value.Time{
		"1970-01-01 00:00:00":        0,
		"1969-12-31 23:59:59.999999": -1,
		"2000-02-29 12:30:05.25":     951827405_250000,
		"0001-01-01 00:00:00":        value.MinTime,
		"9999-12-31 23:59:59.999999": value.MaxTime,
	} {
		if got, ok := c.readInt(text); !ok || value.Time(got) != want {
			t.Errorf("%s is %d, %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "2000-02-30 00:00:00", "2001-02-29 00:00:00", "2000-13-01 00:00:00", "2000-00-01 00:00:00",
		"2000-01-01T00:00:00", "2000-01-01 24:00:00", "2000-01-01 00:60:00", "2000-01-01 00:00:60",
		"2000-01-01 00:00:00.", "2000-01-01 00:00:00.50", "2000-01-01 00:00:00.1234567", "0000-12-31 23:59:59",
		"2000-01-01 00:00", "2000-01-01 00:00:00Z", "2000-01-0a 00:00:00", "99999-01-01 00:00:00",
	} {
		if got, ok := c.readInt(text); ok {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}

// Cells that are states by their form, but not of any events.
func TestMergeRefuses(t *testing.T) {
	for _, c := range []struct {
		part         Part
		first, other []any
	}{
		{countPart, []any{int64(5)}, []any{int64(-3)}},
		{countPart, []any{int64(5)}, []any{int64(math.MaxInt64)}},
		{sumIntegerPart, []any{int64(1 << 61), int64(0)}, []any{int64(1 << 61), int64(0)}},
		{sumIntegerPart, []any{int64(-1 << 62), int64(0)}, []any{int64(-1), int64(0)}},
		{sumIntegerPart, nil, []any{int64(0), int64(1 << 56)}},
		{sumIntegerPart, nil, []any{int64(0), nil}},
		{sumRealPart, nil, []any{1.0, 1.0, nil}},
		{sumRealPart, nil, []any{1.0, nil, nil}},
		{sumRealPart, nil, []any{math.Inf(1), 0.0, nil}},
		{sumRealPart, nil, []any{1.0, 0.0, []byte{1, 0, 4, 0, 8, 0x64, 1}}},
		{quantilesPart, nil, []any{[]byte{}}},
		{quantilesPart, nil, []any{""}},
		{quantilesPart, nil, []any{[]byte{1, 1, 0, 10}, nil}},
		{quantilesPart, []any{[]byte{1, 1, 0, 10}}, []any{[]byte{1, 1, 1, 20}}},
		{momentsPart(value.Real), nil, []any{int64(0), 0.0, 0.0, 0.0, 0.0, 0.0, nil, nil}},
	} {
		s := c.part.New()
		s.Grow(1)
		if c.first != nil {
			if err := s.Merge(0, c.first); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Merge(0, c.other); err == nil {
			t.Errorf("%s takes %v after %v", c.part.Name, c.other, c.first)
		}
	}
}

// NaN and infinities do not come in; if they do, they change nothing.
func TestNotFinite(t *testing.T) {
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1)}
	for _, name := range []string{"sum", "var_pop", "min", "max", "median", "first", "last"} {
		plan, err := Find(name).Plan([]value.Type{value.Real}, []string{"x"})
		if err != nil {
			t.Fatal(err)
		}
		s := plan.Parts[0].New()
		s.Grow(1)
		col := &value.Column{Type: value.Real}
		col.Resize(len(odd))
		for i, x := range odd {
			col.Set(i, value.Float64(x))
		}
		s.Add([]int32{0, 0, 0}, []int32{0, 1, 2}, []*value.Column{col}, &Positions{Time: []int64{1, 2, 3}, Offset: []int64{1, 2, 3}})
		for i, c := range plan.Parts[0].Columns {
			if got := s.Cell(0, i); got != nil {
				t.Errorf("%s%s of nothing finite is %v", name, c.Suffix, got)
			}
		}
	}
}

// Texts keep what was set, and in memory of the order of what they hold.
func TestTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var texts texts
		const groups = 8
		texts.grow(groups)
		var want [groups]string
		lengths := rapid.SliceOfN(rapid.IntRange(0, 30_000), 1, 60).Draw(t, "lengths")
		total := 0
		for i, n := range lengths {
			b := make([]byte, n)
			for j := range b {
				b[j] = byte('a' + i%26)
			}
			g := i * 5 % groups
			texts.set(g, b)
			total += n - len(want[g])
			want[g] = string(b)
			clear(b)
			for g := range want {
				if string(texts.get(g)) != want[g] {
					t.Fatalf("after %d: group %d has %.20q, want %.20q", i, g, texts.get(g), want[g])
				}
			}
		}
		// Half of it dead, every room as large as the largest text, and the
		// last text that came on top.
		if limit := 2*groups*30_000 + 30_000 + compactFrom; texts.bytes() > limit {
			t.Fatalf("%d bytes for %d", texts.bytes(), total)
		}
	})
}

// A text that grows and grows takes memory of the order of its last length.
func TestTextsGrowing(t *testing.T) {
	var texts texts
	texts.grow(2)
	texts.set(1, []byte("stays"))
	b := make([]byte, 3000)
	for n := range b {
		texts.set(0, b[:n+1])
	}
	used := texts.bytes()
	for range 100 {
		texts.set(0, b)
		texts.set(1, []byte("stays"))
	}
	if n := texts.bytes(); n != used {
		t.Errorf("%d bytes became %d by texts as long as those before", used, n)
	}
	if n := texts.bytes(); n > 2*(compactFrom+len(b)) {
		t.Errorf("%d bytes for a text of %d", n, len(b))
	}
	if got := string(texts.get(1)); got != "stays" {
		t.Errorf("the other text is %q", got)
	}
}
