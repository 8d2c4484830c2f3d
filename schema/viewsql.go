package schema

import "strings"

// ViewSQL returns the statement that creates the rollup's view: the columns of
// the user over the state table, whose columns are those of Layout.
func (r *Rollup) ViewSQL(name, table string) string {
	var b strings.Builder
	b.WriteString("CREATE VIEW " + quoteName(name) + " AS\nSELECT\n")
	for i, o := range r.Output {
		if i > 0 {
			b.WriteString(",\n")
		}
		b.WriteString("  " + o.Expr.SQL + " AS " + quoteName(o.Name))
	}
	b.WriteString("\nFROM " + quoteName(table))
	if r.Having != nil {
		b.WriteString("\nWHERE " + r.Having.SQL)
	}
	return b.String()
}

// keySQL reads a key from its column.
func keySQL(k Key, layout []StateColumn, index int) string {
	for _, c := range layout {
		if c.Source == FromKey && c.Index == index {
			if k.Nullable {
				return "nullif(" + quoteName(c.Name) + ", x'')"
			}
			return quoteName(c.Name)
		}
	}
	return "NULL"
}

// callSQL is the result of a call.
func (r *Rollup) callSQL(index int, layout []StateColumn) string {
	call := r.Calls[index]
	cols := make([][]string, len(call.Parts))
	for i, p := range call.Parts {
		cols[i] = make([]string, len(r.Parts[p].Columns))
	}
	for _, c := range layout {
		if c.Source == FromFinish && c.Index == index {
			return quoteName(c.Name)
		}
		for i, p := range call.Parts {
			if c.Source == FromPart && c.Index == p {
				cols[i][c.Col] = quoteName(c.Name)
			}
		}
	}
	return call.Plan.View(cols)
}
