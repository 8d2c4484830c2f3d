package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/windrow/windrow/schema/store"
)

// waitingReport is one that waits for final windows, with slots after it that
// wait as well.
func waitingReport(later int64) []scheduledReport {
	return []scheduledReport{{Name: "morning", Kind: "report", Attached: true, Open: 1 + later, later: later,
		Waiting: &issueReport{Slot: text("2026-03-02 07:00:00"), Began: text("2026-03-02 07:00:01.5"), Note: "waits until latency_1h is final before 2026-03-02 06:00:00"}}}
}

// A report that waits needs a look when its next slot has come meanwhile, and
// only while a run could end the waiting.
func TestStatusOfWaiting(t *testing.T) {
	for _, c := range []struct {
		state, want string
		reports     []scheduledReport
	}{
		{runRunning, "[]", waitingReport(0)},
		{runRunning, "[morning of 2026-03-02 07:00:00 still waits, and 1 slot after it; UP TO would limit that]", waitingReport(1)},
		{runRunning, "[morning of 2026-03-02 07:00:00 still waits, and 1,439 slots after it; UP TO would limit that]", waitingReport(1439)},
		{runEnded, "[]", waitingReport(1439)},
	} {
		r := &report{Run: runReport{State: c.state}, Reports: c.reports}
		r.judge()
		if got := fmt.Sprint(r.Attention); got != c.want {
			t.Errorf("%s: got %s\nwant %s", c.state, got, c.want)
		}
	}
}

// As in TestStatusOfWaiting, from the store: what fails does not wait.
func TestStatusOfSlotsThatWait(t *testing.T) {
	path, run, put := runningStore(t)
	run.Workers = nil
	put()
	release, err := lockStore(path)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ctx := context.Background()
	st, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	slot := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	refs, err := st.RegisterReports(ctx, run.Epoch, []store.ReportDef{{Name: "morning"}}, slot)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{"[]",
		"[morning of 2026-03-02 08:00:00 still waits, and 1 slot after it; UP TO would limit that]",
		"[morning of 2026-03-02 08:00:00 still waits, and 2 slots after it; UP TO would limit that]"} {
		at := slot.Add(time.Duration(n) * time.Hour)
		_, err := st.Claim(ctx, run.Epoch, refs[0].ID, at, []store.Issue{
			{Slot: slot.Add(-time.Minute), Kind: store.IssueReport, Revision: 1, State: store.IssueDue, Began: slot},
			{Slot: at.Add(time.Hour), Kind: store.IssueReport, Revision: 1, State: store.IssueWaiting, Began: slot, Note: "waits for r"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(statusOf(t, path).Attention); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
}
