package syntax

import (
	"slices"
	"strings"
)

// clause is a part of a statement that begins with a word of its own. Clauses
// stand between the name and AS, in any order, each at most once.
type clause[T any] struct {
	word string
	read func(p *parser, into *T) // from the word on
}

var reportClauses = []clause[CreateReport]{
	{"SCHEDULE", func(p *parser, r *CreateReport) {
		r.Schedule = p.text("a schedule in quotes", "SCHEDULE '0 8 * * 1-5'")
	}},
	{"TIME", func(p *parser, r *CreateReport) { r.Zone = p.zone() }},
	{"MISSED", func(p *parser, r *CreateReport) { r.Missed = p.missed() }},
	{"WAIT", (*parser).wait},
	{"REVISE", func(p *parser, r *CreateReport) { p.i++; r.Revise = true }},
	{"FORMAT", func(p *parser, r *CreateReport) { r.Format = p.format() }},
	{"TO", func(p *parser, r *CreateReport) { r.Targets = p.targets() }},
	{"WITH", func(p *parser, r *CreateReport) { r.Options = p.options(nil) }},
}

var alertClauses = []clause[CreateAlert]{
	{"EVERY", func(p *parser, a *CreateAlert) { p.i++; a.Every = p.length("INTERVAL '1 minute'") }},
	{"FOR", func(p *parser, a *CreateAlert) { a.For = p.times() }},
	{"TO", func(p *parser, a *CreateAlert) { a.Targets = p.targets() }},
	{"WITH", func(p *parser, a *CreateAlert) { a.Options = p.options(nil) }},
}

// misplaced are clauses that the other statement has, with its answer here.
var misplaced = map[string]map[string]string{
	"report": {
		"EVERY": "a report has SCHEDULE '*/5 * * * *'",
		"FOR":   "FOR is for alerts",
	},
	"alert": {
		"SCHEDULE": "an alert has EVERY INTERVAL '1 minute'",
		"TIME":     "an alert is evaluated at multiples of its interval, counted in UTC",
		"TIMEZONE": "an alert is evaluated at multiples of its interval, counted in UTC",
		"MISSED":   "an alert looks at what is there now: nothing is caught up",
		"WAIT":     "an alert looks at what is there now; AND window_start < ... leaves out windows that are not final",
		"REVISE":   "an alert that late data undoes is withdrawn by itself",
		"FORMAT":   "the events of an alert are JSON",
	},
}

// createReport reads from the word REPORT on.
func (p *parser) createReport(r *CreateReport) {
	p.i++
	p.ifNotExists()
	r.Name = p.name("the name of the report")
	seen := readClauses(p, "report", reportClauses, r)
	p.missing(r.Name, seen, []required{
		{"SCHEDULE", "SCHEDULE '0 8 * * 1-5' TIME ZONE 'Europe/Berlin'"},
		{"TO", "TO 'reports/{name}-{date}.html'"},
	})
	if !p.atSection() {
		r.Sections = []Section{p.sql("SELECT, or SECTION and a title", true)}
	}
	for p.atSection() {
		p.i++
		title := p.literal()
		s := p.sql("SELECT after the title", true)
		s.Title = &title
		r.Sections = append(r.Sections, s)
	}
}

// createAlert reads from the word ALERT on.
func (p *parser) createAlert(a *CreateAlert) {
	p.i++
	p.ifNotExists()
	a.Name = p.name("the name of the alert")
	seen := readClauses(p, "alert", alertClauses, a)
	p.missing(a.Name, seen, []required{{"EVERY", "EVERY INTERVAL '1 minute'"}, {"TO", "TO 'alerts.ndjson'"}})
	for p.atSection() {
		p.report(p.cur().Pos, p.peek(1).End, "write AS SELECT ...", "an alert has one SELECT and no sections")
		p.i += 2
		a.Query = p.sql("SELECT", false)
	}
	if a.Query.End == 0 {
		a.Query = p.sql("SELECT", false)
	}
}

