package syntax

// Range is the place [Pos, End) of a statement, without the comments around it
// and without its semicolon.
type Range struct{ Pos, End int }

// Split returns the places of the statements of any SQL text: what stands
// between semicolons and is more than comments. Semicolons in texts, names in
// quotes and comments separate nothing. (The body of a CREATE TRIGGER is cut
// too.) It never fails: what is not closed runs to the end.
func Split(sql string) []Range {
	var out []Range
	tokens, _ := Lex(sql)
	cur := Range{-1, -1}
	for _, t := range tokens {
		switch {
		case t.Kind == EOF || t.Is(";"):
			if cur.Pos >= 0 {
				out = append(out, cur)
			}
			cur = Range{-1, -1}
		case t.Kind == Comment:
		case cur.Pos < 0:
			cur = Range{t.Pos, t.End}
		default:
			cur.End = t.End
		}
	}
	return out
}
