package deliver

import (
	"strings"
	"testing"
	"time"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func TestExpand(t *testing.T) {
	m := Message{Report: "morning", Slot: slot, Zone: berlin()}
	fall := m
	fall.Slot = time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)
	utc := m
	utc.Zone = nil
	late := utc
	late.Slot = time.Date(2026, 3, 1, 23, 30, 0, 0, time.UTC)
	lateLocal := late
	lateLocal.Zone = berlin()
	for _, c := range []struct {
		m             Message
		pattern, want string
	}{
		{m, "{name}-{date}-{time}.html", "morning-2026-03-02-0800.html"},
		{m, "{slot}", "20260302T070000Z"},
		{utc, "{date} {time}", "2026-03-02 0700"},
		{fall, "{date} {time} {slot}", "2026-10-25 0230 20261025T013000Z"},
		{late, "{date}", "2026-03-01"},
		{lateLocal, "{date} {slot}", "2026-03-02 20260301T233000Z"},
		{m, "{dat} {} {Name} }{", "{dat} {} {Name} }{"},
		{Message{Report: "{date}", Slot: slot}, "{name}", "{date}"},
	} {
		if got := Expand(c.pattern, c.m); got != c.want {
			t.Errorf("%q: got %q, want %q", c.pattern, got, c.want)
		}
	}
}
