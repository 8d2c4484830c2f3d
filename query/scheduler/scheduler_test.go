package scheduler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/schedule"
	"github.com/windrow/windrow/schema/store"
)

// live runs the bench's definitions with real goroutines, by a clock that the
// test moves.
func (b *bench) live(definitions string) (s *Scheduler, clock *atomic.Int64, stop func() error) {
	b.t.Helper()
	if definitions != "" {
		b.define(definitions)
	}
	clock = &atomic.Int64{}
	clock.Store(b.now.Unix())
	c := b.config()
	c.Log = nil
	c.Epoch = must(b.store.NextEpoch(bg))
	c.Tick = time.Millisecond
	c.Now = func() time.Time { return time.Unix(clock.Load(), 0) }
	s = New(c, b.defs)
	ctx, cancel := context.WithCancel(bg)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	b.t.Cleanup(func() { stop() })
	return s, clock, stop
}

// eventually waits until the store says so.
func (b *bench) eventually(query, want string) {
	b.t.Helper()
	var got string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if got = b.text(query); got == want {
			return
		}
	}
	b.t.Fatalf("%s:\n got %s\nwant %s", query, got, want)
}

const states = "SELECT coalesce(group_concat(report || ' ' || substr(slot, 12, 5) || ' ' || state, ', '), '') FROM (SELECT * FROM windrow_issues ORDER BY slot, report, id)"

func TestRun(t *testing.T) {
	b := newBench(t, with(hourly, "WAIT FOR FINAL REVISE"))
	b.latency("2 07:30", "web-1", 900)
	s, clock, stop := b.live("")
	b.eventually("SELECT count(*) FROM windrow_reports", "1")
	clock.Store(at(t, "2 08:00:01").Unix())
	b.eventually(states, "hourly 08:00 waiting")
	b.final("2 08:00")
	b.eventually(states, "hourly 08:00 done")
	b.define(with(hourly, "") + with(slow, ""))
	s.Use(b.defs)
	b.eventually("SELECT count(*) FROM windrow_reports", "2")
	b.latency("2 08:59", "web-1", 900)
	clock.Store(at(t, "2 09:00:01").Unix())
	b.eventually(states, "hourly 08:00 done, hourly 09:00 done, slow 09:00 done")
	s.Use(Definitions{})
	b.eventually("SELECT sum(attached) FROM windrow_reports", "0")
	clock.Store(at(t, "2 10:00:01").Unix())
	if err := stop(); err != nil {
		t.Error(err)
	}
	b.want("files", b.files("out"), "20260302T080000Z.csv 20260302T090000Z.csv")
	b.want("no more", b.text(states), "hourly 08:00 done, hourly 09:00 done, slow 09:00 done")
}

func TestFenced(t *testing.T) {
	for name, definition := range map[string]string{"a claim": with(hourly, ""), "an evaluation": with(slow, "")} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, definition)
			s := New(b.config(), b.defs)
			s.Epoch, s.Tick = must(b.store.NextEpoch(bg)), time.Millisecond
			s.Now = func() time.Time {
				if b.text("SELECT count(*) FROM windrow_reports") == "0" {
					return at(t, "2 07:00:01")
				}
				must(b.store.NextEpoch(bg)) // another run begins
				return at(t, "2 08:00")
			}
			if err := s.Run(bg); !errors.Is(err, store.ErrFenced) {
				t.Error(err)
			}
			b.want("nothing is written", b.issues(), "")
		})
	}
}

// In the middle of anything, a run that is told to end does, and what was not
// finished stays due.
func TestStops(t *testing.T) {
	arrived, over := make(chan struct{}, 1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		select {
		case <-over:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(over)
	forever := "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT sum(x) AS s FROM c"
	for name, definition := range map[string]string{
		"in a delivery":      strings.Replace(with(hourly, ""), "'out/{slot}.csv'", "'"+server.URL+"'", 1),
		"in a statement":     "CREATE REPORT hourly SCHEDULE '0 * * * *' FORMAT csv TO 'x.csv' AS " + forever + ";",
		"while it waits":     with(hourly, "WAIT FOR FINAL"),
		"in a lone document": "CREATE REPORT hourly SCHEDULE '0 * * * *' FORMAT xlsx TO 'x.xlsx' AS " + forever + ";",
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, definition)
			_, clock, stop := b.live("")
			b.eventually("SELECT count(*) FROM windrow_reports", "1")
			clock.Store(at(t, "2 08:00").Unix())
			b.eventually("SELECT count(*) FROM windrow_issues", "1")
			switch name {
			case "in a delivery":
				<-arrived
			case "while it waits":
				b.eventually(states, "hourly 08:00 waiting")
			}
			began := time.Now()
			if err := stop(); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("it took %v to end", took)
			}
			if got := b.text("SELECT state || attempts FROM windrow_issues"); got != "due0" && got != "waiting0" {
				t.Errorf("the issue is %s", got)
			}
			b.want("spool", b.files("windrow.db.spool"), "")
		})
	}
}

