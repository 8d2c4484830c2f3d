package scheduler

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/windrow/windrow/schema/store"
)

// hourly is a report whose file has the rows of its slot.
const hourly = `CREATE REPORT hourly SCHEDULE '0 * * * *' %s FORMAT csv TO 'out/{slot}.csv'
AS SELECT window_start, host, p99 FROM latency_1m WHERE window_start >= :slot_start AND window_start < :slot_end ORDER BY 1, 2;`

func with(definition, clause string) string { return strings.Replace(definition, "%s", clause, 1) }

func TestReport(t *testing.T) {
	b := newBench(t, with(hourly, ""))
	b.latency("2 06:59", "before", 1)
	b.latency("2 07:00", "web-1", 10)
	b.latency("2 07:59", "web-2", 20.5)
	b.latency("2 08:00", "after", 1)
	b.begin()
	b.at("2 07:59:59")
	b.want("nothing is due", b.issues(), "")
	b.at("2 08:00:00")
	b.at("2 08:00:01")
	b.want("issues", b.issues(), "02 08:00 done")
	b.want("files", b.files("out"), "20260302T080000Z.csv")
	b.want("file", b.file("out/20260302T080000Z.csv"), "window_start,host,p99\n2026-03-02 07:00:00,web-1,10.0\n2026-03-02 07:59:00,web-2,20.5\n")
	b.want("ledger", b.text("SELECT attempts, rows, note, began, ended FROM windrow_issues"), "0 2 <nil> 2026-03-02 08:00:00.000 2026-03-02 08:00:00.000")
	b.want("deliveries", b.text("SELECT target, state, place, bytes FROM windrow_deliveries"),
		"out/{slot}.csv done "+filepath.Join(b.dir, "out/20260302T080000Z.csv")+" 84")
	b.want("spool", b.files("windrow.db.spool"), "")
	if !strings.Contains(b.log.String(), "msg=sent report=hourly slot=\"2026-03-02 08:00:00\" to="+b.dir) {
		t.Errorf("the log: %s", b.log)
	}
}

func TestMissed(t *testing.T) {
	for clause, want := range map[string]string{
		"MISSED RUN ALL":  "02 08:00 done; 02 09:00 done; 02 10:00 done; 02 11:00 done",
		"":                "02 08:00 done; 02 09:00 skipped; 02 10:00 skipped; 02 11:00 done",
		"MISSED RUN NONE": "02 08:00 done; 02 09:00 skipped; 02 10:00 skipped; 02 11:00 skipped",
	} {
		t.Run(clause, func(t *testing.T) {
			b := newBench(t, with(hourly, clause))
			b.begin()
			b.at("2 08:00:10")
			b.now = at(t, "2 11:20")
			b.begin()
			b.at("2 11:30")
			b.want("after a restart", b.issues(), want)
			b.at("2 12:00:01")
			b.want("goes on", b.issues(), want+"; 02 12:00 done")
			b.begin()
			b.want("nothing twice", b.issues(), want+"; 02 12:00 done")
		})
	}
	b := newBench(t, with(hourly, ""))
	b.begin()
	b.want("slots before it was defined are not its own", b.issues(), "")
	b.at("2 08:00:10")
	b.stopped = true
	b.at("2 11:20")
	b.want("the process stood still", b.issues(), "02 08:00 done; 02 09:00 skipped; 02 10:00 skipped; 02 11:00 done")
	b.at("2 14:00")
	b.want("a run that looks skips nothing", b.issues(),
		"02 08:00 done; 02 09:00 skipped; 02 10:00 skipped; 02 11:00 done; 02 12:00 done; 02 13:00 done; 02 14:00 done")
}

