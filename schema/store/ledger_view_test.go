package store

import (
	"strings"
	"testing"
	"time"
)

// troubled has a report and an alert about which there is much to say.
func troubled(t testing.TB) *ledger {
	l := newLedger(t)
	ok := done(l.claim(due(day.Add(-24*time.Hour), 1))[0])
	l.put(ok)
	failing := l.claim(due(day, 1))[0]
	failing.Attempts, failing.Try, failing.Rows = 3, day.Add(10*time.Minute), 20
	failing.Deliveries[0].Done, failing.Deliveries[0].Ended, failing.Deliveries[0].Place = true, began.Add(time.Second), "/out/z.html"
	failing.Deliveries[1].Error = "cannot connect"
	failing.Fingerprint = []byte{0xAB, 0xCD}
	l.put(failing)
	waiting := l.claim(due(day.Add(24*time.Hour), 1))[0]
	waiting.State, waiting.Note, waiting.Try = IssueWaiting, "latency_1h is final before 2026-03-03 06:00:00", day.Add(24*time.Hour+time.Minute)
	l.put(waiting)
	hand := due(day, 1) // of which status says nothing
	hand.ByHand, hand.State, hand.Ended, hand.Note = true, IssueFailed, began.Add(time.Hour), "no such table"
	l.claim(hand)
	key := `{"host":"a"}`
	rows := []AlertRow{{Key: key, Firing: true, Count: 3, Slots: []time.Time{day, day.Add(time.Minute)}, Row: []byte(`{"host":"a","p99":501}`), Since: day},
		{Key: `{"host":"b"}`, Count: 1, Since: day.Add(time.Minute)}}
	events := must(l.PutAlerts(bg, l.epoch, l.alert.ID, day.Add(time.Minute), rows, []Issue{event(IssueFiring, day, key), event(IssueResolved, day, "x")}))(t)
	failed := events[1]
	failed.State, failed.Ended, failed.Attempts = IssueFailed, began.Add(time.Hour), 40
	failed.Deliveries[0].Failed, failed.Deliveries[0].Error = true, "answered 404"
	if err := l.PutIssue(bg, l.epoch, failed); err != nil {
		t.Fatal(err)
	}
	if err := l.PutIssue(bg, l.epoch, done(events[0])); err != nil {
		t.Fatal(err)
	}
	evaluated := done(event("evaluation", day.Add(30*time.Second), "")) // an outage that is over, which nobody was told of
	must(l.Claim(bg, l.epoch, l.alert.ID, time.Time{}, []Issue{evaluated}))(t)
	must(l.RegisterReports(bg, 0, []ReportDef{{Name: "once", Definition: "d"}}, day))(t)
	return l
}

// The views as people see them, through a reader that may see nothing else.
func TestLedgerViews(t *testing.T) {
	l := troubled(t)
	db := must(OpenReader(l.path, ReaderOptions{}))(t)
	defer db.Close()
	f32, s32 := strings.Repeat("66", 32), strings.Repeat("73", 32)
	for query, want := range map[string]string{
		"SELECT name, kind, attached, since, last_slot, last_done, open, waiting, error, next_try, firing, id, definition FROM windrow_reports ORDER BY id": "" +
			"morning|report|1|2026-03-02 06:00:00.000|2026-03-03 07:00:00|2026-03-01 07:00:00|2|latency_1h is final before 2026-03-03 06:00:00|cannot connect|2026-03-02 07:10:00.000|0|1|CREATE REPORT morning ...|" +
			"slow|alert|1|2026-03-02 06:00:00.000|2026-03-02 07:01:00|2026-03-02 07:00:00|0|<nil>|answered 404|<nil>|1|2|CREATE ALERT slow ...|" +
			"once|report|0|<nil>|<nil>|<nil>|0|<nil>|<nil>|<nil>|0|3|d",
		"SELECT * FROM windrow_issues WHERE report = 'morning' AND slot <= '2026-03-02 07:00:00' ORDER BY id": "" +
			"morning|report|2026-03-01 07:00:00|<nil>|1|0|done|1|<nil>|2026-03-02 07:00:01.500|2026-03-02 07:00:02.500|5|<nil>|<nil>|<nil>|" + f32 + "|1|" +
			"morning|report|2026-03-02 07:00:00|<nil>|1|0|due|3|2026-03-02 07:10:00.000|2026-03-02 07:00:01.500|<nil>|20|<nil>|cannot connect|<nil>|abcd|2|" +
			"morning|report|2026-03-02 07:00:00|<nil>|1|1|failed|0|<nil>|2026-03-02 07:00:01.500|2026-03-02 08:00:01.500|0|no such table|<nil>|<nil>|<nil>|4",
		"SELECT kind, key, record, error, state FROM windrow_issues WHERE report = 'SLOW' AND kind <> 'evaluation' ORDER BY id": `firing|{"host":"a"}|{"host":"a"}|<nil>|done|resolved|x|x|answered 404|failed`,
		"SELECT * FROM windrow_deliveries WHERE issue IN (1, 2) ORDER BY issue, target DESC": "" +
			"morning|report|2026-03-01 07:00:00|<nil>|1|0|z.html|done|2026-03-02 07:00:02.500|/out/z.html|7|" + s32 + "|<nil>|1|" +
			"morning|report|2026-03-01 07:00:00|<nil>|1|0|mailto:${OPS}|done|2026-03-02 07:00:02.500|/out/mailto:${OPS}|7|" + s32 + "|<nil>|1|" +
			"morning|report|2026-03-02 07:00:00|<nil>|1|0|z.html|done|2026-03-02 07:00:02.500|/out/z.html|0|<nil>|<nil>|2|" +
			"morning|report|2026-03-02 07:00:00|<nil>|1|0|mailto:${OPS}|open|<nil>|<nil>|0|<nil>|cannot connect|2",
		"SELECT issue, state FROM windrow_deliveries WHERE issue > 3 AND target <> 'z.html' ORDER BY issue": "4|given up|5|done|6|failed|7|done",
		"SELECT alert, key ->> 'host', state, since, count, row ->> 'p99', json_array_length(slots) FROM windrow_alerts ORDER BY key": "" +
			"slow|a|firing|2026-03-02 07:00:00|3|501|2|slow|b|pending|2026-03-02 07:01:00|1|<nil>|0",
	} {
		got, err := ask(t, db, query)
		if err != nil || got != want {
			t.Errorf("%s: %v\n got %s\nwant %s", query, err, got, want)
		}
	}
}

