package syntax

import "strings"

// The levels of SQLite's operators, from the loosest to the tightest.
const (
	orLevel = iota + 1
	andLevel
	notLevel
	equalLevel
	compareLevel
	bitLevel
	addLevel
	mulLevel
	concatLevel
	collateLevel
	unaryLevel
)

var levels = map[string]int{
	"OR": orLevel, "AND": andLevel,
	"=": equalLevel, "==": equalLevel, "<>": equalLevel, "!=": equalLevel, "IS": equalLevel, "IN": equalLevel,
	"LIKE": equalLevel, "GLOB": equalLevel, "REGEXP": equalLevel, "MATCH": equalLevel, "BETWEEN": equalLevel,
	"ISNULL": equalLevel, "NOTNULL": equalLevel, "NOT": equalLevel, // as in a NOT IN (...), a NOT NULL
	"<": compareLevel, "<=": compareLevel, ">": compareLevel, ">=": compareLevel,
	"&": bitLevel, "|": bitLevel, "<<": bitLevel, ">>": bitLevel,
	"+": addLevel, "-": addLevel, "*": mulLevel, "/": mulLevel, "%": mulLevel,
	"||": concatLevel, "->": concatLevel, "->>": concatLevel, "COLLATE": collateLevel,
}

// level returns the level of a token as an operator between operands, 0 if it is none.
func level(t Token) int {
	switch {
	case t.Kind == Op:
		return levels[t.Text]
	case t.Kind == Ident && !t.Quoted:
		return levels[strings.ToUpper(t.Text)]
	}
	return 0
}

func (p *parser) expr() *Expr { return p.above(orLevel) }

// above reads an expression whose operators are of the level or tighter.
func (p *parser) above(least int) *Expr {
	p.deeper()
	left := p.operand()
	for {
		l := level(p.cur())
		if l == 0 || l < least {
			break
		}
		left = p.infix(left, l)
	}
	p.depth--
	return left
}

// infix reads the operator after left, and its other operands.
func (p *parser) infix(left *Expr, level int) *Expr {
	t := p.next()
	e := &Expr{Kind: BinaryExpr, Text: strings.ToUpper(t.Text), Args: []*Expr{left}, OpPos: t.Pos}
	if e.Text == "NOT" {
		if p.got("NULL") {
			e.Kind, e.Not = IsExpr, true
			e.Args = append(e.Args, p.null())
			return p.span(e, left.Outer)
		}
		e.Not, t = true, p.next()
		if e.Text = strings.ToUpper(t.Text); t.Quoted || !notBefore[e.Text] {
			p.i--
			p.wrong("NULL, IN, LIKE, GLOB or BETWEEN after NOT")
		}
	}
	switch e.Text {
	case "IS":
		p.is(e, level)
	case "ISNULL", "NOTNULL":
		e.Kind, e.Not = IsExpr, e.Text == "NOTNULL"
		e.Args = append(e.Args, p.null())
	case "BETWEEN":
		e.Kind = BetweenExpr
		low := p.above(notLevel)
		p.need("AND")
		e.Args = append(e.Args, low, p.above(level+1))
	case "IN":
		p.in(e)
	case "LIKE", "GLOB", "REGEXP", "MATCH":
		e.Kind = LikeExpr
		e.Args = append(e.Args, p.above(level+1))
		if p.got("ESCAPE") {
			e.Args = append(e.Args, p.above(level+1))
		}
	case "COLLATE":
		e.Kind, e.Text = CollateExpr, p.name("the name of a collation").Text
	default:
		e.Args = append(e.Args, p.above(level+1))
	}
	return p.span(e, left.Outer)
}

var notBefore = map[string]bool{"IN": true, "LIKE": true, "GLOB": true, "REGEXP": true, "MATCH": true, "BETWEEN": true}

// span sets the place of an expression that ends with the last token.
func (p *parser) span(e *Expr, pos int) *Expr {
	e.Pos, e.End = pos, p.last().End
	e.Outer, e.OuterEnd = e.Pos, e.End
	for _, a := range e.Args {
		e.height = max(e.height, a.height+1)
	}
	if e.height > maxHeight {
		p.fail(e.OpPos, e.End, "", "this expression is too long: more than %d operators in a row", maxHeight)
	}
	return e
}

func (p *parser) null() *Expr { return p.span(&Expr{Kind: NullExpr}, p.last().Pos) }

