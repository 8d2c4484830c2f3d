package schedule

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// Error is a mistake in a cron expression, at the bytes [Pos, End) of it.
type Error struct {
	Pos, End int
	Message  string
	Hint     string // the way out
}

func (e *Error) Error() string { return e.Message + ": " + e.Hint }

// macros are names for common expressions.
var macros = []struct{ name, spec string }{
	{"@hourly", "0 * * * *"},
	{"@daily", "0 0 * * *"},
	{"@midnight", "0 0 * * *"},
	{"@weekly", "0 0 * * 0"},
	{"@monthly", "0 0 1 * *"},
	{"@yearly", "0 0 1 1 *"},
	{"@annually", "0 0 1 1 *"},
}

// fieldRules say what each of the five fields may hold.
var fieldRules = []struct{ name, hint string }{
	{"a minute", "minutes are 0 to 59, as in 0, */15 or 0,30"},
	{"an hour", "hours are 0 to 23, as in 8, 8-18, */6 or 8,12,18"},
	{"a day of the month", "days are 1 to 31, as in 1, 1-7 or 1,15"},
	{"a month", "months are 1 to 12 or JAN to DEC, as in 1, JAN-MAR or */3"},
	{"a weekday", "weekdays are 0 to 7, where 0 and 7 are Sunday, or SUN to SAT, as in 1-5 or MON-FRI"},
}

const fiveFields = "the fields are minute, hour, day of the month, month and weekday: '0 8 * * 1-5' is 8:00 from Monday to Friday"

// parser reads the form of fields; what they mean is up to this package.
var parser = cron.MustNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

// Parse reads a cron expression of five fields (minute, hour, day of the month,
// month, weekday) or one of @hourly, @daily, @midnight, @weekly, @monthly,
// @yearly and @annually. Fields hold *, numbers, names of months and weekdays,
// ranges (also over the end: FRI-MON), lists and steps; 7 is Sunday too. A nil
// zone is UTC. Every error is an *Error.
func Parse(spec string, zone *time.Location) (*Schedule, error) {
	if zone == nil {
		zone = time.UTC
	}
	words := strings.Fields(spec)
	text := strings.Join(words, " ")
	if strings.HasPrefix(text, "@") {
		full, err := macro(spec, text)
		if err != nil {
			return nil, err
		}
		words = strings.Fields(full)
	}
	if err := checkCount(spec, words); err != nil {
		return nil, err
	}
	f, err := parseFields(spec, words)
	if err != nil {
		return nil, err
	}
	if !f.possible() {
		return nil, &Error{0, len(spec), fmt.Sprintf("%q is never due", text), "no month of these has a day of that number"}
	}
	return &Schedule{fields: f, zone: zone, text: text + " " + zone.String()}, nil
}

func macro(spec, text string) (string, error) {
	var names []string
	for _, m := range macros {
		if strings.EqualFold(m.name, text) {
			return m.spec, nil
		}
		names = append(names, m.name)
	}
	name, _, _ := strings.Cut(strings.ToLower(text), " ")
	e := &Error{0, len(spec), fmt.Sprintf("there is no schedule %s", clip(text)), "there are " + strings.Join(names, ", ")}
	switch name {
	case "@every":
		e.Message, e.Hint = "@every is not supported: it has no fixed slots", everyHint(strings.TrimSpace(strings.ToLower(text)[len(name):]))
	case "@reboot":
		e.Message = "@reboot is not supported: a schedule is made of points in time"
	}
	return "", e
}

// everyHint writes the length after @every as a cron expression, where there
// is one for it.
func everyHint(length string) string {
	spec := ""
	switch n := minutes(length); {
	case n == 1:
		spec = "* * * * *"
	case n == 60:
		spec = "0 * * * *"
	case n == 24*60:
		spec = "0 0 * * *"
	case n > 0 && 60%n == 0:
		spec = fmt.Sprintf("*/%d * * * *", n)
	case n > 0 && n%60 == 0 && 24*60%n == 0:
		spec = fmt.Sprintf("0 */%d * * *", n/60)
	default:
		return "cron has whole minutes that divide the hour, as in '*/5 * * * *', and whole hours that divide the day, as in '0 */6 * * *'"
	}
	return fmt.Sprintf("write '%s' for every %s", spec, clip(length))
}

