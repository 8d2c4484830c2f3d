package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/windrow/windrow/schema"
)

// cohortsOf shows which rollups share progress.
func cohortsOf(refs []Ref) string {
	text := ""
	for _, r := range refs {
		for _, c := range r.Cohorts {
			text += fmt.Sprintf("%d:", c.ID)
			for _, ru := range c.Rollups {
				text += " " + ru.Rollup.Name
			}
			text += "; "
		}
	}
	return text
}

func (f *fixture) register(rollups ...*schema.Rollup) []Ref {
	f.Helper()
	return must(f.Register(bg, pipeline(rollups...), RegisterOptions{}))(f)
}

func (f *fixture) commitAll(c Cohort, lo, hi int64) {
	f.Helper()
	commit := &Commit{Epoch: f.epoch, Cohort: c.ID, Ranges: []Range{{Split: 1, Lo: lo, Hi: hi, MaxTime: noTime, Records: hi - lo}}}
	for _, r := range c.Rollups {
		rows := newRows(r.Rollup, map[key]state{keyA: one(hi - lo)})
		commit.Rollups = append(commit.Rollups, RollupCommit{RollupRef: r, Rows: rows, Absorbed: hi - lo})
	}
	if err := f.Commit(bg, commit); err != nil {
		f.Fatal(err)
	}
}

func TestRegisterCohorts(t *testing.T) {
	f := newFixture(t)
	a := f.rollup
	b, c := testRollup("b", a.Stream), testRollup("c", a.Stream)
	check := func(want string, rollups ...*schema.Rollup) []Ref {
		t.Helper()
		refs := f.register(rollups...)
		if got := cohortsOf(refs); got != want {
			t.Errorf("cohorts %s, want %s", got, want)
		}
		f.intact()
		return refs
	}
	check("1: latency; ", a)
	refs := check("1: latency b; ", a, b)
	f.commitAll(refs[0].Cohorts[0], 0, 10)
	refs = check("1: latency b; 2: c; ", a, b, c)
	f.commitAll(refs[0].Cohorts[1], 0, 4)
	check("1: latency b; 2: c; ", a, b, c)
	f.commitAll(refs[0].Cohorts[1], 4, 10)
	check("1: latency b c; ", a, b, c) // c has caught up
	// b goes; what comes meanwhile it gets when it is back.
	refs = check("1: latency c; ", a, c)
	f.commitAll(refs[0].Cohorts[0], 10, 30)
	if got := f.text("SELECT group_concat(name || ' ' || attached, ', ') FROM (SELECT * FROM windrow_rollups ORDER BY name)"); got != "b 0, c 1, latency 1" {
		t.Error(got)
	}
	refs = check("1: latency c; 2: b; ", a, b, c)
	f.commitAll(refs[0].Cohorts[1], 10, 30)
	check("1: latency b c; ", a, b, c)
	for _, name := range []string{"latency", "b", "c"} {
		if got := f.text("SELECT n FROM " + name); got != "30" {
			t.Errorf("%s: n = %s, want 30", name, got)
		}
	}
}

func TestRegisterAgain(t *testing.T) {
	f := newFixture(t)
	if err := f.Commit(bg, f.commitOf(0, 10, map[key]state{keyA: one(3)})); err != nil {
		t.Fatal(err)
	}
	before := f.text("PRAGMA schema_version")
	again := f.register(f.rollup)
	if d := cmp.Diff(f.ref.Cohorts, again[0].Cohorts, cmp.Comparer(func(a, b *schema.Rollup) bool { return a == b })); d != "" {
		t.Error(d)
	}
	if got := f.text("PRAGMA schema_version"); got != before {
		t.Error("the schema was changed for nothing")
	}
	renamed := testRollup("Latency", f.rollup.Stream) // names are case-insensitive
	renamed.Identity = f.rollup.Identity
	renamed.Text = "new text"
	renamed.Output = renamed.Output[:4]
	renamed.Output[3].Name = "events"
	f.register(renamed)
	if got := f.text("SELECT events FROM latency"); got != "3" {
		t.Errorf("events = %s", got)
	}
	if got := f.text("SELECT name || definition FROM windrow_rollups"); got != "Latencynew text" {
		t.Error(got)
	}
}

// refsMatch checks that the store knows the cohorts that Register gave last.
func (f *fixture) refsMatch(refs []Ref) {
	f.Helper()
	want := map[int64][]RollupRef{}
	for _, r := range refs {
		for _, c := range r.Cohorts {
			want[c.ID] = c.Rollups
		}
	}
	if d := cmp.Diff(want, f.refs, cmp.Comparer(func(a, b *schema.Rollup) bool { return a == b })); d != "" {
		f.Errorf("refs: %s", d)
	}
}

