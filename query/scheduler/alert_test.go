package scheduler

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// slow is an alert of hosts whose windows of the last five minutes are slow.
const slow = `CREATE ALERT slow EVERY INTERVAL '1 minute' %s TO 'alerts.ndjson'
AS SELECT host, max(p99) AS p99 FROM latency_1m WHERE window_start >= ago('5 minutes') GROUP BY host HAVING max(p99) > 500;`

// events are the lines of the alert's file: slot, kind and key.
func (b *bench) events() string {
	b.t.Helper()
	var list []string
	for line := range strings.Lines(b.file("alerts.ndjson")) {
		var r struct{ ID, Kind, Slot, Key string }
		var whole record
		if err := json.Unmarshal([]byte(line), &whole); err != nil {
			b.t.Fatalf("%q: %v", line, err)
		}
		r.Kind, r.Slot, r.Key = string(whole.Kind), whole.Slot, string(whole.Key)
		list = append(list, fmt.Sprintf("%s %s %s", r.Slot[11:16], r.Kind, r.Key))
	}
	return strings.Join(list, "; ")
}

func TestAlert(t *testing.T) {
	b := newBench(t, with(slow, ""))
	b.begin()
	b.latency("2 07:00", "web-1", 900)
	b.latency("2 07:00", "web-2", 100)
	b.at("2 07:01")
	b.want("fires", b.file("alerts.ndjson"), `{"id":"6647c53361e6ad020f4a63d3ac28d9aa","alert":"slow","kind":"firing","slot":"2026-03-02 07:01:00","since":"2026-03-02 07:01:00",`+
		`"key":{"host":"web-1"},"row":{"host":"web-1","p99":900.0}}`+"\n")
	for m := range 9 {
		b.at(fmt.Sprintf("2 07:%02d:01", 1+m))
		if m == 2 || m == 6 {
			b.begin()
		}
	}
	b.want("once each, also across restarts", b.events(), `07:01 firing {"host":"web-1"}; 07:06 resolved {"host":"web-1"}`)
	b.want("ledger", b.issues(), "02 07:01 firing done; 02 07:06 resolved done")
	b.want("no rows are left", b.text("SELECT count(*) FROM windrow_alerts"), "0")
	b.latency("2 07:09", "web-1", 800)
	b.at("2 07:10")
	b.want("again", b.events(), `07:01 firing {"host":"web-1"}; 07:06 resolved {"host":"web-1"}; 07:10 firing {"host":"web-1"}`)
}

func TestAlertFor(t *testing.T) {
	b := newBench(t, with(strings.Replace(slow, "5 minutes", "1 minute", 1), "FOR 3"))
	b.begin()
	for m := range 8 {
		if m != 2 {
			b.latency(fmt.Sprintf("2 07:%02d", m), "web-1", 900)
		}
		b.at(fmt.Sprintf("2 07:%02d", m+1))
		b.begin() // the count goes on
	}
	b.want("after three in a row", b.events(), `07:06 firing {"host":"web-1"}`)
	b.want("state", b.text("SELECT key, state, since, count, slots FROM windrow_alerts"),
		`{"host":"web-1"} firing 2026-03-02 07:04:00 3 ["2026-03-02 07:04:00","2026-03-02 07:05:00","2026-03-02 07:06:00"]`)
}

func TestAlertGap(t *testing.T) {
	for _, c := range []struct{ back, want string }{
		{"2 07:04:30", `07:04 firing {"host":"web-1"}`}, // one evaluation is missing: the count goes on
		{"2 07:05:30", `07:07 firing {"host":"web-1"}`}, // two are
	} {
		b := newBench(t, with(slow, "FOR 3"))
		for m := range 10 {
			b.latency(fmt.Sprintf("2 07:%02d", m), "web-1", 900)
		}
		b.begin()
		b.at("2 07:01")
		b.at("2 07:02")
		b.now = at(t, c.back)
		b.begin()
		b.at("2 07:06")
		b.at("2 07:07")
		b.want("back at "+c.back, b.events(), c.want)
	}
}