// readClauses reads clauses up to AS, and AS. It returns the words of those that
// are there. After a mistake it goes on with the next clause.
func readClauses[T any](p *parser, of string, table []clause[T], into *T) map[string]bool {
	var words []string
	for _, c := range table {
		words = append(words, c.word)
	}
	seen := map[string]bool{}
	for !p.atBody() {
		t, start := p.cur(), p.i
		i := slices.IndexFunc(words, t.Is)
		ok := p.try(func() {
			if i < 0 {
				p.noClause(of, words, seen)
			}
			if seen[words[i]] {
				p.report(t.Pos, t.End, "keep one of them", "%s is given twice", words[i])
			}
			seen[words[i]] = true
			table[i].read(p, into)
		})
		if !ok {
			p.skipClause(start, of, words)
		}
	}
	return seen
}

// atBody takes AS, and reports whether it was there, or what follows it.
func (p *parser) atBody() bool {
	t := p.cur()
	switch {
	case p.got("AS"):
		return true
	case t.Is("SELECT") || t.Is("VALUES") || p.atSection():
		p.report(t.Pos, t.End, "... AS "+strings.ToUpper(t.Text)+" ...", "AS is missing before %s", strings.ToUpper(t.Text))
		return true
	case t.Kind == EOF || t.Is(";") || p.startsStatement():
		p.endsHere("AS and a SELECT", "")
	}
	return false
}

// noClause fails at a word that begins no clause. The clause that is probably
// meant counts as seen.
func (p *parser) noClause(of string, words []string, seen map[string]bool) {
	t := p.cur()
	up := strings.ToUpper(t.Text)
	if hint, ok := misplaced[of][up]; ok && t.Kind == Ident && !t.Quoted {
		if up == "EVERY" || up == "SCHEDULE" {
			seen["EVERY"], seen["SCHEDULE"] = true, true
		}
		p.failAt(t, hint, "%s does not belong to a CREATE %s", up, strings.ToUpper(of))
	}
	hint := "clauses are " + strings.Join(words, ", ")
	if up == "TIMEZONE" && t.Kind == Ident {
		p.wrongHint("AS or a clause of the "+of, "did you mean TIME ZONE 'Europe/Berlin'?")
	}
	if n := Nearest(t.Text, words); t.Kind == Ident && n != "" {
		seen[n] = true
		hint = didYouMean(t.Text, words)
	}
	p.wrongHint("AS or a clause of the "+of, hint)
}

// skipClause goes from the token at start, which begins a clause, to the next
// clause or what may be meant as one, to AS or to the end of the statement.
func (p *parser) skipClause(start int, of string, words []string) {
	p.i = start
	if p.cur().Is("WAIT") && p.peek(1).Is("FOR") {
		p.i++
	}
	depth := 0
	for p.i++; ; p.i++ {
		switch t := p.cur(); {
		case t.Kind == EOF || t.Is(";") || t.Is("AS") || t.Is("SELECT") || t.Is("VALUES") || p.atSection() || p.startsStatement():
			return
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
		case t.Is("UP") && p.peek(1).Is("TO"):
			p.i++
		case t.Kind != Ident || t.Quoted || depth > 0 && (p.peek(1).Is("=") || p.last().Is("=")): // an option
		case slices.ContainsFunc(words, t.Is) || misplaced[of][strings.ToUpper(t.Text)] != "" || len(t.Text) > 3 && Nearest(t.Text, words) != "":
			return
		}
	}
}

// required is a clause that a statement must have, with an example.
type required struct{ word, example string }

// missing reports the required clauses that were not seen, together.
func (p *parser) missing(n Name, seen map[string]bool, table []required) {
	var words, examples []string
	for _, r := range table {
		if !seen[r.word] {
			words, examples = append(words, r.word), append(examples, r.example)
		}
	}
	verb := "is"
	if len(words) > 1 {
		verb = "are"
	}
	if len(words) > 0 {
		p.report(n.Pos, n.End, "add "+strings.Join(examples, " "), "%s %s missing", strings.Join(words, " and "), verb)
	}
}