func (p *parser) is(e *Expr, level int) {
	e.Kind = IsExpr
	e.Not = p.got("NOT")
	if p.got("DISTINCT") {
		p.need("FROM")
		e.Not = !e.Not
	}
	e.Args = append(e.Args, p.above(level+1))
}

func (p *parser) in(e *Expr) {
	e.Kind = InExpr
	if !p.cur().Is("(") {
		p.wrongHint("( and a list of values after IN", "x IN (1, 2, 3)")
	}
	p.i++
	if p.got(")") {
		return
	}
	p.list(func() { e.Args = append(e.Args, p.expr()) }, "a value of the list")
}

// operand reads what operators stand between.
func (p *parser) operand() *Expr {
	t := p.cur()
	switch {
	case t.Is("NOT") && p.peek(1).Is("EXISTS"):
		p.i++
		p.subquery(p.cur())
	case t.Is("NOT"):
		return p.prefix(notLevel)
	case t.Kind == Op && strings.Contains("-+~", t.Text):
		return p.prefix(unaryLevel)
	case t.Is("("):
		return p.parenthesized()
	case t.Kind == Number:
		return p.leaf(NumberExpr)
	case t.Kind == String:
		return p.leaf(StringExpr)
	case t.Kind == Blob:
		return p.leaf(BlobExpr)
	case t.Kind == Param:
		p.failAt(t, "write the value itself", "a definition has no parameters, found %s", p.shown(t))
	case t.Kind == Ident && !t.Quoted:
		return p.word(t)
	case t.Kind == Ident:
		return p.nameOrCall()
	}
	p.wrong("an expression")
	return nil
}

func (p *parser) leaf(k Kind) *Expr {
	t := p.next()
	return p.span(&Expr{Kind: k, Text: t.Text}, t.Pos)
}

func (p *parser) prefix(level int) *Expr {
	t := p.next()
	p.deeper()
	e := &Expr{Kind: UnaryExpr, Text: strings.ToUpper(t.Text), Args: []*Expr{p.above(level)}, OpPos: t.Pos}
	p.depth--
	return p.span(e, t.Pos)
}

func (p *parser) parenthesized() *Expr {
	open := p.next()
	if p.cur().Is("SELECT") || p.cur().Is("WITH") || p.cur().Is("VALUES") {
		p.subquery(p.cur())
	}
	e := p.expr()
	if p.cur().Is(",") {
		p.fail(open.Pos, p.cur().End, "compare the values one by one: a = 1 AND b = 2", "rows of values like (a, b) are not supported")
	}
	if !p.got(")") {
		p.wrong(") to close this expression")
	}
	e.Parens = true
	e.Outer, e.OuterEnd = open.Pos, p.last().End
	return e
}

func (p *parser) subquery(t Token) {
	p.failAt(t, "a rollup reads one stream; join and nest when you query the rollups", "subqueries are not supported in a definition")
}

// word reads what begins with a bare word.
func (p *parser) word(t Token) *Expr {
	switch up := strings.ToUpper(t.Text); up {
	case "NULL":
		return p.leaf(NullExpr)
	case "TRUE":
		return p.leaf(TrueExpr)
	case "FALSE":
		return p.leaf(FalseExpr)
	case "CASE":
		return p.caseExpr()
	case "CAST":
		if p.peek(1).Is("(") {
			return p.cast()
		}
	case "EXISTS", "SELECT":
		p.subquery(t)
	case "INTERVAL":
		if k := p.peek(1).Kind; k == String || k == Number {
			return p.interval()
		}
	case "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME":
		if !p.peek(1).Is("(") {
			return p.leaf(CallExpr)
		}
	case "LIKE", "GLOB":
		if p.peek(1).Is("(") {
			return p.call(p.next(), t.Pos)
		}
	}
	if t.Reserved() {
		p.wrong("an expression")
	}
	return p.nameOrCall()
}

func (p *parser) nameOrCall() *Expr {
	t := p.next()
	if p.cur().Is("(") {
		return p.call(t, t.Pos)
	}
	e := &Expr{Kind: NameExpr, Text: t.Text, Quoted: t.Quoted}
	if p.got(".") {
		e.Table = &Name{Text: t.Text, Quoted: t.Quoted, Pos: t.Pos, End: t.End}
		if p.got("*") {
			e.Kind = StarExpr
			return p.span(e, t.Pos)
		}
		n := p.name("a column name after the .")
		e.Text, e.Quoted = n.Text, n.Quoted
	}
	if e.Text == "" {
		p.failAt(t, "an empty text is ''", "a name cannot be empty")
	}
	return p.span(e, t.Pos)
}

