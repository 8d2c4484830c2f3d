package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// rollupsPerSet is how many random rollups are computed over one set of
// events, in one pipeline.
const rollupsPerSet = 20

// numbersOfWorkers are those that each set of events is absorbed with.
var numbersOfWorkers = []int{1, 2, 3, 8}

// pairSet is one random set of events with random rollups over it.
type pairSet struct {
	dir     string
	r       *rand.Rand
	events  []event
	rollups []rollup
	csv     bool
	seen    pairTally
}

// pairTally counts what was compared, to show that it was something.
type pairTally struct{ events, rows, absorbed, filtered, quarantined int64 }

func (t *pairTally) add(o pairTally) {
	t.events += o.events
	t.rows += o.rows
	t.absorbed += o.absorbed
	t.filtered += o.filtered
	t.quarantined += o.quarantined
}

// newPairSet draws the set that belongs to a seed and writes its files.
func newPairSet(dir string, seed uint64) (*pairSet, error) {
	r := rand.New(rand.NewPCG(seed, 1))
	s := &pairSet{dir: dir, r: r, csv: r.IntN(3) == 0}
	m := newEventMaker(r)
	for range pick(r, []int{1, 3, 20, 100, 300, 500, 1500}) {
		s.events = append(s.events, m.event())
	}
	for i := range rollupsPerSet {
		s.rollups = append(s.rollups, newRollup(r, fmt.Sprintf("r%d", i)))
	}
	files := jsonFiles
	if s.csv {
		files = csvFiles
	}
	if err := os.MkdirAll(filepath.Join(dir, "in"), 0o755); err != nil {
		return nil, err
	}
	for _, f := range dealEvents(r, files, s.events) {
		if err := f.write(r, filepath.Join(dir, "in")); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// definition is the pipeline, with the settings of one run.
func (s *pairSet) definition(settings string) string {
	var b strings.Builder
	b.WriteString("SET durability = 'process';\n" + settings + "CREATE STREAM s (\n")
	for _, c := range columns {
		b.WriteString("  " + c.name + " " + string(c.typ))
		switch {
		case c.key != c.name && s.csv:
			b.WriteString(" PATH '$." + c.key + "'")
		case c.key != c.name:
			b.WriteString(" PATH '$.o." + c.key + "'")
		}
		if c.notNull {
			b.WriteString(" NOT NULL")
		}
		b.WriteString(",\n")
	}
	format := "json"
	if s.csv {
		format = "csv"
	}
	fmt.Fprintf(&b, "  %s,\n  WATERMARK FOR ts\n) WITH (connector = 'file', path = 'in/*', format = '%s');\n", computed, format)
	for i := range s.rollups {
		b.WriteString(s.rollups[i].sql())
	}
	return b.String()
}

// prove absorbs the set with each number of workers and compares the stores
// with the oracle and with each other.
func (s *pairSet) prove(ctx context.Context, p *program) error {
	o, err := newOracle(ctx, s.events, s.rollups)
	if err != nil {
		return err
	}
	defer o.close()
	var first *storeDump
	for _, workers := range numbersOfWorkers {
		run, err := s.absorb(ctx, p, workers)
		if err != nil {
			return err
		}
		d, err := dumpStore(ctx, run.store, s.rollups)
		if err != nil {
			return err
		}
		if first == nil {
			first = d
			if err := s.compare(ctx, o, d); err != nil {
				return err
			}
		} else if err := first.equal(d); err != nil {
			return fmt.Errorf("with %d workers instead of 1: %w", workers, err)
		}
	}
	return s.sameExport(ctx, p)
}

func (s *pairSet) absorb(ctx context.Context, p *program, workers int) (runOptions, error) {
	o := runOptions{once: true, workers: workers, store: filepath.Join(s.dir, fmt.Sprintf("w%d.db", workers)), definition: filepath.Join(s.dir, fmt.Sprintf("w%d.sql", workers))}
	settings := ""
	if s.r.IntN(2) == 0 {
		o.block, o.budget = 500+s.r.Int64N(9500), 1+s.r.Int64N(30_000)
		settings = "SET flush_interval = '1 millisecond';\n"
	}
	if err := os.WriteFile(o.definition, []byte(s.definition(settings)), 0o644); err != nil {
		return o, err
	}
	return o, p.run(ctx, o)
}

// compare holds a store against the oracle.
func (s *pairSet) compare(ctx context.Context, o *oracle, d *storeDump) error {
	if d.records != o.total {
		return fmt.Errorf("the ranges hold %d records, not %d", d.records, o.total)
	}
	for i := range s.rollups {
		q := &s.rollups[i]
		want, err := o.rows(ctx, i)
		if err != nil {
			return err
		}
		keys := 1 + len(q.keys)
		var inexact []float64
		for j, c := range q.outputs {
			if inexact = append(inexact, c.inexact); j > 0 && c.name == "window_end" {
				keys++
			}
		}
		if diff := differ(d.views[i], want, keys, inexact); diff != "" {
			return fmt.Errorf("rollup %s: %s\nof\n%s", q.name, diff, q.sql())
		}
		c, err := o.counts(ctx, i)
		if err != nil {
			return err
		}
		if d.counts[i] != c || d.rejected[q.name] != c.quarantined {
			return fmt.Errorf("rollup %s: absorbed, filtered, quarantined, expired are %v with %d rows in quarantine, not %v, of\n%s", q.name, d.counts[i], d.rejected[q.name], c, q.sql())
		}
		s.seen.add(pairTally{0, int64(len(want.rows)), c.absorbed, c.filtered, c.quarantined})
	}
	return nil
}

// sameExport exports one rollup from all stores.
func (s *pairSet) sameExport(ctx context.Context, p *program) error {
	name := pick(s.r, s.rollups).name
	var first []byte
	for _, w := range numbersOfWorkers {
		b, err := p.export(ctx, filepath.Join(s.dir, fmt.Sprintf("w%d.db", w)), name)
		if err != nil {
			return err
		}
		if first == nil {
			first = b
		} else if !bytes.Equal(first, b) {
			return fmt.Errorf("the export of %s with %d workers is not that with 1", name, w)
		}
	}
	return nil
}

// storeDump is what a store holds about rollups, in one snapshot.
type storeDump struct {
	records  int64
	views    []table
	states   []string
	counts   []counts
	rejected map[string]int64
}

func dumpStore(ctx context.Context, path string, rollups []rollup) (*storeDump, error) {
	db, err := openStore(path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	d := &storeDump{rejected: map[string]int64{}}
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(sum(records), 0) FROM windrow_ranges").Scan(&d.records); err != nil {
		return nil, err
	}
	for i := range rollups {
		if err := d.rollup(ctx, tx, rollups[i].name); err != nil {
			return nil, err
		}
	}
	t, err := readTable(ctx, tx, "SELECT rollup, count(*) FROM windrow_quarantine GROUP BY rollup")
	for _, row := range t.rows {
		d.rejected[row[0].(string)] = row[1].(int64)
	}
	return d, err
}

func (d *storeDump) rollup(ctx context.Context, tx *sql.Tx, name string) error {
	var state string
	var c counts
	err := tx.QueryRowContext(ctx, "SELECT state_table, absorbed, filtered, quarantined, expired FROM windrow_rollups WHERE name = ?", name).Scan(&state, &c.absorbed, &c.filtered, &c.quarantined, &c.expired)
	if err != nil {
		return err
	}
	view, err := readTable(ctx, tx, "SELECT * FROM "+name)
	if err != nil {
		return err
	}
	states, err := readTable(ctx, tx, "SELECT * FROM "+state)
	d.views, d.states, d.counts = append(d.views, view), append(d.states, states.dump()), append(d.counts, c)
	return err
}

// equal compares two stores of the same events to the last bit, stored states
// included.
func (d *storeDump) equal(o *storeDump) error {
	for i := range d.states {
		if d.states[i] != o.states[i] {
			return fmt.Errorf("rollup r%d has other states: %s", i, firstLine(d.states[i], o.states[i]))
		}
		if d.counts[i] != o.counts[i] {
			return fmt.Errorf("rollup r%d has the counters %v, not %v", i, o.counts[i], d.counts[i])
		}
	}
	if d.records != o.records {
		return fmt.Errorf("%d records, not %d", o.records, d.records)
	}
	return nil
}

// firstLine shows the first line in which two texts differ.
func firstLine(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return "\n  " + as[i] + "\n  " + bs[i]
		}
	}
	return fmt.Sprintf("%d rows and %d", len(as), len(bs))
}

