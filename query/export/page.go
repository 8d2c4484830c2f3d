package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
)

// page is an encoder that appends windows, and ends between two of them when
// there are many rows or ctx has ended.
type page struct {
	f   *follower
	ctx context.Context
	to  output.Encoder

	start   int    // the column window_start
	window  string // that is being written
	next    string // the first window that was left for the next page; "" if none was
	rows    int64
	windows int64
	digests []digest
	err     error // that of the last method
}

var _ output.Encoder = (*page)(nil)

// page writes windows that start before to, and says whether it has left some
// of them for the next one.
func (f *follower) page(ctx context.Context, s *query.Snapshot, to string) (more bool, err error) {
	if f.file != nil {
		if err := f.file.ready(); err != nil {
			return false, fatal{err}
		}
		if f.cursor.Columns == nil { // it is a new file
			f.begun = false
		}
	}
	p := &page{f: f, ctx: ctx}
	_, err = s.Run(context.WithoutCancel(ctx), f.windowsOf(f.cursor.Before, to), p)
	if errors.Is(err, errEnough) {
		err = p.to.End()
		p.err = err
	}
	if err != nil {
		return false, f.undo(p, err)
	}
	if to = cmp.Or(p.next, to); to > f.cursor.Before {
		f.cursor.Before = to
	}
	f.cursor.add(p)
	if f.file != nil {
		if err := f.file.keep(); err != nil {
			return false, fatal{err}
		}
	}
	f.begun = true
	f.done.Rows += p.rows
	f.done.Windows += p.windows
	return p.next != "", nil
}

// undo takes back what a page that failed has written. Where that is not
// possible it must not be tried again.
func (f *follower) undo(p *page, err error) error {
	if f.file == nil {
		if p.rows > 0 || p.err != nil {
			return fatal{cmp.Or(p.err, err)}
		}
		return err
	}
	if p.err != nil {
		err = fatal{p.err}
	}
	if cut := f.file.back(); cut != nil {
		return fatal{cmp.Or(p.err, cut)}
	}
	return err
}

func (p *page) Begin(cols []output.Column) error {
	p.err = p.begin(cols)
	return p.err
}

func (p *page) begin(cols []output.Column) error {
	columns, have := names(cols), p.f.cursor.Columns
	if have == nil {
		p.f.cursor.Columns = columns
	} else if !slices.Equal(columns, have) {
		return fmt.Errorf("the columns of %s have changed since %s was begun: they were %s, and are %s now; move it away and a new file goes on after it",
			p.f.rollup, p.f.o.Path, strings.Join(have, ", "), strings.Join(columns, ", "))
	}
	p.start = find(columns, windowStart)
	o := p.f.o.Output
	o.NoHeader = o.NoHeader || p.f.begun
	p.to = p.f.o.Format.New(p.f.writer(), o)
	return p.to.Begin(cols)
}

func (p *page) Row(vals []any) error {
	p.err = p.row(vals)
	if p.err == errEnough {
		p.err = nil
		return errEnough
	}
	return p.err
}

func (p *page) row(vals []any) error {
	start, ok := vals[p.start].(string)
	if !ok {
		return fmt.Errorf("a window of %s starts at %v, which is no time", p.f.rollup, vals[p.start])
	}
	if start != p.window {
		if p.window != "" && (p.rows >= pageRows || p.ctx.Err() != nil) {
			p.next = start
			return errEnough
		}
		p.window = start
		p.windows++
		p.digests = append(p.digests, digest{Window: start})
	}
	p.rows++
	p.digests[len(p.digests)-1].add(vals)
	return p.to.Row(vals)
}

func (p *page) End() error {
	p.err = p.to.End()
	return p.err
}
