package syntax

import (
	"fmt"
	"strings"
)

const statements = "CREATE STREAM, CREATE ROLLUP, CREATE REPORT, CREATE ALERT or SET"

// created are the words that may follow CREATE.
var created = []string{"STREAM", "ROLLUP", "REPORT", "ALERT"}

// later are the statements that the language has, but not this version.
var later = map[string]bool{"TABLE": true, "VIEW": true, "AGGREGATE": true}

// foreign are other systems' words for ours.
var foreign = map[string]string{
	"SOURCE":       "write CREATE STREAM: a stream is the shape of the events and where they come from",
	"MATERIALIZED": "write CREATE ROLLUP name AS SELECT ...: a rollup is always kept up to date",
	"CONTINUOUS":   "write CREATE ROLLUP name AS SELECT ...: a rollup is always kept up to date",
	"SINK":         "results are rows of the store: read them with windrow query, or send them with CREATE REPORT name SCHEDULE ... TO ...",
	"FUNCTION":     "functions cannot be defined here",
	"INDEX":        "a rollup is stored in the order of window_start and its keys",
}

func (p *parser) statement(st *Statement) {
	switch t := p.cur(); {
	case t.Is("CREATE"):
		p.create(st)
	case t.Is("SET"):
		p.i++
		st.Set = &Set{}
		p.option(&st.Set.Option, "the name of a setting")
	case t.Is("SELECT") || t.Is("WITH"):
		p.failAt(t, "CREATE ROLLUP name AS SELECT ...; or use windrow query to ask the store", "a query cannot stand alone in a definition")
	case t.Is("SECTION"):
		p.failAt(t, "sections of a report stand one after the other, with a ; after the last one only", "a section cannot stand alone")
	default:
		hint := ""
		if w := strings.ToUpper(t.Text); t.Kind == Ident && (w == "DROP" || w == "ALTER" || w == "INSERT" || w == "UPDATE" || w == "DELETE") {
			hint = "the file says what there is: edit it"
		}
		p.wrongHint(statements, hint)
	}
}

func (p *parser) create(st *Statement) {
	first := p.next()
	if t := p.cur(); t.Is("OR") && p.peek(1).Is("REPLACE") {
		p.fail(t.Pos, p.peek(1).End, "write CREATE: the file says what there is, so that editing it is enough", "CREATE OR REPLACE is not needed")
	}
	t := p.cur()
	switch up := strings.ToUpper(t.Text); {
	case t.Kind != Ident || t.Quoted:
		p.wrong("STREAM, ROLLUP, REPORT or ALERT")
	case up == "STREAM":
		st.Stream = &CreateStream{}
		p.stream(st.Stream)
	case up == "ROLLUP":
		st.Rollup = &CreateRollup{}
		p.rollup(st.Rollup)
	case up == "REPORT":
		st.Report = &CreateReport{}
		p.createReport(st.Report)
	case up == "ALERT":
		st.Alert = &CreateAlert{}
		p.createAlert(st.Alert)
	case later[up]:
		p.fail(first.Pos, t.End, "it has "+strings.Replace(statements, " or SET", " and SET", 1), "CREATE %s is not supported by this version", up)
	case foreign[up] != "":
		p.fail(first.Pos, t.End, foreign[up], "CREATE %s is not a statement", p.createWords())
	default:
		p.wrongHint("STREAM, ROLLUP, REPORT or ALERT", didYouMean(t.Text, created))
	}
}

// didYouMean returns the hint that names the word nearest to one, or "".
func didYouMean(word string, words []string) string {
	if n := Nearest(word, words); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	return ""
}

// createWords are the words after CREATE, for messages.
func (p *parser) createWords() string {
	w := strings.ToUpper(p.cur().Text)
	if p.peek(1).Is("VIEW") {
		w += " VIEW"
	}
	return w
}

func (p *parser) ifNotExists() { p.got("IF", "NOT", "EXISTS") }

func (p *parser) stream(s *CreateStream) {
	p.i++
	p.ifNotExists()
	s.Name = p.name("the name of the stream")
	if p.cur().Is("WITH") {
		s.Options = p.options(nil)
	}
	if !p.got("(") {
		p.wrongHint("( and the columns", "CREATE STREAM "+s.Name.Text+" (ts TIMESTAMP, ...) WITH (...)")
	}
	for {
		p.element(s)
		if p.got(")") {
			break
		}
		p.i++ // the comma
	}
	if p.cur().Is("WITH") {
		s.Options = p.options(s.Options)
	}
}

// element reads a column or a watermark, and after a mistake goes to the comma
// or parenthesis after it, so that the other columns are read.
func (p *parser) element(s *CreateStream) {
	start := p.i
	ok := p.try(func() {
		if p.cur().Is("WATERMARK") && p.peek(1).Is("FOR") {
			s.Watermarks = append(s.Watermarks, p.watermark())
		} else {
			s.Columns = append(s.Columns, Column{Pos: p.cur().Pos, Broken: true})
			p.column(&s.Columns[len(s.Columns)-1])
		}
		if !p.cur().Is(",") && !p.cur().Is(")") {
			if n := len(s.Columns); n > 0 {
				s.Columns[n-1].Broken = s.Columns[n-1].Broken || s.Columns[n-1].Pos >= p.tokens[start].Pos
			}
			p.wrong("a comma or ) after the column")
		}
	})
	if !ok && !p.skipElement(start) {
		panic(stop{})
	}
}

