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

// walk is general by marks. It is one loop for its speed: a call more for each
// member would be a fifth of its time.
func (d *jsonDecoder) walk(n *node, i int) int {
	b, quotes, odd := d.data, d.marks.Quotes, d.marks.Odd
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
		x := load(quotes, i>>3) >> (uint(i) & 7)
		if x != 0 && load(odd, i>>3)>>(uint(i)&7)&(x-1)&^x == 0 {
			size = bits.TrailingZeros64(x)
			mask := &keyMasks[min(size, 16)]
			w0, w1 := load(b, i)&mask[0], load(b, i+8)&mask[1]
			for f = n.table[n.slot(w0, w1)]; f != nil; f = f.next {
				if f.w0 == w0 && f.w1 == w1 && len(f.key) == size && (size <= 16 || f.key == string(b[i:i+size])) {
					break
				}
			}
		} else if f, size = d.rareKey(n, i); size < 0 {
			return -1
		}
		i += size + 1
		if len(b)-i < 2 {
			return -1
		}
		if b[i] != ':' {
			if i = d.space(i); len(b)-i < 2 || b[i] != ':' {
				return -1
			}
		}
		if i++; b[i] <= ' ' {
			if i = d.space(i); i == len(b) || !d.marks.Reach(i) {
				return -1
			}
		}

		if f != nil && f.seen != d.serial {
			f.seen = d.serial
			i = d.take(f, i)
		} else if b[i] == '"' {
			i++
			if x := load(quotes, i>>3) >> (uint(i) & 7); x != 0 {
				i += bits.TrailingZeros64(x) + 1
			} else {
				i = d.marks.Quote(i) + 1
			}
		} else {
			i = d.pass(i)
		}
		if i <= 0 || i >= len(b) {
			return -1
		}
		if b[i] == ',' {
			i++
			continue
		}
		if b[i] != '}' {
			if i = d.space(i); i == len(b) {
				return -1
			}
			if b[i] == ',' {
				i++
				continue
			}
		}
		if b[i] == '}' {
			return i + 1
		}
		return -1
	}
}

// rareKey is for keys that are long, have escapes or are not ASCII. It returns
// the length of what stands between the quotes, or -1.
func (d *jsonDecoder) rareKey(n *node, i int) (*field, int) {
	shut := d.marks.Quote(i)
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
	return n.find(key), shut - i
}

// take reads the value at i, which is no white space, for a wanted field and
// returns the index after it, or -1.
func (d *jsonDecoder) take(f *field, i int) int {
	b := d.data
	switch f.read {
	case readText:
		if b[i] != '"' {
			break
		}
		end := d.marks.Quote(i + 1)
		if end < 0 {
			return -1
		}
		if d.marks.HasOdd(i+1, end) {
			d.cell(f.one, b[i:end+1])
		} else {
			f.one.setText(d.row, b[i+1:end])
		}
		return end + 1
	case readInteger:
		if n, end := fastInteger(b, i); end > 0 && end < len(b) && (b[end] == ',' || b[end] == '}') {
			f.one.setInt(d.row, n)
			return end
		}
	case readReal:
		if x, end := fastReal(b, i); end > 0 && end < len(b) && (b[end] == ',' || b[end] == '}') {
			f.one.setReal(d.row, x)
			return end
		}
	case readTime:
		if i+1 == len(b) {
			return -1
		}
		if end := d.time(f.one, i); end > 0 {
			return end
		}
	}
	return d.takeAny(f, i)
}

// takeAny is take for what has no fast path.
func (d *jsonDecoder) takeAny(f *field, i int) int {
	end := -1
	switch c := d.data[i]; {
	case f.sub != nil && c == '{' && len(f.sub.fields) > 0:
		end = d.walk(f.sub, i)
	case f.sub != nil && c == '[' && len(f.sub.indexes) > 0:
		end = d.walkElements(f.sub, i)
	default:
		end = d.pass(i)
	}
	if end < 0 {
		return -1
	}
	for _, s := range f.cols {
		d.cell(s, d.data[i:end])
	}
	return end
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
		if f := n.at(index); f != nil {
			i = d.take(f, i)
		} else {
			i = d.pass(i)
		}
		if i < 0 {
			return -1
		}
		if i = d.space(i); i == len(b) || b[i] != ',' && b[i] != ']' {
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
		end := d.marks.Quote(i + 1)
		if end < 0 {
			return -1
		}
		return end + 1
	case '{', '[':
		return d.passNested(i)
	}
	if end := wordEnd(d.data, i); end > i {
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