// A run takes other definitions without a new epoch: its workers go on with
// the refs that it has then.
func TestRegisterWithinRun(t *testing.T) {
	f := newFixture(t)
	a, b := f.rollup, testRollup("b", f.rollup.Stream)
	f.commitAll(f.cohort, 0, 10)
	refs := f.register(a, b)
	f.refsMatch(refs)
	if got := cohortsOf(refs); got != "1: latency; 2: b; " {
		t.Fatalf("cohorts %s", got)
	}
	f.commitAll(refs[0].Cohorts[1], 0, 7)
	f.commitAll(refs[0].Cohorts[0], 10, 20)
	f.commitAll(refs[0].Cohorts[1], 7, 20)
	joined := f.register(a, b)
	f.refsMatch(joined)
	if got := cohortsOf(joined); got != "1: latency b; " {
		t.Fatalf("cohorts %s", got)
	}
	f.commitAll(joined[0].Cohorts[0], 20, 30)
	if err := f.FinishOnce(bg, f.epoch, 2, false); err == nil {
		t.Error("the store still knows a cohort that was joined")
	}
	// A mistake in new definitions changes nothing.
	changed := testRollup("b", a.Stream)
	changed.Identity[0]++
	if _, err := f.Register(bg, pipeline(a, changed), RegisterOptions{}); err == nil {
		t.Error("no error")
	}
	f.refsMatch(joined)
	f.commitAll(joined[0].Cohorts[0], 30, 40)
	// b goes and comes back.
	f.refsMatch(f.register(a))
	f.commitAll(f.cohort, 40, 50)
	refs = f.register(a, b)
	f.refsMatch(refs)
	f.commitAll(refs[0].Cohorts[1], 40, 50)
	f.refsMatch(f.register(a, b))
	for _, name := range []string{"latency", "b"} {
		if got := f.text("SELECT n FROM " + name); got != "50" {
			t.Errorf("%s: n = %s, want 50", name, got)
		}
	}
	f.intact()
}

