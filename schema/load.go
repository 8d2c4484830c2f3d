package schema

import (
	"fmt"
	"strings"
	"time"

	"github.com/windrow/windrow/schema/syntax"
)

// Source is the text of one definition file.
type Source struct {
	Name string // for messages
	Dir  string // paths in options are relative to it; "" leaves them as they are
	Text string
}

// LoadOptions say how definitions are read.
type LoadOptions struct {
	// Getenv looks up ${NAME} in option values. Nil means that nothing is set.
	Getenv func(string) (string, bool)
	// Unset allows variables that are not set where nothing is sent: in
	// targets, in the option secret, and in SET smtp, mail_from and
	// webhook_secret. Such a value stays as it is written and is not checked
	// further. The Kind of such a target is "" if its text does not say it, and
	// the Format of a report is "" if only such a target could.
	Unset bool
}

// Load reads definition files, which together are one pipeline. It returns
// either a pipeline or all problems, each mistake once; never both.
func Load(files []Source, opts LoadOptions) (*Pipeline, Problems) {
	l := &loader{opts: opts, pipeline: &Pipeline{Settings: DefaultSettings()}, streams: map[string]*streamDef{}, taken: map[string]taken{}, set: map[string]bool{}, written: map[string]string{}}
	order := map[string]int{}
	for i, src := range files {
		if _, ok := order[src.Name]; !ok {
			order[src.Name] = i
		}
		l.files = append(l.files, &file{Source: src, l: l, tree: syntax.Parse(src.Text)})
	}
	l.each((*file).syntaxErrors)
	l.each((*file).settings)
	l.each((*file).streams)
	l.each((*file).rollups)
	l.each((*file).reports)
	problems := l.problems.finish(order)
	if len(problems) > 0 {
		return nil, problems
	}
	l.pipeline.Warnings = l.warnings.finish(order)
	return l.pipeline, nil
}

// DefaultSettings are those that hold where SET says nothing.
func DefaultSettings() Settings {
	return Settings{FlushInterval: time.Second, Durability: "power"}
}

type loader struct {
	opts     LoadOptions
	files    []*file
	pipeline *Pipeline
	problems Problems
	warnings Problems
	streams  map[string]*streamDef // by name in lower case
	taken    map[string]taken      // names in lower case: what has it
	set      map[string]bool       // settings seen
	written  map[string]string     // paths of file targets: which report or alert has it
}

func (l *loader) each(f func(*file)) {
	for _, file := range l.files {
		f(file)
	}
}

// file is a definition file while it is checked.
type file struct {
	Source
	l    *loader
	tree syntax.File
}

// span is a place in a file.
type span struct{ pos, end int }

func nameSpan(n syntax.Name) span  { return span{n.Pos, n.End} }
func exprSpan(e *syntax.Expr) span { return span{e.Outer, e.OuterEnd} }

func (f *file) problem(at span, hint, format string, args ...any) {
	f.l.problems = append(f.l.problems, f.make(at, hint, fmt.Sprintf(format, args...)))
}

func (f *file) warn(at span, hint, format string, args ...any) {
	f.l.warnings = append(f.l.warnings, f.make(at, hint, fmt.Sprintf(format, args...)))
}

func (f *file) make(at span, hint, message string) Problem {
	p := Problem{File: f.Name, Pos: at.pos, End: at.end, Message: message, Hint: hint}
	p.locate(f.Text)
	return p
}

func (f *file) syntaxErrors() {
	for _, e := range f.tree.Errors {
		f.problem(span{e.Pos, e.End}, e.Hint, "%s", e.Message)
	}
}

// take claims a name for a stream, a rollup, a report or an alert, and reports
// whether it is free.
func (f *file) take(n syntax.Name, what string) bool {
	if n.Text == "" {
		return false
	}
	low := strings.ToLower(n.Text)
	for _, prefix := range []string{"windrow_", "sqlite_"} {
		if strings.HasPrefix(low, prefix) {
			f.problem(nameSpan(n), "choose another name", "names that begin with %s are kept for the store", prefix)
			return false
		}
	}
	if other, ok := f.l.taken[low]; ok {
		f.problem(nameSpan(n), "streams, rollups, reports and alerts need names of their own", "there is already %s %s, in %s", other.article(), n.Text, other.place(f))
		return false
	}
	f.l.taken[low] = taken{what, f, n.Pos}
	return true
}

// taken says what has a name, and where.
type taken struct {
	what string
	file *file
	pos  int
}

func (t taken) article() string {
	if t.what == "alert" {
		return "an alert"
	}
	return "a " + t.what
}

// place is where it stands, as seen from a file.
func (t taken) place(from *file) string {
	line := fmt.Sprintf("line %d", strings.Count(t.file.Text[:t.pos], "\n")+1)
	if t.file != from {
		line += " of " + t.file.Name
	}
	return line
}
