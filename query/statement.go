package query

import (
	"database/sql/driver"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/windrow/windrow/schema/syntax"
)

// statement is the one statement of a query, cut into tokens.
type statement struct {
	name   string // where it comes from, for messages
	sql    string
	text   string         // what sql stands in
	offset int            // of sql within text
	tokens []syntax.Token // without comments and the semicolon at the end
}

// reading are the words that a query may begin with.
var reading = []string{"SELECT", "WITH", "VALUES", "EXPLAIN"}

// parse finds exactly one statement that can be a query. It is no guard: the
// connection is; but it says what is wrong better.
func parse(q Query) (*statement, error) {
	st := newStatement(q)
	sql := st.sql
	if i := strings.IndexByte(sql, 0); i >= 0 {
		return nil, st.problem(i, i+1, "a statement cannot hold a NUL character", "")
	}
	tokens, mistakes := syntax.Lex(sql)
	for _, m := range mistakes {
		return nil, st.problem(m.Pos, m.End, m.Message, m.Hint)
	}
	ranges := syntax.Split(sql)
	switch len(ranges) {
	case 0:
		return nil, fmt.Errorf("there is no statement to run")
	case 1:
	default:
		second := ranges[1]
		return nil, st.problem(second.Pos, second.End, "more than one statement", "a query is one statement: run the others on their own")
	}
	for _, t := range tokens {
		if t.Kind != syntax.EOF && t.Kind != syntax.Comment && t.Pos >= ranges[0].Pos && t.End <= ranges[0].End {
			st.tokens = append(st.tokens, t)
		}
	}
	return st, st.checkReads()
}

// newStatement finds the place of a statement. Where it does not stand in the
// text that the query names, places are those within the statement.
func newStatement(q Query) *statement {
	st := &statement{name: q.name(), sql: q.SQL, text: q.SQL}
	if q.Offset >= 0 && q.Offset <= len(q.Text) && strings.HasPrefix(q.Text[q.Offset:], q.SQL) {
		st.text, st.offset = q.Text, q.Offset
	}
	return st
}

func (st *statement) checkReads() error {
	first := st.tokens[0]
	verb := strings.ToUpper(st.written(first))
	for _, w := range reading {
		if verb == w || verb == "(" {
			return nil
		}
	}
	hint := "a query begins with SELECT, WITH, VALUES or EXPLAIN"
	switch verb {
	case "PRAGMA":
		hint = "columns of a table: SELECT * FROM pragma_table_info('NAME'); tables: SELECT name FROM sqlite_schema"
	case "INSERT", "UPDATE", "DELETE", "REPLACE", "DROP", "ALTER", "CREATE", "ATTACH", "DETACH", "VACUUM", "REINDEX", "ANALYZE",
		"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE":
		hint = "a query only reads the store; only windrow run writes it"
	}
	return st.problem(first.Pos, first.End, fmt.Sprintf("%s is not a query", verb), hint)
}

// written returns a token as written, quotes included.
func (st *statement) written(t syntax.Token) string { return st.sql[t.Pos:t.End] }

// is reports whether token i exists and is that keyword (upper case) or operator.
func (st *statement) is(i int, what string) bool {
	return i >= 0 && i < len(st.tokens) && st.tokens[i].Is(what)
}

// nameAt returns the name that token i is, without quotes, or "".
func (st *statement) nameAt(i int) string {
	if i < 0 || i >= len(st.tokens) || st.tokens[i].Kind != syntax.Ident {
		return ""
	}
	return st.tokens[i].Text
}

// arguments gives each parameter of the statement its value.
func (st *statement) arguments(params, offered map[string]string) ([]driver.NamedValue, error) {
	var args []driver.NamedValue
	known := map[string]bool{}
	for _, t := range st.tokens {
		if t.Kind != syntax.Param {
			continue
		}
		name := st.written(t)[1:]
		if name == "" || name[0] >= '0' && name[0] <= '9' {
			return nil, st.problem(t.Pos, t.End, "parameters need names", "write :name and give --param name=value")
		}
		v, ok := params[name]
		if !ok {
			v, ok = offered[name]
		}
		if !ok {
			return nil, st.noValue(t, name, offered)
		}
		if !known[name] {
			known[name] = true
			args = append(args, driver.NamedValue{Name: name, Ordinal: len(args) + 1, Value: paramValue(v)})
		}
	}
	for _, name := range sortedKeys(params) {
		if !known[name] {
			return nil, fmt.Errorf("the statement has no parameter :%s%s", name, didYouMean(":", nearest(name, sortedKeys(known))))
		}
	}
	return args, nil
}

func (st *statement) noValue(t syntax.Token, name string, offered map[string]string) error {
	hint := fmt.Sprintf("give one with --param %s=...", name)
	if len(offered) > 0 {
		hint = "there are :" + strings.Join(sortedKeys(offered), ", :")
	}
	return st.problem(t.Pos, t.End, fmt.Sprintf("no value for the parameter %s", st.written(t)), hint)
}

// paramValue makes a number of text that is written as SQLite would write the
// number back; everything else, also 007 and 1.50, stays text.
func paramValue(s string) driver.Value {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil && strconv.FormatInt(i, 10) == s {
		return i
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && strings.Contains(s, ".") {
		if back := strconv.FormatFloat(f, 'f', -1, 64); back == s || back+".0" == s {
			return f
		}
	}
	return s
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