// skipElement goes to the comma or parenthesis that ends the element that
// begins at token start. It reports whether there is one in this statement.
func (p *parser) skipElement(start int) bool {
	p.i = start
	for depth := 0; ; p.i++ {
		switch t := p.cur(); {
		case t.Kind == EOF || t.Is(";") || t.Is("CREATE"):
			return false
		case t.Is("("):
			depth++
		case t.Is(")") && depth > 0:
			depth--
		case (t.Is(")") || t.Is(",")) && depth == 0:
			return true
		}
	}
}

func (p *parser) column(c *Column) {
	if t := p.cur(); t.Is(")") {
		p.failAt(p.last(), "remove the comma", "no column follows this comma")
	}
	c.Name = p.name("the name of a column")
	if t := p.cur(); t.Is(",") || t.Is(")") {
		p.failAt(p.last(), c.Name.Text+" TEXT", "the column %s has no type", c.Name.Text)
	}
	if p.cur().Is("AS") {
		p.failAt(p.cur(), c.Name.Text+" REAL AS (...)", "a computed column has its type before AS")
	}
	c.Type = p.typeName("a type for the column " + c.Name.Text)
	for p.attribute(c) {
	}
	c.End = p.last().End
	c.Broken = false
}

// attribute reads one thing that may follow a column's type.
func (p *parser) attribute(c *Column) bool {
	t := p.cur()
	switch {
	case p.got("NOT", "NULL"):
		c.NotNull = true
	case p.got("NULL"): // the default
	case p.got("PATH"):
		s := p.cur()
		if s.Kind != String {
			p.wrongHint("the path as a text", "PATH '$.request.route'")
		}
		p.i++
		c.Path = &Literal{Text: s.Text, Pos: s.Pos, End: s.End}
	case t.Is("AS") || t.Is("GENERATED"):
		p.computed(c)
	case t.Is("PRIMARY") || t.Is("UNIQUE") || t.Is("REFERENCES") || t.Is("CHECK") || t.Is("DEFAULT"):
		p.failAt(t, "a stream has no such constraints; filter with WHERE, fill in with coalesce", "%s is not supported", strings.ToUpper(t.Text))
	default:
		return false
	}
	return true
}

func (p *parser) computed(c *Column) {
	if p.got("GENERATED") {
		p.need("ALWAYS")
	}
	p.need("AS")
	if !p.cur().Is("(") {
		p.wrongHint("( and an expression after AS", c.Name.Text+" "+c.Type.Text+" AS (latency * 1000)")
	}
	p.i++
	c.Expr = p.expr()
	if !p.got(")") {
		p.wrong(") after the expression")
	}
	_ = p.got("STORED") || p.got("VIRTUAL")
}

func (p *parser) watermark() Watermark {
	w := Watermark{Pos: p.cur().Pos}
	p.i += 2
	w.Column = p.name("the time column")
	if p.got("AS") {
		w.Expr = p.expr()
	}
	w.End = p.last().End
	return w
}

// options reads WITH (key = value, ...) and appends to out.
func (p *parser) options(out []Option) []Option {
	p.i++
	if !p.got("(") {
		p.wrongHint("( and options after WITH", "WITH (connector = 'file', path = 'logs/*.ndjson')")
	}
	if p.got(")") {
		return out
	}
	p.list(func() {
		var o Option
		p.option(&o, "the name of an option")
		out = append(out, o)
	}, "an option")
	return out
}

func (p *parser) option(o *Option, what string) {
	if t := p.cur(); t.Kind == String || t.Kind == Ident { // a keyword may be a key too
		p.i++
		o.Key = Name{Text: t.Text, Quoted: t.Quoted, Pos: t.Pos, End: t.End}
	} else {
		p.wrong(what)
	}
	for p.got(".") { // Kafka's people write 'properties.group.id' without quotes
		if p.cur().Kind != Ident {
			p.wrong("the rest of the option's name")
		}
		o.Key.Text += "." + p.next().Text
		o.Key.End = p.last().End
	}
	if !p.got("=") {
		p.wrong("= after " + o.Key.Text)
	}
	o.Value = p.value(o.Key.Text)
}

// value reads the value of an option: a text, a number, a word, an interval.
func (p *parser) value(key string) Literal {
	t := p.next()
	v := Literal{Text: t.Text, Pos: t.Pos}
	switch {
	case t.Is("INTERVAL") && (p.cur().Kind == String || p.cur().Kind == Number):
		p.i--
		v.Text = p.interval().Text
	case (t.Is("-") || t.Is("+")) && p.cur().Kind == Number:
		v.Text += p.next().Text
	case t.Kind == String || t.Kind == Number:
	case t.Kind == Ident && !t.Reserved() || t.Is("TRUE") || t.Is("FALSE") || t.Is("ON"):
	default:
		if t.Kind != EOF {
			p.i--
		}
		p.wrong("a value for " + key)
	}
	v.End = p.last().End
	return v
}
