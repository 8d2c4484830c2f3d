package schema

import (
	"strings"
	"time"

	"github.com/windrow/windrow/schema/schedule"
	"github.com/windrow/windrow/schema/syntax"
)

// Placeholders are the words in braces that file names, subjects and titles
// may hold. They depend on the slot alone.
var Placeholders = []string{"name", "date", "time", "slot"}

// checkPlaceholders says which word in braces is not known.
func checkPlaceholders(pattern string) error {
	for rest := pattern; ; {
		_, after, found := strings.Cut(rest, "{")
		if !found {
			return nil
		}
		word, tail, closed := strings.Cut(after, "}")
		if !closed {
			return withHint("write {date}", "the brace in '%s' is not closed", clip(pattern))
		}
		known := false
		for _, p := range Placeholders {
			known = known || p == word
		}
		if !known {
			return withHint(placeholderHint(word), "there is no placeholder {%s}", clip(word))
		}
		rest = tail
	}
}

func placeholderHint(word string) string {
	if n := syntax.Nearest(word, Placeholders); n != "" {
		return "did you mean {" + n + "}?"
	}
	return "placeholders are {" + strings.Join(Placeholders, "}, {") + "}"
}

// maxCompared is how many slots sameName looks at from one moment on.
const maxCompared = 2000

// sameName looks for two slots of one day that a pattern of a file name does
// not tell apart. A pattern without placeholders that depend on the slot has
// none: that file is meant to be replaced.
func sameName(s *schedule.Schedule, pattern string) (a, b time.Time, found bool) {
	date, clock := strings.Contains(pattern, "{date}"), strings.Contains(pattern, "{time}")
	if !date && !clock || strings.Contains(pattern, "{slot}") {
		return a, b, false
	}
	layout := time.DateOnly
	if clock {
		layout += " 1504"
	}
	for _, t := range moments(s.Zone()) {
		seen := map[string]time.Time{}
		end := t.AddDate(1, 0, 0)
		for n := 0; n < maxCompared && t.Before(end); n++ {
			if t = s.Next(t); t.IsZero() {
				break
			}
			key := t.In(s.Zone()).Format(layout)
			if first, ok := seen[key]; ok {
				return first, t, true
			}
			seen[key] = t
		}
	}
	return a, b, false
}

// moments are those from which on slots are looked at: a day like any other,
// and just before each change of the zone in two years.
func moments(zone *time.Location) []time.Time {
	out := []time.Time{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	for t := out[0]; t.Year() < 2028; {
		_, end := t.In(zone).ZoneBounds()
		if end.IsZero() {
			break
		}
		if t = end.UTC(); t.Year() < 2028 {
			out = append(out, t.Add(-4*time.Hour))
		}
	}
	return out
}
