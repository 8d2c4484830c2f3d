package main

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// violation is a promise that was seen broken.
type violation struct {
	check string // guarantee, positions, integrity, orphans, end, fence, begin, exit
	what  string
}

func (v *violation) Error() string { return v.check + ": " + v.what }

func violated(check, format string, args ...any) error {
	return &violation{check, fmt.Sprintf(format, args...)}
}

// span is a part [lo, hi) of a file that a store says it has absorbed.
type span struct{ lo, hi, records int64 }

// snapshot is what a store holds at one moment.
type snapshot struct {
	epoch  int64
	splits []splitRow // that something is absorbed of
	views  []viewed   // by rollup

	// after the splits were told apart
	spans   map[string][]span // by file, ascending
	rejects []string
}

// splitRow is a split with what is absorbed of it and quarantined.
type splitRow struct {
	number   int64
	path     string
	start    int64
	first    []byte // bytes from start on
	spans    []span // ascending
	tails    []tail
	rejected []rejected
}

// tail says that the SHA-256 of the n bytes before end is sum.
type tail struct {
	n, end int64
	sum    []byte
}

type rejected struct {
	rollup string
	offset int64
}

// viewed is what users see of a rollup.
type viewed struct {
	table
	counts  counts
	horizon string // "" for none
}

// input is what was given to a store.
type input interface {
	// file tells which of its files a split is.
	file(*splitRow) (*loadFile, error)
	// all returns its files. Nothing is appended to them until done is called.
	all() (files []*loadFile, done func())
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
	s := &snapshot{}
	if err := tx.QueryRowContext(ctx, "SELECT value FROM windrow_meta WHERE name = 'epoch'").Scan(&s.epoch); err != nil {
		return nil, err
	}
	if err := s.readSplits(ctx, tx); err != nil {
		return nil, err
	}
	for i := range batchRollups {
		if err := s.readRollup(ctx, tx, batchRollups[i].name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *snapshot) readSplits(ctx context.Context, tx *sql.Tx) error {
	ranges, err := readTable(ctx, tx, `SELECT r.split, p.path, p.start, p.first, a.lo, a.hi, r.records, a.tail_len, a.tail_end, a.tail
FROM windrow_ranges r JOIN windrow_split_data p ON p.number = r.split
JOIN windrow_range_data a ON a.cohort = r.cohort AND a.split = r.split AND a.lo = r.lo ORDER BY r.split, r.lo`)
	if err != nil {
		return err
	}
	for _, r := range ranges.rows {
		n := r[0].(int64)
		if len(s.splits) == 0 || s.splits[len(s.splits)-1].number != n {
			first, _ := r[3].([]byte)
			s.splits = append(s.splits, splitRow{number: n, path: r[1].(string), start: r[2].(int64), first: first})
		}
		p := &s.splits[len(s.splits)-1]
		p.spans = append(p.spans, span{r[4].(int64), r[5].(int64), r[6].(int64)})
		sum, _ := r[9].([]byte)
		p.tails = append(p.tails, tail{r[7].(int64), r[8].(int64), sum})
	}
	rejects, err := readTable(ctx, tx, "SELECT split, rollup, offset FROM windrow_quarantine")
	for _, r := range rejects.rows {
		i, ok := slices.BinarySearchFunc(s.splits, r[0].(int64), func(p splitRow, n int64) int { return cmp.Compare(p.number, n) })
		if !ok {
			return violated("guarantee", "a record of split %d is in quarantine, and nothing of it is absorbed", r[0])
		}
		s.splits[i].rejected = append(s.splits[i].rejected, rejected{r[1].(string), r[2].(int64)})
	}
	return err
}

func (s *snapshot) readRollup(ctx context.Context, tx *sql.Tx, name string) error {
	view, err := readTable(ctx, tx, "SELECT * FROM "+name)
	if err != nil {
		return err
	}
	v := viewed{table: view}
	err = tx.QueryRowContext(ctx, "SELECT absorbed, filtered, quarantined, expired, coalesce(horizon, '') FROM windrow_rollups WHERE name = ?", name).Scan(
		&v.counts.absorbed, &v.counts.filtered, &v.counts.quarantined, &v.counts.expired, &v.horizon)
	s.views = append(s.views, v)
	return err
}

// tell finds out which files the splits are. No record of a file may be in
// more than one of them.
func (s *snapshot) tell(in input) error {
	s.spans = map[string][]span{}
	for i := range s.splits {
		p := &s.splits[i]
		f, err := in.file(p)
		if err != nil {
			return err
		}
		s.spans[f.name] = append(s.spans[f.name], p.spans...)
		for _, r := range p.rejected {
			s.rejects = append(s.rejects, reject(r.rollup, f.name, r.offset))
		}
	}
	for name, spans := range s.spans {
		slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
		for i := 1; i < len(spans); i++ {
			if spans[i].lo < spans[i-1].hi {
				return violated("guarantee", "%s was read twice: %v and %v are absorbed, as different splits", name, spans[i-1], spans[i])
			}
		}
	}
	slices.Sort(s.rejects)
	return nil
}

// check holds a snapshot against the batch over exactly the records that it
// says are absorbed.
func (s *snapshot) check(in input, e *expectation) error {
	files, done := in.all()
	defer done()
	if err := s.tell(in); err != nil {
		return err
	}
	for _, f := range files {
		for _, p := range s.spans[f.name] {
			if n := len(f.within(p)); int64(n) != p.records || p.hi > f.size {
				return violated("guarantee", "[%d, %d) of %s, which has %d bytes, holds %d records, and the store says %d", p.lo, p.hi, f.name, f.size, n, p.records)
			}
		}
		e.take(f, s.spans[f.name])
	}
	slices.Sort(e.rejects)
	if !slices.Equal(s.rejects, e.rejects) {
		return violated("guarantee", "quarantine: %s", firstLine(strings.Join(s.rejects, "\n"), strings.Join(e.rejects, "\n")))
	}
	for i := range s.views {
		if err := e.compare(i, &s.views[i]); err != nil {
			return err
		}
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
	if s.epoch < before.epoch {
		return violated("positions", "the epoch was %d and is %d", before.epoch, s.epoch)
	}
	for i := range before.splits {
		b := &before.splits[i]
		at, ok := slices.BinarySearchFunc(s.splits, b.number, func(p splitRow, n int64) int { return cmp.Compare(p.number, n) })
		for _, x := range b.spans {
			if !ok || !slices.ContainsFunc(s.splits[at].spans, func(p span) bool { return p.lo <= x.lo && x.hi <= p.hi }) {
				return violated("positions", "[%d, %d) of split %d, %s, was absorbed and is no longer", x.lo, x.hi, b.number, b.path)
			}
		}
	}
	for i := range before.views {
		if now, was := s.views[i].horizon, before.views[i].horizon; now < was {
			return violated("positions", "the horizon of %s was %s and is %s", batchRollups[i].name, was, now)
		}
	}
	return nil
}

// complete checks that everything is absorbed.
func (s *snapshot) complete(in input) error {
	files, done := in.all()
	defer done()
	for _, f := range files {
		spans := s.spans[f.name]
		left := without([]span{{lo: f.start, hi: f.size}}, spans)
		var records int64
		for _, p := range spans {
			records += p.records
		}
		if len(left) > 0 || int(records) != len(f.records) {
			return violated("end", "the run has ended, and of %s (%d records in [%d, %d)) only %v is absorbed", f.name, len(f.records), f.start, f.size, spans)
		}
	}
	return nil
}
