package scheduler

import (
	"slices"
	"time"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/schedule"
)

// grace is how late a slot may be found and still not be missed.
const grace = time.Minute

// Limits of what one look finds.
const (
	maxOpen    = 2000 // issues of a report that are open; further slots wait
	maxSkipped = 100  // slots that are passed over and listed; those before are not
	maxBehind  = 10   // slots of an alert that wait to be evaluated; then only the newest is
)

// slots are what a look has found, each list ascending.
type slots struct {
	claim []time.Time
	skip  []time.Time // missed and passed over, the last of them
	last  time.Time   // the newest slot that is decided now; zero if there is none
	// undefined: those that are passed over had no definition.
	undefined bool
}

// due finds the slots of a report after last and not before since, up to now;
// at most limit to be claimed, the rest is found by the next look. Slots are
// missed if nobody has looked for a while (fresh: the first look of a run, or
// the first one after the process stood still) and they are older than grace.
func due(s *schedule.Schedule, policy schema.Missed, since, last, now time.Time, fresh bool, limit int) slots {
	from := after(since, last)
	var found slots
	if fresh && policy != schema.MissedAll {
		from = found.miss(s, policy, from, now)
	}
	for slot := s.Next(from); len(found.claim) < limit && !slot.IsZero() && !slot.After(now); slot = s.Next(slot) {
		found.claim = append(found.claim, slot)
		found.last = slot
	}
	return found
}

// after is the moment after which slots are due.
func after(since, last time.Time) time.Time {
	if before := since.Add(-1); before.After(last) {
		return before
	}
	return last
}

// ahead reports whether a moment that should be in the past lies in the future,
// so far that more than one slot comes before it.
func ahead(s *schedule.Schedule, moment, now time.Time) bool {
	next := s.Next(now)
	return moment.After(now.Add(grace)) && !next.IsZero() && moment.After(next)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// miss decides about the slots after from that are missed, and returns from
// when on they are not.
func (f *slots) miss(s *schedule.Schedule, policy schema.Missed, from, now time.Time) time.Time {
	slot := s.Prev(now.Add(-grace - 1))
	if slot.IsZero() || !slot.After(from) {
		return from
	}
	f.last = slot
	if policy == schema.MissedLast {
		f.claim = append(f.claim, slot)
		slot = s.Prev(slot.Add(-1))
	}
	for len(f.skip) < maxSkipped && !slot.IsZero() && slot.After(from) {
		f.skip = append(f.skip, slot)
		slot = s.Prev(slot.Add(-1))
	}
	slices.Reverse(f.skip)
	return f.last
}

// turn is one evaluation of an alert.
type turn struct {
	slot time.Time
	gap  bool // more than one slot before it was not evaluated
}

// turns finds the evaluations of an alert after last and not before since, up
// to now. Only the newest is, if nobody has looked for a while or too many
// have gathered.
func turns(s *schedule.Schedule, since, last, now time.Time, fresh bool) []turn {
	from := after(since, last)
	newest := s.Prev(now)
	if newest.IsZero() || !newest.After(from) {
		return nil
	}
	var list []turn
	for slot := s.Next(from); !fresh && len(list) <= maxBehind && !slot.IsZero() && !slot.After(newest); slot = s.Next(slot) {
		list = append(list, turn{slot: slot})
	}
	if fresh || len(list) > maxBehind {
		return []turn{{newest, missedMoreThanOne(s, from, newest)}}
	}
	return list
}

func missedMoreThanOne(s *schedule.Schedule, from, newest time.Time) bool {
	return s.Next(s.Next(from)).Before(newest)
}

// queue adds evaluations to those that wait.
func queue(waiting, more []turn) []turn {
	all := append(waiting, more...)
	if len(all) <= maxBehind {
		return all
	}
	newest := all[len(all)-1]
	newest.gap = true
	return []turn{newest}
}
