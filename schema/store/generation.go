package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// rebuildSuffix ends the name of a generation that is being filled.
const rebuildSuffix = " (rebuild)"

// generation is the row of a rollup under some definition.
type generation struct {
	id, stream, cohort int64
	name               string
	identity           []byte
}

func (g *generation) is(ru *schema.Rollup) bool {
	return g != nil && string(g.identity) == string(ru.Identity[:])
}

// generations returns the rollup of that name, and the generation that is
// being filled to take its place; nil where there is none.
func (t *tx) generations(name string) (old, next *generation, err error) {
	err = t.all(`SELECT r.replaces IS NOT NULL, r.id, c.stream, r.cohort, r.name, r.identity
		FROM windrow_rollup_data r JOIN windrow_cohorts c ON c.id = r.cohort
		WHERE r.name = ?1 OR r.replaces = (SELECT id FROM windrow_rollup_data WHERE name = ?1)`, []any{name},
		func(scan func(...any) error) error {
			var follows bool
			g := &generation{}
			err := scan(&follows, &g.id, &g.stream, &g.cohort, &g.name, &g.identity)
			if follows {
				next = g
			} else {
				old = g
			}
			return err
		})
	return old, next, err
}

func (r *registration) rebuilds(name string) bool {
	return slices.ContainsFunc(r.options.Rebuild, func(n string) bool { return strings.EqualFold(n, name) })
}

// checkRebuild refuses names of rollups that are not defined.
func (r *registration) checkRebuild() error {
	var defined []string
	for _, ru := range r.pipeline.Rollups {
		defined = append(defined, ru.Name)
	}
	for _, name := range r.options.Rebuild {
		if !slices.ContainsFunc(defined, func(d string) bool { return strings.EqualFold(d, name) }) {
			return fmt.Errorf("there is no rollup %q to rebuild among the definitions%s", name, suggest(name, defined))
		}
	}
	return nil
}

// rebuild adds a new generation of a rollup. One that is not finished makes
// way for it.
func (r *registration) rebuild(ru *schema.Rollup, fresh map[int64]int64, old, next *generation) (place, error) {
	if err := r.abandon(next); err != nil {
		return place{}, err
	}
	l, err := r.lossOf(old)
	if err != nil {
		return place{}, err
	}
	r.lost = append(r.lost, l)
	return r.addRollup(ru, fresh, old)
}

// abandon takes a generation away that was not finished.
func (r *registration) abandon(next *generation) error {
	if next == nil {
		return nil
	}
	return r.removeRollup(next.id, next.name)
}

// loss is how many windows of a rollup cannot be filled anew.
type loss struct {
	name    string
	windows int64
	until   string // the last moment of which events are gone
}

// lossOf counts the windows of a rollup that begin at or before the greatest
// event time of what it has absorbed of splits that are gone.
func (r *registration) lossOf(old *generation) (loss, error) {
	l := loss{name: old.name}
	var until *int64
	err := r.get(`SELECT max(a.max_time) FROM windrow_range_data a JOIN windrow_split_data p ON p.number = a.split
		WHERE a.cohort = ?1 AND p.gone AND NOT EXISTS (SELECT 1 FROM windrow_coverage_data v
			WHERE v.rollup = ?2 AND v.split = a.split AND v.bytes >= a.hi - a.lo)`, []any{old.cohort, old.id}, &until)
	if err != nil || until == nil {
		return l, err
	}
	l.until = value.Time(*until).Format(6)
	// From window to window by the primary key, as each may have many rows.
	err = r.get(strings.ReplaceAll(`WITH RECURSIVE w (start) AS (
			SELECT min(window_start) FROM windrow_state
			UNION ALL SELECT (SELECT min(window_start) FROM windrow_state WHERE window_start > start) FROM w WHERE start <= ?1)
		SELECT count(*) FROM w WHERE start <= ?1`, "windrow_state", stateTable(old.id)), []any{l.until}, &l.windows)
	return l, err
}

// checkLost refuses to lose more windows than the options allow.
func (r *registration) checkLost() error {
	var total int64
	var parts []string
	for _, l := range r.lost {
		total += l.windows
		if l.windows > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s (up to %s)", counted(l.windows, "window"), l.name, l.until[:len("2006-01-02 15:04:05")]))
		}
	}
	if total <= r.options.Discard {
		return nil
	}
	return fmt.Errorf("the sources no longer hold all events of %s, which a rebuild would lose; to lose them, add --discard %d",
		strings.Join(parts, " and "), total)
}

// counted is a number with its noun.
func counted(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
