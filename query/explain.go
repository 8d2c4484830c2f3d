package query

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/schema/syntax"
)

// cause is a kind of message that SQLite gives for a mistake.
type cause struct {
	pattern *regexp.Regexp // its group is the thing that the message names
	explain func(e *explainer, message, thing string) error
}

var causes = []cause{
	{regexp.MustCompile(`^near "(.*)": syntax error$`), (*explainer).syntax},
	{regexp.MustCompile(`^no such column: "?(.*?)"?(?: - should this be.*)?$`), (*explainer).column},
	{regexp.MustCompile(`^no such table: (.*)$`), (*explainer).table},
	{regexp.MustCompile(`^no such function: (.*)$`), (*explainer).function},
	{regexp.MustCompile(`^wrong number of arguments to function (.*)\(\)$`), (*explainer).mark},
	{regexp.MustCompile(`^misuse of (?:aggregate|window function|aggregate function):? (.*)\(\)$`), (*explainer).mark},
	{regexp.MustCompile(`^ambiguous column name: (.*)$`), (*explainer).ambiguous},
	{regexp.MustCompile(`^(incomplete input)$`), (*explainer).incomplete},
	{regexp.MustCompile(`^(not authorized.*|access to .* is prohibited|attempt to write a readonly database|authorization denied.*|not authorized to use function: .*)$`), (*explainer).denied},
	{regexp.MustCompile(`^(string or blob too big)$`), (*explainer).tooBig},
}

// explainer knows what is needed to explain an error of SQLite's.
type explainer struct {
	*statement
	ctx  context.Context
	conn *sqlx.Conn
}

// explain adds place and way out to an error of SQLite's. Other errors stay.
func (st *statement) explain(ctx context.Context, conn *sqlx.Conn, err error) error {
	var coded interface{ Code() int } // as the driver's errors are
	if !errors.As(err, &coded) {
		return err
	}
	message := cleanMessage(err.Error())
	e := &explainer{st, ctx, conn}
	for _, c := range causes {
		if m := c.pattern.FindStringSubmatch(message); m != nil {
			return c.explain(e, message, m[1])
		}
	}
	return fmt.Errorf("%s: %s", st.name, message)
}

var wrapping = regexp.MustCompile(`^(?:SQL logic error: |authorization denied: )?(.*?)(?: \(\d+\))?$`)

// cleanMessage takes off what the driver puts around a message.
func cleanMessage(s string) string {
	if m := wrapping.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return s
}

func (e *explainer) syntax(message, thing string) error {
	i := e.offending(message, thing)
	if i < 0 {
		return fmt.Errorf("%s: syntax error near %q", e.name, thing)
	}
	t := e.tokens[i]
	at := fmt.Sprintf("this is not expected here: %s", visible(e.written(t)))
	hint := ""
	switch {
	case e.is(i-1, "INTERVAL"):
		t.Pos = e.tokens[i-1].Pos
		at = "SQLite has no INTERVAL"
		hint = fmt.Sprintf("write window_start >= ago(%s), or datetime(window_start, '+1 hour') for a shift", e.quotedSpan(i))
	case i == 1 || e.tokens[i].Kind == syntax.Ident:
		if near := nearest(e.written(e.tokens[i]), keywords); near != "" && !strings.EqualFold(near, e.written(e.tokens[i])) {
			hint = fmt.Sprintf("did you mean %s?", near)
		} else if before := e.nameAt(i - 1); before != "" && !e.tokens[i-1].Quoted {
			if near := nearest(before, keywords); near != "" && !strings.EqualFold(near, before) {
				hint = fmt.Sprintf("did you mean %s instead of %s?", near, before)
			}
		}
	}
	return e.problem(t.Pos, t.End, at, hint)
}

