package query

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/schema/syntax"
	"github.com/windrow/windrow/schema/value"
)

// Export says what to take of a store.
type Export struct {
	What      string // the name of a rollup or table, or a SELECT
	Since     string // windows that start at or after: a time, or a length of time before now
	Until     string // windows that start before
	OnlyFinal bool   // only windows that the watermark has passed
}

// Query returns the statement that gives what e asks for: a rollup in the
// order of its windows, in one snapshot.
func (e Export) Query(ctx context.Context, db *sqlx.DB) (Query, error) {
	if !isBareName(e.What) {
		if e.Since != "" || e.Until != "" || e.OnlyFinal {
			return Query{}, fmt.Errorf("--since, --until and --only-final go with the name of a rollup; in a SELECT write them into WHERE")
		}
		return Query{SQL: e.What, Name: "export"}, nil
	}
	name, err := findTable(ctx, db, e.What)
	if err != nil {
		return Query{}, err
	}
	columns, err := columnNames(ctx, db, name)
	if err != nil {
		return Query{}, err
	}
	return e.ofTable(ctx, db, name, columns)
}

// findTable returns the name of a rollup, table or view as the store spells it.
func findTable(ctx context.Context, db *sqlx.DB, what string) (string, error) {
	tokens, _ := syntax.Lex(what)
	var found []string
	err := db.SelectContext(ctx, &found, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE", tokens[0].Text)
	if err != nil || len(found) > 0 {
		return strings.Join(found, ""), err
	}
	tables, err := tableNames(ctx, db)
	if err != nil {
		return "", err
	}
	return "", fmt.Errorf("no rollup named %s; %s", what, tableHint(tokens[0].Text, tables))
}

func (e Export) ofTable(ctx context.Context, db *sqlx.DB, name string, columns []string) (Query, error) {
	q := Query{SQL: "SELECT * FROM " + quoteName(name), Name: "export", Params: map[string]string{}}
	start := ""
	for _, c := range columns {
		if strings.EqualFold(c, "window_start") {
			start = quoteName(c)
		}
	}
	if start == "" {
		if e.Since != "" || e.Until != "" || e.OnlyFinal {
			return q, fmt.Errorf("%s shows no window_start: --since, --until and --only-final need it", name)
		}
		return q, nil
	}
	var where []string
	for _, b := range []struct{ flag, text, param, condition string }{
		{"--since", e.Since, "since", start + " >= :since"},
		{"--until", e.Until, "until", start + " < :until"},
	} {
		if b.text == "" {
			continue
		}
		at, err := readTime(ctx, db, b.text)
		if err != nil {
			return q, fmt.Errorf("%s: %w", b.flag, err)
		}
		where = append(where, b.condition)
		q.Params[b.param] = at
	}
	if e.OnlyFinal {
		where = append(where, start+" < (SELECT final_before FROM windrow_rollups WHERE name = :rollup COLLATE NOCASE)")
		q.Params["rollup"] = name
	}
	if len(where) > 0 {
		q.SQL += " WHERE " + strings.Join(where, " AND ")
	}
	q.SQL += " ORDER BY " + start
	return q, nil
}

// readTime reads a point in time, or a length of time before now, and gives it
// as the store writes times.
func readTime(ctx context.Context, db *sqlx.DB, s string) (at string, err error) {
	if t, ok := value.ParseTime(s, nil); ok {
		return t.Format(-1), nil
	}
	length := strings.TrimSuffix(strings.TrimSpace(s), " ago")
	if err := db.GetContext(ctx, &at, "SELECT ago(?)", length); err != nil {
		return "", fmt.Errorf("%q is neither a time like 2026-03-01 or 2026-03-01T12:00:00Z nor a length of time like '1 hour'", s)
	}
	return at, nil
}

// isBareName reports whether s is one name, plain or quoted.
func isBareName(s string) bool {
	tokens, mistakes := syntax.Lex(s)
	return len(mistakes) == 0 && len(tokens) == 2 && tokens[0].Kind == syntax.Ident
}