// The night to 29 March has no 02:30 in Berlin, that to 25 October has two.
func TestDST(t *testing.T) {
	b := newBench(t, `CREATE REPORT nightly SCHEDULE '30 2 * * *' TIME ZONE 'Europe/Berlin' FORMAT csv TO 'out/{date}-{time}.csv'
		AS SELECT :slot_start AS a, :slot_end AS b, ago('1 hour') AS c;`)
	b.now = time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)
	b.begin()
	for h := range 4 * 24 {
		b.until(time.Date(2026, 3, 27, 12+h, 0, 1, 0, time.UTC))
	}
	b.want("spring", b.files("out"), "2026-03-28-0230.csv 2026-03-29-0300.csv 2026-03-30-0230.csv 2026-03-31-0230.csv")
	b.want("the short day", b.file("out/2026-03-30-0230.csv"), "a,b,c\n2026-03-29 01:00:00,2026-03-30 00:30:00,2026-03-29 23:30:00\n")
	os.RemoveAll(filepath.Join(b.dir, "out"))
	b.now = time.Date(2026, 10, 24, 22, 0, 0, 0, time.UTC)
	b.define(strings.ReplaceAll(`CREATE REPORT hours SCHEDULE '30 * * * *' TIME ZONE 'Europe/Berlin' FORMAT csv TO 'hours/{slot}.csv' AS SELECT :slot_start AS a;
		CREATE REPORT fixed SCHEDULE '30 2 * * *' TIME ZONE 'Europe/Berlin' FORMAT csv TO 'fixed/{slot}.csv' AS SELECT :slot_end AS a;`, "\n", " "))
	b.begin()
	for m := range 16 * 2 {
		b.until(time.Date(2026, 10, 24, 22, 30*m, 1, 0, time.UTC))
	}
	b.want("autumn, a fixed hour", b.files("fixed"), "20261025T003000Z.csv")
	if n := len(strings.Fields(b.files("hours"))); n != 16 {
		t.Errorf("autumn: %d slots in 16 hours", n)
	}
}

func TestWaitForFinal(t *testing.T) {
	b := newBench(t, with(hourly, "WAIT FOR FINAL"))
	b.latency("2 07:00", "web-1", 10)
	b.begin()
	b.at("2 08:00")
	b.want("none is final", b.text("SELECT state, note, attempts FROM windrow_issues"), "waiting waits until latency_1m is final before 2026-03-02 08:00:00 0")
	b.final("2 07:59")
	b.at("2 08:30")
	b.begin()
	b.at("2 09:00")
	b.want("both wait", b.issues(), "02 08:00 waiting; 02 09:00 waiting")
	b.latency("2 07:59", "web-1", 11)
	b.final("2 08:00")
	b.at("2 09:00:01")
	b.want("the first is done", b.issues(), "02 08:00 done; 02 09:00 waiting")
	b.want("what came meanwhile", b.file("out/20260302T080000Z.csv"), "window_start,host,p99\n2026-03-02 07:00:00,web-1,10.0\n2026-03-02 07:59:00,web-1,11.0\n")
	b.want("no note", b.text("SELECT note FROM windrow_issues WHERE state = 'done'"), "<nil>")
	b.final("2 09:30")
	b.at("2 09:31")
	b.want("all", b.issues(), "02 08:00 done; 02 09:00 done")
}

func TestWaitUpTo(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, "WAIT FOR FINAL UP TO INTERVAL '30 minutes'"), "FORMAT csv TO 'out/{slot}.csv'", "FORMAT text TO 'out/{slot}.txt'", 1))
	b.latency("2 07:00", "web-1", 10)
	b.final("2 07:55")
	b.begin()
	b.at("2 08:00")
	b.at("2 08:29:59")
	b.want("waits", b.issues(), "02 08:00 waiting")
	b.begin() // the time goes on across a restart
	b.at("2 08:30")
	b.want("does not wait any more", b.text("SELECT state, note FROM windrow_issues"), "done not final: latency_1m is final before 2026-03-02 07:55:00")
	if text := b.file("out/20260302T080000Z.txt"); !strings.Contains(text, "not final: latency_1m is final before 2026-03-02 07:55:00") {
		t.Error(text)
	}
}

// Only what the sections read has to be final.
func TestWaitForOthers(t *testing.T) {
	b := newBench(t, `CREATE REPORT hourly SCHEDULE '0 * * * *' WAIT FOR FINAL FORMAT csv TO 'out/{slot}.csv' AS SELECT 1 AS latency;`)
	b.begin()
	b.at("2 08:00")
	b.want("issues", b.issues(), "02 08:00 done")
}

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

// What a statement reads by ago() may be gone before the slot's own windows.
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

// A statement that is never at rest is issued less and less often.
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

