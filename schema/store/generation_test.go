package store

import (
	"errors"
	"fmt"
	"testing"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/window"
)

// hour is another window than that of the test rollups.
var hour = func() window.Window {
	w, err := window.Find("TUMBLE").New([]window.Span{{N: 1, Unit: window.Hour}})
	if err != nil {
		panic(err)
	}
	return w
}()

// version is the test rollup under its nth definition: n is counted in the
// column n1, n2, ...
func version(name string, s *schema.Stream, n int) *schema.Rollup {
	r := testRollup(name, s)
	r.Identity[31] ^= byte(n)
	r.Text += fmt.Sprint(" ", n)
	r.Output[3].Name = fmt.Sprint("n", n)
	return r
}

// rollups shows what the store has: names, ids, cohorts and what they replace.
func (f *fixture) rollups() string {
	f.Helper()
	return f.text(`SELECT coalesce(group_concat(name || ' ' || id || ' in ' || cohort || iif(attached, '', ' detached') || coalesce(' for ' || replaces, ''), '; '), '')
		FROM (SELECT * FROM windrow_rollups ORDER BY id)`)
}

func (f *fixture) rebuild(o RegisterOptions, rollups ...*schema.Rollup) []Ref {
	f.Helper()
	refs := must(f.Register(bg, pipeline(rollups...), o))(f)
	f.refsMatch(refs)
	return refs
}

// commitAt commits one row per rollup of the cohort, in the window of a minute.
func (f *fixture) commitAt(c Cohort, split, lo, hi, minute int64) {
	f.Helper()
	commit := &Commit{Epoch: f.epoch, Cohort: c.ID, Ranges: []Range{{Split: split, Lo: lo, Hi: hi, MaxTime: at(minute), Records: hi - lo}}}
	for _, r := range c.Rollups {
		rows := newRows(r.Rollup, map[key]state{{at(minute), "a", ""}: one(hi - lo)})
		commit.Rollups = append(commit.Rollups, RollupCommit{RollupRef: r, Rows: rows, Absorbed: hi - lo})
	}
	if err := f.Commit(bg, commit); err != nil {
		f.Fatal(err)
	}
}

// gone marks a split whose file is no more.
func (f *fixture) gone(split int64) {
	f.Helper()
	splits := must(f.Splits(bg, f.ref.ID))(f)
	p := splits[split-1]
	p.Gone, p.Ended = true, true
	if err := f.UpdateSplits(bg, f.epoch, []Split{p}); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) addSplits(names ...string) {
	f.Helper()
	for _, n := range names {
		must(f.AddSplits(bg, f.epoch, f.ref.ID, []Split{{Path: n, Size: 1000}}))(f)
	}
}

func TestRebuildSwitches(t *testing.T) {
	f := newFixture(t)
	other := testRollup("other", f.rollup.Stream)
	refs := f.rebuild(RegisterOptions{}, f.rollup, other)
	f.commitAll(refs[0].Cohorts[0], 0, 10)
	changed := version("LATENCY", f.rollup.Stream, 2)
	refs = f.rebuild(RegisterOptions{Rebuild: []string{"latency"}}, changed, other)
	if got := f.rollups(); got != "latency 1 in 3 detached; other 2 in 1; LATENCY (rebuild) 3 in 2 for latency" {
		t.Fatal(got)
	}
	if got := cohortsOf(refs); got != "2: LATENCY; 1: other; " {
		t.Fatal(got)
	}
	next := refs[0].Cohorts[0]
	f.commitAll(refs[0].Cohorts[1], 10, 40) // other goes on, latency is frozen
	f.commitAll(next, 0, 4)
	f.commitAll(next, 5, 10)
	if got := f.text("SELECT n FROM latency") + " " + f.text(`SELECT n2 FROM "latency (rebuild)"`); got != "10 9" {
		t.Errorf("n and n2 are %s", got)
	}
	if got := must(f.Switch(bg, f.epoch))(t); len(got) != 0 {
		t.Fatalf("%v switched, which lacks a byte", got)
	}
	f.commitAll(next, 4, 5)
	if _, err := f.Switch(bg, f.epoch-1); !errors.Is(err, ErrFenced) {
		t.Errorf("an older run switched: %v", err)
	}
	if got := must(f.Switch(bg, f.epoch))(t); len(got) != 1 || got[0] != "LATENCY" {
		t.Fatalf("%v switched", got)
	}
	f.refsMatch(refs)
	if got := f.rollups(); got != "other 2 in 1; LATENCY 3 in 2" {
		t.Fatal(got)
	}
	if got := f.text("SELECT n2 FROM latency"); got != "10" {
		t.Errorf("n2 = %s", got)
	}
	if err := f.sweepAll(bg, "clean"); err != nil { // Switch does so for a short time only
		t.Fatal(err)
	}
	const names = "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE name LIKE 'windrow_state%' OR name LIKE 'latency%' ORDER BY name)"
	if got := f.text(names); got != "LATENCY,windrow_state_2,windrow_state_3" {
		t.Error(got)
	}
	if got := f.text("SELECT group_concat(id) FROM windrow_cohorts"); got != "1,2" {
		t.Errorf("cohorts %s", got)
	}
	// It goes on with the refs it had, and then together with the other.
	f.commitAll(next, 10, 40)
	refs = f.rebuild(RegisterOptions{}, changed, other)
	if got := cohortsOf(refs); got != "1: LATENCY other; " {
		t.Error(got)
	}
	f.intact()
}

