package scheduler

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

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

func TestUseMakesAnew(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, ""), "TO 'out/{slot}.csv'", "TO 'HOOK/x'", 1))
	b.begin()
	b.hook.says(http.StatusServiceUnavailable)
	b.at("2 08:00")
	b.define(`CREATE REPORT hourly SCHEDULE '0 * * * *' FORMAT csv TO 'HOOK/x' AS SELECT 'new' AS a;`)
	b.run.Use(b.defs)
	b.hook.says(0)
	b.after(time.Second)
	b.want("issues", b.issues(), "02 08:00 done")
	b.want("content", b.hook.messages()[0].body, "a\nnew\n")
}

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

// Slots that are passed over because the report was not defined say so.
func TestUndefined(t *testing.T) {
	for name, restart := range map[string]bool{"in one run": false, "in the next run": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, with(hourly, "MISSED RUN NONE"))
			defs := b.defs
			b.begin()
			b.at("2 08:00")
			b.run.Use(Definitions{})
			b.at("2 09:30")
			if restart {
				b.defs = Definitions{}
				b.begin()
				b.defs = defs
				b.begin()
			}
			b.run.Use(defs)
			b.at("2 10:30")
			b.at("2 11:00")
			b.now, b.stopped = at(t, "2 13:30"), true
			b.pass()
			notes := "2026-03-02 09:00:00 missed: the report was not defined; "
			if !restart {
				notes += "2026-03-02 10:00:00 missed: the report was not defined; "
			}
			b.want("notes", b.text("SELECT slot, note FROM windrow_issues WHERE state = 'skipped' ORDER BY slot"),
				notes+"2026-03-02 12:00:00 missed: no run was there; 2026-03-02 13:00:00 missed: no run was there")
		})
	}
}
