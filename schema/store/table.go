package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/windrow/windrow/schema"
)

func stateTable(rollup int64) string { return "windrow_state_" + strconv.FormatInt(rollup, 10) }

// quote writes a name as an SQL identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// putTables makes the state table of a rollup, if there is none, and its view,
// if that differs. What SQLite says against them is a mistake in the rollup.
func (r *registration) putTables(ru *schema.Rollup, at place) error {
	table := stateTable(at.id)
	columns, err := r.tableColumns(table)
	if err == nil && len(columns) == 0 {
		err = r.script(createState(table, ru.Layout()))
	} else if err == nil {
		err = sameColumns(ru, columns)
	}
	if err == nil {
		err = r.putView(ru, at.name, table)
	}
	if err != nil {
		return fmt.Errorf("rollup %s: %w", ru.Name, plainError(err))
	}
	return nil
}

// plainError takes the driver's wrapping from a mistake that SQLite reports:
// "SQL logic error: no such column: x (1)".
func plainError(err error) error {
	if code(err) != sqlite3.SQLITE_ERROR {
		return err
	}
	text := strings.TrimPrefix(err.Error(), "SQL logic error: ")
	return errors.New(strings.TrimSuffix(text, " (1)"))
}

// tableColumns returns type by name; empty if there is no such table.
func (r *registration) tableColumns(table string) (map[string]string, error) {
	columns := map[string]string{}
	err := r.all("SELECT name, type FROM pragma_table_info(?)", []any{table}, func(scan func(...any) error) error {
		var name, typ string
		err := scan(&name, &typ)
		columns[name] = typ
		return err
	})
	return columns, err
}

func createState(table string, layout []schema.StateColumn) string {
	var b strings.Builder
	var keys []string
	b.WriteString("CREATE TABLE " + table + " (\n")
	for _, c := range layout {
		b.WriteString("  " + quote(c.Name) + " " + c.Type)
		if c.NotNull || c.Key {
			b.WriteString(" NOT NULL")
		}
		b.WriteString(",\n")
		if c.Key {
			keys = append(keys, quote(c.Name))
		}
	}
	b.WriteString("  PRIMARY KEY (" + strings.Join(keys, ", ") + ")\n) STRICT, WITHOUT ROWID")
	return b.String()
}

// sameColumns checks that the stored states have the columns that the rollup
// wants; their order makes no difference.
func sameColumns(ru *schema.Rollup, stored map[string]string) error {
	layout := ru.Layout()
	same := len(layout) == len(stored)
	for _, c := range layout {
		same = same && stored[c.Name] == c.Type
	}
	if same {
		return nil
	}
	return &ChangedError{ru.Name, "its states are stored with other columns; give it another name, or fill it anew with --rebuild " + ru.Name + ", or use another --store"}
}

// putView makes the view of a rollup under a name.
func (t *tx) putView(ru *schema.Rollup, name, table string) error {
	want := ru.ViewSQL(name, table)
	var kind, have string
	found, err := t.find("SELECT type, sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE", []any{name}, &kind, &have)
	switch {
	case err != nil:
		return err
	case found && kind != "view":
		return fmt.Errorf("the store has a %s of that name; choose another", kind)
	case found && have == want:
		return nil
	case found:
		if err := t.script("DROP VIEW " + quote(name)); err != nil {
			return err
		}
	}
	if err := t.script(want); err != nil {
		return err
	}
	return t.tryView(name)
}

// tryView has SQLite resolve the names in a view, which creating it does not.
func (t *tx) tryView(name string) error {
	rows, err := t.s.conn.QueryxContext(t.calm, "SELECT * FROM "+quote(name)+" LIMIT 0")
	if err != nil {
		return err
	}
	rows.Next()
	if err := rows.Err(); err != nil {
		rows.Close()
		return err
	}
	return rows.Close()
}