func TestRetries(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, ""), "TO 'out", "TO 'HOOK/x', 'out", 1))
	b.latency("2 07:00", "web-1", 10)
	b.begin()
	b.hook.says(http.StatusServiceUnavailable)
	b.at("2 08:00")
	b.want("the other target has it", b.files("out"), "20260302T080000Z.csv")
	b.want("deliveries", b.text("SELECT state FROM windrow_deliveries ORDER BY target"), "open; done")
	b.want("issue", b.text("SELECT state, attempts, next_try FROM windrow_issues"), "due 1 2026-03-02 08:00:01.000")
	os.Remove(filepath.Join(b.dir, "out/20260302T080000Z.csv")) // it would be seen if it was sent again
	b.latency("2 07:01", "web-1", 11)                           // what is sent was made once
	for range 12 {
		b.after(10 * time.Minute)
	}
	b.want("attempts", b.text("SELECT attempts, state FROM windrow_issues"), "13 due")
	b.after(10*time.Minute - time.Second)
	b.want("not so soon", b.text("SELECT attempts FROM windrow_issues"), "13")
	b.hook.says(0)
	b.after(time.Second)
	b.want("arrived", b.issues(), "02 08:00 done")
	b.want("not sent twice", b.files("out"), "")
	b.want("content", b.hook.messages()[0].body, "window_start,host,p99\n2026-03-02 07:00:00,web-1,10.0\n")
	if n := strings.Count(b.log.String(), "cannot deliver"); n != 1 {
		t.Errorf("said %d times:\n%s", n, b.log)
	}
	b.want("spool", b.files("windrow.db.spool"), "")
}

func TestRetryAfter(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, ""), "TO 'out/{slot}.csv'", "TO 'HOOK/x'", 1))
	b.begin()
	b.hook.after = "120"
	b.hook.says(http.StatusTooManyRequests)
	b.at("2 08:00")
	b.hook.says(0)
	b.after(119 * time.Second)
	b.want("too soon", b.issues(), "02 08:00 due")
	b.after(time.Second)
	b.want("then", b.issues(), "02 08:00 done")
}

func TestGivesUp(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, ""), "TO 'out", "TO 'HOOK/x', 'out", 1))
	b.begin()
	b.hook.says(http.StatusInternalServerError)
	b.at("2 08:00")
	b.begin() // it is tried at once, whatever the plan was
	b.want("a new run tries at once", b.text("SELECT attempts FROM windrow_issues"), "2")
	b.now = at(t, "3 07:59")
	for range 9 {
		b.after(10 * time.Minute)
	}
	b.want("the patience of a day", b.text("SELECT attempts, state FROM windrow_issues WHERE slot < '2026-03-03'  ORDER BY slot LIMIT 1"), "11 due")
	b.now = at(t, "3 08:00")
	b.after(10 * time.Minute)
	b.want("has an end", b.text("SELECT attempts, state FROM windrow_issues WHERE slot < '2026-03-03' ORDER BY slot LIMIT 1"), "12 failed")
	note := b.text("SELECT note FROM windrow_issues WHERE slot = '2026-03-02 08:00:00'")
	if !strings.HasPrefix(note, "not delivered to "+b.hook.url+"/x: cannot post to") {
		t.Error(note)
	}
}

// A claim that is older than a day is tried all the same.
func TestOldClaim(t *testing.T) {
	b := newBench(t, with(hourly, "MISSED RUN NONE"))
	b.kill = func(point string) bool { return point == "claimed" }
	b.begin()
	b.at("2 08:00")
	b.want("killed", b.issues(), "02 08:00 due")
	b.kill, b.now = nil, at(t, "5 08:30")
	b.begin()
	if got := b.issues(); !strings.HasPrefix(got, "02 08:00 done") {
		t.Error(got)
	}
}

func TestPermanentFailure(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, ""), "TO 'out", "TO 'HOOK/x', 'out", 1))
	b.begin()
	b.hook.says(http.StatusForbidden)
	b.at("2 08:00")
	b.want("issue", b.text("SELECT state, attempts FROM windrow_issues"), "failed 0")
	b.want("deliveries", b.text("SELECT state FROM windrow_deliveries ORDER BY target"), "failed; done")
	b.hook.says(0)
	b.after(time.Hour)
	if n := len(b.hook.messages()); n != 0 {
		t.Errorf("%d messages", n)
	}
}

