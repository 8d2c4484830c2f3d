package store

import (
	"path/filepath"
	"testing"
)

func TestDropReport(t *testing.T) {
	l := troubled(t)
	wantError(t, l.DropReport(bg, "mornin"), nil, "cannot drop report mornin from store", `it has no report "mornin"; did you mean "morning"?`)
	if err := l.DropReport(bg, "ONCE"); err != nil {
		t.Fatal(err)
	}
	l.put(done(l.claim(due(day, 2))[0])) // the run goes on
	if err := l.DropReport(bg, "morning"); err != nil {
		t.Fatal(err)
	}
	_, err := l.Claim(bg, l.epoch, l.report.ID, day, nil)
	wantError(t, err, ErrFenced)
	l.epoch = must(l.NextEpoch(bg))(t)
	if got := l.status().Reports; len(got) != 1 || got[0].Name != "slow" || got[0].Firing != 1 {
		t.Errorf("left is %+v", got)
	}
	same(t, "left", l.text("SELECT (SELECT count(*) FROM windrow_issue_data) || ' ' || (SELECT count(*) FROM windrow_delivery_data)"), "3 3")
	refs := must(l.RegisterReports(bg, l.epoch, ledgerDefs, began))(t)
	same(t, "anew", refs[0], ReportRef{ID: 4, Name: "morning", Since: began})
	l.intact()
}

// What is done to rollups and to the file leaves the ledger as it is.
func TestLedgerStays(t *testing.T) {
	l := troubled(t)
	before := l.ledgerDump()
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := Backup(bg, l.path, copied); err != nil {
		t.Fatal(err)
	}
	c := *l.fixture
	c.Store = mustOpen(t, copied, Options{})
	same(t, "the copy", c.ledgerDump(), before)
	if err := l.Drop(bg, "latency"); err != nil {
		t.Fatal(err)
	}
	must(l.Sweep(bg))(t)
	must(l.Vacuum(bg, 100))(t)
	if err := l.CheckpointTruncate(bg); err != nil {
		t.Fatal(err)
	}
	same(t, "after a drop", l.ledgerDump(), before)
}
