package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"modernc.org/sqlite"

	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/schema/window"
)

// timeFunctions are the SQL functions that help to compare with the store's
// times, which are text in UTC. ago() counts from now.
func timeFunctions(now func() time.Time) map[string]func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
	return map[string]func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error){
		"ago": func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) { return ago(now(), args[0]) },
		"ts":  func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) { return ts(args[0]) },
	}
}

// ago gives the time so long before now, in whole seconds; NULL for NULL.
func ago(now time.Time, arg driver.Value) (driver.Value, error) {
	if arg == nil {
		return nil, nil
	}
	text, ok := arg.(string)
	if !ok {
		return nil, errors.New("ago() takes a length of time as text, like ago('1 hour')")
	}
	span, err := window.ParseSpan(text)
	if err != nil {
		return nil, fmt.Errorf("ago(): %v; write ago('1 hour') or ago('7 days')", err)
	}
	then := value.TimeOf(now.Truncate(time.Second))
	if span.Calendar() {
		then = monthsBefore(then, span)
	} else {
		then -= value.Time(span.Micros())
	}
	if !then.Valid() {
		return nil, fmt.Errorf("ago(%q) is outside of the years 1 to 9999", text)
	}
	return then.Format(-1), nil
}

// monthsBefore goes back by months or years as SQLite does.
func monthsBefore(t value.Time, span window.Span) value.Time {
	const most = 12 * 10000
	n := int(max(-most, min(span.N, most)))
	if span.Unit == window.Year {
		return value.TimeOf(t.Std().AddDate(-n, 0, 0))
	}
	return value.TimeOf(t.Std().AddDate(0, -n, 0))
}

// ts gives any ISO form of a time as the store writes it; NULL for NULL.
func ts(arg driver.Value) (driver.Value, error) {
	if arg == nil {
		return nil, nil
	}
	text, ok := arg.(string)
	if !ok {
		return nil, errors.New("ts() takes a time as text, like ts('2026-03-01T12:30:00+02:00')")
	}
	t, ok := value.ParseTime(text, nil)
	if !ok {
		return nil, fmt.Errorf("ts(): %q is not a time; write ts('2026-03-01 12:30') or ts('2026-03-01T12:30:00+02:00')", text)
	}
	return t.Format(-1), nil
}
