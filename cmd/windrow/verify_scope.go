package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/value"
)

// scope is which windows of a rollup can be checked.
type scope struct {
	from      string // windows that start before this have expired; ""
	after     string // windows that start at this or before may have had events that could not be read again; ""
	unchecked int64  // windows that are left out for the latter
	// future is how many records with a time far ahead could not be read again:
	// so many rows may differ for it.
	future  int64
	missing []missingPart
	bytes   int64 // read again
	files   int64
}

// missingPart is a split of which not all could be read again.
type missingPart struct {
	path      string
	bytes, of int64
}

// lacking returns, by split, the bytes that count as absorbed by a rollup
// though they could not be read when it was filled.
func lacking(ctx context.Context, db *sqlx.DB, rollup int64) (map[int64]int64, error) {
	var rows []struct{ Split, Bytes int64 }
	err := db.SelectContext(ctx, &rows, "SELECT v.split, v.bytes FROM windrow_coverage v JOIN windrow_rollups r ON r.name = v.rollup WHERE r.id = ?", rollup)
	bytes := map[int64]int64{}
	for _, r := range rows {
		bytes[r.Split] = r.Bytes
	}
	return bytes, err
}

// newScope compares what was absorbed with what could be read again.
func (v *verification) newScope(ctx context.Context) (scope, error) {
	var sc scope
	before, err := lacking(ctx, v.dbs[0], v.storedRef.ID)
	if err != nil {
		return sc, err
	}
	now, err := lacking(ctx, v.dbs[1], v.againRef.ID)
	if err != nil {
		return sc, err
	}
	until := value.MinTime - 1
	for _, split := range slices.Sorted(maps.Keys(v.had)) {
		m := missingPart{of: -before[split], bytes: max(0, now[split]-before[split])}
		for _, r := range v.had[split] {
			m.of += r.Hi - r.Lo
			m.bytes += r.Hi - r.Lo - covered(r, v.has[split])
		}
		if sc.bytes += m.of - m.bytes; m.bytes < m.of {
			sc.files++
		}
		if m.bytes == 0 {
			continue
		}
		for _, r := range v.had[split] {
			until = max(until, r.MaxTime)
			sc.future += r.Future
		}
		if err := v.dbs[0].GetContext(ctx, &m.path, "SELECT path FROM windrow_splits WHERE number = ?", split); err != nil {
			return sc, err
		}
		sc.missing = append(sc.missing, m)
	}
	if until.Valid() {
		sc.after = until.Format(6) // sorts after the start of a window at that moment
	}
	return sc, nil
}

// covered is how many bytes of a range are in others, which are disjoint.
func covered(r store.Range, others []store.Range) int64 {
	var n int64
	for _, o := range others {
		n += max(0, min(r.Hi, o.Hi)-max(r.Lo, o.Lo))
	}
	return n
}

// compare compares the two tables, as far as they can be.
func (v *verification) compare(ctx context.Context) error {
	for i, path := range []string{v.stored, v.again} {
		db, err := store.OpenReader(path, store.ReaderOptions{})
		if err != nil {
			return err
		}
		defer db.Close()
		v.dbs[i] = db
	}
	var err error
	if v.scope, err = v.newScope(ctx); err != nil {
		return err
	}
	for i, id := range []int64{v.storedRef.ID, v.againRef.ID} {
		var horizon string
		if err := v.dbs[i].GetContext(ctx, &horizon, "SELECT coalesce(horizon, '') FROM windrow_rollups WHERE id = ?", id); err != nil {
			return err
		}
		v.scope.from = max(v.scope.from, horizon)
	}
	err = v.dbs[0].GetContext(ctx, &v.scope.unchecked, fmt.Sprintf("SELECT count(DISTINCT window_start) FROM %s WHERE window_start >= ? AND window_start <= ?",
		v.storedRef.Table), v.scope.from, v.scope.after)
	if err != nil {
		return err
	}
	return v.compareRows(ctx)
}
