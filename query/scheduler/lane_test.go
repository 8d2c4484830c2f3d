package scheduler

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/windrow/windrow/schema"
)

// hangingHook is a web server that takes what it gets and never answers.
func hangingHook(t *testing.T) (url string, got *atomic.Int64) {
	got, over := &atomic.Int64{}, make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.Add(1)
		<-over
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(over) })
	return server.URL, got
}

const fileDeliveries = "SELECT count(*) FROM windrow_deliveries WHERE state = 'done' AND target NOT LIKE 'http%'"

// A target that never answers holds up no other one, and is asked once at a
// time.
func TestLanes(t *testing.T) {
	url, got := hangingHook(t)
	for name, definition := range map[string]string{
		"events": strings.Replace(strings.Replace(with(slow, ""), "'alerts.ndjson'", "'"+url+"', 'alerts.ndjson'", 1), "5 minutes", "1 minute", 1),
		"slots":  "CREATE REPORT often SCHEDULE '* * * * *' MISSED RUN ALL FORMAT csv TO '" + url + "', 'out/{slot}.csv' AS SELECT :slot_end AS slot;",
	} {
		t.Run(name, func(t *testing.T) {
			got.Store(0)
			b := newBench(t, definition)
			for m := range 6 {
				b.latency(fmt.Sprintf("2 07:%02d", m), fmt.Sprint("web-", m), 900)
			}
			_, clock, stop := b.live("")
			b.eventually("SELECT count(*) FROM windrow_reports", "1")
			for m := range 5 {
				clock.Store(at(t, fmt.Sprintf("2 07:%02d", 1+m)).Unix())
				n := m + 1
				if name == "events" {
					n = 2*m + 1 // one host begins, another one ends
				}
				b.eventually(fileDeliveries, fmt.Sprint(n))
			}
			if n := got.Load(); n != 1 {
				t.Errorf("%d tries", n)
			}
			b.want("none is done", b.text("SELECT DISTINCT state FROM windrow_issues"), "due")
			began := time.Now()
			if stop(); time.Since(began) > time.Second {
				t.Errorf("it took %v to end", time.Since(began))
			}
		})
	}
}

// What a dead target does not take, the other one has, also the end of it.
func TestLanesOfEvents(t *testing.T) {
	b := newBench(t, strings.Replace(strings.Replace(with(slow, ""), "5 minutes", "1 minute", 1), "TO ", "TO 'HOOK/x', ", 1))
	b.begin()
	b.hook.says(http.StatusServiceUnavailable)
	b.latency("2 07:00", "web-1", 900)
	b.at("2 07:01")
	b.at("2 07:02")
	b.want("the file has both", b.events(), `07:01 firing {"host":"web-1"}; 07:02 resolved {"host":"web-1"}`)
	b.hook.says(0)
	b.after(10 * time.Minute)
	b.want("done", b.issues(), "02 07:01 firing done; 02 07:02 resolved done")
	if m := b.hook.messages(); len(m) != 2 || !strings.Contains(m[0].body, "firing") || !strings.Contains(m[1].body, "resolved") {
		t.Errorf("%q", m)
	}
}

// A target that fails is tried once at a time, whatever waits for it; the
// oldest comes first.
func TestLanePauses(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, "MISSED RUN ALL"), "TO 'out", "TO 'HOOK/x', 'out", 1))
	b.begin()
	b.hook.says(http.StatusServiceUnavailable)
	b.now = at(t, "2 14:00")
	b.pass()
	b.want("tries", b.text("SELECT sum(attempts), max(attempts) FROM windrow_issues"), "1 1")
	b.want("files", fmt.Sprint(strings.Count(b.files("out"), "csv")), "7")
	for range 3 {
		b.after(time.Minute)
	}
	b.want("the oldest one", b.text("SELECT attempts FROM windrow_issues ORDER BY slot"), "4; 0; 0; 0; 0; 0; 0")
	b.hook.says(0)
	b.after(time.Minute)
	var slots []string
	for _, m := range b.hook.messages() {
		slots = append(slots, m.slot[11:13])
	}
	b.want("in order", strings.Join(slots, " "), "08 09 10 11 12 13 14")
	b.want("spool", b.files("windrow.db.spool"), "")
}

// After a day, a dead target is given up for all that has waited as long.
func TestLaneGivesUp(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, "MISSED RUN ALL"), "TO 'out", "TO 'HOOK/x', 'out", 1))
	b.begin()
	b.hook.says(http.StatusServiceUnavailable)
	b.now = at(t, "2 11:00")
	b.pass()
	for range 20 {
		b.after(10 * time.Minute)
	}
	b.at("2 12:00")
	b.at("3 11:30")
	b.want("issues", b.text("SELECT state, count(*) FROM windrow_issues WHERE slot <= '2026-03-02 12:00:00' GROUP BY 1 ORDER BY 1"), "due 1; failed 4")
}

// However many contents wait for a dead target, few lie in the spool; all
// arrive.
func TestLaneSpool(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, "MISSED RUN ALL"), "TO 'out", "TO 'HOOK/x', 'out", 1))
	b.begin()
	b.hook.says(http.StatusServiceUnavailable)
	b.now = at(t, "4 08:00")
	b.pass()
	if n := strings.Count(b.files("windrow.db.spool"), "csv"); n != maxSpooled {
		t.Errorf("%d contents", n)
	}
	b.hook.says(0)
	b.after(time.Minute)
	b.want("issues", b.text("SELECT state, count(*) FROM windrow_issues GROUP BY 1"), "done 49")
	if n := len(b.hook.messages()); n != 49 {
		t.Errorf("%d messages", n)
	}
}

// The worker does not run ahead of the files.
func TestLaneCrowded(t *testing.T) {
	b := newBench(t, with(hourly, ""))
	b.begin()
	e, j := b.run.all()[0], b.run.all()[0].current()
	for n := range maxSpooled + 1 {
		i := &issue{Issue: j.issue(at(t, "2 08:00").Add(time.Duration(n)*time.Hour), b.now), adopted: j}
		if n < maxSpooled {
			i.Fingerprint, i.content = make([]byte, 32), &content{job: j}
		}
		e.open = append(e.open, i)
	}
	last := e.open[maxSpooled]
	e.lanes[j.targets[0].Text] = &lane{target: j.targets[0].Text, busy: true}
	if !e.crowded(j, last) {
		t.Error("files wait")
	}
	e.lanes[j.targets[0].Text].after = b.real.Add(time.Second)
	if e.crowded(j, last) {
		t.Error("a disk that is full is not waited for")
	}
}

func TestNearFirst(t *testing.T) {
	var kinds []string
	for _, t := range nearFirst([]schema.Target{{Kind: schema.TargetMail}, {Kind: schema.TargetFile}, {Kind: schema.TargetWebhook}, {Kind: schema.TargetStdout}}) {
		kinds = append(kinds, string(t.Kind))
	}
	if got := strings.Join(kinds, " "); got != fmt.Sprint(schema.TargetFile, " ", schema.TargetStdout, " ", schema.TargetMail, " ", schema.TargetWebhook) {
		t.Error(got)
	}
}
