package workers

import (
	"math"
	"slices"

	"github.com/windrow/windrow/schema/value"
)

// windowGroups finds the groups of one window by the number that the dictionary
// of the only key gives a value. When the window changes, it forgets all.
type windowGroups struct {
	start  int64
	change uint32   // how many windows there were; what has another one is forgotten
	groups []uint64 // per number: change and group
}

// use makes start the window.
func (w *windowGroups) use(start int64) {
	if w.start != start || w.change == 0 {
		w.forget()
		w.start = start
	}
}

func (w *windowGroups) forget() {
	if w.change == math.MaxUint32 {
		clear(w.groups)
		w.change = 0
	}
	w.change++
}

// groupsOfWindow is groupsOf where all rows are of one window and the key is
// one text.
func (t *table) groupsOfWindow(rows []int32, start int64, key *value.Column, out []int32) []int32 {
	w, d := &t.window, t.dicts[1]
	w.use(start)
	out = slices.Grow(out, len(rows))
	for _, row := range rows {
		var id uint32
		if key.Kind[row] == value.KindText {
			if text := key.Text[row]; len(text) <= shortText {
				id = d.short(text)
			} else {
				id = d.long(text)
			}
		}
		if uint(id) < uint(len(w.groups)) {
			if e := w.groups[id]; uint32(e>>32) == w.change {
				out = append(out, int32(uint32(e)))
				continue
			}
		}
		out = append(out, t.groupOfValue(id, start, key, row))
	}
	t.grown()
	return out
}

// groupOfValue finds or makes the group of a row in the window and notes it for
// the number of its key.
func (t *table) groupOfValue(id uint32, start int64, key *value.Column, row int32) int32 {
	var g int32
	if key.Kind[row] == value.KindText {
		g = t.findText(start, key.Text[row])
	} else {
		t.buf = append(t.buf[:0], byte(value.KindNull))
		g = t.find(start, t.buf)
	}
	w := &t.window
	if n := int(id) + 1 - len(w.groups); n > 0 {
		w.groups = append(w.groups, make([]uint64, n)...)
	}
	w.groups[id] = uint64(w.change)<<32 | uint64(uint32(g))
	return g
}
