package workers

import (
	"unsafe"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/value"
)

// rows shows a table as the store wants it: sorted, in the columns of the
// rollup's layout.
type rows struct {
	t      *table
	order  []int32
	layout []schema.StateColumn
	frac   int
	// cells[p] are the positions of part p's columns among the FromPart columns.
	cells   [][]int
	scratch []any
	parts   [][]aggregate.State // per call: the states it is finished from

	groups []int32 // of a chunk

	start int64 // the window that startText and endText are of
	text  [2]string
	fresh bool
}

var _ store.ColumnRows = (*rows)(nil)

func newRows(t *table) *rows {
	r := &rows{t: t, layout: t.rollup.Layout(), frac: t.rollup.Window.Frac(), cells: make([][]int, len(t.rollup.Parts))}
	n := 0
	for p := range r.cells {
		r.cells[p] = make([]int, len(t.rollup.Parts[p].Columns))
	}
	for _, c := range r.layout {
		if c.Source == schema.FromPart {
			r.cells[c.Index][c.Col] = n
			n++
		}
	}
	for _, c := range t.rollup.Calls {
		var states []aggregate.State
		for _, p := range c.Parts {
			states = append(states, t.states[p])
		}
		r.parts = append(r.parts, states)
	}
	return r
}

// sort takes the table's present groups.
func (r *rows) sort() *rows {
	r.order, r.fresh = r.t.sorted(), false
	return r
}

func (r *rows) Len() int { return len(r.order) }

func (r *rows) Cell(row, col int) any {
	g := r.order[row]
	c := &r.layout[col]
	switch c.Source {
	case schema.FromWindow:
		return r.bounds(g)[0]
	case schema.FromEnd:
		return r.bounds(g)[1]
	case schema.FromKey:
		return r.key(g, c.Index)
	case schema.FromFinish:
		return r.t.rollup.Calls[c.Index].Plan.Finish.Value(r.parts[c.Index], int(g))
	}
	return r.t.states[c.Index].Cell(int(g), c.Col)
}

// Column implements store.ColumnRows.
func (r *rows) Column(rows []int32, col int, out *value.Column) bool {
	r.groups = r.groups[:0]
	for _, row := range rows {
		r.groups = append(r.groups, r.order[row])
	}
	c := &r.layout[col]
	switch c.Source {
	case schema.FromWindow:
		return r.boundColumn(0, out)
	case schema.FromEnd:
		return r.boundColumn(1, out)
	case schema.FromKey:
		return r.keyColumn(c.Index, out)
	case schema.FromPart:
		s, ok := r.t.states[c.Index].(aggregate.CellColumn)
		return ok && s.CellColumn(r.groups, c.Col, out)
	}
	return false
}

// boundColumn gives windows that follow each other one text, the first time.
func (r *rows) boundColumn(bound int, out *value.Column) bool {
	for i, g := range r.groups {
		text := r.bounds(g)[bound]
		out.Kind[i], out.Text[i] = value.KindText, unsafe.Slice(unsafe.StringData(text), len(text))
	}
	return true
}

// keyColumn gives up at a NULL, which is stored as a blob, and at a time.
func (r *rows) keyColumn(i int, out *value.Column) bool {
	keys := r.t.rollup.Keys
	if keys[i].Expr.Type == value.Timestamp {
		return false
	}
	for at, g := range r.groups {
		b := r.t.key(g)
		var v value.Value
		var text []byte
		for n := len(keys); n >= len(keys)-i; n-- {
			v, text, b = nextKey(b, n)
		}
		switch out.Kind[at] = v.Kind; v.Kind {
		case value.KindInt:
			out.Int[at] = v.Int
		case value.KindReal:
			out.Real[at] = v.Real
		case value.KindText:
			out.Text[at] = text
		default:
			return false
		}
	}
	return true
}

// bounds returns the text of the group's window; neighbours mostly share it.
func (r *rows) bounds(g int32) *[2]string {
	start := r.t.starts[g]
	if !r.fresh || r.start != start {
		w := r.t.rollup.Window
		r.text[0] = value.Time(start).Format(r.frac)
		if r.t.rollup.StoreEnd {
			r.text[1] = w.End(value.Time(start)).Format(r.frac)
		}
		r.start, r.fresh = start, true
	}
	return &r.text
}

var null = []byte{}

func (r *rows) key(g int32, i int) any {
	n := len(r.t.rollup.Keys)
	b := r.t.key(g)
	var v value.Value
	var text []byte
	for ; i >= 0; i-- {
		v, text, b = nextKey(b, n)
		n--
	}
	switch v.Kind {
	case value.KindInt:
		if r.t.rollup.Keys[len(r.t.rollup.Keys)-1-n].Expr.Type == value.Timestamp {
			return value.Time(v.Int).Format(-1)
		}
		return v.Int
	case value.KindReal:
		return v.Real
	case value.KindText:
		return unsafe.String(unsafe.SliceData(text), len(text))
	}
	return null
}

// Records implements store.Rows: 0 for a rollup without retention.
func (r *rows) Records(row int) int64 {
	if !r.t.counts {
		return 0
	}
	return r.t.records[r.order[row]]
}

func (r *rows) Merge(row int, cells []any) error {
	g := int(r.order[row])
	for p, at := range r.cells {
		r.scratch = r.scratch[:0]
		for _, i := range at {
			r.scratch = append(r.scratch, cells[i])
		}
		if err := r.t.states[p].Merge(g, r.scratch); err != nil {
			return err
		}
	}
	return nil
}
