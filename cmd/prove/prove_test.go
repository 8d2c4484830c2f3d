package main

import (
	"bytes"
	"database/sql/driver"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// The short versions of what this program does.
func TestProve(t *testing.T) {
	for name, args := range map[string][]string{
		"pairs":  {"-pairs", "60", "-seed", "7"},
		"kills":  {"-kills", "30", "-seed", "7"},
		"rotate": {"-rotate", "-lines", "300", "-rotations", "3", "-parallel", "8"},
		"keys":   {"-keys", "20000"},
		"soak":   {"-soak", "5s"},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "pairs" && runtime.GOOS != "linux" {
				t.Skip("takes /proc")
			}
			var out, said bytes.Buffer
			if code := run(t.Context(), args, &out, &said); code != 0 {
				t.Fatalf("status %d: %s%s", code, out.String(), said.String())
			}
			t.Log(out.String())
		})
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"-pairs", "x"}, {"-pairs", "1", "more"}, {"-only", "follow"}, {"-rotate", "-lines", "0"}} {
		var out, said bytes.Buffer
		if code := run(t.Context(), args, &out, &said); code != 2 || said.Len() == 0 {
			t.Errorf("%v: status %d, %q", args, code, said.String())
		}
	}
}

func TestBounds(t *testing.T) {
	at := func(s string) moment {
		m, err := time.Parse("2006-01-02 15:04:05.999999", s)
		if err != nil {
			t.Fatal(err)
		}
		return moment(m.UnixMicro())
	}
	for _, c := range []struct {
		s              size
		at, start, end string
	}{
		{size{50, "millisecond"}, "2026-03-01 00:00:00.149999", "2026-03-01 00:00:00.100", "2026-03-01 00:00:00.150"},
		{size{250, "microsecond"}, "1969-12-31 23:59:59.9999", "1969-12-31 23:59:59.999750", "1970-01-01 00:00:00.000000"},
		{size{7, "second"}, "1969-12-31 23:59:59", "1969-12-31 23:59:53", "1970-01-01 00:00:00"},
		{size{1, "week"}, "2026-03-01 23:59:59", "2026-02-23 00:00:00", "2026-03-02 00:00:00"},
		{size{2, "week"}, "1970-01-14 00:00:00", "1970-01-01 00:00:00", "1970-01-15 00:00:00"},
		{size{1, "month"}, "2024-02-29 23:59:59", "2024-02-01 00:00:00", "2024-03-01 00:00:00"},
		{size{1, "year"}, "2024-12-31 23:59:59", "2024-01-01 00:00:00", "2025-01-01 00:00:00"},
	} {
		from, to := c.s.bounds(at(c.at))
		if got, end := from.Format(c.s.layout()), to.Format(c.s.layout()); got != c.start || end != c.end {
			t.Errorf("%v at %s: [%s, %s), want [%s, %s)", c.s, c.at, got, end, c.start, c.end)
		}
	}
}