// provePairs checks n pairs of a rollup and a set of events.
func (j *judge) provePairs(ctx context.Context, n int) error {
	p, err := j.build(ctx, "")
	if err != nil {
		return err
	}
	sets := (n + rollupsPerSet - 1) / rollupsPerSet
	var mu sync.Mutex
	var failed error
	var seen pairTally
	next, done := j.from, 0
	var wg sync.WaitGroup
	for range j.parallel {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				mu.Lock()
				i := next
				next++
				stop := failed != nil || i >= j.from+sets
				mu.Unlock()
				if stop {
					return
				}
				s, err := j.provePairSet(ctx, p, i)
				mu.Lock()
				seen.add(s)
				if done++; err != nil && failed == nil {
					failed = err
				}
				if done%10 == 0 && failed == nil {
					j.say("pairs: %d of %d agree", done*rollupsPerSet, sets*rollupsPerSet)
				}
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	if failed == nil {
		j.say("pairs: %d pairs agree with SQLite, each with %v workers to the last bit: %d events, %d rows; %d times absorbed, %d filtered out, %d quarantined; in %v",
			sets*rollupsPerSet, numbersOfWorkers, seen.events, seen.rows, seen.absorbed, seen.filtered, seen.quarantined, j.took())
	}
	return failed
}

func (j *judge) provePairSet(ctx context.Context, p *program, i int) (pairTally, error) {
	seed := j.seed*1_000_000 + uint64(i)
	dir := filepath.Join(j.dir, fmt.Sprintf("pairs-%d", i))
	s, err := newPairSet(dir, seed)
	if err == nil {
		err = s.prove(ctx, p)
	}
	if err != nil {
		return pairTally{}, fmt.Errorf("pairs: set %d of -seed %d, in %s (reproduce with -seed %d -from %d -pairs %d): %w", i, j.seed, dir, j.seed, i, rollupsPerSet, err)
	}
	s.seen.events = int64(len(s.events))
	return s.seen, os.RemoveAll(dir)
}
