package export

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the store changes of windows that are written is counted once a window;
// the file stays.
func TestLateChanges(t *testing.T) {
	s := newSource(t, "")
	path := filepath.Join(t.TempDir(), "l.csv")
	s.followTo(t, path, until2)
	var said []string
	o := csvTo(path)
	o.Until, o.Say = until2, func(m string) { said = append(said, m) }
	for _, step := range []struct {
		script  string
		changed int64
		said    string
	}{
		{"", 0, ""},
		{"UPDATE windrow_state_1 SET total = 50.5 WHERE n = 4", 1, "1 window that had been written as final, the first of 2026-03-01 12:00:00, has changed in the store since, by late records or a rebuild: " +
			"what was written stays; export latency_1m again to have them as they are now"},
		{"UPDATE windrow_state_1 SET total = 50.7 WHERE n = 4", 0, ""},
		{"INSERT INTO windrow_state_1 VALUES ('2026-03-01 12:01:00', 'late', 1, 1.0), ('2026-03-01 12:01:30', 'new', 1, 1.0)", 2, "2 windows that had been written as final, the first of 2026-03-01 12:01:00, have changed"},
		{"DELETE FROM windrow_state_1 WHERE window_start = '2026-03-01 12:01:30'", 0, ""},
		{"INSERT INTO windrow_state_1 VALUES ('2026-03-01 12:02:00', 'open', 1, 1.0)", 0, ""},
	} {
		said = nil
		s.finish(t, "", step.script)
		done, err := s.follow(t, o)
		if err != nil || done != (Followed{Changed: step.changed}) {
			t.Errorf("%s: %+v, %v", step.script, done, err)
		}
		if got := strings.Join(said, "\n"); !strings.HasPrefix(got, step.said) || step.said == "" && got != "" {
			t.Errorf("%s: said %s", step.script, got)
		}
	}
	if d := cmp.Diff(read(t, path), head3+minute0+minute1); d != "" {
		t.Error(d)
	}
	var c cursor
	if err := json.Unmarshal([]byte(read(t, path+".cursor")), &c); err != nil || c.Changed != 3 {
		t.Errorf("%+v, %v", c, err)
	}
}

// A window that is deleted because it is old has not changed.
func TestRetentionIsNoChange(t *testing.T) {
	s := newSource(t, "")
	path := filepath.Join(t.TempDir(), "l.csv")
	s.followTo(t, path, until2)
	s.finish(t, until3, "DELETE FROM windrow_state_1 WHERE window_start < '2026-03-01 12:01:00'; UPDATE windrow_rollup_data SET horizon = '2026-03-01 12:01:00'")
	if done := s.followTo(t, path, until3); done != (Followed{Rows: 1, Windows: 1}) {
		t.Errorf("got %+v", done)
	}
	if d := cmp.Diff(read(t, path), wholeCSV); d != "" {
		t.Error(d)
	}
}

// Only so many windows are looked at again.
func TestRecentIsBounded(t *testing.T) {
	c := &cursor{}
	for i := range recentWindows + 5 {
		c.add(&page{digests: []digest{{Window: fmt.Sprint(i), Rows: 1}}})
	}
	if len(c.Recent) != recentWindows || c.Recent[0].Window != "5" {
		t.Errorf("%d windows from %s", len(c.Recent), c.Recent[0].Window)
	}
	c.add(&page{digests: []digest{{Window: "a", Rows: recentRows / 2}, {Window: "b", Rows: recentRows / 2}}})
	if len(c.Recent) != 2 {
		t.Errorf("got %d", len(c.Recent))
	}
	c.add(&page{digests: []digest{{Window: "c", Rows: 10 * recentRows}}})
	if len(c.Recent) != 1 || c.Recent[0].Window != "c" {
		t.Errorf("got %+v", c.Recent)
	}
}

// Equal rows in another order are equal, and nothing else is.
func TestDigest(t *testing.T) {
	of := func(rows ...[]any) sum64 {
		var d digest
		for _, r := range rows {
			d.add(r)
		}
		return d.Sum
	}
	a, b := []any{"x", int64(1), nil}, []any{"y", 2.5, []byte{1}}
	if of(a, b) != of(b, a) {
		t.Error("the order counts")
	}
	seen := map[sum64]string{}
	for _, r := range [][]any{{"ab", "c"}, {"a", "bc"}, {"abc"}, {[]byte("abc")}, {int64(1)}, {1.0}, {nil}, {nil, nil}, {""}, {"1"}, {[]byte(nil)}, {0.0}, {int64(0)}} {
		s := of(r)
		if other, ok := seen[s]; ok {
			t.Errorf("%#v is like %s", r, other)
		}
		seen[s] = fmt.Sprintf("%#v", r)
	}
	var back sum64
	text, _ := of(a).MarshalText()
	if err := back.UnmarshalText(text); err != nil || back != of(a) {
		t.Errorf("%s reads back as %x: %v", text, back, err)
	}
}
