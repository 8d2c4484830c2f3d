// Package eval computes the expressions of a definition over batches of
// decoded records, with SQLite's meaning.
//
// An expression is compiled once. What its types allow runs as kernels, loops
// over typed columns and selections of rows; everything else runs through one
// evaluator that takes a row at a time and knows all of SQLite's dynamic
// typing. The two are each other's twin, and the tests hold both against
// SQLite itself.
//
// Where the results differ from SQLite, it is by design: an INTEGER that
// overflows in + - * / and abs does not become a REAL but makes the record
// unusable (KindBad), as does what SQLite answers with an error (malformed
// JSON, a bad path); timestamps are microseconds until they are used as text.
package eval

import (
	"fmt"
	"slices"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// Program is a compiled expression. It is used by one goroutine.
type Program struct {
	kernel kernel
	filter filter
	m      machine
	text   string // the definition, for Reason
	pos    int
}

// machine is what a running program works on.
type machine struct {
	cols   []value.Column
	n      int // rows of the batch
	arena  arena
	args   []cell // stack of the arguments of calls being evaluated
	faults []fault
	free   [][]int32 // row buffers to reuse
}

// fault says why a row could not be computed.
type fault struct {
	row  int32
	why  string
	expr *schema.Expr
}

// Compile prepares e, whose columns are indexes into the columns that Eval and
// Filter are given. It refuses what could never be computed: an unknown
// function, a JSON path or an ESCAPE literal that is none.
func Compile(e *schema.Expr) (*Program, error) {
	if err := check(e); err != nil {
		return nil, err
	}
	c := compiler{}
	p := &Program{kernel: c.kernel(e), filter: c.filter(e)}
	if c.err != nil {
		return nil, c.err
	}
	return p, nil
}

// Describe gives the program the text that its expression was written in, so
// that Reason can cite it: text begins at byte pos of the definition file.
func (p *Program) Describe(text string, pos int) { p.text, p.pos = text, pos }

// Eval computes the expression for the given rows, which ascend, of a batch of
// n rows, where cols[i] is column i of the stream. It returns a column indexed
// by row, of which only the elements at rows are meaningful; its text points
// into cols or into memory of the program. It is valid until the next Eval or
// Filter. A bare column is returned as it is, without a copy.
func (p *Program) Eval(cols []value.Column, rows []int32, n int) *value.Column {
	p.start(cols, n)
	return p.kernel.eval(&p.m, rows)
}

// Filter appends to out the rows for which the expression is true (a number
// other than zero; NULL is not true), in order, and to bad those for which it
// cannot be computed. Operands of AND and OR are looked at from left to right,
// and only as long as they can change what Filter answers.
func (p *Program) Filter(cols []value.Column, rows []int32, n int, out, bad []int32) (o, b []int32) {
	p.start(cols, n)
	had := len(bad)
	out, bad = p.filter.filter(&p.m, rows, true, out, bad)
	slices.Sort(bad[had:])
	return out, bad
}

// Reason says why a row of the last Eval or Filter is KindBad, for the user,
// e.g. "integer overflow in bytes * 1000000"; "" if none is. Of several rows
// it speaks of the first found.
func (p *Program) Reason() string {
	if len(p.m.faults) == 0 {
		return ""
	}
	return p.explain(p.m.faults[0])
}

// ReasonAt is Reason for one row.
func (p *Program) ReasonAt(row int32) string {
	for _, f := range p.m.faults {
		if f.row == row {
			return p.explain(f)
		}
	}
	return ""
}

func (p *Program) explain(f fault) string {
	if f.expr == nil {
		return f.why
	}
	if f.expr.Op == schema.OpColumn && f.expr.Pos == f.expr.End {
		return fmt.Sprintf("%s in column %d", f.why, f.expr.Col+1)
	}
	from, to := f.expr.Pos-p.pos, f.expr.End-p.pos
	if from < 0 || to > len(p.text) || from >= to {
		return f.why
	}
	return f.why + " in " + p.text[from:to]
}

func (p *Program) start(cols []value.Column, n int) {
	p.m.cols, p.m.n = cols, n
	p.m.arena.reset()
	p.m.args = p.m.args[:0]
	p.m.faults = p.m.faults[:0]
}

// bad records why a row cannot be computed and returns the cell that says so.
func (m *machine) bad(row int32, why string, e *schema.Expr) cell {
	m.faults = append(m.faults, fault{row, why, e})
	return cell{kind: value.KindBad}
}

// rows lends an empty buffer for row numbers; giveBack ends the loan.
func (m *machine) rows() []int32 {
	if k := len(m.free); k > 0 {
		b := m.free[k-1]
		m.free = m.free[:k-1]
		return b[:0]
	}
	return make([]int32, 0, m.n)
}

func (m *machine) giveBack(b ...[]int32) { m.free = append(m.free, b...) }