func TestMistake(t *testing.T) {
	b := newBench(t, with(hourly, ""))
	b.define(strings.Replace(with(hourly, ""), "p99 FROM", "p98 FROM", 1))
	b.begin()
	b.at("2 08:00")
	b.want("issue", b.text("SELECT state, attempts FROM windrow_issues"), "failed 0")
	note := b.text("SELECT note FROM windrow_issues")
	for _, part := range []string{"report hourly:2:31: no such column: p98", "did you mean p99?"} {
		if !strings.Contains(note, part) {
			t.Errorf("the note lacks %q:\n%s", part, note)
		}
	}
	b.want("spool", b.files("windrow.db.spool"), "")
	b.at("2 09:00")
	if n := strings.Count(b.log.String(), "cannot make a report"); n != 2 {
		t.Errorf("said %d times:\n%s", n, b.log)
	}
}

func TestTimeout(t *testing.T) {
	b := newBench(t, `CREATE REPORT slow SCHEDULE '0 * * * *' FORMAT csv TO 'out/{slot}.csv' WITH (timeout = '1 second')
		AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT sum(x) AS s FROM c;`)
	b.defs.Reports[0].Options.Timeout = 100 * time.Millisecond
	b.begin()
	b.at("2 08:00")
	b.want("issue", b.text("SELECT state, attempts, note FROM windrow_issues"),
		"due 1 the statements of slow took longer than 100ms and were stopped; give them more with the option timeout")
}

// A run is killed at each point there is. The next one does the issue again:
// in the end each target has it, and there is one file.
func TestKills(t *testing.T) {
	points := map[string]int{}
	count := func(point string) bool { points[point]++; return false }
	story := func(kill func(string) bool) *bench {
		b := newBench(t, strings.Replace(with(hourly, "WAIT FOR FINAL REVISE"), "TO 'out", "TO 'HOOK/x', 'out", 1))
		b.latency("2 07:00", "web-1", 10)
		b.kill = kill
		b.begin()
		step := func(f func()) {
			for f(); b.dead; {
				b.begin()
			}
		}
		step(func() { b.at("2 08:00") })
		step(func() { b.final("2 08:00"); b.at("2 08:00:20") })
		step(func() { b.at("2 08:20") })
		step(func() { b.latency("2 07:01", "web-1", 11); b.at("2 08:21") })
		step(func() { b.at("2 08:30") })
		return b
	}
	want := story(count)
	if len(points) < 8 {
		t.Fatalf("only these points: %v", points)
	}
	for point, times := range points {
		for n := 1; n <= times; n++ {
			t.Run(fmt.Sprint(point, " ", n), func(t *testing.T) {
				left := n
				b := story(func(p string) bool {
					if p == point {
						left--
					}
					return left == 0 && p == point
				})
				b.want("issues", b.issues(), "02 08:00 done; 02 08:00 r2 done")
				b.want("files", b.files("out"), "20260302T080000Z.csv")
				b.want("file", b.file("out/20260302T080000Z.csv"), want.file("out/20260302T080000Z.csv"))
				b.want("nothing is left", b.files("windrow.db.spool"), "")
				bodies := map[string]string{}
				for _, m := range b.hook.messages() {
					if old, ok := bodies[m.key]; ok && old != m.body {
						t.Errorf("one key, two messages: %q and %q", old, m.body)
					}
					bodies[m.key] = m.body
				}
				if len(bodies) != 2 {
					t.Errorf("%d messages", len(bodies))
				}
			})
		}
	}
}

// Where the data has changed when an issue is done again, all targets get the
// new content: a revision has one.
func TestRedoWithOtherData(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, ""), "TO 'out", "TO 'HOOK/x', 'HOOK/y', 'out", 1))
	b.latency("2 07:00", "web-1", 10)
	b.begin()
	delivered := 0
	b.kill = func(point string) bool {
		if point == "recorded" {
			delivered++
		}
		return delivered == 2
	}
	b.at("2 08:00")
	b.want("two have it", b.text("SELECT state FROM windrow_deliveries ORDER BY target"), "done; open; done")
	b.kill = nil
	b.latency("2 07:01", "web-2", 20)
	b.begin()
	b.want("done", b.issues(), "02 08:00 done")
	got := b.hook.messages()
	if len(got) != 3 || got[0].path != "/x" || got[1].path != "/x" || got[2].path != "/y" {
		t.Fatalf("%q", got)
	}
	if got[0].body == got[1].body || got[0].key == got[1].key || got[1].body != got[2].body {
		t.Errorf("another content is another message: %q", got)
	}
	b.want("the file", b.file("out/20260302T080000Z.csv"), got[2].body)
}

