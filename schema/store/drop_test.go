package store

import (
	"fmt"
	"testing"

	"github.com/windrow/windrow/schema"
)

// fill gives a rollup many rows and rejects without commits.
func (f *fixture) fill(r RollupRef, rows int) {
	f.Helper()
	err := f.write(bg, "fill", func(t *tx) error {
		if err := t.script(fmt.Sprintf(`INSERT INTO %s (window_start, host, zone, n, s, m, b)
			WITH RECURSIVE i(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM i WHERE i < %d - 1)
			SELECT '2026-03-01 00:00:00', 'h' || i, x'', i, i, i, randomblob(400) FROM i`, r.Table, rows)); err != nil {
			return err
		}
		return t.script(fmt.Sprintf(`INSERT INTO windrow_quarantine_data (rollup, split, offset, reason, record)
			WITH RECURSIVE i(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM i WHERE i < %d - 1)
			SELECT %d, 1, i, 'bad', randomblob(4000) FROM i`, rows, r.ID))
	})
	if err != nil {
		f.Fatal(err)
	}
}

// leftovers counts what belongs to no rollup.
func (f *fixture) leftovers() string {
	f.Helper()
	return f.text(`SELECT ((SELECT count(*) FROM sqlite_schema WHERE name LIKE 'windrow_state_%' AND type = 'table') - (SELECT count(*) FROM windrow_rollup_data))
		|| ' ' || (SELECT count(*) FROM windrow_quarantine_data WHERE rollup NOT IN (SELECT id FROM windrow_rollup_data))
		|| ' ' || (SELECT count(*) FROM windrow_coverage_data WHERE rollup NOT IN (SELECT id FROM windrow_rollup_data))
		|| ' ' || (SELECT count(*) FROM windrow_cohorts WHERE id NOT IN (SELECT cohort FROM windrow_rollup_data))
		|| ' ' || (SELECT count(*) FROM windrow_range_data WHERE cohort NOT IN (SELECT cohort FROM windrow_rollup_data))`)
}

func TestDrop(t *testing.T) {
	s := testStream("requests")
	a, b := testRollup("latency", s), testRollup("b", s)
	changed := version("latency", s, 2)
	tests := []struct {
		name   string
		drop   string
		before func(*fixture) []*schema.Rollup // returns the definitions of after
		left   string
		fenced bool
	}{
		{"an attached one", "LATENCY", func(f *fixture) []*schema.Rollup { return []*schema.Rollup{a, b} }, "b 2 in 1", true},
		{"a detached one", "latency", func(f *fixture) []*schema.Rollup {
			f.rebuild(RegisterOptions{}, b)
			return []*schema.Rollup{a, b}
		}, "b 2 in 1", false},
		{"with a rebuild under way", "latency", func(f *fixture) []*schema.Rollup {
			f.rebuild(RegisterOptions{Rebuild: []string{"latency"}}, changed, b)
			return []*schema.Rollup{changed, b}
		}, "b 2 in 1", true},
		{"a rebuild under way alone", "latency (rebuild)", func(f *fixture) []*schema.Rollup {
			f.rebuild(RegisterOptions{Rebuild: []string{"latency"}}, changed, b)
			return []*schema.Rollup{a, b}
		}, "latency 1 in 3 detached; b 2 in 1", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			refs := f.rebuild(RegisterOptions{}, a, b)
			f.commitAll(refs[0].Cohorts[0], 0, 10)
			f.fill(refs[0].Cohorts[0].Rollups[0], 3)
			after := tt.before(f)
			if err := f.Drop(bg, tt.drop); err != nil {
				t.Fatal(err)
			}
			if got := f.rollups(); got != tt.left {
				t.Errorf("left: %s, want %s", got, tt.left)
			}
			if got := f.leftovers(); got != "0 0 0 0 0" {
				t.Errorf("leftovers %s", got)
			}
			for _, refs := range f.refs {
				for _, r := range refs {
					if f.text(fmt.Sprint("SELECT count(*) FROM windrow_rollup_data WHERE id = ", r.ID)) != "1" {
						t.Errorf("the store still knows rollup %d", r.ID)
					}
				}
			}
			f.intact()
			splits := must(f.Splits(bg, 1))(t)
			if err := f.UpdateSplits(bg, f.epoch, splits); (err != nil) != tt.fenced {
				t.Errorf("after it the run is told: %v", err)
			}
			wantError(t, f.Drop(bg, tt.drop+"x"), nil, "cannot drop rollup "+tt.drop+"x", "no rollup")
			refs = f.rebuild(RegisterOptions{}, after...)
			if got := f.text("SELECT count(*) FROM windrow_rollup_data WHERE replaces IS NOT NULL"); got != "0" {
				t.Error("the rebuild came back")
			}
			for _, c := range refs[0].Cohorts {
				for _, r := range c.Rollups {
					if r.ID > 2 && f.text("SELECT count(*) FROM "+r.Rollup.Name) != "0" {
						t.Errorf("%s did not begin anew", r.Rollup.Name)
					}
				}
			}
		})
	}
	f := newFixture(t)
	wantError(t, f.Drop(bg, "lattency"), nil, `cannot drop rollup lattency from store`, `it has no rollup "lattency"; did you mean "latency"?`)
	if err := f.Drop(bg, "latency"); err != nil {
		t.Fatal(err)
	}
	wantError(t, f.Drop(bg, "latency"), nil, `it has no rollup "latency"`)
	if got := f.register(f.rollup)[0].Cohorts[0].Rollups[0]; got.ID != 2 || got.Table != "windrow_state_2" {
		t.Errorf("an id was given twice: %+v", got)
	}
	f.intact()
}

