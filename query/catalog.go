package query

import (
	"context"
	"strings"

	"github.com/jmoiron/sqlx"
)

// keywords are the words of a query that people misspell.
var keywords = []string{
	"SELECT", "FROM", "WHERE", "GROUP", "ORDER", "BY", "HAVING", "LIMIT", "OFFSET", "DISTINCT", "JOIN", "LEFT", "INNER", "ON",
	"USING", "UNION", "BETWEEN", "LIKE", "CASE", "WHEN", "THEN", "ELSE", "END", "AND", "OR", "NOT", "NULL", "ASC", "DESC", "WITH", "AS",
}

// functions are those to suggest for one that does not exist.
var functions = []string{
	"ago", "ts", "avg", "count", "sum", "total", "min", "max", "group_concat", "abs", "round", "coalesce", "ifnull", "nullif", "iif", "length",
	"lower", "upper", "substr", "replace", "trim", "instr", "printf", "format", "date", "time", "datetime", "strftime", "julianday", "unixepoch",
	"row_number", "rank", "lag", "lead", "first_value", "last_value", "json_extract", "typeof", "cast",
}

// tables returns the names that people query: rollups first, then the
// windrow_ views; not the tables that states are in.
func (e *explainer) tables() []string {
	names, _ := tableNames(e.ctx, e.conn)
	return names
}

func tableNames(ctx context.Context, q sqlx.QueryerContext) ([]string, error) {
	var names []string
	err := sqlx.SelectContext(ctx, q, &names, `SELECT name FROM sqlite_schema
		WHERE type = 'view' OR type = 'table' AND name = 'windrow_streams' ORDER BY name LIKE 'windrow\_%' ESCAPE '\', name`)
	return names, err
}

// columns returns the columns of all tables that the statement names.
func (e *explainer) columns() []string {
	var all []string
	for _, table := range e.tables() {
		if e.find(table) < 0 {
			continue
		}
		names, err := columnNames(e.ctx, e.conn, table)
		if err == nil {
			all = append(all, names...)
		}
	}
	return all
}

func columnNames(ctx context.Context, q sqlx.QueryerContext, table string) ([]string, error) {
	rows, err := q.QueryxContext(ctx, "SELECT * FROM "+quoteName(table)+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return rows.Columns()
}

func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// list joins names for a message and leaves out what is too much.
func list(names []string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", ..."
	}
	return strings.Join(names, ", ")
}
