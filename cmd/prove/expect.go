package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// expectation is what a store must hold that has absorbed certain records. It
// grows with them, so that no record is looked at twice however often the
// store is.
type expectation struct {
	parts   []part            // by rollup
	seen    map[string][]span // what it holds of each file
	rejects []string          // "rollup file offset", in no order
	newest  int64             // greatest event time, microseconds
}

// part is what is expected of one rollup.
type part struct {
	groups map[groupKey]*sums
	rows   map[string]*sums // by the columns of the view that tell rows apart
	counts counts
}

type groupKey struct{ start, key int64 }

func newExpectation() *expectation {
	e := &expectation{seen: map[string][]span{}}
	for range batchRollups {
		e.parts = append(e.parts, part{groups: map[groupKey]*sums{}, rows: map[string]*sums{}})
	}
	return e
}

// take adds the records of a file that begin in the spans, which are those of
// the last call or more.
func (e *expectation) take(f *loadFile, spans []span) {
	for _, s := range without(spans, e.seen[f.name]) {
		for _, r := range f.within(s) {
			e.add(f, &r)
		}
	}
	e.seen[f.name] = slices.Clone(spans)
}

func (e *expectation) add(f *loadFile, r *record) {
	for i := range batchRollups {
		b, p := &batchRollups[i], &e.parts[i]
		switch {
		case !b.usable(r):
			p.counts.quarantined++
			e.rejects = append(e.rejects, reject(b.name, f.name, r.offset))
			continue
		case b.where != nil && !b.where(r):
			p.counts.filtered++
			continue
		}
		p.counts.absorbed++
		e.newest = max(e.newest, r.ts)
		p.group(b, r).add(r)
	}
}

func (p *part) group(b *batchRollup, r *record) *sums {
	g := groupKey{r.ts - r.ts%b.size, b.key(r)}
	s := p.groups[g]
	if s == nil {
		s = &sums{key: g.key, start: b.window(g.start)}
		p.groups[g] = s
	}
	return s
}

// within returns the records that begin in a span.
func (f *loadFile) within(s span) []record {
	find := func(at int64) int {
		i, _ := slices.BinarySearchFunc(f.records, at, func(r record, at int64) int { return cmp.Compare(r.offset, at) })
		return i
	}
	return f.records[find(s.lo):find(s.hi)]
}

// without returns the parts of spans that are in none of the others. Both are
// ascending.
func without(spans, others []span) []span {
	var left []span
	for _, s := range spans {
		for _, o := range others {
			if o.hi <= s.lo || o.lo >= s.hi {
				continue
			}
			if o.lo > s.lo {
				left = append(left, span{lo: s.lo, hi: o.lo})
			}
			s.lo = min(o.hi, s.hi)
		}
		if s.lo < s.hi {
			left = append(left, s)
		}
	}
	return left
}

// compare holds what a store says of a rollup against what is expected.
func (e *expectation) compare(i int, v *viewed) error {
	b, p := &batchRollups[i], &e.parts[i]
	got := v.counts
	if got.absorbed += got.expired; b.retain == 0 && got.expired > 0 {
		return violated("guarantee", "rollup %s: %d records have expired without a retention", b.name, got.expired)
	}
	if got.expired = 0; got != p.counts {
		return violated("guarantee", "rollup %s: absorbed with expired, filtered, quarantined are %v, not %v", b.name, got, p.counts)
	}
	if v.horizon != "" && v.horizon > b.window(e.newest-b.retain) {
		return violated("guarantee", "rollup %s: the horizon is %s, and the greatest event time %s", b.name, v.horizon, time.UnixMicro(e.newest).UTC())
	}
	if diff := p.differ(b, v); diff != "" {
		return violated("guarantee", "rollup %s is not the GROUP BY over what is absorbed: %s", b.name, diff)
	}
	return nil
}

// differ names the first difference between a view and what is expected of it
// at or above the horizon, "" if there is none.
func (p *part) differ(b *batchRollup, v *viewed) string {
	for g, s := range p.groups {
		if s.spelled == nil {
			s.spelled = append([]any{s.start}, b.row(s)...)
			p.rows[spellRow(s.spelled[:b.keys])] = s
		}
		if s.start < v.horizon { // never to come back
			delete(p.groups, g)
			delete(p.rows, spellRow(s.spelled[:b.keys]))
		}
	}
	for _, row := range v.rows {
		s := p.rows[spellRow(row[:b.keys])]
		if s == nil {
			return "the row should not be there: " + spellRow(row)
		}
		for c := range s.spelled {
			if !same(row[c], s.spelled[c], 0) {
				return fmt.Sprintf("%s is not as it should be\n  got  %s\n  want %s", v.names[c], spellRow(row), spellRow(s.spelled))
			}
		}
	}
	if len(v.rows) != len(p.rows) {
		return p.missing(b, v.rows)
	}
	return ""
}

// missing spells a row that is expected and is not among rows.
func (p *part) missing(b *batchRollup, rows [][]any) string {
	there := map[string]bool{}
	for _, row := range rows {
		there[spellRow(row[:b.keys])] = true
	}
	for key, s := range p.rows {
		if !there[key] {
			return "the row is missing: " + spellRow(s.spelled)
		}
	}
	return "a row stands twice"
}
