package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/windrow/windrow/schema"
)

// RegisterOptions say what Register may do with what is there.
type RegisterOptions struct {
	// Rebuild names rollups that are filled anew from the sources, into a new
	// generation that takes the place of the old one once it has caught up.
	Rebuild []string
	// Discard is how many windows, of all rebuilt rollups together, may be lost
	// because the sources no longer hold their events.
	Discard int64
}

// Register brings the store's streams, rollups, state tables and views in
// line with p, in one transaction, and says where each rollup and its progress
// are. Rollups that p no longer has stay readable as detached; when they come
// back they go on from where they were. Call it after NextEpoch, so that no
// older process commits under other definitions.
//
// It may be called again within a run, with the same definitions or others,
// while no worker holds anything that is not committed: cohorts that have
// caught up with each other are joined, and all earlier Refs are void. Leave
// Rebuild empty then, as it begins anew.
//
// A rollup with another identity gives a *ChangedError, unless it is rebuilt
// or a rebuild to just that definition is under way. A rebuilt one is filled
// from the sources in a generation of its own, which its RollupRef stands for:
// a row named `NAME (rebuild)` with a view of that name. Until Switch the view
// NAME shows the old one, in which nothing changes any more. With the old
// definition back, the old one simply goes on, and the new one is dropped.
//
// What could not be read any more when a rollup was filled is noted in
// complete_from and windrow_coverage.
func (s *Store) Register(ctx context.Context, p *schema.Pipeline, o RegisterOptions) ([]Ref, error) {
	const what = "register the definitions in"
	if err := s.sweepAll(ctx, what); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var refs []Ref
	err := s.transact(ctx, "BEGIN IMMEDIATE", func(t *tx) error {
		r := &registration{tx: t, pipeline: p, options: o, streams: map[*schema.Stream]int64{}, places: map[*schema.Rollup]place{}}
		var err error
		refs, err = r.run()
		return err
	})
	if err != nil {
		return nil, fail(s.path, what, err)
	}
	s.refs = map[int64][]RollupRef{}
	for _, r := range refs {
		for _, c := range r.Cohorts {
			s.refs[c.ID] = c.Rollups
		}
	}
	return refs, nil
}

// Streams returns those of the definitions' streams that the store has, with
// their cohorts, without rollups: what is needed to look at their files before
// Register.
func (s *Store) Streams(ctx context.Context, p *schema.Pipeline) ([]Ref, error) {
	var refs []Ref
	err := s.read(ctx, "read the streams of", func(t *tx) error {
		for _, st := range p.Streams {
			ref := Ref{Stream: st}
			found, err := t.find("SELECT id FROM windrow_streams WHERE name = ?", []any{st.Name}, &ref.ID)
			if err != nil {
				return err
			}
			if !found {
				continue
			}
			cohorts, err := t.integers("SELECT id FROM windrow_cohorts WHERE stream = ? ORDER BY id", ref.ID)
			if err != nil {
				return err
			}
			for _, c := range cohorts {
				ref.Cohorts = append(ref.Cohorts, Cohort{ID: c})
			}
			refs = append(refs, ref)
		}
		return nil
	})
	return refs, err
}

// registration is one run of Register.
type registration struct {
	*tx
	pipeline *schema.Pipeline
	options  RegisterOptions
	streams  map[*schema.Stream]int64
	places   map[*schema.Rollup]place
	lost     []loss // windows of rollups that are rebuilt
}

// place is the row of a rollup, and the name of its view.
type place struct {
	id   int64
	name string
}

func (r *registration) run() ([]Ref, error) {
	steps := []func() error{r.shared, r.checkRebuild, r.putStreams, r.putRollups, r.checkLost, r.detach,
		r.splitCohorts, r.coverGone, r.joinCohorts, r.alignFinal, r.putAllTables}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return r.refs()
}

// shared refuses definitions that have no stream in common with the store.
func (r *registration) shared() error {
	var names []string
	found := false
	err := r.all("SELECT name FROM windrow_streams ORDER BY id", nil, func(scan func(...any) error) error {
		var name string
		if err := scan(&name); err != nil {
			return err
		}
		names = append(names, name)
		for _, s := range r.pipeline.Streams {
			found = found || strings.EqualFold(s.Name, name)
		}
		return nil
	})
	if err != nil || found || len(names) == 0 {
		return err
	}
	return fmt.Errorf("it holds other streams (%s), none of those defined here; use another --store", strings.Join(names, ", "))
}

func (r *registration) putStreams() error {
	for _, s := range r.pipeline.Streams {
		_, err := r.exec(`INSERT INTO windrow_streams (name, delay) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET delay = excluded.delay WHERE delay <> excluded.delay`, s.Name, s.Delay.Microseconds())
		if err != nil {
			return err
		}
		var id int64
		if err := r.get("SELECT id FROM windrow_streams WHERE name = ?", []any{s.Name}, &id); err != nil {
			return err
		}
		r.streams[s] = id
	}
	return nil
}

// putRollups finds or adds each rollup; all changed ones are reported.
func (r *registration) putRollups() error {
	var changed []error
	fresh := map[int64]int64{} // stream -> cohort of its new rollups
	for _, ru := range r.pipeline.Rollups {
		at, err := r.putRollup(ru, fresh)
		var c *ChangedError
		if errors.As(err, &c) {
			changed = append(changed, err)
		} else if err != nil {
			return fmt.Errorf("rollup %s: %w", ru.Name, err)
		}
		r.places[ru] = at
	}
	return errors.Join(changed...)
}

