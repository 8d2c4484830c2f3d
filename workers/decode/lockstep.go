package decode

import (
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode/scan"
)

// lockstep is when and how the lines of a window are read together: member by
// member of the template, all rows of a member before the next member. Rows
// of another shape, and values that do not convert, are left to the general
// functions.
type lockstep struct {
	on     bool    // else records are read one by one
	window *window // nil until it is needed
	size   int     // bytes of the next window
	pause  int     // records to be read one by one before the next window
	pauses int     // how long the next pause will be
	line   int     // bytes of a line, about
	stale  bool    // the template is to be learned from the next record
}

const (
	pauseMin = 16
	pauseMax = 1024
)

func newLockstep(array bool) lockstep {
	return lockstep{on: !array && scan.Vectors, size: windowLeast, stale: true}
}

// lines reads the lines that begin at i, many or one, and returns the index
// after them.
func (d *jsonDecoder) lines(i int) int {
	l := &d.lockstep
	if !l.on {
		return d.line(i)
	}
	if l.pause > 0 {
		if l.pause--; l.pause == 0 {
			l.stale = true
		}
		return d.line(i)
	}
	if len(d.template.members) == 0 {
		if i = d.line(i); len(d.template.members) == 0 {
			l.rest()
		}
		return i
	}
	if l.window == nil {
		l.window = new(window)
	}
	n := d.begins(i)
	if n == 0 {
		l.rest()
		return d.line(i)
	}
	w, first := l.window, d.row
	d.together()
	l.adapt(w.n, n)
	if w.n < n {
		d.others(first, n)
	}
	d.row = first + n
	end := int(w.ends[n-1]) + 1
	l.line = end/n + 1
	return w.from + end
}

// rest reads the next records one by one, more of them each time.
func (l *lockstep) rest() {
	l.pauses = min(max(2*l.pauses, pauseMin), pauseMax)
	l.pause, l.size = l.pauses, windowLeast
}

// adapt decides how to go on after a window in which so many rows of n were
// like the template.
func (l *lockstep) adapt(alike, n int) {
	if 4*alike < n {
		l.rest()
		return
	}
	l.pauses, l.size = 0, min(2*l.size, windowBytes)
}

// begins opens a window at i and returns how many rows it has: lines that end
// in it and begin with an object.
func (d *jsonDecoder) begins(i int) int {
	w, size := d.window, d.lockstep.size
	if left := (BatchRows - d.row + 1) * d.lockstep.line; left > 0 && left < size {
		size = min(size, left/64*64+128)
	}
	ends := w.open(d.data, i, size)
	if ends == 0 && size < windowBytes {
		ends = w.open(d.data, i, windowBytes)
	}
	begins := d.b.Begin[d.row:]
	base := d.b.Base + int64(i)
	n, from := 0, uint32(0)
	for _, end := range w.ends[:min(ends, len(begins))] {
		if w.text[from&windowMask] != '{' || int(end-from) > d.limit {
			break
		}
		begins[n] = base + int64(from)
		w.at[n&(windowLines-1)], w.row[n&(windowLines-1)] = from, uint32(n)
		n++
		from = end + 1
	}
	w.n = n
	return n
}

// together reads the rows of the window.
func (d *jsonDecoder) together() {
	w, n := d.window, d.window.n
	for k := range d.template.members {
		m := &d.template.members[k]
		switch m.do {
		case passText, takeText:
			d.fill(m, n, value.KindText)
			d.texts(m)
		case takeInteger:
			d.fill(m, n, value.KindInt)
			d.integers(m)
		case takeReal:
			d.fill(m, n, value.KindReal)
			d.reals(m)
		case takeTime:
			d.fill(m, n, value.KindInt)
			d.times(m)
		case passNumber:
			d.words(m)
		case endObject:
			d.closes(m)
		default:
			d.anything(m)
		}
		if w.gone > 0 {
			w.sweep()
		}
	}
}

// fill says that n rows hold the usual kind of the member's column.
func (d *jsonDecoder) fill(m *member, n int, k value.Kind) {
	if m.sink == nil {
		return
	}
	copy(m.sink.kind[d.row:][:n], usualKinds[k][:])
}

// usualKinds has a window of each kind.
var usualKinds = func() (t [value.KindBad][windowLines]value.Kind) {
	for k := range t {
		for i := range t[k] {
			t[k][i] = value.Kind(k)
		}
	}
	return t
}()

// others reads those of n rows that are not like the template, one by one.
func (d *jsonDecoder) others(first, n int) {
	w := d.window
	from := 0
	for r := range n {
		if w.lost[r] {
			w.lost[r] = false
			d.row = first + r
			for i := range d.sinks {
				d.sinks[i].kind[d.row] = value.KindNull
			}
			d.line(w.from + from)
		}
		from = int(w.ends[r]) + 1
	}
}
