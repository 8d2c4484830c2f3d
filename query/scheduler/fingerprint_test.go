package scheduler

import (
	"math"
	"testing"

	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema"
)

// Different values have different fingerprints, whatever they look like.
func TestFingerprint(t *testing.T) {
	j := &job{sections: []schema.Section{{SQL: "SELECT 1"}}}
	of := func(sections ...any) fingerprint {
		p := newPrinter()
		for _, s := range sections {
			switch s := s.(type) {
			case string:
				p.section(s)
			case []any:
				p.row(s)
			}
		}
		return p.sum(j)
	}
	all := map[fingerprint]int{}
	for n, f := range []fingerprint{
		of(), of(""), of("a"), of("a", "b"), of("a", []any{}), of("a", []any{}, []any{}), of("a", []any{"x"}), of("a", []any{"x", "y"}), of("a", []any{"xy"}),
		of("a", []any{"x"}, []any{"y"}), of("a", []any{"x"}, "y"), of("a", []any{nil}), of("a", []any{""}), of("a", []any{[]byte{}}), of("a", []any{[]byte("x")}),
		of("a", []any{int64(1)}), of("a", []any{1.0}), of("a", []any{"1"}), of("a", []any{math.Copysign(0, -1)}), of("a", []any{0.0}), of("a", []any{int64(-1)}),
		of("b", []any{"x"}), of("a", "b", []any{"x"}), of("a", []any{"x"}, "b"),
	} {
		if m, ok := all[f]; ok {
			t.Errorf("%d and %d are the same", m, n)
		}
		all[f] = n
	}
	a, b := of("a", []any{"x"}), of("a", []any{"y"})
	if of("a", []any{"x"}) != a || !sameStatements(a[:], b[:]) {
		t.Error("the same is not the same")
	}
	j.sections[0].SQL = "SELECT 2"
	if c := of("a", []any{"x"}); c == a || sameStatements(a[:], c[:]) || sameStatements(nil, c[:]) {
		t.Error("other statements are the same")
	}
}

// An encoder that wants to know the kinds of columns still does.
func TestThrough(t *testing.T) {
	p := newPrinter()
	for _, f := range output.Formats {
		enc := f.New(discard{}, output.Options{})
		_, want := enc.(output.Typed)
		if _, got := p.through(enc).(output.Typed); got != want {
			t.Errorf("%s: typed %v, through %v", f.Name, want, got)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