// Where it has not, only those get it that have nothing yet.
func TestRedo(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, ""), "TO 'out", "TO 'HOOK/x', 'HOOK/y', 'out", 1))
	b.latency("2 07:00", "web-1", 10)
	b.begin()
	b.kill = func(point string) bool { return point == "recorded" && len(b.hook.messages()) == 1 }
	b.at("2 08:00")
	b.kill = nil
	b.begin()
	b.want("done", b.issues(), "02 08:00 done")
	if got := b.hook.messages(); len(got) != 2 || got[0].path != "/x" || got[1].path != "/y" {
		t.Errorf("%q", got)
	}
}

// A file without the slot in its name never goes back to an older slot.
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

func TestUse(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, ""), "TO 'out", "TO 'HOOK/x', 'out", 1))
	b.begin()
	b.hook.says(http.StatusServiceUnavailable)
	b.at("2 08:00")
	b.define(strings.Replace(with(hourly, ""), "TO 'out/", "TO 'new/", 1) +
		`CREATE REPORT quarters SCHEDULE '*/15 * * * *' MISSED RUN ALL FORMAT csv TO 'quarters/{slot}.csv' AS SELECT 1 AS a;`)
	b.run.Use(b.defs)
	b.at("2 08:50")
	b.want("the open issue has the new targets", b.text("SELECT target, state FROM windrow_deliveries WHERE report = 'hourly' ORDER BY 1"),
		"new/{slot}.csv done; out/{slot}.csv done")
	b.want("a new report is due from now on", b.files("quarters"), "")
	b.at("2 09:00")
	b.want("then", b.files("quarters"), "20260302T090000Z.csv")
	b.define(`CREATE REPORT quarters SCHEDULE '*/5 * * * *' MISSED RUN ALL FORMAT csv TO 'quarters/{slot}.csv' AS SELECT 1 AS a;`)
	b.now = at(t, "2 09:12")
	b.run.Use(b.defs)
	b.at("2 09:12")
	b.want("another schedule has no past", b.files("quarters"), "20260302T090000Z.csv")
	b.want("one that is gone", b.text("SELECT attached FROM windrow_reports WHERE name = 'hourly'"), "0")
	b.begin()
	b.at("2 10:00")
	b.want("nor in the next run", b.files("quarters"),
		"20260302T090000Z.csv 20260302T091500Z.csv 20260302T092000Z.csv 20260302T092500Z.csv 20260302T093000Z.csv 20260302T093500Z.csv"+
			" 20260302T094000Z.csv 20260302T094500Z.csv 20260302T095000Z.csv 20260302T095500Z.csv 20260302T100000Z.csv")
}

// The issue of a report that is gone stays open, and goes on when it is back.
func TestDetached(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, ""), "TO 'out/{slot}.csv'", "TO 'HOOK/x'", 1))
	text := b.defs
	b.begin()
	b.hook.says(http.StatusServiceUnavailable)
	b.at("2 08:00")
	b.hook.says(0)
	b.run.Use(Definitions{})
	b.after(time.Hour)
	b.want("open", b.issues(), "02 08:00 due")
	b.run.Use(text)
	b.after(time.Second)
	b.want("back", b.issues(), "02 08:00 done")
}

func TestPartitionsAndManifest(t *testing.T) {
	const columns = "AS SELECT host, window_start, p99 FROM latency_1m WHERE window_start >= :slot_start AND window_start < :slot_end ORDER BY 1, 2;"
	b := newBench(t, `CREATE REPORT parts SCHEDULE '0 * * * *' REVISE FORMAT csv TO 'parts/{date}/' WITH (partition_by = 'host') `+columns+
		`CREATE REPORT listed SCHEDULE '0 * * * *' FORMAT csv TO 'listed/{date}.csv' WITH (manifest = true) `+columns)
	b.latency("2 07:00", "web-1", 10)
	b.latency("2 07:00", "web-2", 20)
	b.begin()
	b.at("2 08:00")
	b.want("parts", b.files("parts"), "2026-03-02/host=web-1/parts.csv 2026-03-02/host=web-2/parts.csv 2026-03-02/manifest.json")
	b.want("one", b.file("parts/2026-03-02/host=web-2/parts.csv"), "host,window_start,p99\nweb-2,2026-03-02 07:00:00,20.0\n")
	b.want("listed", b.files("listed"), "2026-03-02.csv 2026-03-02.csv.manifest.json")
	for _, part := range []string{`"path": "2026-03-02.csv"`, `"slot_end": "2026-03-02 08:00:00"`, `"rows": 2`, `"name": "listed"`} {
		if text := b.file("listed/2026-03-02.csv.manifest.json"); !strings.Contains(text, part) {
			t.Errorf("the manifest lacks %s:\n%s", part, text)
		}
	}
	b.latency("2 07:05", "web-2", 30)
	b.at("2 08:40")
	b.want("revised", b.file("parts/2026-03-02/host=web-2/parts.csv"), "host,window_start,p99\nweb-2,2026-03-02 07:00:00,20.0\nweb-2,2026-03-02 07:05:00,30.0\n")
	b.want("spool", b.files("windrow.db.spool"), "")
}

