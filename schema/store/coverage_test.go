package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema/value"
)

// adds checks that of every rollup the records of its cohort's ranges are
// absorbed, or noted as missing.
func (f *fixture) adds() {
	f.Helper()
	bad := f.text(`SELECT coalesce(group_concat(r.name), '') FROM windrow_rollup_data r WHERE r.absorbed + r.filtered + r.quarantined + r.expired
		+ (SELECT coalesce(sum(records), 0) FROM windrow_coverage_data WHERE rollup = r.id)
		<> (SELECT coalesce(sum(records), 0) FROM windrow_range_data WHERE cohort = r.cohort)`)
	if bad != "" {
		f.Errorf("the counters of %s do not add up", bad)
	}
}

const (
	coverageText = "SELECT coalesce(group_concat(rollup || ' ' || path || ' ' || bytes || ' ' || records, '; '), '') FROM windrow_coverage"
	completeText = "SELECT group_concat(name || ' ' || coalesce(complete_from, 'complete'), '; ') FROM windrow_rollups"
)

// A new rollup lacks what others had of a file that is gone; it says so, and
// joins them when it has the rest.
func TestCoverageOfNewRollup(t *testing.T) {
	f := newFixture(t)
	b := testRollup("b", f.rollup.Stream)
	f.addSplits("b.ndjson", "c.ndjson")
	for i := range int64(3) {
		f.commitAt(f.cohort, i+1, 0, 10, i)
	}
	f.gone(1)
	refs := f.rebuild(RegisterOptions{}, f.rollup, b)
	if got := f.text(coverageText); got != "b a.ndjson 10 10" {
		t.Error(got)
	}
	if got := f.text(completeText); got != "latency complete; b 2026-03-01 00:01:00" {
		t.Error(got)
	}
	f.adds()
	next := refs[0].Cohorts[1]
	f.commitAt(next, 2, 0, 10, 1)
	f.commitAt(next, 3, 0, 4, 2)
	f.gone(3) // while b was at it
	f.rebuild(RegisterOptions{}, f.rollup, b)
	if got := f.text(coverageText); got != "b a.ndjson 10 10; b c.ndjson 6 6" {
		t.Error(got)
	}
	if got := f.text(completeText); got != "latency complete; b 2026-03-01 00:03:00" {
		t.Error(got)
	}
	if got := f.rollups(); got != "latency 1 in 1; b 2 in 1" {
		t.Error(got)
	}
	f.adds()
	before := f.text(coverageText)
	f.rebuild(RegisterOptions{}, f.rollup, b)
	if got := f.text(coverageText); got != before {
		t.Errorf("noted twice: %s", got)
	}
	f.intact()
}

// Each of two cohorts lacks something of the other.
func TestCoverageBothWays(t *testing.T) {
	f := newFixture(t)
	b := testRollup("b", f.rollup.Stream)
	f.addSplits("b.ndjson", "c.ndjson")
	f.commitAt(f.cohort, 1, 0, 10, 0)
	f.commitAt(f.cohort, 1, 30, 40, 5)
	next := f.rebuild(RegisterOptions{}, f.rollup, b)[0].Cohorts[1]
	f.commitAt(next, 1, 0, 20, 1)
	f.commitAt(next, 2, 0, 10, 2)
	f.gone(1)
	f.gone(2)
	f.rebuild(RegisterOptions{}, f.rollup, b)
	if got := f.text(coverageText); got != "latency a.ndjson 10 10; latency b.ndjson 10 10; b a.ndjson 10 10" {
		t.Error(got)
	}
	if got := f.text(completeText); got != "latency 2026-03-01 00:03:00; b 2026-03-01 00:06:00" {
		t.Error(got)
	}
	if got := f.rollups(); got != "latency 1 in 1; b 2 in 1" {
		t.Error(got)
	}
	f.adds()
}

// A rollup that was detached lacks what came and went meanwhile.
func TestCoverageAfterDetached(t *testing.T) {
	f := newFixture(t)
	b := testRollup("b", f.rollup.Stream)
	c := f.rebuild(RegisterOptions{}, f.rollup, b)[0].Cohorts[0]
	f.commitAt(c, 1, 0, 10, 0)
	c = f.rebuild(RegisterOptions{}, f.rollup)[0].Cohorts[0]
	f.addSplits("b.ndjson", "c.ndjson")
	f.commitAt(c, 2, 0, 10, 1)
	f.commitAt(c, 3, 0, 10, 2)
	f.gone(2)
	if got := f.text(coverageText); got != "" {
		t.Errorf("coverage of what may still come: %s", got)
	}
	refs := f.rebuild(RegisterOptions{}, f.rollup, b)
	if got := f.text(coverageText); got != "b b.ndjson 10 10" {
		t.Error(got)
	}
	if got := cohortsOf(refs); got != "1: latency; 2: b; " {
		t.Error(got)
	}
	f.adds()
}

// without leaves the bytes that nobody has, and all counters.
func TestWithoutLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := Range{Split: 1, Lo: 10, Hi: 60, Records: 100, Late: 50, Future: 20, MaxTime: 7}
		cuts := rapid.SliceOfNDistinct(rapid.Int64Range(0, 70), 0, 8, rapid.ID).Draw(t, "cuts")
		var have []Range
		covered := map[int64]bool{}
		var records int64
		inside := true
		for i := 0; i+1 < len(cuts); i += 2 {
			h := Range{Split: 1, Lo: min(cuts[i], cuts[i+1]), Hi: max(cuts[i], cuts[i+1]), Records: 3}
			if len(have) > 0 && h.Lo <= have[len(have)-1].Hi || h.Lo >= 60 || h.Hi <= 10 {
				continue
			}
			inside = inside && h.Lo >= 10 && h.Hi <= 60
			have = append(have, h)
			records += 3
			for b := h.Lo; b < h.Hi; b++ {
				covered[b] = true
			}
		}
		gaps := whole.without(have)
		filled := map[int64]bool{}
		greatest := noTime
		for _, g := range gaps {
			for b := g.Lo; b < g.Hi; b++ {
				filled[b] = true
			}
			records += g.Records
			greatest = max(greatest, g.MaxTime)
		}
		for b := int64(10); b < 60; b++ {
			if filled[b] == covered[b] {
				t.Fatalf("byte %d: missing %v, there %v", b, filled[b], covered[b])
			}
		}
		if len(gaps) > 0 && (inside && records != 100 || greatest != value.Time(7)) {
			t.Fatalf("%d records, greatest time %d", records, greatest)
		}
		if d := cmp.Diff(len(gaps) > 0, len(filled) > 0); d != "" {
			t.Fatal(d)
		}
	})
}
