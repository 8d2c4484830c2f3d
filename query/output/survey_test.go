package output

import (
	"fmt"
	"math"
	"testing"
)

func TestSurvey(t *testing.T) {
	const exact, inexact, at = int64(1 << 53), int64(1<<53 + 1), "2026-03-01 12:00:00"
	for _, c := range []struct {
		name string
		vals []any
		want Kind
	}{
		{"no rows", nil, KindNull},
		{"nothing", []any{nil, nil}, KindNull},
		{"integers", []any{int64(1), nil, inexact, int64(math.MaxInt64)}, KindInteger},
		{"reals", []any{1.5, nil, math.Inf(1)}, KindReal},
		{"both, exactly", []any{int64(1), 0.5, exact, -exact, int64(math.MinInt64)}, KindReal},
		{"both, not exactly", []any{inexact, 0.5}, KindText},
		{"both, not exactly, the other way round", []any{0.5, -inexact}, KindText},
		{"the greatest integer and a real", []any{0.5, int64(math.MaxInt64)}, KindText},
		{"text", []any{"a", nil, ""}, KindText},
		{"times", []any{at, nil, at + ".5"}, KindTime},
		{"times and text", []any{at, "then"}, KindText},
		{"text and times", []any{"then", at}, KindText},
		{"times and empty text", []any{at, ""}, KindText},
		{"times and numbers", []any{at, int64(1)}, KindText},
		{"blobs", []any{[]byte("a"), []byte{}, nil}, KindBlob},
		{"blobs and text", []any{[]byte("a"), "a"}, KindText},
		{"text and numbers", []any{"a", 1.5}, KindText},
	} {
		var rows [][]any
		for _, v := range c.vals {
			rows = append(rows, []any{v, nil})
		}
		if got := kindsOf([]Column{{"a"}, {"b"}}, rows); fmt.Sprint(got) != fmt.Sprint([]Kind{c.want, KindNull}) {
			t.Errorf("%s: got %v, want %v", c.name, got[0], c.want)
		}
	}
	if err := new(Survey).Row([]any{nil}); err == nil {
		t.Error("a survey begins by itself")
	}
}