// quotedSpan gives INTERVAL's argument in the form that ago takes.
func (e *explainer) quotedSpan(i int) string {
	s := e.tokens[i].Text
	if !strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		if unit := e.nameAt(i + 1); unit != "" {
			s += " " + strings.ToLower(unit)
		}
	}
	return "'" + s + "'"
}

// offending finds the token that a syntax error names. If it stands more than
// once, the right one is the first that SQLite stumbles over in a statement
// that ends with it.
func (e *explainer) offending(message, thing string) int {
	found := -1
	for i, t := range e.tokens {
		if e.written(t) != thing {
			continue
		}
		if found = i; strings.Contains(e.prepare(e.sql[:t.End]), message) {
			break
		}
	}
	return found
}

// prepare returns SQLite's message about a statement without running it.
func (e *explainer) prepare(sql string) string {
	err := e.conn.Raw(func(dc any) error {
		s, err := dc.(driver.Conn).Prepare(sql)
		if err == nil {
			s.Close()
		}
		return err
	})
	if err == nil {
		return ""
	}
	return err.Error()
}

func (e *explainer) column(message, thing string) error {
	name := thing[strings.LastIndexByte(thing, '.')+1:]
	columns := e.columns()
	hint := ""
	switch near := nearest(name, columns); {
	case near != "":
		hint = fmt.Sprintf("did you mean %s?", near)
	case len(columns) > 0:
		hint = fmt.Sprintf("there are %s; text stands in single quotes: '%s'", list(columns), name)
	default:
		hint = fmt.Sprintf("text stands in single quotes: '%s'", name)
	}
	return e.at(name, "no such column: "+thing, hint)
}

func (e *explainer) table(_, thing string) error {
	name := thing[strings.LastIndexByte(thing, '.')+1:]
	if next := e.find(name); next >= 0 && e.is(next+1, "(") {
		return e.at(name, "no such table function: "+thing, "windows are computed when the data is read: query the rollup by its name")
	}
	return e.at(name, "no such table: "+thing, tableHint(name, e.tables()))
}

func tableHint(name string, tables []string) string {
	switch near := nearest(name, tables); {
	case near != "":
		return fmt.Sprintf("did you mean %s?", near)
	case len(tables) > 0:
		return "there are " + list(tables)
	}
	return "the store holds no rollups yet"
}

func (e *explainer) function(_, thing string) error {
	hint := ""
	if near := nearest(thing, functions); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return e.at(thing, fmt.Sprintf("no such function: %s()", thing), hint)
}

func (e *explainer) mark(message, thing string) error { return e.at(thing, message, "") }

func (e *explainer) ambiguous(message, thing string) error {
	return e.at(thing[strings.LastIndexByte(thing, '.')+1:], message, "several of the tables have it: write TABLE."+thing)
}

func (e *explainer) incomplete(string, string) error {
	end := e.tokens[len(e.tokens)-1].End
	return e.problem(end, end, "the statement ends too early", "")
}

func (e *explainer) denied(message, _ string) error {
	if !strings.HasPrefix(message, "not authorized to use function") && !strings.HasPrefix(message, "access to") {
		message = "this statement does more than read"
	}
	return fmt.Errorf("%s: %s: not allowed; a query reads rollups and the windrow_ tables, and only windrow run writes the store", e.name, message)
}

func (e *explainer) tooBig(string, string) error {
	return fmt.Errorf("%s: a value in the result is larger than a query may make", e.name)
}

// at marks the first place of a name.
func (e *explainer) at(name, message, hint string) error {
	i := e.find(name)
	if i < 0 {
		if hint != "" {
			hint = "; " + hint
		}
		return fmt.Errorf("%s: %s%s", e.name, message, hint)
	}
	return e.problem(e.tokens[i].Pos, e.tokens[i].End, message, hint)
}

func (e *explainer) find(name string) int {
	for i := range e.tokens {
		if strings.EqualFold(e.nameAt(i), name) && !e.is(i-1, "AS") {
			return i
		}
	}
	return -1
}