// interval reads INTERVAL '1 minute' and INTERVAL '1' MINUTE.
func (p *parser) interval() *Expr {
	t, n := p.next(), p.next()
	e := &Expr{Kind: IntervalExpr, Text: n.Text}
	if plainNumber(n.Text) {
		u := p.cur()
		if u.Kind != Ident || u.Quoted || u.Reserved() {
			p.fail(t.Pos, n.End, "INTERVAL '1 minute' or INTERVAL '1' MINUTE", "this INTERVAL has no unit of time")
		}
		e.Text = strings.TrimSpace(n.Text) + " " + p.next().Text
	}
	return p.span(e, t.Pos)
}

func plainNumber(s string) bool {
	s = strings.TrimSpace(s)
	s = strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	return s != "" && strings.Trim(s, "0123456789.") == ""
}

func (p *parser) caseExpr() *Expr {
	start := p.next()
	e := &Expr{Kind: CaseExpr}
	if !p.cur().Is("WHEN") {
		e.HasBase = true
		e.Args = append(e.Args, p.expr())
	}
	for first := true; first || p.cur().Is("WHEN"); first = false {
		p.need("WHEN")
		e.Args = append(e.Args, p.expr())
		p.need("THEN")
		e.Args = append(e.Args, p.expr())
	}
	if p.got("ELSE") {
		e.HasElse = true
		e.Args = append(e.Args, p.expr())
	}
	if !p.got("END") {
		p.wrong("WHEN, ELSE or END of this CASE")
	}
	return p.span(e, start.Pos)
}

func (p *parser) cast() *Expr {
	start := p.next()
	p.need("(")
	e := &Expr{Kind: CastExpr, Args: []*Expr{p.expr()}}
	p.need("AS")
	e.Type = p.typeName("a type")
	p.need(")")
	return p.span(e, start.Pos)
}

// call reads the arguments of a function, and a FILTER after them.
func (p *parser) call(name Token, pos int) *Expr {
	e := &Expr{Kind: CallExpr, Text: name.Text, Quoted: name.Quoted}
	p.need("(")
	e.Distinct = p.got("DISTINCT")
	switch {
	case p.cur().Is("*") && p.peek(1).Is(")"):
		p.i += 2
		e.Star = true
	case p.got(")"):
	case p.cur().Is("SELECT"):
		p.subquery(p.cur())
	default:
		p.list(func() { e.Args = append(e.Args, p.expr()) }, "an argument of "+name.Text)
	}
	if p.got("FILTER") {
		p.filter(e)
	}
	if t := p.cur(); t.Is("OVER") && (p.peek(1).Is("(") || p.peek(1).Kind == Ident) {
		p.failAt(t, "use OVER when you query the rollup", "OVER is not supported in a definition")
	}
	return p.span(e, pos)
}

func (p *parser) filter(e *Expr) {
	if !p.got("(", "WHERE") {
		p.wrongHint("(WHERE ...) after FILTER", "count(*) FILTER (WHERE status >= 500)")
	}
	e.Filter = p.expr()
	p.need(")")
}

// typeName reads a type: words, and what stands in parentheses after them.
func (p *parser) typeName(what string) Type {
	first := p.name(what)
	t := Type{Text: first.Text, Pos: first.Pos, End: first.End}
	if w := strings.ToUpper(first.Text); w == "DOUBLE" && p.cur().Is("PRECISION") || w == "CHARACTER" && p.cur().Is("VARYING") {
		t.Text += " " + p.next().Text
	}
	t.Text += p.timeZone(t.Text)
	if p.cur().Is("(") {
		open := p.next()
		for p.cur().Kind == Number || p.cur().Is(",") {
			p.i++
		}
		if !p.got(")") {
			p.wrong(") after the type")
		}
		t.Args = p.src[open.Pos:p.last().End]
	}
	t.End = p.last().End
	return t
}

// timeZone reads what may follow TIMESTAMP.
func (p *parser) timeZone(typ string) string {
	if strings.EqualFold(typ, "TIMESTAMP") {
		for _, w := range []string{"WITH", "WITHOUT"} {
			if p.got(w, "TIME", "ZONE") {
				return " " + w + " TIME ZONE"
			}
		}
	}
	return ""
}
