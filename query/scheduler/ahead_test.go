package scheduler

import (
	"strings"
	"testing"
	"time"

	"github.com/windrow/windrow/schema/schedule"
)

// A clock that was ahead once does not silence a report: it goes on from now.
func TestClockWasAhead(t *testing.T) {
	for name, restart := range map[string]bool{"in one run": false, "in the next run": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, with(hourly, "MISSED RUN ALL"))
			b.now = at(t, "9 07:30")
			b.begin() // Since is in the future too
			b.at("9 09:00")
			b.want("ahead", b.issues(), "09 08:00 done; 09 09:00 done")
			b.now = at(t, "2 10:30")
			if restart {
				b.begin()
			}
			b.pass()
			b.want("nothing before", b.issues(), "09 08:00 done; 09 09:00 done")
			b.at("2 11:00")
			b.at("2 12:00")
			b.want("it goes on", b.issues(), "02 11:00 done; 02 12:00 done; 09 08:00 done; 09 09:00 done")
			if n := strings.Count(b.log.String(), "the clock was ahead"); n != 1 {
				t.Errorf("said %d times:\n%s", n, b.log)
			}
			b.at("9 08:30")
			b.want("what was issued stays", b.text("SELECT count(*) FROM windrow_issues WHERE slot = '2026-03-09 08:00:00'"), "1")
		})
	}
}

func TestAlertClockWasAhead(t *testing.T) {
	b := newBench(t, with(strings.Replace(slow, "5 minutes", "1 minute", 1), "FOR 2"))
	b.latency("9 07:00", "pending", 900)
	b.latency("9 06:59", "firing", 900)
	b.latency("9 07:00", "firing", 900)
	b.now = at(t, "9 07:00")
	b.begin()
	b.at("9 07:01")
	b.want("ahead", b.events(), `07:01 firing {"host":"firing"}`)
	for _, m := range []string{"2 07:00", "2 07:01"} {
		b.latency(m, "pending", 900)
		b.latency(m, "firing", 900)
	}
	b.now = at(t, "2 07:00:30")
	b.begin()
	b.at("2 07:01")
	b.at("2 07:02")
	b.want("counts anew", b.events(), `07:01 firing {"host":"firing"}; 07:02 firing {"host":"pending"}`)
	b.at("2 07:03")
	b.want("and ends", b.events(), `07:01 firing {"host":"firing"}; 07:02 firing {"host":"pending"}; 07:03 resolved {"host":"firing"}; 07:03 resolved {"host":"pending"}`)
}

func TestAhead(t *testing.T) {
	minutes, days := schedule.Every(time.Minute), schedule.Every(24*time.Hour)
	now := at(t, "2 07:00:30")
	for moment, want := range map[string]bool{"2 07:00": false, "2 07:01": false, "2 07:01:30": false, "2 07:01:31": true, "2 07:03": true} {
		if got := ahead(minutes, at(t, moment), now); got != want {
			t.Errorf("%s: %v", moment, got)
		}
	}
	if ahead(days, at(t, "3 00:00"), now) || !ahead(days, at(t, "3 00:00:01"), now) || ahead(days, time.Time{}, now) {
		t.Error("days")
	}
}
