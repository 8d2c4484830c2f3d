package scheduler

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

const endless = `CREATE REPORT endless SCHEDULE '0 * * * *' MISSED RUN ALL FORMAT csv TO 'endless/{slot}.csv'
AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT sum(x) AS s FROM c;`

// A report that is known to be slow holds up no quick one.
func TestRooms(t *testing.T) {
	b := newBench(t, with(hourly, "")+endless)
	s, clock, stop := b.live("")
	defer stop()
	for end := time.Now().Add(20 * time.Second); len(s.all()) < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the reports are not taken up")
		}
	}
	for _, e := range s.all() {
		e.mu.Lock()
		if e.job.name == "endless" {
			e.took = slowFrom
		}
		e.mu.Unlock()
	}
	for h := range 3 {
		clock.Store(at(t, fmt.Sprintf("2 %02d:00", 8+h)).Unix())
		b.eventually("SELECT count(*) FROM windrow_issues WHERE report = 'hourly' AND state = 'done'", fmt.Sprint(h+1))
	}
	if n := len(s.documents.slow); n != 1 {
		t.Errorf("%d in the room for slow ones", n)
	}
}

func TestRoomOf(t *testing.T) {
	b := newBench(t, with(hourly, "")+with(slow, ""))
	b.begin()
	for _, e := range b.run.all() {
		room := e.documents
		for _, c := range []struct {
			takes time.Duration
			err   error
			slow  int // how many are in that room
		}{{0, nil, 0}, {slowFrom - 1, nil, 0}, {slowFrom, nil, 0}, {slowFrom, nil, 1}, {0, nil, 1}, {0, overdue{errors.New("x")}, 0}, {0, nil, 1}, {0, nil, 0}} {
			e.inside(bg, room, func() error {
				b.real = b.real.Add(c.takes)
				if len(room.slow) != c.slow || len(room.quick) != 1-c.slow {
					t.Errorf("%+v: %d and %d", c, len(room.slow), len(room.quick))
				}
				return c.err
			})
		}
	}
}

// What takes too long is tried once at a time, whatever slots are open; they
// take turns.
func TestOverdue(t *testing.T) {
	b := newBench(t, endless)
	b.defs.Reports[0].Options.Timeout = 20 * time.Millisecond
	b.begin()
	b.now = at(t, "2 10:00")
	b.pass()
	attempts := "SELECT attempts FROM windrow_issues ORDER BY slot"
	b.want("one try", b.text(attempts), "1; 0; 0")
	b.after(time.Second)
	b.want("another slot", b.text(attempts), "1; 1; 0")
	b.after(time.Second)
	b.want("longer and longer", b.text(attempts), "1; 1; 0")
	b.after(time.Second)
	b.after(4 * time.Second)
	b.want("in turn", b.text(attempts), "2; 1; 1")
	b.define(strings.Replace(endless, "FROM c)", "FROM c LIMIT 9)", 1))
	b.run.Use(b.defs)
	b.after(8 * time.Second)
	b.after(16 * time.Second)
	b.want("all is done at once when it works", b.issues(), "02 08:00 done; 02 09:00 done; 02 10:00 done")
}

// What SQLite cannot compute is a mistake, whatever it says.
func TestHopeless(t *testing.T) {
	for name, sql := range map[string]string{
		"too large": "SELECT zeroblob(2000000000) AS x",
		"no JSON":   "SELECT json_extract('web-1', '$.a') AS x",
		"overflow":  "SELECT sum(value) AS x FROM json_each('[9223372036854775807,1]')",
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "CREATE REPORT bad SCHEDULE '0 * * * *' FORMAT csv TO 'x.csv' AS "+sql+";")
			b.begin()
			b.at("2 08:00")
			b.want("failed at once", b.text("SELECT state, attempts FROM windrow_issues"), "failed 0")
		})
	}
	if mistake(errors.New("report x: disk I/O error")) {
		t.Error("a disk may be well again")
	}
}
