package schedule

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestMistakes(t *testing.T) {
	tests := []struct{ spec, at, message, hint string }{
		{"", "", "the schedule is empty", "the fields are minute"},
		{"  ", "  ", "the schedule is empty", "the fields are minute"},
		{"0 8 * *", "0 8 * *", "a schedule has five fields, not 4", "the fields are minute"},
		{"hourly", "hourly", "a schedule has five fields, not 1", "the fields are minute"},
		{"0 0 8 * * 1-5", "0 0 8 * * 1-5", "a schedule has five fields, not 6: there are no seconds and no years", "the fields are minute"},
		{"CRON_TZ=Europe/Berlin 0 8 * * *", "CRON_TZ=Europe/Berlin 0 8 * * *", "the zone does not belong into the schedule", "TIME ZONE 'Europe/Berlin'"},
		{"60 8 * * *", "60", "60 is not a minute", "minutes are 0 to 59"},
		{"0 24 * * *", "24", "24 is not an hour", "hours are 0 to 23"},
		{"0 8 0 * *", "0", "0 is not a day of the month", "days are 1 to 31"},
		{"0 8 32 * *", "32", "32 is not a day of the month", "days are 1 to 31"},
		{"0 8 L * *", "L", "L is not a day of the month", "days are 1 to 31"},
		{"0 8 15W * *", "15W", "15W is not a day of the month", "days are 1 to 31"},
		{"0 8 ? * *", "?", "? is not a day of the month", "days are 1 to 31"},
		{"0 8 * 13 *", "13", "13 is not a month", "months are 1 to 12"},
		{"0 8 * JANUARY *", "JANUARY", "JANUARY is not a month", "JAN to DEC"},
		{"0 8 * * 8", "8", "8 is not a weekday", "weekdays are 0 to 7"},
		{"0 8 * * Monday", "Monday", "Monday is not a weekday", "SUN to SAT"},
		{"0 8 * * MON#2", "MON#2", "MON#2 is not a weekday", "SUN to SAT"},
		{"0 8 * * FRI-TUE/2", "FRI-TUE/2", "FRI-TUE/2 is not a weekday", "SUN to SAT"},
		{"*/0 8 * * *", "*/0", "*/0 is not a minute", "*/15"},
		{"1,,2 8 * * *", "1,,2", "1,,2 is not a minute", "0,30"},
		{"0 -8 * * *", "-8", "-8 is not an hour", "8-18"},
		{"0 H * * *", "H", "H is not an hour", "8-18"},
		{"0 8-9-10 * * *", "8-9-10", "8-9-10 is not an hour", "8-18"},
		{"0 8 " + strings.Repeat("1,", 50) + "x * *", strings.Repeat("1,", 50) + "x", "1,1,1,1,1,1,1,1,1,1,1,1,1,1... is not a day of the month", ""},
		{"0 0 30 2 *", "0 0 30 2 *", `"0 0 30 2 *" is never due`, "no month of these"},
		{"0 0 31 4,6,9,11 *", "0 0 31 4,6,9,11 *", `"0 0 31 4,6,9,11 *" is never due`, "no month of these"},
		{"@every 5m", "@every 5m", "@every is not supported", "*/5 * * * *"},
		{"@every 1m", "@every 1m", "@every is not supported", "write '* * * * *' for every 1m"},
		{"@Every 15 Minutes", "@Every 15 Minutes", "@every is not supported", "write '*/15 * * * *' for every 15 minutes"},
		{"@every 120s", "@every 120s", "@every is not supported", "write '*/2 * * * *' for every 120s"},
		{"@every 1h", "@every 1h", "@every is not supported", "write '0 * * * *' for every 1h"},
		{"@every 6 hours", "@every 6 hours", "@every is not supported", "write '0 */6 * * *' for every 6 hours"},
		{"@every 24h", "@every 24h", "@every is not supported", "write '0 0 * * *' for every 24h"},
		{"@every 7m", "@every 7m", "@every is not supported", "cron has whole minutes that divide the hour"},
		{"@every 90s", "@every 90s", "@every is not supported", "cron has whole minutes that divide the hour"},
		{"@every 90m", "@every 90m", "@every is not supported", "cron has whole minutes that divide the hour"},
		{"@every 5h", "@every 5h", "@every is not supported", "cron has whole minutes that divide the hour"},
		{"@every 48h", "@every 48h", "@every is not supported", "cron has whole minutes that divide the hour"},
		{"@every", "@every", "@every is not supported", "cron has whole minutes that divide the hour"},
		{"@every -5m", "@every -5m", "@every is not supported", "cron has whole minutes that divide the hour"},
		{"@every \u0130m", "@every \u0130m", "@every is not supported", "cron has whole minutes that divide the hour"},
		{"@reboot", "@reboot", "@reboot is not supported", "@hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually"},
		{"@fortnightly", "@fortnightly", "there is no schedule @fortnightly", "@hourly"},
	}
	for _, tt := range tests {
		s, err := Parse(tt.spec, nil)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, %v", tt.spec, s, err)
			continue
		}
		if !strings.HasPrefix(e.Message, tt.message) || !strings.Contains(e.Hint, tt.hint) || tt.spec[e.Pos:e.End] != tt.at {
			t.Errorf("%s: got %q at %q, hint %q; want %q at %q, hint %q", tt.spec, e.Message, tt.spec[e.Pos:e.End], e.Hint, tt.message, tt.at, tt.hint)
		}
	}
	if s, err := Parse("0 0 30 2 1", nil); err != nil {
		t.Errorf("the Mondays of February: %v, %v", s, err)
	}
}

// FuzzParse checks that no text panics, that mistakes lie in the text, and that
// what is read has slots.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"0 8 * * 1-5", "@hourly", "*/7 22-4/2 1,15 JAN-MAR FRI-MON", "0 0 29 2 *", "60 * * * *", "TZ=UTC 0 0 * * *", "@every 5m", "@every 9999999999999999h", "\x00 \xff * * *", "0 0 8-3 * *", "0 0 0 0 0"} {
		f.Add(s)
	}
	berlin := zone(f, "Europe/Berlin")
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, spec string) {
		s, err := Parse(spec, berlin)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Pos < 0 || e.End < e.Pos || e.End > len(spec) || e.Message == "" || e.Hint == "" {
				t.Errorf("%q: %#v", spec, err)
			}
			return
		}
		v := s.Next(now)
		if v.IsZero() || v.Year() > 2040 || !s.Prev(v).Equal(v) {
			t.Errorf("%q: next %s, prev of it %s", spec, v, s.Prev(v))
		}
	})
}
