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

func TestUnsetVariable(t *testing.T) {
	b := newBench(t, with(hourly, ""))
	b.defs.Reports[0].Targets[0].Unset = true
	b.begin()
	b.at("2 08:00")
	b.want("deliveries", b.text("SELECT state, error FROM windrow_deliveries"),
		"failed cannot deliver to out/{slot}.csv: a variable in it is not set: trying again does not help")
	b.want("files", b.files("out"), "")
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
	if len(got) != 2 || got[0].path != "/x" || got[1].path != "/y" || got[0].revision != got[1].revision {
		t.Fatalf("%q", got)
	}
	if got[0].body == got[1].body || got[0].key == got[1].key {
		t.Errorf("another content is another message: %q", got)
	}
	b.want("the file stays", b.file("out/20260302T080000Z.csv"), got[0].body)
	b.want("note", b.text("SELECT note FROM windrow_issues"), "made again with later data after "+b.hook.url+"/x, out/{slot}.csv had it")
}

// With REVISE what is made again with other data is the next revision, for all.
func TestRedoRevises(t *testing.T) {
	for _, point := range []string{"", "revision", "done"} {
		b := newBench(t, strings.Replace(with(hourly, "REVISE"), "TO 'out", "TO 'HOOK/x', 'HOOK/y', 'out", 1))
		b.latency("2 07:00", "web-1", 10)
		b.begin()
		b.kill = func(point string) bool { return point == "recorded" && len(b.hook.messages()) == 1 }
		b.at("2 08:00")
		b.latency("2 07:01", "web-2", 20)
		killed := false
		b.kill = func(p string) bool {
			now := p == point && !killed
			killed = killed || now
			return now
		}
		b.begin()
		if b.dead {
			b.begin()
		}
		b.pass()
		b.want("issues", b.issues(), "02 08:00 done; 02 08:00 r2 done")
		var got []string
		bodies := map[string]string{}
		for _, m := range b.hook.messages() {
			got = append(got, m.path+m.revision)
			if old, ok := bodies[m.revision]; ok && old != m.body {
				t.Errorf("revision %s has two contents", m.revision)
			}
			bodies[m.revision] = m.body
		}
		b.want("messages, killed at "+point, strings.Join(got, " "), "/x1 /x2 /y2")
		b.want("the file", b.file("out/20260302T080000Z.csv"), bodies["2"])
		b.want("what was left out", b.text("SELECT place FROM windrow_deliveries WHERE revision = 1 AND target LIKE '%/y'"), "nowhere: the next revision is there")
	}
}

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
	b.run.seam = func(point string) error {
		if point == "recorded" {
			must(lock.ExecContext(bg, "BEGIN IMMEDIATE"))
		}
		return nil
	}
	b.at("2 12:00")
	b.run.seam = nil
	must(lock.ExecContext(bg, "COMMIT"))
	b.want("done, not written down", b.text("SELECT state FROM windrow_issues WHERE slot LIKE '%12:00:00'"), "due")
	b.after(time.Second)
	b.want("then", b.text("SELECT state FROM windrow_issues WHERE slot LIKE '%12:00:00'"), "done")
}