// text takes the clause's word and a text.
func (p *parser) text(what, hint string) *Literal {
	p.i++
	if p.cur().Kind != String {
		p.wrongHint(what, hint)
	}
	l := p.literal()
	return &l
}

// literal takes the current token.
func (p *parser) literal() Literal {
	t := p.next()
	return Literal{Text: t.Text, Pos: t.Pos, End: t.End}
}

func (p *parser) zone() *Literal {
	p.i++
	if !p.cur().Is("ZONE") {
		p.wrongHint("ZONE after TIME", "TIME ZONE 'Europe/Berlin'")
	}
	return p.text("a time zone in quotes", "TIME ZONE 'Europe/Berlin'")
}

var missedWords = []string{"ALL", "LAST", "NONE"}

func (p *parser) missed() string {
	p.i++
	if !p.got("RUN") {
		p.wrongHint("RUN after MISSED", "MISSED RUN ALL, MISSED RUN LAST or MISSED RUN NONE")
	}
	i := slices.IndexFunc(missedWords, p.cur().Is)
	if i < 0 {
		p.wrongHint("ALL, LAST or NONE", didYouMean(p.cur().Text, missedWords))
	}
	p.i++
	return missedWords[i]
}

func (p *parser) wait(r *CreateReport) {
	p.i++
	for _, w := range []string{"FOR", "FINAL"} {
		if !p.got(w) {
			p.wrongHint(w+" after "+strings.ToUpper(p.last().Text), "WAIT FOR FINAL UP TO INTERVAL '30 minutes'")
		}
	}
	r.Wait = true
	if !p.got("UP") {
		return
	}
	if !p.got("TO") {
		p.wrongHint("TO after UP", "WAIT FOR FINAL UP TO INTERVAL '30 minutes'")
	}
	r.WaitUpTo = p.length("INTERVAL '30 minutes'")
}

// length reads an interval.
func (p *parser) length(example string) *Literal {
	n := p.peek(1)
	if !p.cur().Is("INTERVAL") || n.Kind != String && n.Kind != Number {
		p.wrong(example)
	}
	if plainNumber(n.Text) && (p.peek(2).Is("TO") || p.peek(2).Is("FOR")) {
		p.fail(p.cur().Pos, n.End, example, "this INTERVAL has no unit of time")
	}
	e := p.interval()
	return &Literal{Text: e.Text, Pos: e.Pos, End: e.End}
}

func (p *parser) format() *Name {
	p.i++
	t := p.cur()
	if t.Kind != String && (t.Kind != Ident || t.Reserved() || p.peek(1).Kind == String && (t.Is("TO") || t.Is("SCHEDULE"))) {
		p.wrongHint("the name of a format", "FORMAT html")
	}
	p.i++
	return &Name{Text: t.Text, Quoted: t.Quoted, Pos: t.Pos, End: t.End}
}

func (p *parser) targets() []Literal {
	var out []Literal
	for {
		p.i++
		if t := p.cur(); t.Kind != String && !t.Is("STDOUT") {
			p.wrongHint("a target", "targets stand in quotes: TO 'reports/{date}.html', 'mailto:ops@example.com', 'https://example.com/hook', stdout")
		}
		out = append(out, p.literal())
		if t := p.cur(); t.Kind == String || t.Is("STDOUT") {
			p.report(t.Pos, t.End, "", "a comma is missing before this target")
			p.i--
		} else if !t.Is(",") {
			return out
		}
	}
}

// times reads FOR and a number.
func (p *parser) times() *Literal {
	p.i++
	if p.cur().Kind != Number {
		p.wrongHint("a number after FOR", "FOR 3: the row has to be there three times in a row")
	}
	l := p.literal()
	return &l
}
