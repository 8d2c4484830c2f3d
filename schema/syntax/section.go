package syntax

// atSection reports whether SECTION and a title are next.
func (p *parser) atSection() bool {
	return p.cur().Is("SECTION") && p.peek(1).Kind == String
}

// sql takes one statement for SQLite, which is not read but cut: it ends at a
// semicolon, at a line that begins like the next statement, and with sections
// at SECTION and a title outside of parentheses.
func (p *parser) sql(want string, sections bool) Section {
	first, outside := p.i, 0
	if !sections {
		outside = 1
	}
	p.try(func() { p.needQuery(want, sections) })
	var open []Token
	for ; !p.sqlEnds(len(open) + outside); p.i++ {
		switch t := p.cur(); {
		case t.Is("("):
			open = append(open, t)
		case t.Is(")") && len(open) > 0:
			open = open[:len(open)-1]
		case t.Is(")"):
			p.report(t.Pos, t.End, "", "no ( belongs to this )")
		case p.i > first && len(open)+outside == 0:
			p.misspeltSection()
		}
	}
	if n := len(open); n > 0 {
		p.report(open[n-1].Pos, open[n-1].End, "", "this ( is not closed")
	}
	if p.i == first {
		return Section{}
	}
	return Section{Pos: p.tokens[first].Pos, End: p.last().End}
}

// needQuery fails where no statement for SQLite begins.
func (p *parser) needQuery(want string, sections bool) {
	t, hint := p.cur(), ""
	switch {
	case startsQuery(t):
		return
	case p.startsStatement():
		p.endsHere(want, "")
	case t.Is("SECTION") && !sections:
		hint = "an alert has one SELECT and no sections"
	case p.atSection():
	case t.Is("SECTION") && p.misspeltSection():
		return
	case t.Is("SECTION"):
		hint = sectionForm
	default:
		hint = didYouMean(t.Text, []string{"SELECT", "SECTION", "VALUES"})
	}
	p.wrongHint(want, hint)
}

const sectionForm = "SECTION 'title' SELECT ..."

func startsQuery(t Token) bool { return t.Is("SELECT") || t.Is("WITH") || t.Is("VALUES") }

// sqlEnds reports whether a statement for SQLite ends before the current
// token, within that many parentheses. In SQL no text is followed by SELECT:
// where it is, parentheses are not closed.
func (p *parser) sqlEnds(depth int) bool {
	t := p.cur()
	return t.Kind == EOF || t.Is(";") || p.startsStatement() || p.atSection() && (depth == 0 || startsQuery(p.peek(2)))
}

// misspeltSection reports what is probably meant as SECTION and a title, and
// returns whether there is such: no name or text is followed by SELECT in SQL.
func (p *parser) misspeltSection() bool {
	t, title := p.cur(), p.peek(1)
	query := startsQuery(p.peek(2))
	switch {
	case t.Kind != Ident || t.Quoted:
		return false
	case t.Is("SECTION") && title.Quoted && query:
		p.report(title.Pos, title.End, sectionForm, "a title stands in single quotes")
	case t.Is("SECTION") && startsQuery(title):
		p.report(t.Pos, t.End, sectionForm, "a title should follow SECTION")
	case title.Kind == String && query && Nearest(t.Text, []string{"SECTION"}) != "":
		p.report(t.Pos, t.End, didYouMean(t.Text, []string{"SECTION"}), "expected SECTION, found %s", t.Text)
	default:
		return false
	}
	return true
}
