package export

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema/syntax"
	"github.com/windrow/windrow/schema/value"
)

// partition says in which folder a row belongs.
type partition struct {
	column int    // of the result
	name   string // of the folders: NAME=VALUE
	day    bool   // the value is the date of column
	zone   *time.Location
}

// partitionBy finds the partition that o asks for among the columns.
func (o Options) partitionBy(columns []string) (partition, error) {
	p := partition{column: find(columns, o.PartitionBy), zone: o.Output.Zone}
	if p.column >= 0 {
		p.name = columns[p.column]
		return p, nil
	}
	if strings.EqualFold(o.PartitionBy, "day") {
		p.name, p.day = "day", true
		if p.column = find(columns, windowStart); p.column >= 0 {
			return p, nil
		}
		return p, fmt.Errorf("cannot partition by day: there is no column window_start; there are %s", strings.Join(columns, ", "))
	}
	hint := "there are day, " + strings.Join(columns, ", ")
	if near := syntax.Nearest(o.PartitionBy, append([]string{"day"}, columns...)); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return p, fmt.Errorf("cannot partition by %s: there is no such column; %s", o.PartitionBy, hint)
}

// folder is the name of the folder of a row.
func (p partition) folder(vals []any) (string, error) {
	v := vals[p.column]
	if p.day && v != nil {
		date, err := p.date(v)
		if err != nil {
			return "", err
		}
		v = date
	}
	return folderOf(p.name, v)
}

// date is the day that a window starts on.
func (p partition) date(v any) (string, error) {
	s, ok := v.(string)
	t, isTime := value.ParseTime(s, nil)
	switch {
	case !ok || !isTime:
		return "", fmt.Errorf("cannot partition by day: window_start holds %v, which is no time", v)
	case p.zone == nil && len(s) >= 10:
		return s[:10], nil
	case p.zone == nil:
		return t.Format(0)[:10], nil
	}
	return t.Std().In(p.zone).Format(time.DateOnly), nil
}

// order is the statement with its rows ordered by the partition, so that one
// file is open at a time.
func (p partition) order(q query.Query, columns []string) query.Query {
	by := quoteName(columns[p.column])
	if start := find(columns, windowStart); start >= 0 && start != p.column {
		by += ", " + quoteName(columns[start])
	}
	q.SQL = wrapped(q.SQL) + " ORDER BY " + by
	q.Text, q.Offset = "", 0
	return q
}

// wrapped puts a statement into another one.
func wrapped(sql string) string {
	if r := syntax.Split(sql); len(r) == 1 {
		sql = sql[r[0].Pos:r[0].End]
	}
	return "SELECT * FROM (" + sql + ")"
}

func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// errEnough ends a statement of which no more is wanted.
var errEnough = errors.New("enough")

// head is an encoder that wants the columns only.
type head struct{ columns []string }

func (h *head) Begin(cols []output.Column) error {
	h.columns = names(cols)
	return nil
}
func (h *head) Row([]any) error { return errEnough }
func (h *head) End() error      { return nil }

// columnsOf returns the columns of a result without computing it. Mistakes in
// the statement are those that it has by itself.
func columnsOf(ctx context.Context, s *query.Snapshot, q query.Query) ([]string, error) {
	h, probe := &head{}, q
	probe.Warn = nil
	probe.SQL, probe.Text, probe.Offset = wrapped(q.SQL)+" LIMIT 0", "", 0
	_, err := s.Run(ctx, probe, h)
	if err == nil {
		return h.columns, nil
	}
	q.Warn = nil
	if _, own := s.Run(ctx, q, &head{}); own != nil && !errors.Is(own, errEnough) {
		return nil, own
	}
	return nil, err
}
