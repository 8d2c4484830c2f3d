package scheduler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const daily = `CREATE REPORT morning SCHEDULE '0 8 * * *' TIME ZONE 'Europe/Berlin' WAIT FOR FINAL %s
AS SECTION 'Hosts' SELECT host, p99 FROM latency_1m WHERE window_start >= :slot_start AND window_start < :slot_end ORDER BY 1
SECTION 'Count' SELECT count(*) AS n FROM latency_1m;`

func TestByHand(t *testing.T) {
	b := newBench(t, with(daily, "FORMAT markdown TO '{date}.md', 'HOOK/x'"))
	b.latency("2 06:59", "web-1", 10)
	b.latency("2 07:00", "web-2", 10)
	b.final("2 06:00")
	out, err := ByHand(bg, b.config(), b.defs, "MORNING", at(t, "2 12:00"), nil)
	if err != nil {
		t.Fatal(err)
	}
	b.want("outcome", fmt.Sprintf("%s %v %s %s %s %v %d %q", out.Name, out.Alert, stamp(out.Slot), stamp(out.Start), stamp(out.End), out.Zone, out.Rows, out.Notes),
		`morning false 2026-03-02 07:00:00 2026-03-01 07:00:00 2026-03-02 07:00:00 Europe/Berlin 2 ["not final: latency_1m is final before 2026-03-02 06:00:00"]`)
	if len(out.Places) != 2 || out.Places[0].Target != "{date}.md" || !strings.HasSuffix(out.Places[0].Place, "2026-03-02.md") || out.Places[1].Err != nil || out.Places[1].Bytes == 0 {
		t.Errorf("%+v", out.Places)
	}
	if text := b.file("2026-03-02.md"); !strings.Contains(text, "web-1") || strings.Contains(text, "web-2") || !strings.Contains(text, "not final") {
		t.Error(text)
	}
	b.want("recorded", b.text("SELECT by_hand, state, rows, note FROM windrow_issues"), "1 done 2 not final: latency_1m is final before 2026-03-02 06:00:00")
	b.want("deliveries", b.text("SELECT state FROM windrow_deliveries"), "done; done")
	b.want("spool", b.files("windrow.db.spool"), "")
	// The schedule does not notice, and the next one by hand is another one.
	b.final("2 07:00")
	if out, err = ByHand(bg, b.config(), b.defs, "morning", at(t, "2 07:00"), nil); err != nil || len(out.Notes) != 0 {
		t.Errorf("%q, %v", out.Notes, err)
	}
	got := b.hook.messages()
	if len(got) != 2 || got[0].key == got[1].key {
		t.Errorf("%+v", got)
	}
	b.begin()
	b.want("not in the way of a run", b.issues(), "")
}

func TestByHandAsTheRunDoes(t *testing.T) {
	b := newBench(t, with(daily, "FORMAT html TO 'x.html', 'y.html'"))
	b.latency("2 06:59", "web-1", 10)
	b.final("3 07:00")
	b.begin()
	b.at("3 07:00")
	want := b.file("x.html")
	if out, err := ByHand(bg, b.config(), b.defs, "morning", b.now, nil); err != nil || len(out.Places) != 2 {
		t.Fatal(err)
	}
	b.want("the same document", b.file("x.html"), want)
	b.want("beside the run's", b.text("SELECT by_hand, state FROM windrow_issues ORDER BY id"), "0 done; 1 done")
}

func TestDryRun(t *testing.T) {
	for format, part := range map[string]string{"markdown": "## Hosts", "html": "<!doctype html>", "text": "Hosts\n-----", "xlsx": "Hosts\n-----", "json": `"title":"Hosts"`} {
		b := newBench(t, with(daily, "FORMAT "+format+" TO 'x.bin'"))
		b.latency("2 06:59", "web-1", 10)
		c := b.config()
		c.Store = nil
		var text bytes.Buffer
		out, err := ByHand(bg, c, b.defs, "morning", at(t, "2 12:00"), &text)
		if err != nil || !strings.Contains(strings.ToLower(text.String()), strings.ToLower(part)) || out.Rows != 2 || len(out.Places) != 0 {
			t.Errorf("%s: %v, %+v\n%s", format, err, out, text.String())
		}
		b.want("nothing is written", b.files("."), "windrow.db windrow.db-shm windrow.db-wal")
		b.want("nor recorded", b.text("SELECT count(*) FROM windrow_reports"), "0")
	}
	b := newBench(t, `CREATE REPORT parts SCHEDULE '0 8 * * *' FORMAT csv TO 'x/' WITH (partition_by = 'host') AS SELECT host FROM latency_1m;`)
	b.latency("2 06:59", "web-1", 10)
	var text bytes.Buffer
	_, err := ByHand(bg, b.config(), b.defs, "parts", at(t, "2 12:00"), &text)
	if err != nil || text.String() != "host\nweb-1\n" {
		t.Errorf("%q, %v", text.String(), err)
	}
}