// Evaluations that failed are as good as missed.
func TestAlertFailsInBetween(t *testing.T) {
	for _, c := range []struct{ back, want string }{{"2 07:04", `07:05 firing {"host":"web-1"}`}, {"2 07:05", `07:08 firing {"host":"web-1"}`}} {
		b := newBench(t, with(slow, "FOR 4"))
		for m := range 10 {
			b.latency(fmt.Sprintf("2 07:%02d", m), "web-1", 900)
		}
		b.begin()
		b.at("2 07:01")
		b.at("2 07:02")
		b.exec("DROP VIEW latency_1m")
		for m := at(t, "2 07:03"); m.Before(at(t, c.back)); m = m.Add(time.Minute) {
			b.until(m)
		}
		b.exec("CREATE VIEW latency_1m AS SELECT * FROM windrow_state_1")
		for m := at(t, c.back); m.Before(at(t, "2 07:09")); m = m.Add(time.Minute) {
			b.until(m)
		}
		b.want("back at "+c.back, b.events(), c.want)
	}
}

func TestWithdrawn(t *testing.T) {
	few := `CREATE ALERT few EVERY INTERVAL '1 minute' FOR 2 TO 'alerts.ndjson', 'HOOK/x'
		AS SELECT 'all' AS what, count(*) AS n FROM latency_1m WHERE window_start >= :slot_start HAVING count(*) < 3;`
	b := newBench(t, few)
	b.begin()
	b.at("2 07:01")
	b.at("2 07:02")
	b.want("fires", b.events(), `07:02 firing {"what":"all"}`)
	for _, host := range []string{"a", "b", "c"} {
		b.latency("2 07:00", host, 1)
	}
	b.at("2 07:02:29")
	b.want("not yet", b.text("SELECT count(*) FROM windrow_issues"), "1")
	b.at("2 07:02:31")
	b.want("withdrawn", b.events(), `07:02 firing {"what":"all"}; 07:02 withdrawn {"what":"all"}`)
	for _, host := range []string{"a", "b", "c"} {
		b.latency("2 07:02", host, 1)
	}
	b.at("2 07:03")
	b.begin()
	b.at("2 07:03:40")
	b.want("once, and not resolved", b.events(), `07:02 firing {"what":"all"}; 07:02 withdrawn {"what":"all"}`)
	if n := len(b.hook.messages()); n != 2 {
		t.Errorf("%d messages", n)
	}
	b.at("2 07:04")
	b.at("2 07:05")
	b.want("it may fire anew", b.events(), `07:02 firing {"what":"all"}; 07:02 withdrawn {"what":"all"}; 07:05 firing {"what":"all"}`)
}

// What is over and was never true is withdrawn, not resolved, also where that
// is found at the next evaluation.
func TestWithdrawnNotResolved(t *testing.T) {
	b := newBench(t, strings.Replace(with(slow, ""), "max(p99) > 500", "avg(p99) > 500", 1))
	b.begin()
	b.latency("2 07:00", "web-1", 900)
	b.latency("2 07:00", "web-2", 900)
	b.at("2 07:01")
	b.latency("2 06:59", "web-1", 1)   // late: the average was 450
	b.latency("2 07:01", "web-2", 1)   // it got better
	b.latency("2 07:01", "web-3", 800) // and this one worse
	b.at("2 07:02")
	b.want("events", b.events(), `07:01 firing {"host":"web-1"}; 07:01 firing {"host":"web-2"}; `+
		`07:01 withdrawn {"host":"web-1"}; 07:02 resolved {"host":"web-2"}; 07:02 firing {"host":"web-3"}`)
}

// Later windows are none of a slot's business, although the statement has no
// end: they do not withdraw what was true.
func TestLaterWindowsWithdrawNothing(t *testing.T) {
	b := newBench(t, strings.Replace(with(slow, ""), "max(p99) > 500", "avg(p99) > 500", 1))
	b.begin()
	b.latency("2 07:00", "web-1", 900)
	b.at("2 07:01")
	b.latency("2 07:01", "web-1", 1)
	b.at("2 07:01:50")
	b.want("it still fires", b.events(), `07:01 firing {"host":"web-1"}`)
	b.at("2 07:02")
	b.want("resolved", b.events(), `07:01 firing {"host":"web-1"}; 07:02 resolved {"host":"web-1"}`)
}

func TestDeletedWindowsWithdrawNothing(t *testing.T) {
	b := newBench(t, with(slow, ""))
	b.begin()
	b.latency("2 07:00", "web-1", 900)
	b.at("2 07:01")
	b.exec("DELETE FROM windrow_state_1")
	b.exec("UPDATE windrow_rollup_data SET revision = revision + 1, horizon = '2026-03-02 06:57:00'") // ago() leads to 06:56
	b.at("2 07:01:50")
	b.want("believed", b.events(), `07:01 firing {"host":"web-1"}`)
	b.at("2 07:02")
	b.want("resolved", b.events(), `07:01 firing {"host":"web-1"}; 07:02 resolved {"host":"web-1"}`)
}

