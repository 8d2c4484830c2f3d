package scheduler

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestRevise(t *testing.T) {
	b := newBench(t, with(hourly, "REVISE")+`CREATE REPORT other SCHEDULE '0 * * * *' FORMAT csv TO 'other/{slot}.csv' AS SELECT count(*) AS n FROM latency_1m;`)
	b.latency("2 07:00", "web-1", 10)
	b.begin()
	b.at("2 08:00")
	b.latency("2 07:01", "web-2", 20)
	b.at("2 08:00:29")
	b.want("not yet", b.text("SELECT count(*) FROM windrow_issues"), "2")
	b.at("2 08:01:30")
	b.want("revision 2", b.text("SELECT report, revision, state, rows FROM windrow_issues ORDER BY 1, 2"), "hourly 1 done 1; hourly 2 done 2; other 1 done 1")
	b.want("the file is replaced", b.file("out/20260302T080000Z.csv"), "window_start,host,p99\n2026-03-02 07:00:00,web-1,10.0\n2026-03-02 07:01:00,web-2,20.0\n")
	b.latency("2 08:30", "web-1", 1) // not of the slot
	b.at("2 08:10")
	b.begin()
	b.at("2 08:20")
	b.want("nothing of it has changed", b.text("SELECT max(revision) FROM windrow_issues"), "2")
	b.latency("2 07:02", "web-2", 1)
	b.at("2 08:21")
	b.want("revision 3", b.text("SELECT max(revision) FROM windrow_issues"), "3")
	b.want("one file", b.files("out"), "20260302T080000Z.csv")
}

func TestReviseDoesNotWait(t *testing.T) {
	b := newBench(t, with(hourly, "WAIT FOR FINAL UP TO INTERVAL '10 minutes' REVISE"))
	b.begin()
	b.at("2 08:00")
	b.at("2 08:10")
	b.latency("2 07:01", "web-2", 20)
	b.at("2 08:11")
	b.want("issues", b.text("SELECT revision, state, note FROM windrow_issues"),
		"1 done not final: latency_1m has no final window yet; 2 done not final: latency_1m has no final window yet")
}

func TestReviseLooksAtRevisions(t *testing.T) {
	b := newBench(t, with(hourly, "REVISE"))
	b.begin()
	b.at("2 08:00")
	b.at("2 08:01")
	b.exec("INSERT INTO windrow_state_1 VALUES ('2026-03-02 07:30:00', 'web-1', 1)")
	b.at("2 08:02")
	b.want("as if nothing was", b.issues(), "02 08:00 done")
	b.exec("UPDATE windrow_rollup_data SET revision = 5")
	b.at("2 08:03")
	b.want("noticed", b.issues(), "02 08:00 done; 02 08:00 r2 done")
}

func TestReviseEnds(t *testing.T) {
	tests := map[string]struct {
		change func(b *bench)
		at     string
		want   string
	}{
		"within a day":             {func(b *bench) {}, "3 07:59", "2"},
		"after a day":              {func(b *bench) {}, "3 08:01", "1"},
		"its windows are deleted":  {func(b *bench) { b.exec("UPDATE windrow_rollup_data SET horizon = '2026-03-02 07:00:01'") }, "2 09:59", "1"},
		"others are deleted":       {func(b *bench) { b.exec("UPDATE windrow_rollup_data SET horizon = '2026-03-02 07:00:00'") }, "2 09:59", "2"},
		"the definition is new":    {func(b *bench) { b.define(strings.Replace(with(hourly, "REVISE"), "p99 FROM", "p99 AS p99 FROM", 1)) }, "2 09:59", "1"},
		"only the targets are new": {func(b *bench) { b.define(strings.Replace(with(hourly, "REVISE"), "out/", "new/", 1)) }, "2 09:59", "2"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, with(hourly, "REVISE"))
			b.latency("2 07:00", "web-1", 10)
			b.begin()
			b.at("2 08:00")
			b.latency("2 07:01", "web-2", 20)
			c.change(b)
			b.now = at(t, c.at)
			b.begin()
			b.want("revision", b.text("SELECT max(revision) FROM windrow_issues WHERE slot = '2026-03-02 08:00:00'"), c.want)
		})
	}
}

func TestReviseAgo(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, "REVISE"), "window_start >= :slot_start", "window_start >= ago('6 hours')", 1))
	b.latency("2 02:00", "web-1", 10)
	b.latency("2 07:00", "web-1", 10)
	b.begin()
	b.at("2 08:00")
	b.exec("DELETE FROM windrow_state_1 WHERE window_start < '2026-03-02 05:00:00'")
	b.exec("UPDATE windrow_rollup_data SET revision = revision + 1, horizon = '2026-03-02 05:00:00'")
	b.at("2 08:30")
	b.want("issues", b.issues(), "02 08:00 done")
}

func TestReviseUnbounded(t *testing.T) {
	b := newBench(t, `CREATE REPORT all SCHEDULE '0 0 1 * *' REVISE FORMAT csv TO 'out/all.csv' AS SELECT count(*) AS n FROM latency_1m;`)
	b.now = time.Date(2026, 3, 31, 23, 59, 0, 0, time.UTC)
	b.begin()
	for m := range 8 * 60 {
		b.latency(fmt.Sprintf("2 %02d:%02d", m/60, m%60), "x", float64(m))
		b.until(time.Date(2026, 4, 1, 0, m, 0, 0, time.UTC))
	}
	if n := b.text("SELECT count(*) FROM windrow_issues"); n != "17" {
		t.Errorf("%s issues in eight hours", n)
	}
}

func TestLatest(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, "REVISE"), "TO 'out/{slot}.csv'", "TO 'latest.csv', '{slot}.csv'", 1))
	b.latency("2 07:00", "first", 1)
	b.latency("2 08:00", "second", 2)
	b.begin()
	b.at("2 08:00")
	b.at("2 09:00")
	b.latency("2 07:01", "first", 1)
	b.at("2 09:30")
	b.want("issues", b.issues(), "02 08:00 done; 02 08:00 r2 done; 02 09:00 done")
	b.want("latest", b.file("latest.csv"), "window_start,host,p99\n2026-03-02 08:00:00,second,2.0\n")
	b.want("by slot", b.file("20260302T080000Z.csv"), "window_start,host,p99\n2026-03-02 07:00:00,first,1.0\n2026-03-02 07:01:00,first,1.0\n")
	b.want("places", b.text("SELECT place FROM windrow_deliveries WHERE revision = 2 AND target = 'latest.csv'"), "nowhere: a newer slot is there")
}
