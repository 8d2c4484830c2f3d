package main

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"
)

// table is the result of a query, its rows sorted by how they are spelled.
type table struct {
	names []string
	rows  [][]any
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// readTable runs a query.
func readTable(ctx context.Context, db queryer, query string) (table, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return table{}, fmt.Errorf("%w in\n%s", err, query)
	}
	defer rows.Close()
	var t table
	if t.names, err = rows.Columns(); err != nil {
		return t, err
	}
	for rows.Next() {
		row := make([]any, len(t.names))
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return t, err
		}
		t.rows = append(t.rows, row)
	}
	return t, rows.Err()
}

// spell spells a value with its type and to its last bit.
func spell(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v+0, 'g', -1, 64) + " REAL"
	case string:
		return strconv.Quote(v)
	case []byte:
		return fmt.Sprintf("x'%x'", v)
	case time.Time:
		return "TIME " + v.String()
	}
	return fmt.Sprint(v)
}

func spellRow(row []any) string {
	s := make([]string, len(row))
	for i, v := range row {
		s[i] = spell(v)
	}
	return strings.Join(s, " | ")
}

// sort brings the rows in the order of the first n columns, which tell them
// apart.
func (t *table) sort(n int) {
	keys := make(map[*any]string, len(t.rows))
	for _, row := range t.rows {
		keys[&row[0]] = spellRow(row[:n])
	}
	sort.Slice(t.rows, func(i, j int) bool { return keys[&t.rows[i][0]] < keys[&t.rows[j][0]] })
}

// dump spells the whole table.
func (t *table) dump() string {
	var b strings.Builder
	for _, row := range t.rows {
		b.WriteString(spellRow(row))
		b.WriteByte('\n')
	}
	return b.String()
}

// differ names the first difference between two tables whose first n columns
// are keys, "" if there is none. inexact allows a relative error per column.
func differ(got, want table, n int, inexact []float64) string {
	got.sort(n)
	want.sort(n)
	for i := range max(len(got.rows), len(want.rows)) {
		switch {
		case i >= len(got.rows):
			return "the row is missing: " + spellRow(want.rows[i])
		case i >= len(want.rows):
			return "the row should not be there: " + spellRow(got.rows[i])
		}
		for c := range want.rows[i] {
			if !same(got.rows[i][c], want.rows[i][c], inexact[c]) {
				return fmt.Sprintf("%s is %s, not %s, in the row\n  got  %s\n  want %s", want.names[c], spell(got.rows[i][c]), spell(want.rows[i][c]), spellRow(got.rows[i]), spellRow(want.rows[i]))
			}
		}
	}
	return ""
}

// same reports whether got is want, or in the range that want names.
func same(got, want any, inexact float64) bool {
	g, ok1 := got.(float64)
	w, ok2 := want.(float64)
	if text, ok := want.(string); ok && ok1 && inRange(g, text) {
		return true
	}
	if ok1 && ok2 && inexact > 0 && math.Abs(g-w) <= inexact*math.Abs(w) {
		return true
	}
	return spell(got) == spell(want)
}