func TestManifestNeedsRows(t *testing.T) {
	b := newBench(t, `CREATE REPORT page SCHEDULE '0 * * * *' FORMAT html TO 'page.html' AS SELECT 1 AS a;`)
	b.defs.Reports[0].Options.Manifest = true
	b.begin()
	b.at("2 08:00")
	if got := b.text("SELECT state, note FROM windrow_issues"); !strings.HasPrefix(got, "failed a manifest lists files of rows") {
		t.Error(got)
	}
}

func TestFormats(t *testing.T) {
	var text strings.Builder
	for _, f := range []string{"html", "markdown", "text", "csv", "tsv", "json", "ndjson", "xlsx", "parquet"} {
		fmt.Fprintf(&text, `CREATE REPORT r_%s SCHEDULE '0 9 * * *' TIME ZONE 'Europe/Berlin' FORMAT %s TO 'out/%s'
			AS SELECT window_start, p99 FROM latency_1m;`, f, f, f)
	}
	b := newBench(t, text.String())
	b.latency("2 07:00", "web-1", 10)
	b.begin()
	b.at("2 08:00")
	b.want("issues", b.text("SELECT state, count(*) FROM windrow_issues GROUP BY 1"), "done 9")
	for _, f := range []string{"html", "markdown", "text"} {
		if got := b.file("out/" + f); !strings.Contains(got, "08:00") {
			t.Errorf("%s is not in the report's zone:\n%s", f, got)
		}
	}
	for _, f := range []string{"csv", "tsv", "json", "ndjson"} {
		if got := b.file("out/" + f); !strings.Contains(got, "2026-03-02 07:00:00") {
			t.Errorf("%s is not in UTC:\n%s", f, got)
		}
	}
}

// The store refuses to write for a while: nothing is delivered twice.
func TestStoreBusy(t *testing.T) {
	b := newBench(t, with(hourly, ""))
	b.begin()
	b.store.Close()
	b.store = must(store.Open(bg, b.path(), store.Options{Durability: "process", BusyTimeout: time.Millisecond}))
	b.run.Store = b.store
	lock := must(b.sql.Conn(bg))
	defer lock.Close()
	must(lock.ExecContext(bg, "BEGIN IMMEDIATE"))
	b.at("2 08:00")
	b.want("not claimed", b.issues(), "")
	b.at("2 10:00")
	must(lock.ExecContext(bg, "COMMIT"))
	b.at("2 10:00:01")
	b.want("the run was looking: nothing is missed", b.issues(), "02 08:00 done; 02 09:00 done; 02 10:00 done")
	b.run.seam = func(point string) error {
		if point == "delivered" {
			must(lock.ExecContext(bg, "BEGIN IMMEDIATE"))
		}
		return nil
	}
	b.at("2 11:00")
	b.want("delivered, not written down", b.files("out"), "20260302T080000Z.csv 20260302T090000Z.csv 20260302T100000Z.csv 20260302T110000Z.csv")
	b.want("state", b.text("SELECT state FROM windrow_deliveries WHERE slot LIKE '%11:00:00'"), "open")
	os.RemoveAll(filepath.Join(b.dir, "out"))
	b.run.seam = nil
	must(lock.ExecContext(bg, "COMMIT"))
	b.after(time.Second)
	b.want("written down", b.text("SELECT i.state, d.state FROM windrow_issues i JOIN windrow_deliveries d ON d.issue = i.id WHERE i.slot LIKE '%11:00:00'"), "done done")
	b.want("not delivered again", b.files("out"), "")
}
