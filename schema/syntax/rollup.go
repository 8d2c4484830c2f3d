package syntax

import (
	"fmt"
	"strings"
)

func (p *parser) rollup(r *CreateRollup) {
	p.i++
	p.ifNotExists()
	r.Name = p.name("the name of the rollup")
	if p.cur().Is("WITH") {
		r.Options = p.options(nil)
	}
	if t := p.cur(); t.Is("FROM") {
		p.failAt(t, "CREATE ROLLUP "+r.Name.Text+" AS SELECT ... FROM TUMBLE(stream, INTERVAL '1 hour')", "a rollup FROM another rollup is not supported by this version")
	}
	if !p.got("AS") {
		p.wrong("AS and a SELECT")
	}
	if !p.cur().Is("SELECT") {
		p.wrong("SELECT")
	}
	p.query(&r.Select)
	if p.cur().Is("WITH") {
		r.Options = p.options(r.Options)
	}
}

// query reads SELECT to HAVING.
func (p *parser) query(s *Select) {
	s.Pos = p.next().Pos
	if t := p.cur(); t.Is("DISTINCT") {
		p.i++
		p.report(t.Pos, t.End, "GROUP BY gives each group once", "SELECT DISTINCT is not supported")
	}
	_ = p.got("ALL")
	for {
		s.Items = append(s.Items, p.item())
		if !p.got(",") {
			break
		}
	}
	p.needFrom(s)
	s.From = p.from()
	if p.got("WHERE") {
		s.Where = p.expr()
	}
	if p.got("GROUP") {
		p.need("BY")
		for {
			s.Group = append(s.Group, p.expr())
			if !p.got(",") {
				break
			}
		}
	}
	if p.got("HAVING") {
		s.Having = p.expr()
	}
	s.End = p.last().End
	p.noMore()
}

func (p *parser) item() Item {
	if t := p.cur(); t.Is("*") {
		p.i++
		return Item{Expr: p.span(&Expr{Kind: StarExpr}, t.Pos)}
	}
	if t := p.cur(); t.Is("FROM") {
		p.failAt(p.last(), "", "an output column should stand before FROM")
	}
	it := Item{Expr: p.expr()}
	if p.got("AS") {
		if t := p.cur(); t.Kind == String {
			p.wrongHint("a name after AS", fmt.Sprintf("names stand in double quotes or in none: \"%s\"", t.Text))
		}
		n := p.name("a name after AS")
		it.Alias = &n
	} else if t := p.cur(); t.Kind == Ident && !t.Reserved() {
		n := p.name("a name")
		it.Alias = &n
	}
	return it
}

func (p *parser) needFrom(s *Select) {
	if p.got("FROM") {
		return
	}
	// A misspelt FROM was taken for an alias.
	a := s.Items[len(s.Items)-1].Alias
	if a != nil && p.cur().Kind == Ident && !p.cur().Reserved() {
		p.fail(a.Pos, a.End, "", "expected a comma or FROM, found %s", a.Text)
	}
	p.wrong("a comma or FROM")
}

// from reads a stream or a window function.
func (p *parser) from() From {
	f := From{Pos: p.cur().Pos}
	if t := p.cur(); t.Is("(") {
		p.subquery(t)
	}
	n := p.name("a window function over a stream")
	if p.cur().Is("(") {
		f.Window = &Window{Name: n, Pos: n.Pos}
		p.window(&f)
	} else {
		f.Stream = n
	}
	f.End = p.last().End
	if p.got("AS") {
		a := p.name("a name after AS")
		f.Alias = &a
	} else if t := p.cur(); t.Kind == Ident && !t.Reserved() && !joinWord[strings.ToUpper(t.Text)] && !p.startsStatement() {
		a := p.name("a name")
		f.Alias = &a
	}
	if t := p.cur(); t.Is(",") || t.Is("JOIN") || joinWord[strings.ToUpper(t.Text)] && t.Kind == Ident {
		p.failAt(t, "make a rollup of each stream and join them when you query", "a rollup reads one stream: joins are not supported")
	}
	return f
}

var joinWord = map[string]bool{"INNER": true, "LEFT": true, "RIGHT": true, "FULL": true, "CROSS": true, "NATURAL": true, "OUTER": true}

// window reads the arguments of a window function.
func (p *parser) window(f *From) {
	p.i++
	_ = p.got("TABLE")
	if p.cur().Is(")") {
		p.wrong("the name of a stream")
	}
	f.Stream = p.name("the name of a stream")
	for p.got(",") {
		p.windowArg(f.Window)
	}
	if !p.got(")") {
		p.wrong("a comma or ) after an argument of " + f.Window.Name.Text)
	}
	f.Window.End = p.last().End
}

func (p *parser) windowArg(w *Window) {
	if p.cur().Is("DESCRIPTOR") && p.peek(1).Is("(") {
		p.i += 2
		n := p.name("the time column")
		p.need(")")
		w.Time = &n
		return
	}
	if p.cur().Kind == Ident && p.peek(1).Is("=>") {
		n := p.name("the name of an argument")
		p.i++
		w.Args = append(w.Args, Arg{Name: &n, Expr: p.expr()})
		return
	}
	e := p.expr()
	if e.Kind == NameExpr && w.Time == nil && len(w.Args) == 0 {
		w.Time = &Name{Text: e.Text, Quoted: e.Quoted, Pos: e.Pos, End: e.End}
		return
	}
	w.Args = append(w.Args, Arg{Expr: e})
}

// noMore refuses what a query may have elsewhere but not here. The rest of the
// statement is not read, but what stands before is checked.
func (p *parser) noMore() {
	t := p.cur()
	for _, c := range clauses {
		if t.Is(c.word) {
			p.report(t.Pos, t.End, c.hint, "%s", c.message)
			p.skipStatement()
			return
		}
	}
}

var clauses = []struct{ word, message, hint string }{
	{"ORDER", "a rollup has no order", "order when you query the rollup: SELECT ... FROM name ORDER BY ..."},
	{"LIMIT", "a rollup keeps all its rows", "limit when you query the rollup: SELECT ... FROM name LIMIT 10"},
	{"OFFSET", "a rollup keeps all its rows", "leave out rows when you query the rollup"},
	{"FETCH", "a rollup keeps all its rows", "limit when you query the rollup: SELECT ... FROM name LIMIT 10"},
	{"UNION", "UNION is not supported in a definition", "make a rollup of each and combine them when you query"},
	{"EXCEPT", "EXCEPT is not supported in a definition", "make a rollup of each and combine them when you query"},
	{"INTERSECT", "INTERSECT is not supported in a definition", "make a rollup of each and combine them when you query"},
	{"WINDOW", "a WINDOW clause is not supported", "windows stand in FROM: TUMBLE(stream, INTERVAL '1 minute')"},
	{"EMIT", "EMIT is not supported", "a rollup shows each window from its first event on; its final ones are those with window_start < final_before"},
	{"WHERE", "WHERE stands between FROM and GROUP BY", ""},
	{"GROUP", "GROUP BY stands before HAVING", ""},
}
