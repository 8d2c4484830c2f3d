package scheduler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
)

// maxRows is how many rows an alert's statement may give.
const maxRows = 1000

// ask runs the statement of an alert for a slot. Of the rollups it sees the
// windows that begin before the slot: so the same slot gives the same rows
// later, but for late data.
func (s *shop) ask(ctx context.Context, j *job, slot time.Time) ([]found, error) {
	rows := &collector{keys: j.options.Key, name: j.name, o: j.output()}
	err := s.snapshot(ctx, j, slot, func(ctx context.Context, v *view) error { return j.ask(ctx, v, slot, rows) })
	return rows.rows, err
}

// ask is that of the shop, beside other alerts of a run.
func (e *entry) ask(ctx context.Context, j *job, slot time.Time) (rows []found, err error) {
	err = e.inside(ctx, e.evaluations, func() error {
		rows, err = e.shop.ask(ctx, j, slot)
		return err
	})
	return rows, err
}

func (j *job) ask(ctx context.Context, v *view, slot time.Time, rows *collector) error {
	names, err := v.windowed(ctx)
	if err != nil {
		return err
	}
	plain := j.query(j.sections[0], slot)
	q := plain
	q.SQL, q.Text, q.Limit = before(plain.SQL, query.Tables(plain.SQL, names)), "", maxRows
	r, err := v.Run(ctx, q, rows)
	var u unfit
	switch {
	case errors.As(err, &u):
		return u
	case err != nil && q.SQL != plain.SQL && ctx.Err() == nil:
		// A mistake is better explained in the statement as written.
		if mistake := query.Check(ctx, v.db, plain); mistake != nil {
			return mistake
		}
		return err
	case err == nil && r.Truncated:
		return fmt.Errorf("the statement of the alert %s gives more than %d rows; narrow it", j.name, maxRows)
	}
	return err
}

// windowed returns the names of the rollups that show the beginnings of their
// windows.
func (v *view) windowed(ctx context.Context) ([]string, error) {
	var names texts
	_, err := v.Run(ctx, query.Query{SQL: `SELECT r.name FROM windrow_rollups r JOIN pragma_table_info(r.name) c WHERE c.name = 'window_start'`}, &names)
	return names, err
}

// before makes a statement see only windows of the named rollups that begin
// before the slot: a table expression of the rollup's name hides the rollup.
func before(sql string, rollups []string) string {
	if len(rollups) == 0 {
		return sql
	}
	var b strings.Builder
	for i, name := range rollups {
		if i > 0 {
			b.WriteString(", ")
		}
		quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		fmt.Fprintf(&b, "%s AS NOT MATERIALIZED (SELECT * FROM main.%s WHERE window_start < :slot_end)", quoted, quoted)
	}
	if rest, ok := afterWith(sql); ok {
		return "WITH RECURSIVE " + b.String() + ", " + rest
	}
	return "WITH " + b.String() + " " + sql
}

// afterWith returns what follows the WITH or WITH RECURSIVE that a statement
// begins with.
func afterWith(sql string) (string, bool) {
	rest, ok := afterWord(sql, "WITH")
	if !ok {
		return sql, false
	}
	if r, ok := afterWord(rest, "RECURSIVE"); ok {
		rest = r
	}
	return rest, true
}

// afterWord returns what follows a word at the front, comments before it aside.
func afterWord(sql, word string) (string, bool) {
	for {
		sql = strings.TrimLeft(sql, " \t\r\n\f")
		end, skip := "", 0
		switch {
		case strings.HasPrefix(sql, "--"):
			end, skip = "\n", 1
		case strings.HasPrefix(sql, "/*"):
			end, skip = "*/", 2
		default:
			if len(sql) <= len(word) || !strings.EqualFold(sql[:len(word)], word) || !strings.ContainsRune(" \t\r\n\f\"[`/-", rune(sql[len(word)])) {
				return sql, false
			}
			return sql[len(word):], true
		}
		i := strings.Index(sql[2:], end)
		if i < 0 {
			return sql, false
		}
		sql = sql[2+i+skip:]
	}
}

// texts is an encoder that keeps the first column.
type texts []string

var _ output.Encoder = (*texts)(nil)

func (t *texts) Begin([]output.Column) error { return nil }

func (t *texts) Row(vals []any) error {
	s, _ := vals[0].(string)
	*t = append(*t, s)
	return nil
}

func (t *texts) End() error { return nil }

// collector is an encoder that keeps the rows of an alert, one of each
// identity.
type collector struct {
	keys []string // columns by which a row is known; none for all without numbers
	name string   // of the alert
	o    output.Options
	cols []output.Column
	at   []int // of keys
	seen map[string]bool
	rows []found
}

var _ output.Encoder = (*collector)(nil)

func (c *collector) Begin(cols []output.Column) error {
	c.cols, c.at, c.seen = cols, nil, map[string]bool{}
	for _, k := range c.keys {
		i := find(cols, k)
		if i < 0 {
			return unfit{fmt.Errorf("the option key of the alert %s names the column %s, which its statement does not give", c.name, k)}
		}
		c.at = append(c.at, i)
	}
	return nil
}

func find(cols []output.Column, name string) int {
	for i, c := range cols {
		if strings.EqualFold(c.Name, name) {
			return i
		}
	}
	return -1
}

func (c *collector) Row(vals []any) error {
	at := c.at
	if c.keys == nil {
		at = identity(vals)
	}
	key, err := c.object(at, vals, output.Options{}) // never in another zone
	if err != nil || c.seen[string(key)] {
		return err
	}
	all := make([]int, len(vals))
	for i := range all {
		all[i] = i
	}
	row, err := c.object(all, vals, c.o)
	c.seen[string(key)] = true
	c.rows = append(c.rows, found{string(key), row})
	return err
}

func (c *collector) End() error { return nil }

// identity returns the columns that are neither numbers nor NULL.
func identity(vals []any) []int {
	var at []int
	for i, v := range vals {
		switch v.(type) {
		case string, []byte:
			at = append(at, i)
		}
	}
	return at
}

// object writes some columns of a row as one JSON object.
func (c *collector) object(at []int, vals []any, o output.Options) ([]byte, error) {
	var b bytes.Buffer
	enc := output.Find("ndjson").New(&b, o)
	cols, row := make([]output.Column, len(at)), make([]any, len(at))
	for i, k := range at {
		cols[i], row[i] = c.cols[k], vals[k]
	}
	err := enc.Begin(cols)
	if err == nil {
		err = enc.Row(row)
	}
	if err == nil {
		err = enc.End()
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
