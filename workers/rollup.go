package workers

import (
	"bytes"
	"math"
	"slices"
	"time"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/schema/window"
	"github.com/windrow/windrow/workers/decode"
	"github.com/windrow/windrow/workers/eval"
)

// rollup is one rollup at work in a worker: its compiled expressions, its
// table of partials, and what it counted since the last commit.
type rollup struct {
	ref    store.RollupRef
	where  *eval.Program // nil for all rows
	keys   []expr
	parts  []part
	window window.Window
	table  *table
	rows   *rows

	absorbed, filtered int64
	rejects            []store.Reject
	rejected           int // bytes in rejects
	cpu                time.Duration
	lost               []int32 // rows of the last batch that were rejected

	// reused from batch to batch
	usable, kept, bad, groups, subgroups []int32
	starts                               []int64
	keyCols                              []*value.Column
	lo, hi                               value.Time // the window that was used last
}

// expr is a compiled expression.
type expr struct {
	*eval.Program
	bare bool // a column as it is
}

// part is a state with its compiled arguments and filter.
type part struct {
	args   []expr
	filter *eval.Program
	subset []int32
	rows   []int32         // of the batch: those that pass the filter
	cols   []*value.Column // of the batch: the arguments
}

func newRollup(ref store.RollupRef) (*rollup, error) {
	def := ref.Rollup
	r := &rollup{ref: ref, window: def.Window, table: newTable(def), lo: 1, hi: 0}
	var err error
	compile := func(e *schema.Expr) *eval.Program {
		if e == nil || err != nil {
			return nil
		}
		var p *eval.Program
		if p, err = eval.Compile(e); p != nil {
			p.Describe(def.Text, def.Pos)
		}
		return p
	}
	r.where = compile(def.Where)
	for _, k := range def.Keys {
		r.keys = append(r.keys, expr{compile(k.Expr), k.Expr.Op == schema.OpColumn})
	}
	for _, d := range def.Parts {
		pt := part{filter: compile(d.Filter)}
		for _, a := range d.Args {
			pt.args = append(pt.args, expr{compile(a), a.Op == schema.OpColumn})
		}
		r.parts = append(r.parts, pt)
	}
	r.rows = newRows(r.table)
	return r, err
}

// add absorbs one batch.
func (r *rollup) add(p *pipeline, b *decode.Batch) {
	r.lost = r.lost[:0]
	rows := r.usableRows(p, b)
	if r.where != nil {
		n := len(rows)
		r.kept, r.bad = r.where.Filter(b.Columns, rows, b.Len, r.kept[:0], r.bad[:0])
		for _, row := range r.bad {
			r.reject(p, b, row, r.where.ReasonAt(row))
		}
		r.filtered += int64(n - len(r.kept) - len(r.bad))
		rows = r.kept
	}
	rows = r.evaluate(p, b, rows)
	if len(rows) == 0 {
		return
	}
	r.absorbed += int64(len(rows))
	r.findGroups(p, rows)
	r.table.count(r.groups)
	r.aggregate(p, rows)
}

// evaluate computes keys, filters and arguments. Rows for which one of them
// cannot be computed are rejected, and the others evaluated again.
func (r *rollup) evaluate(p *pipeline, b *decode.Batch, rows []int32) []int32 {
	r.keyCols = r.keyCols[:0]
	for _, k := range r.keys {
		c := k.Eval(b.Columns, rows, b.Len)
		if rest, ok := r.withoutBad(p, b, c, rows, rows, k); !ok {
			return r.evaluate(p, b, rest)
		}
		r.keyCols = append(r.keyCols, c)
	}
	for i := range r.parts {
		pt := &r.parts[i]
		pt.rows, pt.cols = rows, pt.cols[:0]
		if f := pt.filter; f != nil {
			pt.subset, r.bad = f.Filter(b.Columns, rows, b.Len, pt.subset[:0], r.bad[:0])
			if len(r.bad) > 0 {
				return r.evaluate(p, b, r.without(p, b, rows, r.bad, f))
			}
			pt.rows = pt.subset
		}
		for _, a := range pt.args {
			c := a.Eval(b.Columns, pt.rows, b.Len)
			if rest, ok := r.withoutBad(p, b, c, rows, pt.rows, a); !ok {
				return r.evaluate(p, b, rest)
			}
			pt.cols = append(pt.cols, c)
		}
	}
	return rows
}

// withoutBad returns rows without those of seen that are bad in c, and whether
// there were none. A column as it was decoded has been looked at already.
func (r *rollup) withoutBad(p *pipeline, b *decode.Batch, c *value.Column, rows, seen []int32, e expr) ([]int32, bool) {
	r.bad = r.bad[:0]
	if e.bare {
		return rows, true
	}
	for _, row := range seen {
		if c.Kind[row] == value.KindBad || c.Kind[row] == value.KindReal && math.IsInf(c.Real[row], 0) {
			r.bad = append(r.bad, row)
		}
	}
	if len(r.bad) == 0 {
		return rows, true
	}
	return r.without(p, b, rows, r.bad, e.Program), false
}

