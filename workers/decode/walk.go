package decode

import (
	"math/bits"
)

// The functions of this file read objects whose members come in any order, by
// the marks of scan: they get from quote to quote and from bracket to bracket
// without looking at what is between. An index of -1 says that the object is
// not as they expect, or too near to the end of the data; the general functions
// of object.go then read it from its beginning. Both give the same where both
// read it.

// walkAhead is how many bytes must follow where a member begins: two words of
// its key and what is around it.
const walkAhead = 32

// object reads the object that begins at i and returns the index after it, or
// -1. It goes through all members of this level, whether wanted or not.
func (d *jsonDecoder) object(n *node, i int) int {
	if d.byByte {
		return d.general(n, i)
	}
	d.marks.Begin(i)
	bads := len(d.b.Bad)
	if end := d.walk(n, i); end >= 0 {
		return end
	}
	n.forget()
	d.b.Bad, d.why = d.b.Bad[:bads], ""
	d.byByte = true
	end := d.general(n, i)
	d.byByte = false
	return end
}

// walk is general by marks. It first notes where the values of the wanted keys
// are, whatever they are, and then reads them in the order of the columns: the
// processor foresees a sequence that is always the same, but not the types of
// members that come in any order. It is one loop for its speed.
func (d *jsonDecoder) walk(n *node, i int) int {
	b, marks, odd := d.data, d.marks.Ends, d.marks.Odd
	none := n.none
	i++
	for first := true; ; first = false {
		if i < len(b) && b[i] != '"' {
			if i = d.space(i); first && i < len(b) && b[i] == '}' {
				return i + 1
			}
		}
		if len(b)-i < walkAhead || b[i] != '"' || !d.marks.Reach(i) {
			return -1
		}
		i++

		var f *field
		size := 0
		x := load(marks, i>>3) >> (uint(i) & 7)
		if x != 0 && load(odd, i>>3)>>(uint(i)&7)&(x-1)&^x == 0 {
			size = bits.TrailingZeros64(x)
			mask := &keyMasks[min(size, 16)]
			w0, w1 := load(b, i)&mask[0], load(b, i+8)&mask[1]
			f = n.table[n.slot(w0, w1)]
			differs := f.w0 ^ w0 | f.w1 ^ w1 | uint64(len(f.key)^size)
			for f.next != nil && differs != 0 {
				f = f.next
				differs = f.w0 ^ w0 | f.w1 ^ w1 | uint64(len(f.key)^size)
			}
			f = n.all[f.id&^int(int64(differs|-differs)>>63)] // none if it differs, without a branch
			if len(f.key) > 16 && f.key != string(b[i:i+size]) {
				f, _ = d.rareKey(n, i)
			}
		} else if f, size = d.rareKey(n, i); size < 0 {
			return -1
		}
		i += size + 1
		if len(b)-i < 2 {
			return -1
		}
		if b[i] != ':' {
			if i = d.space(i); len(b)-i < 2 || b[i] != ':' || !d.marks.Reach(i) {
				return -1
			}
		}
		if i++; b[i] <= ' ' {
			if i = d.space(i); i == len(b) || !d.marks.Reach(i) {
				return -1
			}
		}

		begin := i
		c := b[i]
		if !simple[c] {
			if i = d.pass(i); i < 0 {
				return -1
			}
		} else {
			i++
			if x := load(marks, i>>3) >> (uint(i) & 7); x != 0 {
				i += bits.TrailingZeros64(x)
			} else {
				i = d.marks.End(i)
			}
			i += int((uint64(c^'"') - 1) >> 63) // the closing quote
		}
		if uint(i) >= uint(len(b)) {
			return -1
		}
		if f.seen == d.serial {
			f = none // of two equal keys the first counts
		}
		f.seen, f.begin, f.end = d.serial, begin, i
		none.seen = 0

		if b[i] != ',' {
			if b[i] == '}' {
				break
			}
			if i = d.space(i); i == len(b) || b[i] != ',' && b[i] != '}' {
				return -1
			}
			if b[i] == '}' {
				break
			}
		}
		i++
	}
	if !d.takeAll(n) {
		return -1
	}
	return i + 1
}

// simple has the bytes with which strings, numbers and names begin.
var simple = func() (t [256]bool) {
	for c := range t {
		t[c] = c == '"' || !ends[c]
	}
	return t
}()