func TestRebuildCases(t *testing.T) {
	rebuild := RegisterOptions{Rebuild: []string{"latency"}}
	type step struct {
		version int
		options RegisterOptions
		want    string
	}
	const begun = "latency 1 in 1 detached; latency (rebuild) 2 in 2 for latency"
	tests := []struct {
		name  string
		steps []step
	}{
		{"of an unchanged definition", []step{{0, rebuild, begun}, {0, RegisterOptions{}, begun}}},
		{"goes on without being named", []step{{2, rebuild, begun}, {2, RegisterOptions{}, begun}}},
		{"begins again", []step{{2, rebuild, begun}, {2, rebuild, "latency 1 in 1 detached; latency (rebuild) 3 in 3 for latency"}}},
		{"begins again with a third definition", []step{{2, rebuild, begun}, {3, rebuild, "latency 1 in 1 detached; latency (rebuild) 3 in 3 for latency"}}},
		{"is given up", []step{{2, rebuild, begun}, {0, RegisterOptions{}, "latency 1 in 1"}}},
		{"is given up and begun again", []step{{2, rebuild, begun}, {0, RegisterOptions{}, "latency 1 in 1"},
			{2, rebuild, "latency 1 in 1 detached; latency (rebuild) 3 in 2 for latency"}}},
		{"of a new one", []step{{0, RegisterOptions{Rebuild: []string{"OTHER", "Latency"}}, "latency 1 in 1 detached; other 2 in 2; latency (rebuild) 3 in 2 for latency"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			f.commitAll(f.cohort, 0, 10)
			for i, s := range tt.steps {
				rollups := []*schema.Rollup{version("latency", f.rollup.Stream, s.version)}
				if len(s.options.Rebuild) > 1 {
					rollups = append([]*schema.Rollup{testRollup("other", f.rollup.Stream)}, rollups...)
				}
				refs := f.rebuild(s.options, rollups...)
				if got := f.rollups(); got != s.want {
					t.Errorf("step %d: %s\nwant %s", i, got, s.want)
				}
				for _, c := range refs[0].Cohorts {
					f.commitAll(c, int64(100*i), int64(100*i+1))
				}
				if got := f.text("SELECT max(n) >= 10 FROM windrow_state_1"); got != "1" {
					t.Errorf("step %d: the old states are gone", i)
				}
			}
			f.intact()
		})
	}
}

// A rollup that is taken out of the definitions during a rebuild, and put back.
func TestRebuildDetached(t *testing.T) {
	f := newFixture(t)
	other := testRollup("other", f.rollup.Stream)
	f.commitAll(f.rebuild(RegisterOptions{}, f.rollup, other)[0].Cohorts[0], 0, 10)
	changed := version("latency", f.rollup.Stream, 2)
	refs := f.rebuild(RegisterOptions{Rebuild: []string{"latency"}}, changed, other)
	f.commitAll(refs[0].Cohorts[0], 0, 4)
	refs = f.rebuild(RegisterOptions{}, other)
	if got := cohortsOf(refs); got != "1: other; " {
		t.Error(got)
	}
	if got := must(f.Switch(bg, f.epoch))(t); len(got) != 0 {
		t.Errorf("a detached one switched")
	}
	refs = f.rebuild(RegisterOptions{}, changed, other)
	f.commitAll(refs[0].Cohorts[0], 4, 10)
	if got := must(f.Switch(bg, f.epoch))(t); len(got) != 1 {
		t.Errorf("%v switched", got)
	}
	if got := f.text("SELECT n2 FROM latency"); got != "10" {
		t.Error(got)
	}
	f.intact()
}

func TestRebuildRefuses(t *testing.T) {
	f := newFixture(t)
	f.commitAll(f.cohort, 0, 10)
	changed := version("latency", f.rollup.Stream, 2)
	elsewhere := testRollup("latency", testStream("other"))
	tests := []struct {
		name   string
		rollup *schema.Rollup
		names  []string
		parts  []string
	}{
		{"a name that is not defined", changed, []string{"latncy"}, []string{`no rollup "latncy"`, "among the definitions", `did you mean "latency"?`}},
		{"a name like none", changed, []string{"nonsense"}, []string{`no rollup "nonsense"`}},
		{"without being named", changed, nil, []string{"rollup latency has changed", "--rebuild latency"}},
		{"of another stream", elsewhere, []string{"latency"}, []string{"rollup latency has changed", "another stream"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := pipeline(tt.rollup)
			if tt.rollup == elsewhere {
				p.Streams = append(p.Streams, f.rollup.Stream)
			}
			_, err := f.Register(bg, p, RegisterOptions{Rebuild: tt.names})
			wantError(t, err, nil, tt.parts...)
			if got := f.rollups(); got != "latency 1 in 1" {
				t.Error(got)
			}
		})
	}
	// A third definition while a rebuild to the second one is under way.
	f.rebuild(RegisterOptions{Rebuild: []string{"latency"}}, changed)
	_, err := f.Register(bg, pipeline(version("latency", f.rollup.Stream, 3)), RegisterOptions{})
	wantError(t, err, nil, "rollup latency has changed", "--rebuild latency")
}

func TestRebuildDiscards(t *testing.T) {
	f := newFixture(t)
	b := testRollup("b", f.rollup.Stream)
	c := f.rebuild(RegisterOptions{}, f.rollup, b)[0].Cohorts[0]
	f.addSplits("b.ndjson", "c.ndjson")
	for minute := range int64(6) { // split 1: minutes 0, 3; split 2: 1, 4; split 3: 2, 5
		f.commitAt(c, 1+minute%3, minute*10, minute*10+10, minute)
	}
	f.gone(1)
	rebuild := RegisterOptions{Rebuild: []string{"latency", "b"}}
	changed := []*schema.Rollup{version("latency", f.rollup.Stream, 2), b}
	_, err := f.Register(bg, pipeline(changed...), rebuild)
	wantError(t, err, nil, "4 windows of latency (up to 2026-03-01 00:03:00) and 4 windows of b", "add --discard 8")
	rebuild.Discard = 7
	_, err = f.Register(bg, pipeline(changed...), rebuild)
	wantError(t, err, nil, "add --discard 8")
	if got := f.rollups(); got != "latency 1 in 1; b 2 in 1" {
		t.Error(got)
	}
	rebuild.Discard = 8
	f.rebuild(rebuild, changed...)
	const coverage = "SELECT group_concat(rollup || ' ' || path || ' ' || bytes || ' ' || records, '; ') FROM windrow_coverage"
	if got := f.text(coverage); got != "latency (rebuild) a.ndjson 20 20; b (rebuild) a.ndjson 20 20" {
		t.Error(got)
	}
	// It goes on without --discard.
	refs := f.rebuild(RegisterOptions{}, changed...)
	next := refs[0].Cohorts[0]
	for _, minute := range []int64{1, 4, 2, 5} {
		f.commitAt(next, 1+minute%3, minute*10, minute*10+10, minute)
	}
	if got := must(f.Switch(bg, f.epoch))(t); len(got) != 2 {
		t.Fatalf("%v switched", got)
	}
	if got := f.text(coverage); got != "latency a.ndjson 20 20; b a.ndjson 20 20" {
		t.Error(got)
	}
	if got := f.text("SELECT group_concat(name || ' ' || complete_from || ' ' || absorbed, '; ') FROM windrow_rollups"); got != "latency 2026-03-01 00:04:00 40; b 2026-03-01 00:04:00 40" {
		t.Error(got)
	}
	// What the old one never had is not lost by the next rebuild.
	f.rebuild(rebuild.without(), changed...)
	f.intact()
}

func (o RegisterOptions) without() RegisterOptions { o.Discard = 0; return o }

// The windows that were final stay so, in the windows of the new definition.
func TestSwitchKeepsFinal(t *testing.T) {
	f := newFixture(t)
	f.commitAt(f.cohort, 1, 0, 1000, 90)
	if err := f.FinishOnce(bg, f.epoch, 1, true); err != nil {
		t.Fatal(err)
	}
	hourly := version("latency", f.rollup.Stream, 2)
	hourly.Window = hour
	refs := f.rebuild(RegisterOptions{Rebuild: []string{"latency"}}, hourly)
	c := &Commit{Epoch: f.epoch, Cohort: refs[0].Cohorts[0].ID, Ranges: []Range{{Split: 1, Lo: 0, Hi: 1000, MaxTime: noTime}},
		Rollups: []RollupCommit{{RollupRef: refs[0].Cohorts[0].Rollups[0]}}}
	if err := f.Commit(bg, c); err != nil {
		t.Fatal(err)
	}
	if got := must(f.Switch(bg, f.epoch))(t); len(got) != 1 {
		t.Fatalf("%v switched", got)
	}
	if got := f.text("SELECT watermark || ' ' || final_before FROM windrow_rollups"); got != "2026-03-01 01:30:00 2026-03-01 01:00:00" {
		t.Error(got)
	}
}
