package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/windrow/windrow/schema"
)

// The window is read from a stored definition as Load reads it.
func TestWindowOf(t *testing.T) {
	const stream = "CREATE STREAM s (ts TIMESTAMP, WATERMARK FOR ts) WITH (connector = 'file', path = 'x.csv');\n"
	for _, from := range []string{
		"TUMBLE(s, INTERVAL '1 minute')", "tumble(s, ts, INTERVAL '90 seconds')", "TUMBLE(s, size => INTERVAL '1 week')",
		"TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '1' MONTH)", "TUMBLE(s, INTERVAL '250 ms') AS w",
	} {
		text := "CREATE ROLLUP r WITH (retention = '1 day') AS SELECT window_start, count(*) AS n FROM " + from + " GROUP BY window_start;"
		p, problems := schema.Load([]schema.Source{{Name: "w.sql", Text: stream + text}}, schema.LoadOptions{})
		if len(problems) > 0 {
			t.Fatal(problems.Format())
		}
		w, err := windowOf(p.Rollups[0].Text)
		if err != nil || w.String() != p.Rollups[0].Window.String() {
			t.Errorf("%s: %v %v, want %v", from, w, err, p.Rollups[0].Window)
		}
	}
	for definition, want := range map[string]string{
		"":                                   "its definition is no CREATE ROLLUP",
		"SELECT 1":                           "its definition is no CREATE ROLLUP",
		"CREATE ROLLUP r AS SELECT a FROM s": "it has none",
		"CREATE ROLLUP r AS SELECT a FROM SPIN(s, INTERVAL '1 day')":        "this version has no SPIN",
		"CREATE ROLLUP r AS SELECT a FROM TUMBLE(s, hop => INTERVAL '1 d')": "this version does not know all arguments of its TUMBLE",
		"CREATE ROLLUP r AS SELECT a FROM TUMBLE(s, INTERVAL '1 fortnite')": "fortnite",
	} {
		if _, err := windowOf(definition); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", definition, err, want)
		}
	}
}

// A window is open because of a file that is behind.
func TestExplainOpenWindow(t *testing.T) {
	path, _, _ := runningStore(t)
	at := time.Now().UTC().Truncate(time.Minute)
	code, out, err := call(t, "", "explain", "--store", path, "--window", "R@"+at.Format(time.RFC3339))
	if code != exitDone || err != "" {
		t.Fatalf("code %d, %s", code, err)
	}
	for _, want := range []string{
		`^r from \S+ \S+ to \S+ \S+: open, empty\n`,
		`\n  the watermark of s is at .*; the window is final when it reaches .*: 1 h \d min of event time are missing\n`,
		`\n  it waits for .*/e\.ndjson: its newest event is of .*, and the watermark stays 5\.0 s behind; it was last written \d\.\d s ago\n$`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%s\ndoes not match %s", out, want)
		}
	}
}

func TestExplainText(t *testing.T) {
	base := explanation{Rollup: "r", Stream: "s", Attached: true, WindowStart: "2026-03-01 12:00:00", WindowEnd: "2026-03-01 12:01:00", Watermark: text("2026-03-01 12:00:30"), DelaySeconds: 5}
	for name, c := range map[string]struct {
		change func(*explanation)
		want   string
	}{
		"expired": {func(x *explanation) { x.Horizon, x.Expired = text("2026-03-01 12:05:00"), 3 },
			"expired, empty|its rows were deleted when the retention of r moved to 2026-03-01 12:05:00|3 events came later than that, for this window or others"},
		"final": {func(x *explanation) { x.FinalBefore, x.Late, x.Rows = text("2026-03-01 12:05:00"), 1, 2 },
			"final, 2 rows|windows before 2026-03-01 12:05:00 are final: the watermark, 2026-03-01 12:00:30, has passed their end|" +
				"1 late event came to s so far: late events count in their windows, final ones too; which ones they were for is not kept"},
		"incomplete, no longer defined": {func(x *explanation) {
			x.CompleteFrom, x.FinalBefore, x.Attached = text("2026-03-01 13:00:00"), text("2026-03-01 12:05:00"), false
		},
			"final, empty|r is no longer defined; it stays as it is|" +
				"it may lack events: the files with those before 2026-03-01 13:00:00 were gone when r was filled; see windrow_coverage|" +
				"windows before 2026-03-01 12:05:00 are final: the watermark, 2026-03-01 12:00:30, has passed their end"},
		"no watermark": {func(x *explanation) { x.HeldBy = &holderReport{Path: "a", Reason: "unread"} },
			"open, empty|s has no watermark yet; the window is final when it reaches 2026-03-01 12:01:00|it waits for a: nothing of its beginning is absorbed yet"},
		"no time": {func(x *explanation) { x.HeldBy = &holderReport{Path: "a", Reason: "no time"} },
			"open, empty|s has no watermark yet; the window is final when it reaches 2026-03-01 12:01:00|it waits for a: no event in it has a usable time so far"},
		"paused": {func(x *explanation) {
			missing := 30.0
			x.MissingSeconds, x.HeldBy, x.Paused = &missing, &holderReport{Path: "a", Reason: "paused"}, []splitReport{{Path: "a", Note: "written over"}}
		}, "open, empty|the watermark of s is at 2026-03-01 12:00:30; the window is final when it reaches 2026-03-01 12:01:00: 30 s of event time are missing|" +
			"it waits for a: it is paused|a is paused: written over"},
	} {
		t.Run(name, func(t *testing.T) {
			x := base
			c.change(&x)
			x.judge()
			var b bytes.Buffer
			if err := x.print(&b); err != nil {
				t.Fatal(err)
			}
			want := "r from 2026-03-01 12:00:00 to 2026-03-01 12:01:00: " + strings.ReplaceAll(c.want, "|", "\n  ") + "\n"
			if b.String() != want {
				t.Errorf("got\n%s\nwant\n%s", &b, want)
			}
		})
	}
}
