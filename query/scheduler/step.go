package scheduler

import (
	"cmp"
	"slices"
	"time"

	"github.com/windrow/windrow/schema/schedule"
	"github.com/windrow/windrow/schema/store"
)

// found is a row of an alert's statement.
type found struct {
	key string // identity as JSON
	row []byte // its values as JSON
}

// event is what has happened to a row of an alert.
type event struct {
	kind  store.IssueKind
	slot  time.Time // when; of withdrawn: the slot that is no longer true
	known store.AlertRow
}

// step takes an alert from one evaluation to the next: known are its rows so
// far, now is what the statement gave for slot, and a row fires when it was
// there need times in a row. With gap, evaluations are missing in between and
// counting begins anew. Rows and events come by key. Nothing of known changes.
func step(known []store.AlertRow, now []found, slot time.Time, need int, gap bool) (rows []store.AlertRow, events []event) {
	old := map[string]store.AlertRow{}
	for _, r := range known {
		old[r.Key] = r
	}
	for _, f := range now {
		r, ok := old[f.key]
		if !ok {
			r = store.AlertRow{Key: f.key}
		}
		delete(old, f.key)
		r.Row = f.row
		if !r.Firing {
			if r = count(r, slot, gap); r.Count >= need {
				r.Firing = true
				events = append(events, event{store.IssueFiring, slot, r})
			}
		}
		rows = append(rows, r)
	}
	for _, r := range old {
		if r.Firing {
			events = append(events, event{store.IssueResolved, slot, r})
		}
	}
	sortByKey(rows, events)
	return rows, events
}

// count counts one more evaluation that has a row which does not fire yet.
func count(r store.AlertRow, slot time.Time, gap bool) store.AlertRow {
	switch n := len(r.Slots); {
	case n == 0 || gap:
		r.Count, r.Slots, r.Since = 1, []time.Time{slot}, slot
	case slot.After(r.Slots[n-1]): // else it is evaluated again
		r.Count++
		r.Slots = append(slices.Clone(r.Slots), slot)
	}
	return r
}

// withdraw takes the rows of these keys out: they fire, but the slots that
// made them do so no longer have them.
func withdraw(known []store.AlertRow, gone map[string]bool) (rows []store.AlertRow, events []event) {
	for _, r := range known {
		if !r.Firing || !gone[r.Key] {
			rows = append(rows, r)
			continue
		}
		events = append(events, event{store.IssueWithdrawn, r.Slots[len(r.Slots)-1], r})
	}
	return rows, events
}

// unforeseen is what is known of an alert without evaluations that lie far in
// the future, because the clock was ahead: counts begin anew, and what fires is
// believed, for nobody can look again.
func unforeseen(known []store.AlertRow, s *schedule.Schedule, now time.Time) (rows []store.AlertRow, believed map[string]bool) {
	believed = map[string]bool{}
	for _, r := range known {
		future := slices.ContainsFunc(r.Slots, func(slot time.Time) bool { return ahead(s, slot, now) })
		if future && !r.Firing {
			continue
		}
		if future {
			believed[r.Key] = true
		}
		rows = append(rows, r)
	}
	return rows, believed
}

func sortByKey(rows []store.AlertRow, events []event) {
	slices.SortFunc(rows, func(a, b store.AlertRow) int { return cmp.Compare(a.Key, b.Key) })
	slices.SortFunc(events, func(a, b event) int { return cmp.Compare(a.known.Key, b.known.Key) })
}
