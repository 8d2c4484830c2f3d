package value

import (
	"strings"
	"time"
)

var layouts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02",
}

// ParseTime reads any ISO 8601 form of a date or of a date and time, as people
// type them in SQL: 2026-03-01, 2026-03-01 12:30, 2026-03-01T12:30:05.25Z,
// with offset +02:00. One without offset is taken in loc (nil for UTC).
// It is the reference for the decoders' fast paths and not fast itself.
func ParseTime(s string, loc *time.Location) (Time, bool) {
	if loc == nil {
		loc = time.UTC
	}
	s = strings.TrimSpace(s)
	if i := strings.IndexByte(s, ','); i > 0 {
		return 0, false
	}
	if len(s) > 10 && s[10] == 't' || strings.HasSuffix(s, "z") {
		s = strings.ToUpper(s)
	}
	for _, l := range layouts {
		if t, err := time.ParseInLocation(l, s, loc); err == nil {
			v := floorMicro(t)
			return v, v.Valid()
		}
	}
	return 0, false
}

func floorMicro(t time.Time) Time { return Time(t.Unix()*Second + int64(t.Nanosecond())/1000) }
