package schema

import (
	"slices"
	"strings"

	"github.com/windrow/windrow/schema/syntax"
)

// slotParameters are those that the SQL of reports and alerts may name.
var slotParameters = []string{":slot_start", ":slot_end"}

// timeFunctions are those of SQLite that read the clock for 'now', with the
// number of arguments from which on they read it for a missing time.
var timeFunctions = map[string]int{"datetime": 0, "date": 0, "time": 0, "julianday": 0, "unixepoch": 0, "strftime": 1, "timediff": -1}

// checkSQL looks at the words of a statement for SQLite: parameters that
// nobody gives, and what makes a result depend on when it is computed.
func (d *sending) checkSQL(s Section) {
	all, _ := syntax.Lex(s.SQL)
	tokens := slices.DeleteFunc(all, func(t syntax.Token) bool { return t.Kind == syntax.Comment })
	for i, t := range tokens {
		at := span{s.Pos + t.Pos, s.Pos + t.End}
		switch {
		case t.Kind == syntax.Param && !slices.Contains(slotParameters, t.Text):
			d.f.problem(at, oneOf("parameters are", t.Text, slotParameters), "there is no parameter %s", clip(t.Text))
		case t.Kind != syntax.Ident || t.Quoted:
		case t.Is("CURRENT_TIMESTAMP") || t.Is("CURRENT_DATE") || t.Is("CURRENT_TIME") || readsClock(tokens[i:]):
			d.f.warn(at, "write :slot_end, the end of what the slot covers", "%s is the time of the computation: doing a slot again gives something else", d.written(tokens[i:], s))
		case (t.Is("RANDOM") || t.Is("RANDOMBLOB")) && tokens[i+1].Is("("):
			d.f.warn(at, "", "%s differs each time: doing a slot again gives something else", d.written(tokens[i:], s))
		}
	}
}

// readsClock reports whether a call of SQLite's time functions begins here
// that reads the clock.
func readsClock(tokens []syntax.Token) bool {
	least, ok := timeFunctions[strings.ToLower(tokens[0].Text)]
	if !ok || !tokens[1].Is("(") {
		return false
	}
	depth, args := 0, 0
	for i, t := range tokens[1:] {
		switch {
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
		case t.Is(",") && depth == 1:
			args++
		case t.Kind == syntax.EOF:
			return false
		case depth == 1 && t.Kind == syntax.String && strings.EqualFold(t.Text, "now"):
			return true
		}
		if depth == 0 {
			if i > 1 {
				args++
			}
			return args <= least
		}
	}
	return false
}

// written is the word or call that begins here, as in the text.
func (d *sending) written(tokens []syntax.Token, s Section) string {
	end, depth := tokens[0].End, 0
	for _, t := range tokens[1:] {
		switch {
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
		}
		if depth <= 0 {
			if t.Is(")") && depth == 0 {
				end = t.End
			}
			break
		}
	}
	return clip(flat(s.SQL[tokens[0].Pos:end]))
}
