package query

import (
	"strings"

	"github.com/windrow/windrow/schema/syntax"
)

// Tables returns the known names that the statement mentions as identifiers,
// in any case, each once and as known spells it, in the order in which they
// come. It does not understand the statement: a column of a known name counts.
func Tables(sql string, known []string) []string {
	tokens, _ := syntax.Lex(sql)
	var found []string
	taken := map[int]bool{}
	before := syntax.Token{}
	for _, t := range tokens {
		if t.Kind == syntax.Comment {
			continue
		}
		// SQLite takes text in single quotes for a name where only a name can stand.
		names := t.Kind == syntax.Ident || t.Kind == syntax.String && (before.Is("FROM") || before.Is("JOIN"))
		for i, n := range known {
			if names && !taken[i] && strings.EqualFold(n, t.Text) {
				taken[i] = true
				found = append(found, n)
			}
		}
		before = t
	}
	return found
}
