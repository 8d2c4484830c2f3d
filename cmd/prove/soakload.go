//go:build linux

package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// soakLoad writes events of now to files at a steady rate and rotates them. It
// counts what a rollup must hold.
type soakLoad struct {
	dir  string
	rate int

	mu     sync.Mutex
	logs   []*soakFile
	total  int64
	groups map[soakGroup]soakSum
}

type soakFile struct {
	growing
	events  int64            // in this file
	turned  time.Time        // last
	waiting map[string]int64 // events of rotated files by path, until they are deleted
}

type soakGroup struct {
	second int64
	key    int
}

type soakSum struct{ events, n int64 }

func newSoakLoad(dir string, rate int) (*soakLoad, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	l := &soakLoad{dir: dir, rate: rate, groups: map[soakGroup]soakSum{}}
	for i := range soakFiles {
		f := &soakFile{growing: growing{dir: dir, name: fmt.Sprintf("app%d.log", i)}, turned: time.Now(), waiting: map[string]int64{}}
		if err := f.open(); err != nil {
			return nil, err
		}
		l.logs = append(l.logs, f)
	}
	return l, nil
}

func (l *soakLoad) close() {
	for _, f := range l.logs {
		f.close()
	}
}

func (l *soakLoad) written() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

func (l *soakLoad) files() (n int) {
	for _, f := range l.logs {
		n += 1 + f.turns
	}
	return n
}

// write keeps the rate until ctx ends.
func (l *soakLoad) write(ctx context.Context) error {
	const tick = 20 * time.Millisecond
	began := time.Now()
	var buf []byte
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Until(began.Add(time.Duration(i) * tick))):
		}
		n := int(time.Since(began).Seconds()*float64(l.rate)) - int(l.written())
		if err := l.burst(l.logs[i%soakFiles], &buf, min(n, l.rate)); err != nil {
			return err
		}
	}
}

// burst appends n events to a file, and rotates it when it is time.
func (l *soakLoad) burst(f *soakFile, buf *[]byte, n int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now().UTC()
	stamp := now.Format("2006-01-02T15:04:05.000000Z")
	b := (*buf)[:0]
	for range n {
		l.total++
		f.events++
		g := soakGroup{now.Unix(), int(l.total % soakKeys)}
		b = fmt.Appendf(b, `{"ts":"%s","k":"key-%03d","n":%d,"request":{"path":"/a/b","id":%d}}`+"\n", stamp, g.key, l.total%1000, l.total)
		s := l.groups[g]
		l.groups[g] = soakSum{s.events + 1, s.n + l.total%1000}
	}
	*buf = b
	if err := f.write(b); err != nil || now.Sub(f.turned) < soakRotate {
		return err
	}
	f.turned = now
	if err := renamed(&f.growing); err != nil {
		return err
	}
	f.waiting[filepath.Base(f.old[len(f.old)-1].path)] = f.events
	f.events = 0
	return nil
}

// deletes removes rotated files that are absorbed, some time after.
func (s *soak) deletes(ctx context.Context) error {
	db, err := s.reader(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(soakRotate):
		}
		t, err := readTable(ctx, db, "SELECT path, sum(records) FROM windrow_ranges GROUP BY split")
		if err != nil {
			return err
		}
		absorbed := map[string]int64{}
		for _, row := range t.rows {
			absorbed[filepath.Base(row[0].(string))] = row[1].(int64)
		}
		if err := s.load.delete(absorbed); err != nil {
			return err
		}
	}
}

// delete removes the oldest rotated files, all but two of each log, if they
// are absorbed.
func (l *soakLoad) delete(absorbed map[string]int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.logs {
		for len(f.old) > 2 {
			name := filepath.Base(f.old[0].path)
			if absorbed[name] < f.waiting[name] {
				break
			}
			delete(f.waiting, name)
			if err := f.forget(); err != nil {
				return err
			}
		}
	}
	return nil
}

// check compares the rollups with what was written, from their horizons on,
// and returns how many records have no row any more.
func (l *soakLoad) check(ctx context.Context, db *sql.DB) (int64, error) {
	var horizon, minutes string
	var absorbed, expired int64
	err := db.QueryRowContext(ctx, `SELECT coalesce(max(CASE name WHEN 'per_key' THEN horizon END), ''), coalesce(max(CASE name WHEN 'per_minute' THEN horizon END), ''),
max(absorbed), max(expired) FROM windrow_rollups`).Scan(&horizon, &minutes, &absorbed, &expired)
	if err != nil {
		return 0, err
	}
	if absorbed+expired < l.total {
		return 0, violated("guarantee", "%d events were written, %d are absorbed and %d expired", l.total, absorbed, expired)
	}
	rows, err := readTable(ctx, db, "SELECT window_start, k, events, n FROM per_key")
	if err != nil {
		return 0, err
	}
	gone, err := l.checkKeys(horizon, rows)
	if err != nil {
		return 0, err
	}
	if rows, err = readTable(ctx, db, "SELECT window_start, events, n, mean FROM per_minute"); err != nil {
		return 0, err
	}
	return gone, l.checkMinutes(minutes, rows)
}

const soakLayout = "2006-01-02 15:04:05"

func (l *soakLoad) checkKeys(horizon string, rows table) (gone int64, err error) {
	want := table{names: []string{"window_start", "k", "events", "n"}}
	for g, s := range l.groups {
		if at := time.Unix(g.second, 0).UTC().Format(soakLayout); at >= horizon {
			want.rows = append(want.rows, []any{at, fmt.Sprintf("key-%03d", g.key), s.events, s.n})
		} else {
			gone += s.events
		}
	}
	if diff := differ(rows, want, 2, make([]float64, 4)); diff != "" {
		return 0, violated("guarantee", "per_key from %s on: %s", horizon, diff)
	}
	return gone, nil
}

func (l *soakLoad) checkMinutes(horizon string, rows table) error {
	sums := map[string]soakSum{}
	for g, s := range l.groups {
		at := time.Unix(g.second/60*60, 0).UTC().Format(soakLayout)
		sums[at] = soakSum{sums[at].events + s.events, sums[at].n + s.n}
	}
	want := table{names: []string{"window_start", "events", "n", "mean"}}
	for at, s := range sums {
		if at >= horizon {
			want.rows = append(want.rows, []any{at, s.events, s.n, float64(s.n) / float64(s.events)})
		}
	}
	if diff := differ(rows, want, 1, make([]float64, 4)); diff != "" {
		return violated("guarantee", "per_minute from %s on: %s", horizon, diff)
	}
	return nil
}