func TestOnce(t *testing.T) {
	b := newBench(t, with(hourly, "MISSED RUN ALL")+with(slow, "")+strings.Replace(strings.Replace(with(hourly, ""), "hourly", "posted", 1), "'out/{slot}.csv'", "'HOOK/x'", 1))
	once := func() error {
		c := b.config()
		c.Epoch = must(b.store.NextEpoch(bg))
		return New(c, b.defs).Once(bg)
	}
	b.hook.says(http.StatusServiceUnavailable)
	if err := once(); err != nil {
		t.Fatal(err)
	}
	b.now = at(t, "2 10:20")
	b.latency("2 10:19", "web-1", 900)
	if err := once(); err != nil {
		t.Fatal(err)
	}
	b.want("done", b.text(states), "hourly 08:00 done, posted 08:00 skipped, hourly 09:00 done, posted 09:00 skipped, hourly 10:00 done, posted 10:00 due, slow 10:20 done")
	b.want("tried once", b.text("SELECT attempts FROM windrow_issues WHERE report = 'posted' AND state = 'due'"), "1")
	b.hook.says(0)
	if err := once(); err != nil {
		t.Fatal(err)
	}
	b.want("tried again", b.text("SELECT attempts, state FROM windrow_issues WHERE report = 'posted' AND slot LIKE '%10:00:00'"), "1 done")
	ctx, cancel := context.WithCancel(bg)
	cancel()
	if err := New(b.config(), b.defs).Once(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	old := b.config()
	old.Epoch = 1
	if err := New(old, b.defs).Once(bg); !errors.Is(err, store.ErrFenced) {
		t.Error(err)
	}
}

// More slots than may be open at a time are done all the same.
func TestOnceManySlots(t *testing.T) {
	b := newBench(t, "CREATE REPORT often SCHEDULE '* * * * *' MISSED RUN ALL FORMAT csv TO 'last.csv' AS SELECT :slot_end AS slot;")
	s := New(b.config(), b.defs)
	s.Epoch = must(b.store.NextEpoch(bg))
	if err := s.register(bg); err != nil {
		t.Fatal(err)
	}
	e := s.all()[0]
	b.now = at(t, "4 07:00")
	if !s.look(false) || len(e.found.claim) != maxOpen {
		t.Fatalf("%d slots", len(e.found.claim))
	}
	if s.look(false) {
		t.Error("there is no room for more")
	}
	if err := e.claim(bg); err != nil || len(e.claimed) != maxOpen {
		t.Fatal(err)
	}
	e.claimed = nil // all done
	if !s.look(false) || len(e.found.claim) != 2*24*60-maxOpen {
		t.Errorf("%d more", len(e.found.claim))
	}
}

// The clock is looked at every tick. Where ticks are missing because the
// process stood still, slots may be missed.
func TestWatchClock(t *testing.T) {
	for tick, want := range map[time.Duration]string{time.Second: "24 0", time.Minute: "24 0", 25 * time.Hour: "0 24"} {
		synctest.Test(t, func(t *testing.T) {
			s := New(Config{Tick: tick}, Definitions{})
			hours := must(schedule.Parse("30 * * * *", time.UTC))
			e := newEntry(s.shop, &job{schedule: hours, missed: schema.MissedNone}, store.ReportRef{Since: time.Now()})
			s.entries = []*entry{e}
			ctx, cancel := context.WithCancel(bg)
			var watch sync.WaitGroup
			watch.Go(func() { s.watchClock(ctx) })
			for range 25 {
				time.Sleep(time.Hour) // of the bubble
			}
			synctest.Wait()
			e.mu.Lock()
			if got := fmt.Sprint(min(24, len(e.found.claim)), " ", min(24, len(e.found.skip))); got != want {
				t.Errorf("every %v: %d claimed, %d skipped; want %s", tick, len(e.found.claim), len(e.found.skip), want)
			}
			e.mu.Unlock()
			cancel()
			watch.Wait()
		})
	}
}

func TestAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := make(chan struct{}, 1)
		var inside, most int
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				alone(bg, room, func() error {
					inside++
					most = max(most, inside)
					time.Sleep(time.Second)
					inside--
					return nil
				})
			})
		}
		all.Wait()
		if most != 1 {
			t.Errorf("%d at a time", most)
		}
		room <- struct{}{}
		ctx, cancel := context.WithTimeout(bg, time.Minute)
		defer cancel()
		if err := alone(ctx, room, func() error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

// What has arrived when the run is told to end is written down.
func TestEndsAfterADelivery(t *testing.T) {
	b := newBench(t, with(hourly, ""))
	b.begin()
	b.now = at(t, "2 08:00")
	b.run.look(false)
	if err := b.run.books(bg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(bg)
	b.run.seam = func(point string) error {
		if point == "delivered" {
			cancel()
		}
		return nil
	}
	b.run.all()[0].work(ctx, false)
	b.want("delivery", b.text("SELECT state FROM windrow_deliveries"), "done")
}

// Those whose definition is gone have nobody who works for them.
func TestStaff(t *testing.T) {
	b := newBench(t, with(hourly, ""))
	b.begin()
	workers := map[*entry]func(){}
	b.run.staff(bg, workers, nil)
	if len(workers) != 1 {
		t.Fatal(len(workers))
	}
	b.run.entries = nil
	b.run.staff(bg, workers, nil)
	if len(workers) != 0 {
		t.Error(len(workers))
	}
}
