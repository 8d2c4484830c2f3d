package schema

import (
	"fmt"
	"strings"
	"time"

	"github.com/windrow/windrow/schema/syntax"
	"github.com/windrow/windrow/schema/value"
)

// defaultDelay is the delay of a watermark that names none.
const defaultDelay = 5 * time.Second

// streamDef is a stream while it is checked.
type streamDef struct {
	*Stream
	broken  bool         // what it is like is not known: check nothing against it
	lost    bool         // some column's name could not be read
	invalid map[int]bool // columns with mistakes: their type is not known
	marked  bool         // it has a WATERMARK FOR
	untimed bool         // its time column is not known because of a mistake
}

func (f *file) streams() {
	for _, st := range f.tree.Statements {
		if st.Stream != nil {
			f.stream(st)
		}
	}
}

func (f *file) stream(st syntax.Statement) {
	s := st.Stream
	def := &streamDef{
		Stream:  &Stream{Name: s.Name.Text, Time: -1, File: f.Name, Pos: st.Pos},
		broken:  st.Broken,
		invalid: map[int]bool{},
	}
	free := f.take(s.Name, "stream")
	f.columns(def, s.Columns)
	if st.Broken {
		def.lost = true
	} else {
		f.streamOptions(def, s)
		f.paths(def, s.Columns)
		f.computed(def, s.Columns)
		f.watermark(def, s.Watermarks)
	}
	if free {
		f.l.streams[strings.ToLower(s.Name.Text)] = def
		f.l.pipeline.Streams = append(f.l.pipeline.Streams, def.Stream)
	}
}

// columns takes in names and types.
func (f *file) columns(def *streamDef, columns []syntax.Column) {
	for i, c := range columns {
		col := Column{Name: c.Name.Text, NotNull: c.NotNull, Pos: c.Pos}
		if c.Name.Text == "" {
			def.lost = true
		}
		if c.Broken || !f.columnName(def, c.Name) {
			def.invalid[i] = true
		}
		if !c.Broken {
			t, ok := f.typeOf(c.Type)
			col.Type = t
			def.invalid[i] = def.invalid[i] || !ok
		}
		def.Columns = append(def.Columns, col)
	}
	if len(columns) == 0 && !def.broken {
		def.broken = true
	}
}

func (f *file) columnName(def *streamDef, n syntax.Name) bool {
	low := strings.ToLower(n.Text)
	switch {
	case low == "window_start" || low == "window_end":
		f.problem(nameSpan(n), fmt.Sprintf("give it another name, and PATH '$.%s'", n.Text), "%s is the name of a window's bound", n.Text)
		return false
	case def.find(n.Text) >= 0:
		f.problem(nameSpan(n), fmt.Sprintf("names are the same in any case; another key is read with PATH: other_name TEXT PATH '$.%s'", n.Text), "the stream %s has two columns %s", def.Name, n.Text)
		return false
	}
	return true
}

// find returns the index of the column of that name in any case, or -1.
func (def *streamDef) find(name string) int {
	for i, c := range def.Columns {
		if strings.EqualFold(c.Name, name) {
			return i
		}
	}
	return -1
}

func (def *streamDef) names() []string {
	var names []string
	for _, c := range def.Columns {
		names = append(names, c.Name)
	}
	return names
}

// paths sets where the values of physical columns are found.
func (f *file) paths(def *streamDef, columns []syntax.Column) {
	for i, c := range columns {
		col := &def.Columns[i]
		switch {
		case c.Expr != nil && c.Path != nil:
			f.problem(span{c.Path.Pos, c.Path.End}, "keep PATH or AS (...)", "the column %s is both read and computed", col.Name)
			def.invalid[i] = true
		case c.Expr != nil:
		case c.Path == nil:
			col.Path = []string{col.Name}
		default:
			f.path(def, col, c.Path)
		}
	}
}

func (f *file) path(def *streamDef, col *Column, p *syntax.Literal) {
	at := span{p.Pos, p.End}
	steps, err := parsePath(p.Text)
	switch {
	case err != nil:
		f.problem(at, "", "%v", err)
	case def.Format == FormatCSV && (len(steps) != 1 || strings.HasPrefix(steps[0], "[")):
		f.problem(at, fmt.Sprintf("name the field of the header: PATH '$.\"%s\"'", col.Name), "a CSV record has no nested values")
	case def.Format == FormatCSV && !def.CSV.Header:
		f.problem(at, "leave out PATH: columns are taken in their order", "a CSV file without header has no names")
	}
	col.Path = steps
}

