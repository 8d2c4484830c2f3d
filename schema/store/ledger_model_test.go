package store

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// modelReport is what the ledger must hold of one report, in plain Go.
type modelReport struct {
	ref      ReportRef
	def      ReportDef
	attached bool
	issues   []Issue // by ID
	rows     map[string]AlertRow
}

// ledgerModel drives a store and the model side by side.
type ledgerModel struct {
	*fixture
	*rapid.T
	old, now int64 // epochs: of a run before, of the run
	names    []string
	reports  map[string]*modelReport
	nextID   int64
}

var errKilled = errors.New("killed")

// Whatever two runs and people do to the ledger, in whatever order, killed in
// the middle or not: it holds what the model holds, and an older run changes
// nothing.
func TestLedgerModel(t *testing.T) {
	f := newFixture(t)
	made := 0
	rapid.Check(t, func(rt *rapid.T) {
		m := &ledgerModel{fixture: f, T: rt, now: must(f.NextEpoch(bg))(t), reports: map[string]*modelReport{}}
		for range 3 {
			made++
			m.names = append(m.names, fmt.Sprint("report ", made))
		}
		m.nextID = int64(must(f.count("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'windrow_issue_data'"))(t))
		rt.Repeat(map[string]func(*rapid.T){
			"":         m.check,
			"run":      m.run,
			"register": m.register,
			"claim":    m.claim,
			"again":    m.claim,
			"put":      m.put,
			"finish":   m.put,
			"alerts":   m.alerts,
		})
	})
	f.intact()
}

func (f *fixture) count(query string, args ...any) (n int, err error) {
	err = f.read(bg, "count", func(t *tx) error { return t.get(query, args, &n) })
	return n, err
}

// run begins a new run.
func (m *ledgerModel) run(*rapid.T) {
	m.old = m.now
	m.now = must(m.NextEpoch(bg))(m.fixture)
}

// epoch is that of the run, of the run before, or by hand.
func (m *ledgerModel) epoch(t *rapid.T) int64 {
	if m.old == 0 {
		m.run(t)
	}
	return rapid.SampledFrom([]int64{m.now, m.now, m.now, 0, m.old}).Draw(t, "epoch")
}

// write does something to the store as process of an epoch, which may be
// killed before the end. It reports whether the store has it.
func (m *ledgerModel) write(t *rapid.T, epoch int64, f func(*tx) error) bool {
	killed := rapid.IntRange(0, 4).Draw(t, "killed") == 0
	err := m.Store.write(bg, "try", func(t *tx) error {
		if err := f(t); err != nil || !killed {
			return err
		}
		return errKilled
	})
	switch {
	case epoch == m.old:
		if !errors.Is(err, ErrFenced) {
			t.Fatalf("the run before is not fenced: %v", err)
		}
	case killed != errors.Is(err, errKilled), !killed && err != nil:
		t.Fatal(err)
	}
	return err == nil
}

func (m *ledgerModel) register(t *rapid.T) {
	epoch := m.epoch(t)
	var defs []ReportDef
	for _, name := range m.names {
		if rapid.Bool().Draw(t, "defined") {
			defs = append(defs, ReportDef{Name: name, Definition: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "definition")})
		}
	}
	now := moment(t, "now")
	var refs []ReportRef
	if !m.write(t, epoch, func(tx *tx) (err error) { refs, err = tx.registerReports(epoch, defs, now); return err }) {
		return
	}
	if epoch != 0 {
		for _, r := range m.reports {
			r.attached = false
		}
	}
	for i, d := range defs {
		r := m.reports[d.Name]
		want := ReportRef{ID: refs[i].ID, Name: d.Name, Since: now}
		if r == nil {
			r = &modelReport{ref: ReportRef{ID: refs[i].ID, Name: d.Name}, def: d, rows: map[string]AlertRow{}}
			m.reports[d.Name] = r
		}
		if epoch != 0 {
			r.def, r.attached = d, true
			if r.ref.Since.IsZero() {
				r.ref.Since = now
			}
		}
		if want.Last = r.ref.Last; !r.ref.Since.IsZero() {
			want.Since = r.ref.Since
		}
		want.ID = r.ref.ID
		same(m.fixture, "ref", refs[i], want)
	}
}

// pick draws a report that there is; nil before the first.
func (m *ledgerModel) pick(t *rapid.T) *modelReport {
	names := slices.Sorted(maps.Keys(m.reports))
	if len(names) == 0 {
		return nil
	}
	return m.reports[rapid.SampledFrom(names).Draw(t, "report")]
}