// without rejects the bad ones of rows and returns the others.
func (r *rollup) without(p *pipeline, b *decode.Batch, rows, bad []int32, prog *eval.Program) []int32 {
	rest := make([]int32, 0, len(rows))
	for _, row := range rows {
		if len(bad) > 0 && row == bad[0] {
			bad = bad[1:]
			reason := prog.ReasonAt(row)
			if reason == "" {
				reason = "the result is beyond the range of REAL"
			}
			r.reject(p, b, row, reason)
			continue
		}
		rest = append(rest, row)
	}
	return rest
}

// aggregate folds the rows into the states of their groups.
func (r *rollup) aggregate(p *pipeline, rows []int32) {
	for i := range r.parts {
		pt := &r.parts[i]
		groups := r.groups
		if pt.filter != nil {
			groups = r.groupsOf(pt.rows, rows)
		}
		r.table.states[i].Add(groups, pt.rows, pt.cols, &p.at)
	}
}

// groupsOf returns the groups of some of the rows, in order.
func (r *rollup) groupsOf(some, rows []int32) []int32 {
	r.subgroups = r.subgroups[:0]
	j := 0
	for _, row := range some {
		for rows[j] != row {
			j++
		}
		r.subgroups = append(r.subgroups, r.groups[j])
	}
	return r.subgroups
}

// findGroups sets groups to the group of each row.
func (r *rollup) findGroups(p *pipeline, rows []int32) {
	switch {
	case !r.inOneWindow(p):
		r.findStarts(rows, p.at.Time)
	case oneText(r.keyCols):
		r.groups = r.table.groupsOfWindow(rows, int64(r.lo), r.keyCols[0], r.groups[:0])
		return
	default:
		r.starts = slices.Grow(r.starts[:0], len(rows))[:len(rows)]
		for i := range r.starts {
			r.starts[i] = int64(r.lo)
		}
	}
	r.groups = r.table.groupsOf(rows, r.starts, r.keyCols, r.groups[:0])
}

// inOneWindow tells whether all records of the batch are in the window lo.
func (r *rollup) inOneWindow(p *pipeline) bool {
	if !p.spanned {
		return false
	}
	if p.least < r.lo || p.least >= r.hi {
		r.lo = r.window.Start(p.least)
		r.hi = r.window.End(r.lo)
	}
	return p.greatest < r.hi
}

// findStarts sets starts to the window start of each row.
func (r *rollup) findStarts(rows []int32, times []int64) {
	r.starts = r.starts[:0]
	lo, hi := r.lo, r.hi
	for _, row := range rows {
		t := value.Time(times[row])
		if t < lo || t >= hi {
			lo = r.window.Start(t)
			hi = r.window.End(lo)
		}
		r.starts = append(r.starts, int64(lo))
	}
	r.lo, r.hi = lo, hi
}

// usableRows returns the rows that the rollup can use and rejects the others.
func (r *rollup) usableRows(p *pipeline, b *decode.Batch) []int32 {
	clean := len(b.Broken) == 0
	for _, c := range r.ref.Rollup.Columns {
		s := p.state[c]
		if s.bad || s.null && (p.stream.Columns[c].NotNull || c == p.stream.Time) {
			clean = false
		}
	}
	if clean {
		return p.all[:b.Len]
	}
	r.usable = r.usable[:0]
	for row := range b.Len {
		if reason := r.unusable(p, b, row); reason != "" {
			r.reject(p, b, int32(row), reason)
		} else {
			r.usable = append(r.usable, int32(row))
		}
	}
	return r.usable
}

// unusable says why the rollup cannot use a record, or "".
func (r *rollup) unusable(p *pipeline, b *decode.Batch, row int) string {
	for i := range b.Broken {
		if b.Broken[i].Row == row {
			return b.Broken[i].Reason
		}
	}
	for _, c := range r.ref.Rollup.Columns {
		def := &p.stream.Columns[c]
		switch b.Columns[c].Kind[row] {
		case value.KindBad:
			for i := range b.Bad {
				if b.Bad[i].Row == row && b.Bad[i].Col == c {
					return b.Bad[i].Reason
				}
			}
			return def.Name + ": not readable"
		case value.KindNull:
			if def.NotNull || c == p.stream.Time {
				return def.Name + " is missing"
			}
		}
	}
	return ""
}

func (r *rollup) reject(p *pipeline, b *decode.Batch, row int32, reason string) {
	rec := b.Data[b.Begin[row]-b.Base : b.End[row]-b.Base]
	r.lost = append(r.lost, row)
	r.rejectBytes(p.at.Split, b.Begin[row], reason, rec)
}

// rejectBytes records that the record at offset of split is unusable.
func (r *rollup) rejectBytes(split, offset int64, reason string, rec []byte) {
	rec = bytes.Clone(rec[:min(len(rec), RecordCut)])
	r.rejected += len(rec) + len(reason) + 64
	r.rejects = append(r.rejects, store.Reject{Split: split, Offset: offset, Reason: reason, Record: rec})
}

// commit returns what the next transaction writes for this rollup.
func (r *rollup) commit() store.RollupCommit {
	began := time.Now()
	rows := r.rows.sort()
	r.cpu += time.Since(began)
	return store.RollupCommit{RollupRef: r.ref, Rows: rows, Absorbed: r.absorbed, Filtered: r.filtered, Rejects: r.rejects, CPU: r.cpu}
}

func (r *rollup) reset() {
	r.table.reset()
	r.absorbed, r.filtered, r.rejected, r.rejects, r.cpu = 0, 0, 0, nil, 0
}