// computed resolves the expressions of computed columns, in order.
func (f *file) computed(def *streamDef, columns []syntax.Column) {
	for i, c := range columns {
		if c.Expr == nil {
			continue
		}
		s := &scope{f: f, def: def, at: i, computed: true, where: "a computed column"}
		e := s.value(c.Expr)
		col := &def.Columns[i]
		if e == nil {
			def.invalid[i] = true
		} else if !def.invalid[i] && !convertible(e.Type, col.Type) {
			f.problem(exprSpan(c.Expr), "", "%s", cannotConvert(col, e.Type))
			def.invalid[i] = true
		}
		col.Expr = e
	}
}

// convertible reports whether values of one type may convert to another.
func convertible(from, to value.Type) bool {
	switch {
	case from == to, from == value.Any, from == value.Null, from == value.Text, from == value.JSON:
		return true
	case from == value.Timestamp:
		return false
	case to == value.Timestamp:
		return from == value.Integer || from == value.Real
	}
	return true
}

func cannotConvert(col *Column, from value.Type) string {
	if from == value.Timestamp {
		return fmt.Sprintf("the column %s is %s, the expression gives a TIMESTAMP", col.Name, col.Type)
	}
	return fmt.Sprintf("the column %s is %s, the expression gives %s", col.Name, col.Type, from)
}

// watermark finds the column that carries event time.
func (f *file) watermark(def *streamDef, marks []syntax.Watermark) {
	for i, w := range marks {
		if i > 0 {
			f.problem(span{w.Pos, w.End}, "keep one of them", "the stream %s has two watermarks", def.Name)
			continue
		}
		def.marked = true
		f.watermarkFor(def, w)
	}
	if def.marked {
		return
	}
	def.Delay = defaultDelay
	for i, c := range def.Columns {
		def.untimed = def.untimed || def.invalid[i] // it may be the time
		if c.Type != value.Timestamp || def.invalid[i] {
			continue
		}
		if def.Time >= 0 {
			def.Time = -1 // there are several: a rollup that needs one says so
			return
		}
		def.Time = i
	}
}

func (f *file) watermarkFor(def *streamDef, w syntax.Watermark) {
	at := nameSpan(w.Column)
	i := def.find(w.Column.Text)
	if i < 0 {
		if !def.lost {
			f.problem(at, oneOf("columns are", w.Column.Text, def.names()), "the stream %s has no column %s", def.Name, w.Column.Text)
		}
		def.untimed = true
		return
	}
	if def.invalid[i] {
		def.untimed = true
		return
	}
	if t := def.Columns[i].Type; t != value.Timestamp {
		f.problem(at, fmt.Sprintf("declare it as %s TIMESTAMP", def.Columns[i].Name), "a watermark needs a TIMESTAMP, %s is %s", def.Columns[i].Name, t)
		def.untimed = true
		return
	}
	def.Time, def.Delay = i, defaultDelay
	if w.Expr != nil {
		f.delay(def, w)
	}
}

// delay reads the expression of WATERMARK FOR ts AS ts - INTERVAL '5 seconds'.
func (f *file) delay(def *streamDef, w syntax.Watermark) {
	e := w.Expr
	form := fmt.Sprintf("WATERMARK FOR %s AS %s - INTERVAL '5 seconds'", w.Column.Text, w.Column.Text)
	if sameColumn(e, w.Column) {
		def.Delay = 0
		return
	}
	if e.Kind != syntax.BinaryExpr || e.Text != "-" || !sameColumn(e.Args[0], w.Column) || e.Args[1].Kind != syntax.IntervalExpr {
		f.problem(exprSpan(e), form, "a watermark is its column less an INTERVAL")
		return
	}
	d, err := parseDuration(e.Args[1].Text)
	if err != nil {
		f.problem(exprSpan(e.Args[1]), form, "%v", err)
	}
	def.Delay = d
}

func sameColumn(e *syntax.Expr, n syntax.Name) bool {
	return e.Kind == syntax.NameExpr && e.Table == nil && strings.EqualFold(e.Text, n.Text)
}
