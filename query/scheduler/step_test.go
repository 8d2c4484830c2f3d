package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema/store"
)

// evaluations runs an alert over what its statement gives minute by minute:
// keys as letters, "-" for none. It returns what happened, minute by minute.
func evaluations(need int, gaps map[int]bool, given ...string) []string {
	var rows []store.AlertRow
	var story []string
	for n, keys := range given {
		var now []found
		for _, k := range strings.ReplaceAll(keys, "-", "") {
			now = append(now, found{key: string(k), row: fmt.Appendf(nil, "%d", n)})
		}
		var events []event
		rows, events = step(rows, now, minute(n), need, gaps[n])
		said := ""
		for _, ev := range events {
			said += string(ev.kind[0]) + ev.known.Key
		}
		story = append(story, said)
	}
	return story
}

func minute(n int) time.Time {
	return time.Date(2026, 3, 2, 8, n, 0, 0, time.UTC)
}

func TestStep(t *testing.T) {
	tests := map[string]struct {
		need  int
		gaps  map[int]bool
		given string
		want  string
	}{
		"fires and is resolved once":   {1, nil, "a a a - -", "fa,,,ra,"},
		"three in a row":               {3, nil, "a a a a -", ",,fa,,ra"},
		"two and a break":              {3, nil, "a a - a a a -", ",,,,,fa,ra"},
		"never announced, no end":      {2, nil, "a - a -", ",,,"},
		"each for itself":              {2, nil, "a ab ba b -", ",fa,fb,ra,rb"},
		"again":                        {1, nil, "a - a -", "fa,ra,fa,ra"},
		"a gap begins the count anew":  {3, map[int]bool{2: true}, "a a a a a", ",,,,fa"},
		"a gap changes nothing firing": {2, map[int]bool{2: true}, "a a a -", ",fa,,ra"},
		"by key":                       {1, nil, "cab -", "fafbfc,rarbrc"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(evaluations(c.need, c.gaps, strings.Fields(c.given)...), ","); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestStepKeeps(t *testing.T) {
	rows, events := step(nil, []found{{"a", []byte("1")}}, minute(1), 2, false)
	again, _ := step(rows, []found{{"a", []byte("1")}}, minute(1), 2, false)
	if again[0].Count != 1 || len(events) > 0 {
		t.Errorf("one slot counts twice: %+v", again[0])
	}
	rows, events = step(again, []found{{"a", []byte("2")}}, minute(2), 2, false)
	if r := rows[0]; !r.Firing || shown(r.Slots) != "2 08:01, 2 08:02:00" || !r.Since.Equal(minute(1)) || string(r.Row) != "2" || len(events) != 1 {
		t.Errorf("%+v, %v", r, events)
	}
	rows, _ = step(rows, []found{{"a", []byte("3")}}, minute(3), 2, false)
	if r := rows[0]; shown(r.Slots) != "2 08:01, 2 08:02:00" || string(r.Row) != "3" {
		t.Errorf("the slots that made it fire, or its last row: %+v", r)
	}
	_, events = step(rows, nil, minute(4), 2, false)
	if ev := events[0]; ev.kind != store.IssueResolved || string(ev.known.Row) != "3" || !ev.slot.Equal(minute(4)) {
		t.Errorf("%+v", ev)
	}
	rest, events := withdraw(rows, map[string]bool{"a": true, "b": true})
	if len(rest) != 0 || len(events) != 1 || !events[0].slot.Equal(minute(2)) || events[0].kind != store.IssueWithdrawn {
		t.Errorf("%v, %v", rest, events)
	}
	counting, _ := step(nil, []found{{"a", nil}}, minute(1), 2, false)
	if rest, events = withdraw(counting, map[string]bool{"a": true}); len(rest) != 1 || len(events) != 0 {
		t.Errorf("what was not announced is withdrawn: %v, %v", rest, events)
	}
}

// For each key, firing and its end take turns; it fires exactly after so many
// evaluations in a row, whatever the other keys do.
func TestStepLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		need := rapid.IntRange(1, 4).Draw(t, "need")
		given := rapid.SliceOfN(rapid.StringMatching("a?b?c?-"), 1, 30).Draw(t, "given")
		gaps := map[int]bool{}
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 29), 0, 3).Draw(t, "gaps") {
			gaps[n] = true
		}
		story := evaluations(need, gaps, given...)
		for _, key := range "abc" {
			run, firing := 0, false
			for n, keys := range given {
				want := ""
				switch there := strings.ContainsRune(keys, key); {
				case !there && firing:
					want, firing = "r"+string(key), false
				case there && gaps[n] && !firing:
					run = 1
				case there:
					run++
				}
				if !strings.ContainsRune(keys, key) {
					run = 0
				}
				if run >= need && !firing {
					want, firing = "f"+string(key), true
				}
				if got := of(story[n], key); got != want {
					t.Fatalf("minute %d of %v: got %q, want %q", n, given, got, want)
				}
			}
		}
	})
}

func of(said string, key rune) string {
	if i := strings.IndexRune(said, key); i > 0 {
		return said[i-1 : i+1]
	}
	return ""
}

func TestStepSorts(t *testing.T) {
	rows, _ := step(nil, []found{{"b", nil}, {"a", nil}}, minute(1), 1, false)
	if !slices.IsSortedFunc(rows, func(a, b store.AlertRow) int { return strings.Compare(a.Key, b.Key) }) {
		t.Error(rows)
	}
}