// takeAll reads the values that walk has found. Where there is one that does
// not convert, general shall: its complaints come in the order of the members.
func (d *jsonDecoder) takeAll(n *node) bool {
	bads := len(d.b.Bad)
	for _, f := range n.fields {
		if f.seen == d.serial && !d.take(f, f.begin, f.end) {
			return false
		}
	}
	return len(d.b.Bad) == bads
}

// rareKey is for keys that are long, have escapes or are not ASCII. It returns
// the length of what stands between the quotes, or -1.
func (d *jsonDecoder) rareKey(n *node, i int) (*field, int) {
	shut := d.marks.End(i)
	if shut < 0 {
		return nil, -1
	}
	key := d.data[i:shut]
	if d.marks.HasOdd(i, shut) {
		var ok bool
		if d.scratch, ok = appendUnescaped(d.scratch[:0], key); !ok {
			return nil, -1
		}
		key = d.scratch
	}
	if f := n.find(key); f != nil {
		return f, shut - i
	}
	return n.none, shut - i
}

// take reads the value [i, end), without white space around it, of a wanted
// field. It returns false where general has to.
func (d *jsonDecoder) take(f *field, i, end int) bool {
	b := d.data
	switch f.read {
	case readText:
		if b[i] != '"' || d.marks.HasOdd(i+1, end-1) {
			break
		}
		f.one.setText(d.row, b[i+1:end-1])
		return true
	case readInteger:
		if n, at := fastInteger(b, i); at == end {
			f.one.setInt(d.row, n)
			return true
		}
	case readReal:
		if x, at := fastReal(b, i); at == end {
			f.one.setReal(d.row, x)
			return true
		}
	case readTime:
		if d.time(f.one, i) == end {
			return true
		}
	}
	return d.takeAny(f, i, end)
}

// takeAny is take for what has no fast path.
func (d *jsonDecoder) takeAny(f *field, i, end int) bool {
	switch c := d.data[i]; {
	case f.sub == nil:
	case c == '{' && len(f.sub.fields) > 0:
		if d.walk(f.sub, i) != end {
			return false
		}
	case c == '[' && len(f.sub.indexes) > 0:
		if d.walkElements(f.sub, i) != end {
			return false
		}
	}
	for _, s := range f.cols {
		d.cell(s, d.data[i:end])
	}
	return true
}

// walkElements is elements by marks.
func (d *jsonDecoder) walkElements(n *node, i int) int {
	b := d.data
	if i = d.space(i + 1); i < len(b) && b[i] == ']' {
		return i + 1
	}
	for index := 0; ; index++ {
		if i = d.space(i); i == len(b) {
			return -1
		}
		end := d.pass(i)
		if end < 0 {
			return -1
		}
		if f := n.at(index); f != nil && !d.take(f, i, end) {
			return -1
		}
		if i = d.space(end); i == len(b) || b[i] != ',' && b[i] != ']' {
			return -1
		}
		i++
		if b[i-1] == ']' {
			return i
		}
	}
}

// pass is skip by marks, for a value that begins with no white space.
func (d *jsonDecoder) pass(i int) int {
	switch d.data[i] {
	case '"':
		end := d.marks.End(i + 1)
		if end < 0 {
			return -1
		}
		return end + 1
	case '{', '[':
		return d.passNested(i)
	}
	if end := d.marks.End(i); end > i && end < len(d.data) {
		return end
	}
	return -1
}

// passNested is skipNested by marks. What nests deeper than 63 levels is left
// to it. The stack of bits has a one at its bottom.
func (d *jsonDecoder) passNested(begin int) int {
	b, m, i := d.data, &d.marks, begin
	stack := uint64(1)
	for m.Reach(i) {
		for x := load(m.Brackets, i>>3) >> (uint(i) & 7); x != 0; x &= x - 1 {
			at := i + bits.TrailingZeros64(x)
			c := b[at]
			kind := uint64(c >> 5 & 1)
			switch {
			case c == '{' || c == '[':
				if stack >= 1<<63 {
					return d.skipNested(begin)
				}
				stack = stack<<1 | kind
				continue
			case c == '\n' || stack&1 != kind:
				return -1
			}
			if stack >>= 1; stack == 1 {
				return at + 1
			}
		}
		i = m.Next(i)
	}
	return -1
}
