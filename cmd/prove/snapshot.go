package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// violation is a promise that was seen broken.
type violation struct {
	check string // guarantee, positions, integrity, orphans, end, fence, exit
	what  string
}

func (v *violation) Error() string { return v.check + ": " + v.what }

func violated(check, format string, args ...any) error {
	return &violation{check, fmt.Sprintf(format, args...)}
}

// snapshot is what a store holds at one moment.
type snapshot struct {
	spans   map[string][]span // by file, ascending
	views   []table
	counts  []counts
	rejects []string
	epoch   int64
}

func reject(rollup, file string, offset int64) string {
	return fmt.Sprint(rollup, " ", file, " ", offset)
}

// takeSnapshot reads everything in one transaction. It returns nil if the
// store has no tables yet.
func takeSnapshot(ctx context.Context, db *sql.DB) (*snapshot, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	var views int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE type = 'view' AND name IN ('ticks', 'windrow_ranges')").Scan(&views); err != nil || views < 2 {
		return nil, err
	}
	s := &snapshot{spans: map[string][]span{}}
	if err := tx.QueryRowContext(ctx, "SELECT value FROM windrow_meta WHERE name = 'epoch'").Scan(&s.epoch); err != nil {
		return nil, err
	}
	ranges, err := readTable(ctx, tx, "SELECT path, lo, hi, records FROM windrow_ranges ORDER BY path, lo")
	if err != nil {
		return nil, err
	}
	for _, r := range ranges.rows {
		file := filepath.Base(r[0].(string))
		s.spans[file] = append(s.spans[file], span{r[1].(int64), r[2].(int64), r[3].(int64)})
	}
	for i := range batchRollups {
		if err := s.rollup(ctx, tx, batchRollups[i].name); err != nil {
			return nil, err
		}
	}
	rejects, err := readTable(ctx, tx, "SELECT rollup, path, offset FROM windrow_quarantine")
	for _, r := range rejects.rows {
		s.rejects = append(s.rejects, reject(r[0].(string), filepath.Base(r[1].(string)), r[2].(int64)))
	}
	slices.Sort(s.rejects)
	return s, err
}

func (s *snapshot) rollup(ctx context.Context, tx *sql.Tx, name string) error {
	view, err := readTable(ctx, tx, "SELECT * FROM "+name)
	if err != nil {
		return err
	}
	var c counts
	err = tx.QueryRowContext(ctx, "SELECT absorbed, filtered, quarantined FROM windrow_rollups WHERE name = ?", name).Scan(&c.absorbed, &c.filtered, &c.quarantined)
	s.views, s.counts = append(s.views, view), append(s.counts, c)
	return err
}

// check holds a snapshot against the batch over exactly the records that it
// says are absorbed.
func (l *load) check(s *snapshot) error {
	e := l.expect(s.spans)
	i := 0
	for _, f := range l.files {
		for _, p := range s.spans[f.name] {
			if p.records != e.absorbed[i] {
				return violated("guarantee", "[%d, %d) of %s holds %d records, and the store says %d", p.lo, p.hi, f.name, e.absorbed[i], p.records)
			}
			i++
		}
	}
	exactly := make([]float64, 16)
	for i := range batchRollups {
		b := &batchRollups[i]
		if diff := differ(s.views[i], e.tables[i], b.keys, exactly); diff != "" {
			return violated("guarantee", "rollup %s is not the GROUP BY over what is absorbed: %s", b.name, diff)
		}
		if s.counts[i] != e.counts[i] {
			return violated("guarantee", "rollup %s: absorbed, filtered, quarantined are %v, not %v", b.name, s.counts[i], e.counts[i])
		}
	}
	if !slices.Equal(s.rejects, e.rejects) {
		return violated("guarantee", "quarantine: %s", firstLine(strings.Join(s.rejects, "\n"), strings.Join(e.rejects, "\n")))
	}
	return nil
}

// after checks that nothing that was absorbed before is no longer.
func (s *snapshot) after(before *snapshot) error {
	if before == nil {
		return nil
	}
	if s == nil {
		return violated("positions", "the store was there and is no more")
	}
	for file, spans := range before.spans {
		for _, b := range spans {
			if !slices.ContainsFunc(s.spans[file], func(p span) bool { return p.lo <= b.lo && b.hi <= p.hi }) {
				return violated("positions", "[%d, %d) of %s was absorbed and is no longer", b.lo, b.hi, file)
			}
		}
	}
	return nil
}

// complete checks that everything is absorbed.
func (l *load) complete(s *snapshot) error {
	for _, f := range l.files {
		spans := s.spans[f.name]
		if len(spans) != 1 || spans[0].lo != f.start || int(spans[0].records) != len(f.records) {
			return violated("end", "the run has ended, and of %s (%d records in [%d, %d)) only %v is absorbed", f.name, len(f.records), f.start, f.size, spans)
		}
	}
	return nil
}
