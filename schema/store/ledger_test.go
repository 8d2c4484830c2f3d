package store

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ledger is a fixture with a report and an alert.
type ledger struct {
	*fixture
	report, alert ReportRef
}

var ledgerDefs = []ReportDef{
	{Name: "morning", Definition: "CREATE REPORT morning ..."},
	{Name: "slow", Alert: true, Definition: "CREATE ALERT slow ..."},
}

// day and began are a slot and the moment at which it was claimed.
var (
	day   = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	began = day.Add(1500 * time.Millisecond)
)

func newLedger(t testing.TB) *ledger {
	t.Helper()
	l := &ledger{fixture: newFixture(t)}
	refs := must(l.RegisterReports(bg, l.epoch, ledgerDefs, day.Add(-time.Hour)))(t)
	l.report, l.alert = refs[0], refs[1]
	return l
}

// due is an issue that is to be claimed, to two targets.
func due(slot time.Time, revision int) Issue {
	return Issue{Slot: slot, Kind: IssueReport, Revision: revision, State: IssueDue, Began: began,
		Deliveries: []Delivery{{Target: "z.html"}, {Target: "mailto:${OPS}"}}}
}

func event(kind IssueKind, slot time.Time, key string) Issue {
	return Issue{Slot: slot, Kind: kind, Key: key, Revision: 1, State: IssueDue, Began: began, Body: []byte(key), Deliveries: []Delivery{{Target: "a.ndjson"}}}
}

// done is what becomes of an issue when all went well.
func done(i Issue) Issue {
	i.State, i.Attempts, i.Rows, i.Ended = IssueDone, i.Attempts+1, 5, i.Began.Add(time.Second)
	i.Fingerprint = []byte(strings.Repeat("f", 32))
	i.Deliveries = append([]Delivery(nil), i.Deliveries...)
	for n := range i.Deliveries {
		d := &i.Deliveries[n]
		d.Done, d.Ended, d.Place, d.Bytes, d.SHA256 = true, i.Ended, "/out/"+d.Target, 7, []byte(strings.Repeat("s", 32))
	}
	return i
}

func (l *ledger) claim(issues ...Issue) []Issue {
	l.Helper()
	return must(l.Claim(bg, l.epoch, l.report.ID, issues[len(issues)-1].Slot, issues))(l)
}