func TestByHandFails(t *testing.T) {
	b := newBench(t, with(daily, "FORMAT markdown TO 'HOOK/x', '{date}.md'"))
	b.hook.says(http.StatusServiceUnavailable)
	out, err := ByHand(bg, b.config(), b.defs, "morning", at(t, "2 12:00"), nil)
	if err != nil || out.Places[0].Err == nil || out.Places[1].Err != nil {
		t.Errorf("%+v, %v", out, err)
	}
	b.want("tried once", b.text("SELECT state, note FROM windrow_issues"),
		"failed not final: latency_1m has no final window yet; not delivered to "+b.hook.url+"/x: cannot post to "+b.hook.url+"/x: it answers 503 Service Unavailable")
	b.begin()
	b.hook.says(0)
	b.after(time.Hour)
	if n := len(b.hook.messages()); n != 0 {
		t.Errorf("%d messages: a run has taken it up", n)
	}
	if _, err = ByHand(bg, b.config(), b.defs, "evening", b.now, nil); err == nil || err.Error() != "there is no report or alert evening; there are morning" {
		t.Error(err)
	}
	if _, err = ByHand(bg, b.config(), b.defs, "Mornin", b.now, nil); err == nil || err.Error() != "there is no report or alert Mornin; did you mean morning?" {
		t.Error(err)
	}
	if _, err = ByHand(bg, b.config(), Definitions{}, "evening", b.now, nil); err == nil || err.Error() != "there is no report or alert evening: the definitions have none" {
		t.Error(err)
	}
	b.define(`CREATE REPORT bad SCHEDULE '0 8 * * *' FORMAT csv TO 'x.csv' AS SELECT nope FROM latency_1m;`)
	if _, err = ByHand(bg, b.config(), b.defs, "bad", b.now, nil); err == nil || !strings.Contains(err.Error(), "report bad:1:72: no such column: nope") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(bg)
	cancel()
	b.define(with(daily, "FORMAT markdown TO '{date}.md'"))
	if _, err = ByHand(ctx, b.config(), b.defs, "morning", b.now, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	b.want("spool", b.files("windrow.db.spool"), "")
}

func TestAlertByHand(t *testing.T) {
	b := newBench(t, strings.Replace(with(slow, "FOR 2"), "5 minutes", "1 minute", 1))
	b.latency("2 07:00", "web-1", 900)
	b.latency("2 07:01", "web-1", 800)
	b.latency("2 07:01", "web-2", 900)
	b.final("2 07:01")
	var text bytes.Buffer
	out, err := ByHand(bg, b.config(), b.defs, "slow", at(t, "2 07:02:59"), &text)
	if err != nil || fmt.Sprintf("%s", out.Firing) != `[{"host":"web-1","p99":800.0}]` || out.Rows != 2 || !out.Alert ||
		fmt.Sprintf("%q", out.Notes) != `["not final: latency_1m is final before 2026-03-02 07:01:00"]` {
		t.Errorf("%+v, %v", out, err)
	}
	if !strings.HasSuffix(text.String(), `"key":{"host":"web-1"},"row":{"host":"web-1","p99":800.0},"by_hand":true}`+"\n") {
		t.Error(text.String())
	}
	b.want("nothing is recorded", b.text("SELECT count(*) FROM windrow_reports"), "0")
	for range 2 {
		if out, err = ByHand(bg, b.config(), b.defs, "slow", at(t, "2 07:02"), nil); err != nil || len(out.Places) != 1 || out.Places[0].Err != nil {
			t.Errorf("%+v, %v", out, err)
		}
	}
	b.want("one line a slot", b.events(), `07:02 firing {"host":"web-1"}`)
	b.want("recorded", b.text("SELECT kind, by_hand, state FROM windrow_issues"), "firing 1 done; firing 1 done")
	b.want("its state stays", b.text("SELECT count(*) FROM windrow_alerts"), "0")
	if out, err = ByHand(bg, b.config(), b.defs, "slow", at(t, "2 07:01"), nil); err != nil || len(out.Firing) != 0 || len(out.Places) != 0 || out.Rows != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	b.begin()
	b.at("2 07:01")
	b.at("2 07:02")
	b.want("the run announces it all the same", b.events(), `07:02 firing {"host":"web-1"}; 07:02 firing {"host":"web-1"}`)
}
