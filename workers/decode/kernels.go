package decode

import "math/bits"

// The functions of this file read one member of all rows of a window, one
// after the other. What they do not depend on is the row before, and what they
// need for the member stays in registers: that is what makes them fast. Each
// leaves a row at the end of the value: at the closing quote of a string, or
// after the last character of anything else. Values of an unusual spelling are
// left to the general functions.

// texts reads a string, wanted or not.
func (d *jsonDecoder) texts(m *member) {
	w := d.window
	text, at := w.text, w.at[:w.n]
	if m.do == passText {
		for k, i := range at {
			if !m.stands(text, i) {
				w.lose(k)
				continue
			}
			i += m.size
			n := plainRun(&w.odd, i)
			if n == 64 {
				n = w.longPlain(i)
			}
			if text[(i+n)&windowMask] != '"' {
				d.unusual(m, k, i)
				continue
			}
			at[k] = i + n
		}
		return
	}
	out, src, row := m.sink.texts[d.row:], d.data[w.from:], w.row[:len(at)]
	for k, i := range at {
		if !m.stands(text, i) {
			w.lose(k)
			continue
		}
		i += m.size
		n := plainRun(&w.odd, i)
		if n == 64 {
			n = w.longPlain(i)
		}
		y := i + n
		if text[y&windowMask] != '"' {
			d.unusual(m, k, i)
			continue
		}
		out[row[k]] = src[i:y:y]
		at[k] = y
	}
}

// integers reads a wanted number of up to seven digits.
func (d *jsonDecoder) integers(m *member) {
	w := d.window
	text, at := w.text, w.at[:w.n]
	out, row := m.sink.ints[d.row:], w.row[:len(at)]
	for k, i := range at {
		if !m.stands(text, i) {
			w.lose(k)
			continue
		}
		i += m.size
		v := word(text, i)
		n := digits8(v)
		if uint(n-1) > 6 || byte(v) == '0' && n > 1 {
			d.unusual(m, k, i)
			continue
		}
		out[row[k]] = int64(number8(v, n))
		at[k] = i + uint32(n)
	}
}

// reals reads a wanted number of up to seven digits with a point among them.
func (d *jsonDecoder) reals(m *member) {
	w := d.window
	text, at := w.text, w.at[:w.n]
	out, row := m.sink.reals[d.row:], w.row[:len(at)]
	for k, i := range at {
		if !m.stands(text, i) {
			w.lose(k)
			continue
		}
		i += m.size
		v := word(text, i)
		point := digits8(v)
		if uint(point-1) > 5 || byte(v>>(8*point&63)) != '.' || byte(v) == '0' && point > 1 {
			d.unusual(m, k, i)
			continue
		}
		low := uint64(1)<<(8*point&63) - 1
		v = v&low | v>>8&^low // without the point; the last byte is 0, no digit
		n := digits8(v)
		if n <= point || n == 7 && text[(i+8)&windowMask]-'0' <= 9 {
			d.unusual(m, k, i)
			continue
		}
		out[row[k]] = float64(int64(number8(v, n))) / powers[(n-point)&7]
		at[k] = i + uint32(n) + 1
	}
}

// times reads a wanted stamp like 2026-03-01T12:30:05.123Z.
func (d *jsonDecoder) times(m *member) {
	w := d.window
	text, at := w.text, w.at[:w.n]
	c := m.sink.clock
	out, row := m.sink.ints[d.row:], w.row[:len(at)]
	for k, i := range at {
		if !m.stands(text, i) {
			w.lose(k)
			continue
		}
		i += m.size
		if word(text, i) != c.w0 || word(text, i+8) != c.w1 {
			x := i & windowMask
			if !c.newMinute(text[x : x+16]) {
				d.unusual(m, k, i)
				continue
			}
		}
		t, ok := c.milliseconds(word(text, i+16))
		if !ok {
			x := i & windowMask
			var end int
			if t, end = c.seconds(text[x:], 16); end == 0 {
				d.unusual(m, k, i)
				continue
			}
			i += uint32(end) - 24
		}
		out[row[k]] = int64(t)
		at[k] = i + 24
	}
}

// words passes over numbers.
func (d *jsonDecoder) words(m *member) {
	w := d.window
	text, at := w.text, w.at[:w.n]
	for k, i := range at {
		if !m.stands(text, i) {
			w.lose(k)
			continue
		}
		i += m.size
		v := numeric8(word(text, i))
		if v == 0 || byte(v) != 0 { // nothing, or more than eight
			d.unusual(m, k, i)
			continue
		}
		at[k] = i + uint32(bits.TrailingZeros64(v)>>3)
	}
}

// numeric8 marks the bytes of w that are not among -./0123456789, which cannot
// end a number. It is exact up to the first.
func numeric8(w uint64) uint64 {
	below := ^((w | highs) - '-'*ones)
	above := w + (0x80-'9'-1)*ones
	return (below | above | w) & highs
}

// anything leaves a value to the general functions.
func (d *jsonDecoder) anything(m *member) {
	w := d.window
	for k, i := range w.at[:w.n] {
		if !m.stands(w.text, i) {
			w.lose(k)
			continue
		}
		d.unusual(m, k, i+m.size)
	}
}

// closes expects the end of the object and of the line.
func (d *jsonDecoder) closes(m *member) {
	w := d.window
	base := d.b.Base + int64(w.from)
	out := d.b.End[d.row:]
	for k, i := range w.at[:w.n] {
		row := w.row[k] & (windowLines - 1)
		if !m.stands(w.text, i) {
			w.lose(k)
			continue
		}
		i += m.size
		if end := w.ends[row]; i != end && !blank(w.text[i&windowMask:end&windowMask]) {
			w.lose(k)
			continue
		}
		out[row] = base + int64(i)
	}
}

// blank reports whether b is white space.
func blank(b []byte) bool {
	for _, c := range b {
		if c != ' ' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}

// unusual reads the value of the k-th row, at i, by the general functions.
func (d *jsonDecoder) unusual(m *member, k int, i uint32) {
	w := d.window
	at := w.from + int(i)
	if m.inside {
		at--
	}
	end := d.oneValue(m, at, d.row+int(w.row[k]))
	if end < 0 {
		w.lose(k)
		return
	}
	if m.inside {
		end--
	}
	w.at[k] = uint32(end - w.from)
}

// oneValue reads the value at index at of the data for a row. It returns the
// index after it, or -1 if there is none or a cell is bad.
func (d *jsonDecoder) oneValue(m *member, at, row int) int {
	if m.field == nil {
		return d.skip(at)
	}
	d.serial++
	for _, s := range m.field.cols {
		s.kind[row] = 0
	}
	first := d.row
	d.row = row
	end := d.value(m.field, at)
	d.row = first
	if len(d.b.Bad) > d.bads {
		d.b.Bad = d.b.Bad[:d.bads]
		return -1
	}
	return end
}