// minutes reads a length such as 5m, 90s or 5 minutes; 0 if it is not one of
// whole minutes.
func minutes(length string) int {
	unit := strings.TrimLeft(length, "0123456789")
	number, word := strings.TrimSuffix(length, unit), strings.TrimSpace(unit)
	for _, known := range []string{"seconds", "minutes", "hours"} {
		if word != "" && strings.HasPrefix(known, word) {
			length = number + word[:1]
		}
	}
	d, err := time.ParseDuration(length)
	if err != nil || d%time.Minute != 0 {
		return 0
	}
	return int(d / time.Minute)
}

func checkCount(spec string, words []string) error {
	e := &Error{Pos: 0, End: len(spec), Hint: fiveFields}
	switch n := len(words); {
	case n == 5:
		return nil
	case n == 0:
		e.Message = "the schedule is empty"
	case strings.Contains(words[0], "="):
		e.Message, e.Hint = "the zone does not belong into the schedule", "write it after: SCHEDULE '0 8 * * *' TIME ZONE 'Europe/Berlin'"
	case n == 6 || n == 7:
		e.Message = fmt.Sprintf("a schedule has five fields, not %d: there are no seconds and no years", n)
	case n == 1:
		e.Message = "a schedule has five fields, not 1"
	default:
		e.Message = fmt.Sprintf("a schedule has five fields, not %d", n)
	}
	return e
}

// parseFields reads the five words of a spec, or of its macro.
func parseFields(spec string, words []string) (*fields, error) {
	var sets [5]uint64
	pos := 0
	for i, w := range words {
		set, ok := parseField(i, strings.ToLower(w))
		if n := strings.Index(spec[pos:], w); n >= 0 {
			pos += n
		}
		if !ok {
			return nil, &Error{pos, pos + len(w), fmt.Sprintf("%s is not %s", clip(w), fieldRules[i].name), fieldRules[i].hint}
		}
		sets[i] = set
		pos += len(w)
	}
	all := func(i int) bool { return words[i] == "*" || words[i] == "*/1" }
	f := &fields{minute: sets[0], hour: sets[1], day: sets[2], month: sets[3], weekday: sets[4],
		anyDay: all(2), anyWeekday: all(4), everyHour: all(1)}
	return f, nil
}

// parseField gives the values of one field, a bit for each.
func parseField(i int, word string) (uint64, bool) {
	if strings.Trim(word, "0123456789abcdefghijklmnopqrstuvwxyz*,/-") != "" || slices.Contains(strings.Split(word, ","), "") {
		return 0, false // it knows more forms, and takes 1,,2
	}
	if i == 4 && slices.ContainsFunc(strings.Split(word, ","), stepsOverSunday) {
		return 0, false
	}
	five := []string{"*", "*", "*", "*", "*"}
	five[i] = word
	parsed, err := parser.Parse(strings.Join(five, " "))
	if err != nil {
		return 0, false
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok || len(spec.DomConstraints)+len(spec.DowConstraints) > 0 {
		return 0, false
	}
	set := []uint64{spec.Minute, spec.Hour, spec.Dom, spec.Month, spec.Dow}[i]
	if i == 4 {
		set |= set >> 7 & 1 // 7 is Sunday
	}
	mask := []uint64{1<<60 - 1, 1<<24 - 1, 1<<32 - 2, 1<<13 - 2, 1<<7 - 1}[i]
	return set & mask, set&mask != 0
}

// stepsOverSunday reports whether an item of the weekday's list is a range over
// the end of the week with a step, such as FRI-TUE/2. The parser counts Sunday
// twice in it.
func stepsOverSunday(item string) bool {
	span, _, step := strings.Cut(item, "/")
	from, to, isRange := strings.Cut(span, "-")
	if !step || !isRange {
		return false
	}
	a, okA := parseField(4, from)
	b, okB := parseField(4, to)
	return okA && okB && a > b && to != "7"
}

// possible reports whether there is such a day at all.
func (f *fields) possible() bool {
	if !f.anyWeekday {
		return true // some day of a matching month has such a weekday
	}
	for month, days := range []int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31} {
		if has(f.month, month) && f.day&(1<<(days+1)-1) != 0 {
			return true
		}
	}
	return false
}

// clip cuts a text to a length that fits into a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 30 {
		return string(r[:27]) + "..."
	}
	return s
}