func TestAlertKeys(t *testing.T) {
	tests := map[string]struct{ with, sql, want string }{
		"texts, without NULL": {"", "SELECT 'a' AS x, NULL AS y, 5 AS n, 1.5 AS r, x'ff' AS b", `{"x":"a","b":"ff"}`},
		"no text at all":      {"", "SELECT 5 AS n", `{}`},
		"a key":               {"WITH (key = 'n, x')", "SELECT 'a' AS x, 'b' AS y, 5 AS n", `{"n":5,"x":"a"}`},
		"a key that is NULL":  {"WITH (key = 'x')", "SELECT NULL AS x, 5 AS n", `{"x":null}`},
		"in any case":         {"WITH (key = 'HOST')", "SELECT 'a' AS Host", `{"Host":"a"}`},
		"in any alphabet":     {"", "SELECT 'Zoë <&> \"' AS x", `{"x":"Zoë <&> \""}`},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "CREATE ALERT a EVERY INTERVAL '1 minute' "+c.with+" TO 'alerts.ndjson' AS "+c.sql+";")
			b.begin()
			b.at("2 07:01")
			b.want("key", b.text("SELECT key FROM windrow_alerts"), c.want)
			var r record
			if err := json.Unmarshal([]byte(b.file("alerts.ndjson")), &r); err != nil || !strings.Contains(b.file("alerts.ndjson"), c.want) {
				t.Errorf("%s: %v", b.file("alerts.ndjson"), err)
			}
		})
	}
}

// Two rows of one identity are one.
func TestAlertSameKeyTwice(t *testing.T) {
	b := newBench(t, "CREATE ALERT a EVERY INTERVAL '1 minute' TO 'alerts.ndjson' AS SELECT 'x' AS x, value AS n FROM json_each('[1,2]');")
	b.begin()
	b.at("2 07:01")
	b.want("events", b.events(), `07:01 firing {"x":"x"}`)
	b.want("the first one", b.text("SELECT row FROM windrow_alerts"), `{"x":"x","n":1}`)
}

func TestAlertFails(t *testing.T) {
	tests := map[string]struct{ with, sql, note string }{
		"a mistake":     {"", "SELECT p98 FROM latency_1m", "alert a:1:72: no such column: p98"},
		"a missing key": {"WITH (key = 'zone')", "SELECT host FROM latency_1m", "the option key of the alert a names the column zone, which its statement does not give"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "CREATE ALERT a EVERY INTERVAL '1 minute' "+c.with+" TO 'alerts.ndjson' AS "+c.sql+";")
			b.latency("2 06:00", "web-1", 1)
			b.begin()
			b.at("2 07:01")
			b.at("2 07:02")
			b.begin()
			b.at("2 07:03")
			b.want("one issue", b.text("SELECT kind, state, attempts FROM windrow_issues"), "evaluation due 4") // 07:02 twice
			if note := b.text("SELECT note FROM windrow_issues"); !strings.Contains(note, c.note) {
				t.Error(note)
			}
			b.define("CREATE ALERT a EVERY INTERVAL '1 minute' TO 'alerts.ndjson' AS SELECT host FROM latency_1m;")
			b.run.Use(b.defs)
			b.at("2 07:04")
			b.want("works again", b.text("SELECT kind, state FROM windrow_issues ORDER BY id"), "evaluation done; firing done")
			b.define("CREATE ALERT a EVERY INTERVAL '1 minute' TO 'alerts.ndjson' AS SELECT nope FROM latency_1m;")
			b.run.Use(b.defs)
			b.at("2 07:05")
			b.want("another outage", b.text("SELECT slot, state FROM windrow_issues WHERE kind = 'evaluation' ORDER BY id"), "2026-03-02 07:01:00 done; 2026-03-02 07:05:00 due")
			b.want("said", fmt.Sprint(strings.Count(b.log.String(), "cannot evaluate")), "3") // once a run and error
		})
	}
}