func (l *ledger) put(i Issue) {
	l.Helper()
	if err := l.PutIssue(bg, l.epoch, i); err != nil {
		l.Fatal(err)
	}
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestRegisterReports(t *testing.T) {
	l := newLedger(t)
	first := day.Add(-time.Hour)
	same(t, "new ones", []ReportRef{l.report, l.alert}, []ReportRef{{ID: 1, Name: "morning", Since: first}, {ID: 2, Name: "slow", Since: first}})
	l.claim(due(day, 1))
	const rows = `SELECT group_concat(name || ' ' || kind || ' ' || attached || ' ' || coalesce(since, '-') || ' ' || definition, '; ') FROM windrow_reports`

	// A later run: another order and definition, one is gone, one is new.
	epoch := must(l.NextEpoch(bg))(t)
	refs := must(l.RegisterReports(bg, epoch, []ReportDef{{Name: "slow", Definition: "as a report"}, {Name: "Morning", Definition: "changed"}}, day))(t)
	same(t, "later", refs, []ReportRef{{ID: 3, Name: "slow", Since: day}, {ID: 1, Name: "Morning", Since: first, Last: day}})
	same(t, "rows", l.text(rows), "Morning report 1 2026-03-02 06:00:00.000 changed; slow alert 0 2026-03-02 06:00:00.000 CREATE ALERT slow ...; "+
		"slow report 1 2026-03-02 07:00:00.000 as a report")

	// By hand nothing changes, and what is new waits for a run to have it.
	refs = must(l.RegisterReports(bg, 0, []ReportDef{{Name: "morning", Definition: "by hand"}, {Name: "new", Definition: "n"}}, day))(t)
	same(t, "by hand", refs, []ReportRef{{ID: 1, Name: "morning", Since: first, Last: day}, {ID: 4, Name: "new", Since: day}})
	same(t, "rows by hand", l.text(rows+" WHERE kind = 'report'"), "Morning report 1 2026-03-02 06:00:00.000 changed; slow report 1 2026-03-02 07:00:00.000 as a report; new report 0 - n")

	// It was gone and comes back: all of it is still there.
	refs = must(l.RegisterReports(bg, epoch, []ReportDef{{Name: "new", Definition: "n2"}, ledgerDefs[1]}, day.Add(time.Hour)))(t)
	same(t, "back", refs, []ReportRef{{ID: 4, Name: "new", Since: day.Add(time.Hour)}, {ID: 2, Name: "slow", Since: first}})
	_, err := l.RegisterReports(bg, l.epoch, ledgerDefs, day)
	wantError(t, err, ErrFenced, "cannot register the reports in")
}

// Who comes second gets what the first one has made of it.
func TestClaimTwice(t *testing.T) {
	l := newLedger(t)
	claimed := l.claim(due(day, 1), due(day.Add(time.Hour), 1))
	want := []Issue{due(day, 1), due(day.Add(time.Hour), 1)}
	for i := range want {
		want[i].ID, want[i].Report = int64(i+1), l.report.ID
	}
	same(t, "claimed", claimed, want)
	first := done(claimed[0])
	l.put(first)
	again := must(l.Claim(bg, 0, l.report.ID, time.Time{}, []Issue{due(day, 1), due(day, 2)}))(t)
	same(t, "the first", again[0], first)
	if again[1].ID != 3 || again[1].State != IssueDue {
		t.Errorf("the next revision: %+v", again[1])
	}
	byHand := due(day, 1)
	byHand.ByHand = true
	hand := l.claim(byHand, byHand)
	if hand[0].ID != 4 || hand[1].ID != 5 {
		t.Errorf("by hand: %+v", hand)
	}
	unfinished := must(l.Unfinished(bg, l.report.ID))(t)
	same(t, "unfinished", unfinished, []Issue{again[1], claimed[1]})
	l.intact()
}

func TestClaimMovesLast(t *testing.T) {
	l := newLedger(t)
	for _, c := range []struct{ last, want time.Time }{
		{time.Time{}, time.Time{}}, {day, day}, {time.Time{}, day}, {day.Add(-time.Hour), day}, {day.Add(250 * time.Millisecond), day.Add(250 * time.Millisecond)},
		{day.Add(time.Second), day.Add(time.Second)},
	} {
		if _, err := l.Claim(bg, l.epoch, l.report.ID, c.last, nil); err != nil {
			t.Fatal(err)
		}
		if got := must(l.RegisterReports(bg, 0, ledgerDefs, day))(t)[0].Last; !got.Equal(c.want) {
			t.Errorf("after %v the last is %v, want %v", c.last, got, c.want)
		}
	}
}

// A zone changes nothing: slots are instants.
func TestSlotsAreUTC(t *testing.T) {
	l := newLedger(t)
	zone := time.FixedZone("", 3600)
	a := l.claim(due(day.In(zone), 1))
	b := l.claim(due(day, 1))
	if a[0].ID != b[0].ID {
		t.Errorf("%d and %d are one slot", a[0].ID, b[0].ID)
	}
	same(t, "slot", l.text("SELECT slot || ' ' || began FROM windrow_issues"), "2026-03-02 07:00:00 2026-03-02 07:00:01.500")
}

// Processes that claim the same slots at one time get the same issues.
func TestClaimTogether(t *testing.T) {
	l := newLedger(t)
	const slots = 30
	var got [3][]int64
	var wg sync.WaitGroup
	for n := range got {
		other := mustOpen(t, l.path, Options{Worker: true, Durability: "process", BusyTimeout: time.Minute})
		wg.Go(func() {
			for i := range slots {
				at := day.Add(time.Duration(i) * time.Hour)
				claimed, err := other.Claim(bg, l.epoch, l.report.ID, at, []Issue{due(at, 1)})
				if err != nil {
					t.Error(err)
					return
				}
				got[n] = append(got[n], claimed[0].ID)
			}
		})
	}
	wg.Wait()
	same(t, "ids", got[1], got[0])
	same(t, "ids", got[2], got[0])
	same(t, "rows", l.text("SELECT (SELECT count(*) FROM windrow_issues) || ' ' || (SELECT count(*) FROM windrow_deliveries)"), fmt.Sprint(slots, " ", 2*slots))
}

// A process of an older run changes nothing; by hand there is no run to be of.
func TestLedgerIsFenced(t *testing.T) {
	l := newLedger(t)
	i := l.claim(due(day, 1))[0]
	old := l.epoch
	l.epoch = must(l.NextEpoch(bg))(t)
	before := l.ledgerDump()
	for name, do := range map[string]func() error{
		"register": func() error { _, err := l.RegisterReports(bg, old, nil, day); return err },
		"claim": func() error {
			_, err := l.Claim(bg, old, l.report.ID, day.Add(time.Hour), []Issue{due(day.Add(time.Hour), 1)})
			return err
		},
		"put": func() error { return l.PutIssue(bg, old, done(i)) },
		"alerts": func() error {
			_, err := l.PutAlerts(bg, old, l.alert.ID, day, []AlertRow{{Key: "a"}}, []Issue{event(IssueFiring, day, "a")})
			return err
		},
	} {
		wantError(t, do(), ErrFenced, "store")
		if after := l.ledgerDump(); after != before {
			t.Errorf("%s has written\n%s\nover\n%s", name, after, before)
		}
	}
	if err := l.PutIssue(bg, 0, done(i)); err != nil {
		t.Error(err)
	}
}

// What fails halfway leaves nothing.
func TestLedgerIsAtomic(t *testing.T) {
	l := newLedger(t)
	twice := due(day, 1)
	twice.Deliveries[1].Target = twice.Deliveries[0].Target
	odd := due(day, 1)
	odd.State = "odd"
	before := l.ledgerDump()
	_, err := l.Claim(bg, l.epoch, l.report.ID, day, []Issue{due(day, 3), twice})
	wantError(t, err, nil, "cannot claim a slot in store", "the issue of 2026-03-02 07:00:00", "the delivery to z.html")
	_, err = l.PutAlerts(bg, l.epoch, l.alert.ID, day, []AlertRow{{Key: "a"}}, []Issue{event(IssueFiring, day, "a"), odd})
	wantError(t, err, nil, "cannot write the state of an alert to store")
	_, err = l.Claim(bg, l.epoch, 99, day, nil)
	wantError(t, err, nil, "it has no report 99; it was dropped, or never registered")
	wantError(t, l.PutIssue(bg, l.epoch, due(day, 1)), nil, "it has no issue 0 of report 0; it was dropped, or never claimed")
	if after := l.ledgerDump(); after != before {
		t.Errorf("something is left:\n%s", after)
	}
}

// A full disk and a busy store are told as elsewhere.
func TestLedgerTellsWhy(t *testing.T) {
	l := newLedger(t)
	l.conn.ExecContext(bg, "PRAGMA max_page_count = 1") // rounds up to the pages in use
	big := due(day, 1)
	big.Body = make([]byte, 10*pageSize)
	_, err := l.Claim(bg, l.epoch, l.report.ID, day, []Issue{big})
	wantError(t, err, ErrFull, "cannot claim a slot in store")
	l.conn.ExecContext(bg, "PRAGMA max_page_count = 1000000")
	other := mustOpen(t, l.path, Options{BusyTimeout: time.Millisecond})
	err = l.write(bg, "hold", func(*tx) error {
		return other.PutIssue(bg, l.epoch, due(day, 1))
	})
	wantError(t, err, ErrBusy)
	l.claim(big)
}

func TestFinished(t *testing.T) {
	l := newLedger(t)
	hour := func(n int) time.Time { return day.Add(time.Duration(n) * time.Hour) }
	var want []Issue
	for n, states := range [][]IssueState{
		{IssueDone}, {IssueDone, IssueDone}, {IssueDone, IssueDue}, {IssueDone, IssueFailed}, {IssueSkipped}, {IssueDone, IssueDone, IssueDone}, {IssueWaiting}, {IssueDone},
	} {
		for r, state := range states {
			i := done(l.claim(due(hour(n), r+1))[0])
			i.State = state
			l.put(i)
			if state == IssueDone && r == len(states)-1 {
				want = append([]Issue{i}, want...)
			}
		}
	}
	byHand := done(due(hour(20), 1))
	byHand.ByHand = true
	l.claim(byHand)
	same(t, "all", must(l.Finished(bg, l.report.ID, time.Time{}, 100))(t), want)
	same(t, "two", must(l.Finished(bg, l.report.ID, time.Time{}, 2))(t), want[:2])
	same(t, "since", must(l.Finished(bg, l.report.ID, hour(5), 100))(t), want[:2])
	if got := must(l.Finished(bg, l.alert.ID, time.Time{}, 100))(t); got != nil {
		t.Errorf("of another: %+v", got)
	}
}

// A write is as many pages as there is to write: no index and no delivery that
// stays as it was.
func TestLedgerWritesLittle(t *testing.T) {
	l := newLedger(t)
	i := l.claim(due(day, 1))[0]
	for _, step := range []struct {
		what   string
		change func()
		pages  int64
	}{
		{"it waits", func() { i.State, i.Note = IssueWaiting, "waits for latency" }, 3}, // its row, two indexes
		{"another note", func() { i.Note = "waits for latency and traffic" }, 1},
		{"nothing", func() {}, 0},
		{"it waits no more", func() { i.State = IssueDue }, 3},
		{"rows", func() { i.Rows, i.Fingerprint = 7, []byte("f") }, 1},
		{"a target that fails", func() { i.Deliveries[0].Error = "refused" }, 1},
		{"a try", func() { i.Attempts, i.Try = 1, began.Add(time.Minute) }, 1},
		{"a target that is reached", func() { i.Deliveries[0].Done, i.Deliveries[0].Error = true, "" }, 1},
		{"other targets", func() { i.Deliveries = []Delivery{{Target: "b"}, {Target: "z.html"}, {Target: "a"}} }, 1},
		{"fewer targets", func() { i.Deliveries = i.Deliveries[1:2] }, 1},
		{"the same slot", func() { must(l.Claim(bg, l.epoch, l.report.ID, day, []Issue{due(day, 1)}))(t) }, 0},
		{"no slot", func() { must(l.Claim(bg, l.epoch, l.report.ID, time.Time{}, nil))(t) }, 0},
	} {
		t.Run(step.what, func(t *testing.T) {
			before := l.WALSize()
			step.change()
			l.put(i)
			if got := (l.WALSize() - before) / pageSize; got > step.pages {
				t.Errorf("%d pages, want %d", got, step.pages)
			}
			same(t, "issue", must(l.Unfinished(bg, l.report.ID))(t), []Issue{i})
		})
	}
	l.intact()
}

// What only the ledger writes does not make the -wal file grow without end.
func TestLedgerKeepsTheLogShort(t *testing.T) {
	l := newLedger(t)
	i := event(IssueFiring, day, "a")
	i.Body = []byte(strings.Repeat("x", 4<<20))
	for n := range 40 {
		i.Slot = day.Add(time.Duration(n) * time.Minute)
		must(l.Claim(bg, l.epoch, l.alert.ID, i.Slot, []Issue{i}))(t)
	}
	if got := l.WALSize(); got > ledgerWAL {
		t.Errorf("the -wal file has %d bytes", got)
	}
	same(t, "kept", l.text("SELECT count(*) || ' ' || sum(length(record)) FROM windrow_issues"), fmt.Sprint("40 ", 40*len(i.Body)))
}

// The last 1,000 finished issues of a report are kept, and a few more, so that
// not every write deletes one; open ones do not count, and nobody else's do.
func TestPrune(t *testing.T) {
	const keep, more = 1000, 32
	l := newLedger(t)
	l.claim(due(day, 1)) // open for ever
	var issues []Issue
	for n := range keep + more {
		i := done(due(day.Add(time.Duration(n+1)*time.Hour), 1))
		i.Ended = began.Add(time.Duration(-n) * time.Second) // the later the slot, the earlier it was done
		issues = append(issues, i)
	}
	claimed := l.claim(issues...)
	count := func() string { return l.text("SELECT count(*) FROM windrow_issues") }
	same(t, "before", count(), fmt.Sprint(1+keep+more))
	hand := due(day, 1)
	hand.ByHand, hand.Began = true, began.Add(-time.Duration(keep+50)*time.Second)
	l.claim(hand) // as old as that: nobody takes it up any more
	other := must(l.Claim(bg, l.epoch, l.alert.ID, day, []Issue{event(IssueFiring, day, "a")}))(t)[0]
	if want := int64(1 + len(issues) + 1 + 1); other.ID != want {
		t.Errorf("id %d was given before, want %d", other.ID, want)
	}
	const counts = "SELECT (SELECT count(*) FROM windrow_issues) || ' ' || (SELECT count(*) FROM windrow_deliveries) || ' ' || (SELECT max(slot) FROM windrow_issues WHERE report = 'morning')"
	same(t, "after the claim", l.text(counts), fmt.Sprint(keep+2, " ", 2*keep+3, " ", slotText(claimed[keep-1].Slot)))
	open := must(l.Unfinished(bg, l.report.ID))(t)[0]
	open = done(open)
	open.Ended = began.Add(time.Hour)
	l.put(open)
	if err := l.PutIssue(bg, l.epoch, done(other)); err != nil {
		t.Fatal(err)
	}
	same(t, "after the end of one", count(), fmt.Sprint(keep+2))
	var later []Issue
	for n := range more {
		i := done(due(day.Add(time.Duration(-n-1)*time.Hour), 1))
		i.Ended = began.Add(2 * time.Hour)
		later = append(later, i)
	}
	l.claim(later...)
	same(t, "after some more", l.text(counts), fmt.Sprint(keep+1, " ", 2*keep+1, " ", slotText(claimed[keep-more-2].Slot)))
	l.intact()
}

func TestPutAlerts(t *testing.T) {
	l := newLedger(t)
	put := func(slot time.Time, rows []AlertRow, events ...Issue) []Issue {
		t.Helper()
		claimed := must(l.PutAlerts(bg, l.epoch, l.alert.ID, slot, rows, events))(t)
		same(t, "rows", must(l.Alerts(bg, l.alert.ID))(t), rows)
		same(t, "last", must(l.RegisterReports(bg, l.epoch, ledgerDefs, day))(t)[1].Last, slot)
		return claimed
	}
	minute := func(n int) time.Time { return day.Add(time.Duration(n) * time.Minute) }
	a := AlertRow{Key: `{"host":"a"}`, Firing: true, Count: 3, Slots: []time.Time{minute(0), minute(1), minute(2)}, Row: []byte(`{"p99":501}`), Since: minute(0)}
	b := AlertRow{Key: `{"host":"b"}`, Count: 1, Slots: []time.Time{minute(2)}, Since: minute(2)}
	put(minute(2), []AlertRow{a, b}, event(IssueFiring, minute(2), a.Key))
	b.Count, b.Row = 2, []byte("{}")
	claimed := put(minute(3), []AlertRow{b}, event(IssueResolved, minute(3), a.Key), event(IssueWithdrawn, minute(3), a.Key), event(IssueFiring, minute(2), a.Key))
	if claimed[2].ID != 1 || claimed[1].ID != 3 {
		t.Errorf("claimed %+v", claimed)
	}
	put(minute(4), nil)
	changes := func() string { return l.text("SELECT total_changes()") }
	many := make([]AlertRow, 500)
	for i := range many {
		many[i] = AlertRow{Key: fmt.Sprintf("%04d", i), Count: 1, Since: day}
	}
	put(minute(5), many)
	before := changes()
	many[7].Count = 2
	put(minute(6), many)
	var x, y int
	fmt.Sscan(before, &x)
	fmt.Sscan(changes(), &y)
	if y-x > 5 {
		t.Errorf("one row of 500 has changed, and %d were written", y-x)
	}
}

// Notes and errors are cut to what fits a page, at the end of a letter.
func TestLedgerCutsText(t *testing.T) {
	l := newLedger(t)
	i := l.claim(due(day, 1))[0]
	i.Note, i.Deliveries[0].Error = strings.Repeat("ä", errorCut), "x"+strings.Repeat("ä", errorCut)
	l.put(i)
	got := must(l.Unfinished(bg, l.report.ID))(t)[0]
	if want := strings.Repeat("ä", errorCut/2); got.Note != want {
		t.Errorf("the note has %d bytes", len(got.Note))
	}
	if want := "x" + strings.Repeat("ä", errorCut/2-1); got.Deliveries[0].Error != want {
		t.Errorf("the error has %d bytes", len(got.Deliveries[0].Error))
	}
}

// What is asked again and again finds its rows by an index.
func TestLedgerPlans(t *testing.T) {
	l := newLedger(t)
	for _, query := range []string{
		"SELECT * FROM windrow_issue_data WHERE report = 1 AND NOT by_hand AND state IN ('due', 'waiting') ORDER BY slot, id",
		"SELECT * FROM windrow_issue_data WHERE report = 1 AND NOT by_hand AND slot = 'x' AND kind = 'x' AND key = 'x' AND revision = 1",
		"SELECT * FROM windrow_issue_data WHERE report = 1 AND NOT by_hand AND slot >= 'x' AND kind = 'report' AND state = 'done' ORDER BY slot DESC LIMIT 9",
		"SELECT id FROM windrow_issue_data WHERE report = 1 AND (by_hand OR state NOT IN ('due', 'waiting')) ORDER BY coalesce(ended, began) DESC, id DESC LIMIT -1 OFFSET 9",
		"SELECT id FROM windrow_issue_data WHERE report = 1 AND NOT by_hand AND state NOT IN ('due', 'waiting') ORDER BY coalesce(ended, began) DESC, id DESC LIMIT 1",
		"SELECT * FROM windrow_delivery_data WHERE issue = 1",
	} {
		plan := ""
		err := l.read(bg, "read", func(t *tx) error {
			return t.all("EXPLAIN QUERY PLAN "+query, nil, func(scan func(...any) error) error {
				var line string
				var n any
				err := scan(&n, &n, &n, &line)
				plan += line + "\n"
				return err
			})
		})
		if err != nil || strings.Contains(plan, "SCAN") || strings.Contains(plan, "TEMP B-TREE") || !strings.Contains(plan, "USING") {
			t.Errorf("%s: %v\n%s", query, err, plan)
		}
	}
}

// Readers see each transaction whole while others write.
func TestLedgerReaders(t *testing.T) {
	l := newLedger(t)
	db := must(OpenReader(l.path, ReaderOptions{}))(t)
	defer db.Close()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for ok := true; ok; {
				select {
				case <-stop:
					ok = false
				default:
				}
				got, err := ask(t, db, `SELECT (SELECT count(*) FROM windrow_deliveries) - 2 * (SELECT count(*) FROM windrow_issues WHERE kind = 'report') - (SELECT count(*) FROM windrow_issues WHERE kind <> 'report'),
					(SELECT count(*) FROM windrow_issues WHERE kind = 'firing') - (SELECT coalesce(max(count), 0) FROM windrow_alerts)`)
				if got != "0|0" || err != nil {
					t.Errorf("half a transaction: %s, %v", got, err)
					return
				}
			}
		})
	}
	for n := 1; n <= 60; n++ {
		slot := day.Add(time.Duration(n) * time.Minute)
		l.put(done(l.claim(due(slot, 1))[0]))
		must(l.PutAlerts(bg, l.epoch, l.alert.ID, slot, []AlertRow{{Key: "k", Count: n, Since: day}}, []Issue{event(IssueFiring, slot, "k")}))(t)
	}
	close(stop)
	wg.Wait()
}

// ledgerDump is all that the ledger holds.
func (f *fixture) ledgerDump() string {
	f.Helper()
	var b strings.Builder
	err := f.read(bg, "read", func(*tx) error {
		for _, table := range []string{"windrow_report_data", "windrow_issue_data", "windrow_delivery_data", "windrow_alert_data"} {
			rows, err := f.conn.QueryxContext(bg, "SELECT * FROM "+table)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				v, err := rows.SliceScan()
				if err != nil {
					return err
				}
				fmt.Fprintln(&b, table, v)
			}
		}
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	return b.String()
}
