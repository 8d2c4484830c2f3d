package eval

import (
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// caseKernel computes each branch for the rows that take it.
type caseKernel struct {
	when []filter
	then []kernel
	last kernel // nil for NULL
	out  value.Column
}

func (c *compiler) kernelOfCase(e *schema.Expr) kernel {
	base, pairs, last := splitCase(e)
	if base != nil && base.Op != schema.OpColumn {
		return c.rowByRow(e) // would be computed for each comparison
	}
	k := &caseKernel{out: value.Column{Type: e.Type}}
	for i := 0; i < len(pairs); i += 2 {
		w := pairs[i]
		if base != nil {
			w = &schema.Expr{Op: schema.OpEq, Type: value.Boolean, Args: []*schema.Expr{base, w}, Pos: w.Pos, End: w.End}
		}
		k.when = append(k.when, c.filter(w))
		k.then = append(k.then, c.resultKernel(e, pairs[i+1]))
	}
	if last != nil {
		k.last = c.resultKernel(e, last)
	}
	return k
}

// resultKernel compiles a branch; a time is text where e is no time.
func (c *compiler) resultKernel(e, branch *schema.Expr) kernel {
	if branch.Type == value.Timestamp && e.Type != value.Timestamp {
		return &rowKernel{x: c.plain(branch), e: branch, out: value.Column{Type: value.Text}}
	}
	return c.kernel(branch)
}

func (k *caseKernel) eval(m *machine, rows []int32) *value.Column {
	k.out.Resize(m.n)
	rest, next, yes, bad := append(m.rows(), rows...), m.rows(), m.rows(), m.rows()
	for i, w := range k.when {
		yes, bad = w.filter(m, rest, true, yes[:0], bad[:0])
		next = without(rest, yes, bad, next[:0])
		rest, next = next, rest
		for _, r := range bad {
			k.out.Kind[r] = value.KindBad
		}
		k.put(m, k.then[i], yes)
	}
	if k.last != nil {
		k.put(m, k.last, rest)
	} else {
		for _, r := range rest {
			k.out.Kind[r] = value.KindNull
		}
	}
	m.giveBack(rest, next, yes, bad)
	return &k.out
}

// put computes a branch and copies it.
func (k *caseKernel) put(m *machine, branch kernel, rows []int32) {
	if len(rows) == 0 {
		return
	}
	c := branch.eval(m, rows)
	switch kind := k.out.Type.Kind(); {
	case kind == value.KindNull || kind != c.Type.Kind():
		for _, r := range rows {
			store(&k.out, r, load(c, r), m.n)
		}
	case kind == value.KindInt:
		copyRows(&k.out, c, k.out.Int, c.Int, rows)
	case kind == value.KindReal:
		copyRows(&k.out, c, k.out.Real, c.Real, rows)
	default:
		copyRows(&k.out, c, k.out.Text, c.Text, rows)
	}
}

func copyRows[T any](to, from *value.Column, dst, src []T, rows []int32) {
	for _, r := range rows {
		to.Kind[r], dst[r] = from.Kind[r], src[r]
	}
}