// The watermark of a joined cohort is that of the one ahead, and so is what is
// final.
func TestJoinKeepsWatermark(t *testing.T) {
	f := newFixture(t)
	b := testRollup("b", f.rollup.Stream)
	if err := update(1, func(p *Split) { p.Size = 600 })(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(bg, f.commitOf(0, 600, nil)); err != nil {
		t.Fatal(err)
	}
	if err := f.FinishOnce(bg, f.epoch, 1, false); err != nil {
		t.Fatal(err)
	}
	refs := f.register(f.rollup, b)
	c := &Commit{Epoch: f.epoch, Cohort: 2, Ranges: []Range{{Split: 1, Lo: 0, Hi: 600, MaxTime: seconds(600)}},
		Rollups: []RollupCommit{{RollupRef: refs[0].Cohorts[1].Rollups[0]}}}
	if err := f.Commit(bg, c); err != nil {
		t.Fatal(err)
	}
	const labels = "SELECT group_concat(name || ' ' || watermark || ' ' || final_before, '; ') FROM windrow_rollups"
	if got := f.text(labels); got != "latency 2026-03-01 00:10:00 2026-03-01 00:10:00; b 2026-03-01 00:09:55 2026-03-01 00:09:00" {
		t.Error(got)
	}
	f.register(f.rollup, b)
	if got := f.text(labels); got != "latency 2026-03-01 00:10:00 2026-03-01 00:10:00; b 2026-03-01 00:10:00 2026-03-01 00:10:00" {
		t.Error(got)
	}
	if got := f.text("SELECT newest FROM windrow_cohorts"); got != fmt.Sprint(int64(seconds(600))) {
		t.Errorf("newest %s", got)
	}
}

func TestRetentionIsStored(t *testing.T) {
	f := newFixture(t)
	again := *f.rollup
	again.Retention = time.Hour
	for _, r := range []*schema.Rollup{&again, f.rollup} {
		f.register(r)
		if got := f.text("SELECT retention FROM windrow_rollup_data"); got != fmt.Sprint(r.Retention.Microseconds()) {
			t.Errorf("retention %s, want %v", got, r.Retention)
		}
	}
}

func TestRegisterRefuses(t *testing.T) {
	f := newFixture(t)
	if err := f.Commit(bg, f.commitOf(0, 10, map[key]state{keyA: one(3)})); err != nil {
		t.Fatal(err)
	}
	s := f.rollup.Stream
	change := func(r *schema.Rollup, f func(*schema.Rollup)) *schema.Rollup { f(r); return r }
	changed := change(testRollup("latency", s), func(r *schema.Rollup) { r.Identity[0]++ })
	moved := change(testRollup("latency", testStream("other")), func(r *schema.Rollup) { r.Identity = f.rollup.Identity })
	view := func(sql string) *schema.Rollup {
		return change(testRollup("x", s), func(r *schema.Rollup) { r.Output[0].Expr.SQL = sql })
	}
	tests := []struct {
		name  string
		p     *schema.Pipeline
		parts []string
	}{
		{"other streams", pipeline(testRollup("x", testStream("elsewhere"))), []string{"other streams (requests)", "another --store"}},
		{"changed", pipeline(changed), []string{"rollup latency has changed", "another name", "--rebuild latency", "another --store"}},
		{"another stream", &schema.Pipeline{Streams: []*schema.Stream{s, moved.Stream}, Rollups: []*schema.Rollup{moved}}, []string{"rollup latency has changed", "for another stream", "windrow drop"}},
		{"unknown column in the view", pipeline(f.rollup, view(`"nope"`)), []string{"rollup x", "rollup x: no such column: \"nope\""}},
		{"unknown function in the view", pipeline(f.rollup, view(`nope(1)`)), []string{"rollup x", "rollup x: no such function: nope"}},
		{"syntax in the view", pipeline(f.rollup, view(`1 +`)), []string{"rollup x", "syntax error"}},
		{"our names", pipeline(f.rollup, testRollup("windrow_rollups", s)), []string{"rollup windrow_rollups", "choose another"}},
		{"a name of ours in the end", pipeline(f.rollup, testRollup("x (Rebuild)", s)), []string{"rollup x (Rebuild)", `end in " (rebuild)"`}},
		{"SQLite's names", pipeline(f.rollup, testRollup("sqlite_x", s)), []string{"rollup sqlite_x", "choose another"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := f.text("PRAGMA schema_version") + f.text("SELECT group_concat(name) FROM windrow_streams")
			_, err := f.Register(bg, tt.p, RegisterOptions{})
			wantError(t, err, nil, tt.parts...)
			var c *ChangedError
			if (tt.name == "changed" || tt.name == "another stream") != errors.As(err, &c) {
				t.Errorf("%T", err)
			}
			if after := f.text("PRAGMA schema_version") + f.text("SELECT group_concat(name) FROM windrow_streams"); after != before {
				t.Error("something was written")
			}
			f.intact()
		})
	}
	both := testRollup("b", s)
	f.register(f.rollup, both)
	other := change(testRollup("b", s), func(r *schema.Rollup) { r.Identity[0]++ })
	_, err := f.Register(bg, pipeline(changed, other), RegisterOptions{})
	wantError(t, err, nil, "rollup latency has changed", "rollup b has changed")
}

func TestSplits(t *testing.T) {
	f := newFixture(t)
	p := Split{Path: "b\xff.log", Device: 1 << 63, Inode: ^uint64(0), HeadLen: 12, Head: [32]byte{1, 2}, Generation: 3, Start: 4, Size: -1}
	added := must(f.AddSplits(bg, f.epoch, f.ref.ID, []Split{p, {Path: "c"}}))(t)
	p.Number = 2
	got := must(f.Splits(bg, f.ref.ID))(t)
	if d := cmp.Diff([]Split{f.split, p, {Number: 3, Path: "c"}}, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(got[1:], added); d != "" {
		t.Error(d)
	}
	p.Size, p.Ended, p.Path = 99, true, "renamed"
	if err := f.UpdateSplits(bg, f.epoch, []Split{p}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p, must(f.Splits(bg, f.ref.ID))(t)[1]); d != "" {
		t.Error(d)
	}
	wantError(t, f.UpdateSplits(bg, f.epoch, []Split{{Number: 77, Path: "x"}}), nil, "no split 77")
	wantError(t, f.UpdateSplits(bg, f.epoch-1, []Split{p}), ErrFenced)
	_, err := f.AddSplits(bg, f.epoch-1, f.ref.ID, []Split{p})
	wantError(t, err, ErrFenced)
	if got := f.text("SELECT group_concat(number || path) FROM windrow_splits WHERE path <> 'b'"); got != "1a.ndjson,2renamed,3c" {
		t.Error(got)
	}
}