func (m *ledgerModel) claim(t *rapid.T) {
	r := m.pick(t)
	if r == nil {
		return
	}
	epoch, last := m.epoch(t), slot(t, "last")
	issues := rapid.SliceOfN(rapid.Custom(anyIssue), 0, 3).Draw(t, "issues")
	var claimed []Issue
	if m.write(t, epoch, func(tx *tx) (err error) { claimed, err = tx.claim(epoch, r.ref.ID, last, issues); return err }) {
		m.claimed(r, last, issues, claimed)
	}
}

// claimed is what a claim does to the model.
func (m *ledgerModel) claimed(r *modelReport, last time.Time, issues, claimed []Issue) {
	if last.After(r.ref.Last) {
		r.ref.Last = last
	}
	for n, i := range issues {
		k := -1
		if !i.ByHand {
			k = slices.IndexFunc(r.issues, func(o Issue) bool {
				return !o.ByHand && o.Slot.Equal(i.Slot) && o.Kind == i.Kind && o.Key == i.Key && o.Revision == i.Revision
			})
		}
		if k >= 0 {
			i = r.issues[k]
		} else {
			i.ID, i.Report = max(m.nextID+1, claimed[n].ID), r.ref.ID // an id of what was rolled back may be given again
			m.nextID = i.ID
			r.issues = append(r.issues, i)
		}
		same(m.fixture, "claimed", claimed[n], i)
	}
}

func (m *ledgerModel) put(t *rapid.T) {
	r := m.pick(t)
	if r == nil || len(r.issues) == 0 {
		return
	}
	epoch := m.epoch(t)
	k := rapid.IntRange(0, len(r.issues)-1).Draw(t, "issue")
	i, was := anyIssue(t), r.issues[k]
	i.ID, i.Report = was.ID, was.Report
	if m.write(t, epoch, func(tx *tx) error { return tx.putIssue(epoch, i) }) {
		i.Slot, i.Kind, i.Key, i.Revision, i.ByHand = was.Slot, was.Kind, was.Key, was.Revision, was.ByHand
		r.issues[k] = i
	}
}

func (m *ledgerModel) alerts(t *rapid.T) {
	r := m.pick(t)
	if r == nil {
		return
	}
	epoch, last := m.epoch(t), slot(t, "last")
	rows := rapid.SliceOfNDistinct(rapid.Custom(anyAlert), 0, 3, func(a AlertRow) string { return a.Key }).Draw(t, "rows")
	events := rapid.SliceOfN(rapid.Custom(anyIssue), 0, 2).Draw(t, "events")
	var claimed []Issue
	if !m.write(t, epoch, func(tx *tx) (err error) { claimed, err = tx.putAlerts(epoch, r.ref.ID, last, rows, events); return err }) {
		return
	}
	m.claimed(r, last, events, claimed)
	clear(r.rows)
	for _, a := range rows {
		r.rows[a.Key] = a
	}
}

// check compares all that can be asked with the model.
func (m *ledgerModel) check(t *rapid.T) {
	for _, r := range m.reports {
		id := r.ref.ID
		var all []Issue
		err := m.read(bg, "read", func(tx *tx) (err error) { all, err = tx.issues("WHERE report = ? ORDER BY id", id); return err })
		if err != nil {
			t.Fatal(err)
		}
		same(m.fixture, "issues", all, r.issues)
		same(m.fixture, "unfinished", must(m.Unfinished(bg, id))(m.fixture), r.unfinished())
		since := slot(t, "since")
		same(m.fixture, "finished", must(m.Finished(bg, id, since, 2))(m.fixture), r.finished(since, 2))
		rows := slices.SortedFunc(maps.Values(r.rows), func(a, b AlertRow) int { return cmp.Compare(a.Key, b.Key) })
		same(m.fixture, "alerts", must(m.Alerts(bg, id))(m.fixture), rows)
		row := m.text(fmt.Sprint("SELECT name || attached || definition || coalesce(since, '') || '|' || coalesce(last_slot, '') FROM windrow_reports WHERE id = ", id))
		attached := 0
		if r.attached {
			attached = 1
		}
		same(m.fixture, "row", row, fmt.Sprint(r.def.Name, attached, r.def.Definition, stamp(r.ref.Since), "|", slotText(r.ref.Last)))
	}
	if m.Failed() {
		t.Fatal("differs from the model")
	}
}

