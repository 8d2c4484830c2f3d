package scheduler

import (
	"fmt"
	"time"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/schema/store"
)

// Limits of trying again.
const (
	firstWait   = time.Second
	longestWait = 10 * time.Minute
	patience    = 24 * time.Hour // after the claim
	leastTries  = 10             // also where the claim is older, because no run was there
	longestWish = time.Hour      // that a target may have for the time of the next try
)

// pauseOf is how long to wait after so many failed tries, at least as long as
// the target wishes.
func pauseOf(tries int, wish time.Duration) time.Duration {
	return max(doubled(firstWait, longestWait, tries-1), min(wish, longestWish))
}

// spent reports whether what was claimed at a moment has been tried for long
// enough.
func spent(tries int, began, now time.Time) bool {
	return now.Sub(began) >= patience && tries >= leastTries
}

// doubled is least, doubled n times, at most most.
func doubled(least, most time.Duration, n int) time.Duration {
	for ; n > 0 && least < most; n-- {
		least *= 2
	}
	return min(least, most)
}

// Limits of looking again at what is finished.
const (
	lookAgainEvery   = 30 * time.Second
	lookAgainShare   = 9  // times as long as the last time took
	maxAgain         = 32 // slots of a report or an alert
	quickRevisions   = 3  // of a slot that may follow as soon as that
	longestReviseGap = time.Hour
	defaultReviseFor = 24 * time.Hour
)

// rest says how long a slot is left alone after a run has revised it so many
// times: longer and longer, so that a statement that is never at rest does not
// flood its targets.
func rest(revisions int) time.Duration {
	return doubled(lookAgainEvery, longestReviseGap, revisions-quickRevisions)
}

// stamp is a moment as the store writes times.
func stamp(t time.Time) string { return t.UTC().Format(time.DateTime) }

// unfinal returns the rollups that have windows before a moment which are not
// final.
func unfinal(rollups []query.Rollup, before time.Time) []query.Rollup {
	var open []query.Rollup
	for _, r := range rollups {
		if r.FinalBefore < stamp(before) { // "" where nothing is final
			open = append(open, r)
		}
	}
	return open
}

// notFinal says for readers how far rollups are that are not final.
func notFinal(rollups []query.Rollup) []string {
	var notes []string
	for _, r := range rollups {
		if r.FinalBefore == "" {
			notes = append(notes, fmt.Sprintf("not final: %s has no final window yet", r.Name))
			continue
		}
		notes = append(notes, fmt.Sprintf("not final: %s is final before %s", r.Name, r.FinalBefore))
	}
	return notes
}

// waitsFor is the note of an issue that waits.
func waitsFor(rollups []query.Rollup, slot time.Time) string {
	names := ""
	for i, r := range rollups {
		if i > 0 {
			names += ", "
		}
		names += r.Name
	}
	return fmt.Sprintf("waits until %s is final before %s", names, stamp(slot))
}

// settled reports whether nothing is left to do about an issue.
func settled(s store.IssueState) bool { return s != store.IssueDue && s != store.IssueWaiting }

// moved is a text that changes when one of the rollups does.
func moved(rollups []query.Rollup) string {
	text := ""
	for _, r := range rollups {
		text += fmt.Sprintf("%s %d\n", r.Name, r.Revision)
	}
	return text
}

// expired reports whether windows from a moment on (as the store writes it)
// have been deleted from one of the rollups.
func expired(rollups []query.Rollup, from string) bool {
	for _, r := range rollups {
		if r.Horizon > from {
			return true
		}
	}
	return false
}