func TestStatusOfReports(t *testing.T) {
	l := troubled(t)
	first := day.Add(-time.Hour)
	want := []ReportStatus{
		{ID: 1, Name: "morning", Attached: true, Since: first, Last: day.Add(24 * time.Hour), Done: day.Add(-24 * time.Hour), Open: 2,
			Waiting: &IssueStatus{Slot: day.Add(24 * time.Hour), Kind: IssueReport, State: IssueWaiting, Revision: 1, Began: began, Try: day.Add(24*time.Hour + time.Minute),
				Note: "latency_1h is final before 2026-03-03 06:00:00"},
			Failing: &IssueStatus{Slot: day, Kind: IssueReport, State: IssueDue, Revision: 1, Attempts: 3, Began: began, Try: day.Add(10 * time.Minute),
				Target: "mailto:${OPS}", Error: "cannot connect"}},
		{ID: 3, Name: "once"},
		{ID: 2, Name: "slow", Alert: true, Attached: true, Since: first, Last: day.Add(time.Minute), Done: day, Firing: 1,
			Failed: &IssueStatus{Slot: day, Kind: IssueResolved, Key: "x", State: IssueFailed, Revision: 1, Attempts: 40, Began: began, Ended: began.Add(time.Hour),
				Target: "a.ndjson", Error: "answered 404"},
			Rows: []AlertStatus{{Key: `{"host":"a"}`, Since: day, Row: `{"host":"a","p99":501}`}}},
	}
	same(t, "status", l.status().Reports, want)

	// Once all is done there is nothing to say.
	for _, i := range must(l.Unfinished(bg, l.report.ID))(t) {
		l.put(done(i))
	}
	got := l.status().Reports[0]
	if got.Waiting != nil || got.Failing != nil || got.Failed != nil || got.Open != 0 || !got.Done.Equal(day.Add(24*time.Hour)) {
		t.Errorf("%+v", got)
	}
}

// An issue that broke before any target was tried is failing as well, with its
// note; one that is new is not.
func TestStatusOfNotes(t *testing.T) {
	l := newLedger(t)
	i := l.claim(due(day, 1))[0]
	if got := l.status().Reports[0]; got.Failing != nil || got.Open != 1 {
		t.Errorf("a new issue: %+v", got)
	}
	i.Attempts, i.Try, i.Note = 1, day.Add(time.Minute), "no room on the disk"
	l.put(i)
	if got := l.status().Reports[0].Failing; got == nil || got.Reason() != "no room on the disk" {
		t.Errorf("failing: %+v", got)
	}
	same(t, "error", l.text("SELECT error FROM windrow_reports WHERE name = 'morning'"), "no room on the disk")
}

// A long list of firing rows is cut.
func TestStatusOfManyRows(t *testing.T) {
	l := newLedger(t)
	rows := make([]AlertRow, 3*statusAlerts)
	for n := range rows {
		rows[n] = AlertRow{Key: string(rune('A' + n)), Firing: true, Count: 1, Since: day.Add(time.Duration(-n) * time.Second)}
	}
	must(l.PutAlerts(bg, l.epoch, l.alert.ID, day, rows, nil))(t)
	got := l.status().Reports[1]
	if last := rows[len(rows)-1]; got.Firing != int64(len(rows)) || len(got.Rows) != statusAlerts || got.Rows[0].Key != last.Key {
		t.Errorf("%+v", got)
	}
}