func (r *registration) putRollup(ru *schema.Rollup, fresh map[int64]int64) (place, error) {
	if err := checkName(ru.Name); err != nil {
		return place{}, err
	}
	stream, ok := r.streams[ru.Stream]
	if !ok {
		return place{}, errors.New("BUG: its stream is not among the streams")
	}
	old, next, err := r.generations(ru.Name)
	switch {
	case err != nil:
		return place{}, err
	case old == nil:
		return r.addRollup(ru, fresh, nil)
	case old.stream != stream:
		return place{}, &ChangedError{ru.Name, "the store holds it for another stream; give the new one another name, or windrow drop the old one, or use another --store"}
	case r.rebuilds(ru.Name):
		return r.rebuild(ru, fresh, old, next)
	case next.is(ru):
		return r.attach(ru, next.id, ru.Name+rebuildSuffix)
	case old.is(ru):
		if err := r.abandon(next); err != nil {
			return place{}, err
		}
		return r.attach(ru, old.id, ru.Name)
	}
	return place{}, &ChangedError{ru.Name, "the store holds it under another definition; give the new one another name, or fill it anew with --rebuild " +
		ru.Name + ", or use another --store"}
}

// checkName refuses names that the store needs itself.
func checkName(name string) error {
	l := strings.ToLower(name)
	switch {
	case strings.HasPrefix(l, "windrow_"), strings.HasPrefix(l, "sqlite_"):
		return errors.New("names that begin with windrow_ or sqlite_ are taken by the store; choose another")
	case strings.HasSuffix(l, rebuildSuffix):
		return fmt.Errorf("names that end in %q are taken by the store; choose another", rebuildSuffix)
	}
	return nil
}

func (r *registration) attach(ru *schema.Rollup, id int64, name string) (place, error) {
	_, err := r.exec("UPDATE windrow_rollup_data SET name = ?2, definition = ?3, retention = ?4, attached = 1 WHERE id = ?1",
		id, name, ru.Text, ru.Retention.Microseconds())
	return place{id, name}, err
}

// addRollup adds a rollup, or a new generation of an old one, to the cohort of
// this run's new ones.
func (r *registration) addRollup(ru *schema.Rollup, fresh map[int64]int64, old *generation) (place, error) {
	stream := r.streams[ru.Stream]
	cohort, ok := fresh[stream]
	if !ok {
		var err error
		if cohort, err = r.freshCohort(stream); err != nil {
			return place{}, err
		}
		fresh[stream] = cohort
	}
	name, replaces := ru.Name, any(nil)
	if old != nil {
		name, replaces = ru.Name+rebuildSuffix, old.id
	}
	id, err := r.freshID()
	if err != nil {
		return place{}, err
	}
	_, err = r.exec(`INSERT INTO windrow_rollup_data (id, name, cohort, attached, identity, definition, retention, replaces)
		VALUES (?, ?, ?, 1, ?, ?, ?, ?)`, id, name, cohort, ru.Identity[:], ru.Text, ru.Retention.Microseconds(), replaces)
	return place{id, name}, err
}

// freshID gives an id that no rollup ever had: what is left of dropped ones,
// and who still knows them, cannot be taken for the new one.
func (r *registration) freshID() (int64, error) {
	var id int64
	err := r.get(`SELECT 1 + max((SELECT coalesce(max(id), 0) FROM windrow_rollup_data),
		coalesce((SELECT value FROM windrow_meta WHERE name = 'rollups'), 0))`, nil, &id)
	if err == nil {
		_, err = r.exec("REPLACE INTO windrow_meta VALUES ('rollups', ?)", id)
	}
	return id, err
}

// detach marks the rollups that the definitions no longer have, and those that
// a new generation is to replace.
func (r *registration) detach() error {
	keep := map[int64]bool{}
	for _, at := range r.places {
		keep[at.id] = true
	}
	attached, err := r.integers("SELECT id FROM windrow_rollup_data WHERE attached")
	for _, id := range attached {
		if err == nil && !keep[id] {
			_, err = r.exec("UPDATE windrow_rollup_data SET attached = 0 WHERE id = ?", id)
		}
	}
	return err
}

func (r *registration) putAllTables() error {
	for _, ru := range r.pipeline.Rollups {
		if err := r.putTables(ru, r.places[ru]); err != nil {
			return err
		}
	}
	return nil
}

// refs reads back what is attached, in the order of the definitions.
func (r *registration) refs() ([]Ref, error) {
	var refs []Ref
	for _, s := range r.pipeline.Streams {
		ref := Ref{Stream: s, ID: r.streams[s]}
		at := map[int64]int{}
		for _, ru := range r.pipeline.Rollups {
			if ru.Stream != s {
				continue
			}
			id := r.places[ru].id
			var cohort int64
			if err := r.get("SELECT cohort FROM windrow_rollup_data WHERE id = ?", []any{id}, &cohort); err != nil {
				return nil, err
			}
			i, ok := at[cohort]
			if !ok {
				i = len(ref.Cohorts)
				at[cohort] = i
				ref.Cohorts = append(ref.Cohorts, Cohort{ID: cohort})
			}
			c := &ref.Cohorts[i]
			c.Rollups = append(c.Rollups, RollupRef{ID: id, Rollup: ru, Table: stateTable(id)})
		}
		refs = append(refs, ref)
	}
	return refs, nil
}