func TestTranslate(t *testing.T) {
	for s, want := range map[string]string{
		"sum(n) * 1.0 / count(*)":    "j_sum(n) * 1.0 / count(*)",
		"first(coalesce(u, k))":      "j_first(coalesce(u, k), event_order)",
		"last(t) FILTER (WHERE (f))": "j_last(t, event_order) FILTER (WHERE (f))",
		"max(x) - min(x)":            "max(x) - min(x)",
		"var_samp(x)":                "j_var_samp(x)",
	} {
		if got := translate(s); got != want {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
	}
}

func groupOf(values ...driver.Value) *group {
	g := &group{}
	for i, v := range values {
		g.Step(nil, []driver.Value{v, int64(i)})
	}
	return g
}

func TestAggregates(t *testing.T) {
	for _, c := range []struct {
		name string
		got  any
		want any
	}{
		{"cancelling", groupOf(1e308, 1e308, 1.0, -1e308, -1e308).sum(), 1.0},
		{"ties", groupOf(1.0, math.Ldexp(1, -53), math.Ldexp(1, -1074)).sum(), 1 + math.Ldexp(1, -52)},
		{"too great", groupOf(1e308, 1e308).sum(), math.Inf(1)},
		{"integer", groupOf(int64(math.MaxInt64), int64(1), int64(-1)).sum(), int64(math.MaxInt64)},
		{"no integer", groupOf(int64(math.MaxInt64), int64(1)).sum(), 9223372036854775808.0},
		{"average", groupOf(1.0, nil, 2.0).avg(), 1.5},
		{"variance", groupOf(1e9, 1e9+1, 1e9+2).variance(1), 1.0},
		{"of one", groupOf(3.0).variance(1), nil},
		{"first", groupOf("a", "b").edge(-1), "a"},
		{"last", groupOf("a", "b", nil).edge(1), "b"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

// differ must see one bit, one row and one type.
func TestDiffer(t *testing.T) {
	row := func(v ...any) []any { return v }
	want := table{names: []string{"k", "v"}, rows: [][]any{row("a", 1.0), row("b", 2.0)}}
	for name, got := range map[string][][]any{
		"a bit":       {row("a", math.Nextafter(1, 2)), row("b", 2.0)},
		"a type":      {row("a", int64(1)), row("b", 2.0)},
		"a row less":  {row("b", 2.0)},
		"a row more":  {row("a", 1.0), row("b", 2.0), row("c", 2.0)},
		"another key": {row("a", 1.0), row("c", 2.0)},
		"NULL":        {row("a", nil), row("b", 2.0)},
	} {
		if differ(table{rows: got}, want, 1, make([]float64, 2)) == "" {
			t.Errorf("%s is not seen", name)
		}
	}
	if d := differ(table{rows: [][]any{row("b", 2.0), row("a", 1.0)}}, want, 1, make([]float64, 2)); d != "" {
		t.Error(d)
	}
	if !same(1.0, 1+1e-13, 1e-12) || same(1.0, 1+1e-11, 1e-12) {
		t.Error("the allowed error is not 1e-12")
	}
}

// The batch of the kills must count a record where it begins, and no other.
func TestExpectCountsWhereRecordsBegin(t *testing.T) {
	f := loadFile{name: "a", records: []record{{offset: 0, ts: 1, n: 1}, {offset: 100, ts: 2, n: 2, state: badX}, {offset: 200, ts: 3, n: -1}}}
	e := newExpectation()
	e.take(&f, []span{{lo: 1, hi: 101}})
	e.take(&f, []span{{lo: 1, hi: 101}, {lo: 150, hi: 201}})
	for i, want := range []counts{{1, 0, 1, 0}, {0, 1, 1, 0}, {2, 0, 0, 0}, {2, 0, 0, 0}, {2, 0, 0, 0}} {
		if got := e.parts[i].counts; got != want {
			t.Errorf("counters of rollup %d: %v, want %v", i, got, want)
		}
	}
	slices.Sort(e.rejects)
	if got := strings.Join(e.rejects, ", "); got != "per_key a 100, per_minute a 100" {
		t.Errorf("rejects: %s", got)
	}
}

func TestWithout(t *testing.T) {
	for _, c := range []struct {
		spans, others []span
		want          string
	}{
		{nil, []span{{0, 5, 0}}, "[]"},
		{[]span{{0, 10, 3}}, nil, "[{0 10 3}]"},
		{[]span{{0, 10, 0}}, []span{{0, 10, 0}}, "[]"},
		{[]span{{0, 10, 0}}, []span{{3, 5, 0}, {8, 10, 0}}, "[{0 3 0} {5 8 0}]"},
		{[]span{{5, 9, 0}, {12, 20, 0}}, []span{{0, 6, 0}, {8, 13, 0}}, "[{6 8 0} {13 20 0}]"},
	} {
		if got := fmt.Sprint(without(c.spans, c.others)); got != c.want {
			t.Errorf("%v without %v: %s, want %s", c.spans, c.others, got, c.want)
		}
	}
}

// A split whose content is not that of one file, and records that are in two
// splits, must be seen.
func TestLedgerTellsByContent(t *testing.T) {
	l := &ledger{splits: map[int64]*generation{}}
	for _, text := range []string{"the first of the files that are written\n", "and another one, which begins otherwise\n"} {
		l.append(l.begin("a"), []byte(text), []record{{}})
	}
	split := func(n int64, first string, spans ...span) splitRow {
		return splitRow{number: n, path: "a", first: []byte(first), spans: spans}
	}
	all := span{0, 40, 1}
	for name, c := range map[string]struct {
		splits []splitRow
		want   string
	}{
		"two files":           {[]splitRow{split(1, "the first of the files that are", all), split(2, "and another one, which begins", all)}, ""},
		"no file":             {[]splitRow{split(3, "what nobody has ever written to a file", all)}, "begins with"},
		"one file, two times": {[]splitRow{split(4, "the first of the files that are", all), split(5, "the first of the files that are", all)}, "read twice"},
		"of any file":         {[]splitRow{split(6, "", all)}, "so did 2"},
	} {
		s := &snapshot{splits: c.splits}
		err := s.tell(l)
		if c.want == "" && (err != nil || len(s.spans) != 2) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
