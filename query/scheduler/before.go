package scheduler

import (
	"fmt"
	"slices"
	"strings"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/syntax"
)

// before makes a statement see only windows of the named rollups that begin
// before the slot: a table expression of the rollup's name hides the rollup.
// Names that the statement gives to table expressions of its own are these.
func before(sql string, rollups []string) string {
	own := expressions(sql)
	rollups = slices.DeleteFunc(slices.Clone(rollups), func(name string) bool { return own[strings.ToLower(name)] })
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

// words are the tokens of a statement without comments.
func words(sql string) []syntax.Token {
	tokens, _ := syntax.Lex(sql)
	return slices.DeleteFunc(tokens, func(t syntax.Token) bool { return t.Kind == syntax.Comment })
}

// expressions returns the names, in lower case, of the table expressions in the
// WITH that a statement begins with.
func expressions(sql string) map[string]bool {
	w, names := words(sql), map[string]bool{}
	is := func(i int, what string) bool { return i < len(w) && w[i].Is(what) }
	if !is(0, "WITH") {
		return names
	}
	i := 1
	if is(i, "RECURSIVE") {
		i++
	}
	for i < len(w) && isName(w[i]) {
		names[strings.ToLower(w[i].Text)] = true
		for i++; i < len(w) && !is(i, "AS"); i++ { // names of columns
		}
		for i++; is(i, "NOT") || is(i, "MATERIALIZED"); i++ {
		}
		if i = closing(w, i); !is(i, ",") {
			return names
		}
		i++
	}
	return names
}

// isName reports whether a token can be the name of a table: SQLite takes text
// in single quotes for one too.
func isName(t syntax.Token) bool { return t.Kind == syntax.Ident || t.Kind == syntax.String }

// closing returns the place after the parenthesis that token i opens.
func closing(w []syntax.Token, i int) int {
	for depth := 0; i < len(w); i++ {
		switch {
		case w[i].Is("("):
			depth++
		case w[i].Is(")"):
			depth--
		}
		if depth <= 0 {
			return i + 1
		}
	}
	return i
}

// CheckAlert finds what is wrong with an alert's statement although SQLite
// takes it: text is that of its file, and rollups are the names of all. A
// mistake is a *query.Error with its place in the file.
func CheckAlert(a *schema.Alert, text string, rollups []string) error {
	return qualified(query.Query{SQL: a.SQL, Name: a.File, Text: text, Offset: a.Section.Pos}, rollups)
}

// qualified finds a rollup that is named as main.NAME: so it would be seen
// whole, and the same slot would give other rows later.
func qualified(q query.Query, rollups []string) error {
	w := words(q.SQL)
	for i := 0; i+2 < len(w); i++ {
		if !isName(w[i]) || !strings.EqualFold(w[i].Text, "main") || !w[i+1].Is(".") || !isName(w[i+2]) {
			continue
		}
		name := w[i+2].Text
		if !slices.ContainsFunc(rollups, func(r string) bool { return strings.EqualFold(r, name) }) {
			continue
		}
		text, at := q.SQL, 0
		if q.Text != "" {
			text, at = q.Text, q.Offset
		}
		return &query.Error{Problem: schema.NewProblem(q.Name, text, at+w[i].Pos, at+w[i+2].End,
			"an alert cannot name a rollup with main: it sees the windows before its slot only",
			"write "+name+", and give table expressions of WITH other names")}
	}
	return nil
}