// What a killed Drop leaves is not to be seen, does not stop others, and goes
// in several short transactions.
func TestDropResumes(t *testing.T) {
	const rows = 5000
	finish := map[string]func(*fixture) error{
		"register": func(f *fixture) error {
			_, err := f.Register(bg, pipeline(testRollup("b", f.rollup.Stream)), RegisterOptions{})
			return err
		},
		"drop": func(f *fixture) error {
			f.register(f.rollup, testRollup("b", f.rollup.Stream)) // under its old name again
			return f.Drop(bg, "latency")
		},
	}
	for name, finish := range finish {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			b := testRollup("b", f.rollup.Stream)
			f.commitAll(f.register(f.rollup, b)[0].Cohorts[0], 0, 10)
			f.fill(f.cohort.Rollups[0], rows)
			cohort := f.register(b)[0].Cohorts[0]
			if err := f.dropRow(bg, "drop", "latency"); err != nil {
				t.Fatal(err)
			}
			transactions := 0
			for f.text("SELECT count(*) FROM windrow_quarantine_data") == fmt.Sprint(rows) {
				if more, err := f.Sweep(bg); err != nil || !more {
					t.Fatal(more, err)
				}
				transactions++
				f.commitAll(cohort, int64(10*transactions), int64(10*transactions+10))
			}
			if got := f.text("SELECT count(*) FROM sqlite_schema WHERE name = 'latency'"); got != "0" {
				t.Error("a half dropped rollup can be read")
			}
			if got := f.text("SELECT (SELECT group_concat(name) FROM windrow_rollups) || (SELECT count(*) FROM windrow_quarantine)"); got != "b0" {
				t.Errorf("a half dropped rollup is shown: %s", got)
			}
			if got := f.leftovers(); got == "0 0 0 0 0" {
				t.Error("all went at once")
			}
			if err := finish(f); err != nil {
				t.Fatal(err)
			}
			if got := f.leftovers(); got != "0 0 0 0 0" {
				t.Errorf("leftovers %s", got)
			}
			if more, err := f.Sweep(bg); err != nil || more {
				t.Error("there is more to do", err)
			}
			f.intact()
		})
	}
}