// The events of a key arrive in order, whatever is refused meanwhile.
func TestAlertOrder(t *testing.T) {
	b := newBench(t, strings.Replace(strings.Replace(with(slow, ""), "5 minutes", "1 minute", 1), "TO 'alerts.ndjson'", "TO 'HOOK/x'", 1))
	b.begin()
	b.hook.says(http.StatusServiceUnavailable)
	b.latency("2 07:00", "web-1", 900)
	b.at("2 07:01")
	b.at("2 07:02")
	b.at("2 07:03")
	b.want("open", b.issues(), "02 07:01 firing due; 02 07:02 resolved due")
	b.want("the second one waits for the first", b.text("SELECT attempts FROM windrow_issues ORDER BY id"), "3; 0")
	b.hook.says(0)
	b.after(10 * time.Minute)
	var kinds []string
	for _, m := range b.hook.messages() {
		var r record
		if err := json.Unmarshal([]byte(m.body), &r); err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, string(r.Kind))
	}
	b.want("arrived", strings.Join(kinds, " "), "firing resolved")
}

// A run is killed at each point there is: each event is in the file once.
func TestAlertKills(t *testing.T) {
	story := func(kill func(string) bool) *bench {
		b := newBench(t, with(strings.Replace(slow, "5 minutes", "2 minutes", 1), "FOR 2"))
		b.kill = kill
		b.begin()
		b.latency("2 07:00", "web-1", 900)
		b.latency("2 07:02", "web-2", 900)
		for m := range 12 {
			b.at(fmt.Sprintf("2 07:%02d:%02d", m/2, m%2*30))
			for b.dead {
				b.begin()
			}
		}
		return b
	}
	points := map[string]int{}
	want := story(func(point string) bool { points[point]++; return false }).events()
	if len(points) < 6 || strings.Count(want, ";") != 3 {
		t.Fatalf("%v: %s", points, want)
	}
	for point, times := range points {
		for n := 1; n <= times; n++ {
			left := n
			b := story(func(p string) bool {
				if p == point {
					left--
				}
				return left == 0 && p == point
			})
			b.want(fmt.Sprint("killed at ", point, " ", n), b.events(), want)
			b.want("issues", b.text("SELECT count(*), min(state), max(state) FROM windrow_issues"), "4 done done")
		}
	}
}

// Evaluations that change nothing do not write each time.
func TestAlertRests(t *testing.T) {
	b := newBench(t, strings.Replace(with(slow, ""), "1 minute", "1 second", 1))
	b.begin()
	version := func() string { return b.text("PRAGMA data_version") }
	before := version()
	for s := range 50 {
		b.at(fmt.Sprintf("2 07:00:%02d", 3+s))
	}
	if version() != before {
		t.Error("it has written")
	}
	b.at("2 07:01:10")
	b.want("once a minute", b.text("SELECT last_slot FROM windrow_reports"), "2026-03-02 07:01:10")
}

// A threshold that is changed resolves what it does not find any more: it was
// true.
func TestAlertRestated(t *testing.T) {
	b := newBench(t, with(slow, ""))
	b.begin()
	b.latency("2 07:00", "web-1", 900)
	b.at("2 07:01")
	b.define(strings.Replace(with(slow, ""), "> 500", "> 1000", 1))
	b.run.Use(b.defs)
	b.latency("2 07:00", "web-2", 1)
	b.at("2 07:01:50")
	b.at("2 07:02")
	b.want("events", b.events(), `07:01 firing {"host":"web-1"}; 07:02 resolved {"host":"web-1"}`)
	b.latency("2 07:02", "web-1", 2000)
	b.at("2 07:03")
	b.latency("2 07:02", "web-1", 1)
	b.at("2 07:04")
	b.want("then it is as ever", b.events(),
		`07:01 firing {"host":"web-1"}; 07:02 resolved {"host":"web-1"}; 07:03 firing {"host":"web-1"}; 07:03 withdrawn {"host":"web-1"}`)
}

// A target that does not answer does not keep evaluations waiting.
func TestAlertGoesOnBesideDeliveries(t *testing.T) {
	arrived, over := make(chan struct{}, 10), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-over
	}))
	defer server.Close()
	defer close(over)
	b := newBench(t, strings.Replace(with(slow, ""), "'alerts.ndjson'", "'"+server.URL+"'", 1))
	_, clock, _ := b.live("")
	b.eventually("SELECT count(*) FROM windrow_reports", "1")
	b.latency("2 07:00", "web-1", 900)
	clock.Store(at(t, "2 07:01").Unix())
	<-arrived
	b.latency("2 07:01", "web-2", 900)
	clock.Store(at(t, "2 07:02").Unix())
	b.eventually("SELECT count(*) FROM windrow_alerts", "2")
}
