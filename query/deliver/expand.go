package deliver

import (
	"strings"
	"time"
	"unicode"
)

// Expand replaces the placeholders {name}, {date}, {time} and {slot}: the
// report's name, the slot's local date (2026-03-02) and time (0800), and the
// slot in UTC (20260302T070000Z). Other text in braces stays as it is.
func Expand(pattern string, m Message) string {
	local := m.local(m.Slot)
	return strings.NewReplacer(
		"{name}", m.Report,
		"{date}", local.Format(time.DateOnly),
		"{time}", local.Format("1504"),
		"{slot}", m.Slot.UTC().Format("20060102T150405Z"),
	).Replace(pattern)
}

// expandPath is Expand for a path: a name cannot add folders to it.
func expandPath(pattern string, m Message) string {
	m.Report = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == ':' || unicode.IsControl(r) {
			return '_'
		}
		return r
	}, m.Report)
	return Expand(pattern, m)
}

// local returns a time in the zone of the report.
func (m Message) local(t time.Time) time.Time {
	if m.Zone == nil {
		return t.UTC()
	}
	return t.In(m.Zone)
}
