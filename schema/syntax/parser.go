package syntax

import (
	"fmt"
	"sort"
	"strings"
)

// MaxDepth is how deep expressions may be nested.
const MaxDepth = 200

// maxHeight is how high the tree of an expression may be: a + a + a ... makes
// a high one too, and SQLite, which is given parts of it, takes 1000.
const maxHeight = 300

// Parse reads a definition file. All mistakes are found at once: after one,
// reading goes on with the next column or the next statement.
func Parse(src string) File {
	tokens, errs := Lex(src)
	p := &parser{src: src, errors: errs}
	for _, t := range tokens {
		if t.Kind != Comment {
			p.tokens = append(p.tokens, t)
		}
	}
	f := File{Statements: p.file()}
	sort.SliceStable(p.errors, func(i, j int) bool { return p.errors[i].Pos < p.errors[j].Pos })
	f.Errors = p.errors
	return f
}

type parser struct {
	src    string
	tokens []Token // without comments
	i      int
	depth  int
	errors []Error
}

// stop is panicked with after a mistake is reported, and caught where reading
// can go on.
type stop struct{}

// try runs f and reports whether it came to its end.
func (p *parser) try(f func()) (ok bool) {
	depth := p.depth
	defer func() {
		if r := recover(); r != nil {
			if _, mine := r.(stop); !mine {
				panic(r)
			}
			p.depth, ok = depth, false
		}
	}()
	f()
	return true
}

// file reads statements; after a mistake it goes on at the next one.
func (p *parser) file() []Statement {
	var out []Statement
	for {
		for p.got(";") {
		}
		if p.cur().Kind == EOF {
			return out
		}
		st := Statement{Pos: p.cur().Pos}
		if !p.try(func() { p.statement(&st); p.endOfStatement() }) {
			st.Broken = true
			p.skipStatement()
		}
		st.End = p.last().End
		out = append(out, st)
	}
}

func (p *parser) endOfStatement() {
	t := p.cur()
	if t.Kind == EOF || t.Is(";") {
		return
	}
	if p.startsStatement() {
		p.report(p.last().End-1, p.last().End, "", "a ; is missing after this statement")
		return // the next one is read as if it were there
	}
	p.wrong("; or the end of the statement")
}

// skipStatement goes to the next semicolon, or to a line that begins like a statement.
func (p *parser) skipStatement() {
	for n := 0; p.cur().Kind != EOF && !p.cur().Is(";"); n++ {
		if n > 0 && p.startsStatement() {
			return
		}
		p.i++
	}
}

// startsStatement reports whether a statement begins here, at the beginning of a line.
func (p *parser) startsStatement() bool {
	t, next := p.cur(), p.peek(1)
	if next.Kind != Ident || !t.Is("CREATE") && !(t.Is("SET") && p.peek(2).Is("=")) {
		return false
	}
	before := strings.TrimRight(p.src[:t.Pos], " \t")
	return before == "" || strings.HasSuffix(before, "\n")
}

func (p *parser) cur() Token { return p.tokens[p.i] }

func (p *parser) peek(n int) Token { return p.tokens[min(p.i+n, len(p.tokens)-1)] }

// last is the token before the current one.
func (p *parser) last() Token { return p.tokens[max(0, p.i-1)] }

func (p *parser) next() Token {
	t := p.cur()
	if t.Kind != EOF {
		p.i++
	}
	return t
}

// got takes the words if they are next.
func (p *parser) got(words ...string) bool {
	for n, w := range words {
		if !p.peek(n).Is(w) {
			return false
		}
	}
	p.i += len(words)
	return true
}

func (p *parser) need(word string) {
	if !p.got(word) {
		p.wrong(word)
	}
}

func (p *parser) report(pos, end int, hint, format string, args ...any) {
	p.errors = append(p.errors, Error{Pos: pos, End: end, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// fail reports a mistake and goes to where reading can go on.
func (p *parser) fail(pos, end int, hint, format string, args ...any) {
	p.report(pos, end, hint, format, args...)
	panic(stop{})
}

func (p *parser) failAt(t Token, hint, format string, args ...any) {
	p.fail(t.Pos, t.End, hint, format, args...)
}

// wrong fails with what was expected and what stands there.
func (p *parser) wrong(want string) { p.wrongHint(want, "") }

func (p *parser) wrongHint(want, hint string) {
	t := p.cur()
	switch {
	case t.Kind == Broken: // reported already
		panic(stop{})
	case t.Kind == EOF || t.Is(";"):
		p.endsHere(want, hint)
	}
	p.failAt(t, hint, "expected %s, found %s", want, p.shown(t))
}

// endsHere fails at the last token with what should follow it.
func (p *parser) endsHere(want, hint string) {
	l := p.last()
	p.fail(max(l.Pos, l.End-1), l.End, hint, "the statement ends here, but %s should follow", want)
}

// shown is a token as a message shows it.
func (p *parser) shown(t Token) string {
	s := p.src[t.Pos:t.End]
	if r := []rune(s); len(r) > 30 {
		s = string(r[:27]) + "..."
	}
	if t.Kind == String {
		return "the text " + s
	}
	if t.Reserved() {
		return "the keyword " + strings.ToUpper(s)
	}
	return s
}

// name takes a name.
func (p *parser) name(what string) Name {
	t := p.cur()
	switch {
	case t.Reserved():
		p.wrongHint(what, fmt.Sprintf("to use the keyword as a name, put it in double quotes: \"%s\"", t.Text))
	case t.Kind == String:
		p.wrongHint(what, fmt.Sprintf("names stand in double quotes or in none: \"%s\"", t.Text))
	case t.Kind != Ident:
		p.wrong(what)
	case t.Text == "":
		p.failAt(t, "", "a name cannot be empty")
	}
	p.i++
	return Name{Text: t.Text, Quoted: t.Quoted, Pos: t.Pos, End: t.End}
}

// list reads items separated by commas up to a closing parenthesis, the
// opening one having been taken.
func (p *parser) list(item func(), what string) {
	for {
		item()
		if p.got(")") {
			return
		}
		if !p.got(",") {
			p.wrong("a comma or ) after " + what)
		}
	}
}

// deeper guards against nesting that would use up the stack.
func (p *parser) deeper() {
	if p.depth++; p.depth > MaxDepth {
		p.failAt(p.cur(), "", "expressions may be nested %d deep and no deeper", MaxDepth)
	}
}
