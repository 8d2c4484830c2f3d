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
// are. Nothing is ever deleted: rollups that p no longer has stay readable as
// detached. Call it after NextEpoch, so that no older process commits under
// other definitions. A rollup with another identity gives a *ChangedError.
func (s *Store) Register(ctx context.Context, p *schema.Pipeline, o RegisterOptions) ([]Ref, error) {
	var refs []Ref
	err := s.write(ctx, "register the definitions in", func(t *tx) error {
		r := &registration{tx: t, pipeline: p, options: o, streams: map[*schema.Stream]int64{}, ids: map[*schema.Rollup]int64{}}
		var err error
		refs, err = r.run()
		return err
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refs = map[int64][]RollupRef{}
	for _, r := range refs {
		for _, c := range r.Cohorts {
			s.refs[c.ID] = c.Rollups
		}
	}
	return refs, nil
}

// registration is one run of Register.
type registration struct {
	*tx
	pipeline *schema.Pipeline
	options  RegisterOptions
	streams  map[*schema.Stream]int64
	ids      map[*schema.Rollup]int64
}

func (r *registration) run() ([]Ref, error) {
	steps := []func() error{r.shared, r.putStreams, r.detach, r.putRollups, r.splitCohorts, r.joinCohorts}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	for _, ru := range r.pipeline.Rollups {
		if err := r.putTables(ru, r.ids[ru]); err != nil {
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

// detach marks the rollups that the definitions no longer have.
func (r *registration) detach() error {
	keep := map[string]bool{}
	for _, ru := range r.pipeline.Rollups {
		keep[strings.ToLower(ru.Name)] = true
	}
	var gone []int64
	err := r.all("SELECT id, name FROM windrow_rollup_data WHERE attached", nil, func(scan func(...any) error) error {
		var id int64
		var name string
		if err := scan(&id, &name); err != nil {
			return err
		}
		if !keep[strings.ToLower(name)] {
			gone = append(gone, id)
		}
		return nil
	})
	for _, id := range gone {
		if _, e := r.exec("UPDATE windrow_rollup_data SET attached = 0 WHERE id = ?", id); e != nil {
			return e
		}
	}
	return err
}

// putRollups finds or adds each rollup; all changed ones are reported.
func (r *registration) putRollups() error {
	var changed []error
	fresh := map[int64]int64{} // stream -> cohort of its new rollups
	for _, ru := range r.pipeline.Rollups {
		id, err := r.putRollup(ru, fresh)
		var c *ChangedError
		if errors.As(err, &c) {
			changed = append(changed, err)
		} else if err != nil {
			return fmt.Errorf("rollup %s: %w", ru.Name, err)
		}
		r.ids[ru] = id
	}
	return errors.Join(changed...)
}

func (r *registration) putRollup(ru *schema.Rollup, fresh map[int64]int64) (int64, error) {
	if l := strings.ToLower(ru.Name); strings.HasPrefix(l, "windrow_") || strings.HasPrefix(l, "sqlite_") {
		return 0, errors.New("names that begin with windrow_ or sqlite_ are taken by the store; choose another")
	}
	stream, ok := r.streams[ru.Stream]
	if !ok {
		return 0, errors.New("BUG: its stream is not among the streams")
	}
	var id, of int64
	var identity []byte
	found, err := r.find(`SELECT r.id, r.identity, c.stream FROM windrow_rollup_data r JOIN windrow_cohorts c ON c.id = r.cohort
		WHERE r.name = ?`, []any{ru.Name}, &id, &identity, &of)
	switch {
	case err != nil:
		return 0, err
	case !found:
		return r.addRollup(ru, stream, fresh)
	case of != stream || string(identity) != string(ru.Identity[:]):
		return 0, &ChangedError{ru.Name, "the store holds it under another definition; give the new one another name, or use another --store"}
	}
	_, err = r.exec("UPDATE windrow_rollup_data SET name = ?2, definition = ?3, retention = ?4, attached = 1 WHERE id = ?1",
		id, ru.Name, ru.Text, ru.Retention.Microseconds())
	return id, err
}

// addRollup adds a new rollup to the cohort of this run's new ones.
func (r *registration) addRollup(ru *schema.Rollup, stream int64, fresh map[int64]int64) (int64, error) {
	cohort, ok := fresh[stream]
	if !ok {
		var err error
		if cohort, err = r.freshCohort(stream); err != nil {
			return 0, err
		}
		fresh[stream] = cohort
	}
	return r.insert("INSERT INTO windrow_rollup_data (name, cohort, attached, identity, definition, retention) VALUES (?, ?, 1, ?, ?, ?)",
		ru.Name, cohort, ru.Identity[:], ru.Text, ru.Retention.Microseconds())
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
			id := r.ids[ru]
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