func (r *modelReport) unfinished() []Issue {
	var open []Issue
	for _, i := range r.issues {
		if !i.ByHand && (i.State == IssueDue || i.State == IssueWaiting) {
			open = append(open, i)
		}
	}
	slices.SortStableFunc(open, func(a, b Issue) int { return a.Slot.Compare(b.Slot) })
	return open
}

func (r *modelReport) finished(since time.Time, limit int) []Issue {
	newest := map[string]Issue{}
	for _, i := range r.issues {
		k := slotText(i.Slot) + i.Key
		if n, ok := newest[k]; !i.ByHand && i.Kind == IssueReport && !i.Slot.Before(since) && (!ok || n.Revision < i.Revision) {
			newest[k] = i
		}
	}
	var list []Issue
	for _, i := range newest {
		if i.State == IssueDone {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b Issue) int { return b.Slot.Compare(a.Slot) })
	return list[:min(limit, len(list))]
}

// slot draws one of a few instants, some with a fraction, or none.
func slot(t *rapid.T, label string) time.Time {
	return rapid.SampledFrom([]time.Time{{}, day, day.Add(time.Minute), day.Add(500 * time.Millisecond), day.Add(24 * time.Hour)}).Draw(t, label)
}

func moment(t *rapid.T, label string) time.Time {
	return began.Add(time.Duration(rapid.IntRange(0, 10_000).Draw(t, label)) * time.Millisecond)
}

func maybeMoment(t *rapid.T, label string) time.Time {
	if rapid.Bool().Draw(t, label+"?") {
		return time.Time{}
	}
	return moment(t, label)
}

var anyText = rapid.SampledFrom([]string{"", "x", "it's \"ä\"\n", "a\x00b"})

func anyIssue(t *rapid.T) Issue {
	i := Issue{
		Slot: slot(t, "slot"), Kind: rapid.SampledFrom([]IssueKind{IssueReport, IssueReport, IssueFiring}).Draw(t, "kind"),
		Revision: rapid.IntRange(1, 3).Draw(t, "revision"), ByHand: rapid.IntRange(0, 3).Draw(t, "by hand") == 0,
		State:    rapid.SampledFrom([]IssueState{IssueDue, IssueWaiting, IssueDone, IssueDone, IssueFailed, IssueSkipped}).Draw(t, "state"),
		Attempts: rapid.IntRange(0, 9).Draw(t, "attempts"), Try: maybeMoment(t, "try"), Began: moment(t, "began"), Ended: maybeMoment(t, "ended"),
		Rows: rapid.Int64Range(0, 1<<40).Draw(t, "rows"), Note: anyText.Draw(t, "note"),
		Fingerprint: rapid.SampledFrom([][]byte{nil, {0, 255}}).Draw(t, "fingerprint"), Body: rapid.SampledFrom([][]byte{nil, []byte(`{"a":1}`)}).Draw(t, "body"),
	}
	if i.Kind == IssueFiring {
		i.Key = anyText.Draw(t, "key")
	}
	i.Deliveries = rapid.SliceOfNDistinct(rapid.Custom(anyDelivery), 0, 3, func(d Delivery) string { return d.Target }).Draw(t, "deliveries")
	if len(i.Deliveries) == 0 {
		i.Deliveries = nil
	}
	return i
}

func anyDelivery(t *rapid.T) Delivery {
	return Delivery{Target: rapid.SampledFrom([]string{"b", "a", "c"}).Draw(t, "target"), Done: rapid.Bool().Draw(t, "done"), Failed: rapid.Bool().Draw(t, "failed"),
		Ended: maybeMoment(t, "delivered"), Place: anyText.Draw(t, "place"), Bytes: rapid.Int64().Draw(t, "bytes"),
		SHA256: rapid.SampledFrom([][]byte{nil, {1, 0}}).Draw(t, "sha256"), Error: anyText.Draw(t, "error")}
}

func anyAlert(t *rapid.T) AlertRow {
	a := AlertRow{Key: rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(t, "key"), Firing: rapid.Bool().Draw(t, "firing"), Count: rapid.IntRange(0, 9).Draw(t, "count"),
		Row: rapid.SampledFrom([][]byte{nil, []byte(`{"n":1}`)}).Draw(t, "row"), Since: slot(t, "first")}
	for range rapid.IntRange(0, 2).Draw(t, "slots") {
		a.Slots = append(a.Slots, moment(t, "slot"))
	}
	return a
}
