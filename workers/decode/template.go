package decode

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// template is the shape of the last record that was read in full: most records
// have the keys of the one before, in the same order. A record of that shape is
// read straight through; any other is left to the general functions.
type template struct {
	members []member
	misses  int // records of another shape, less those of this one
	count   int // records
}

// member is one member of the object: the bytes before its value, a separator
// and the opening quote of a string included, and what to do with the value.
//
// A value that stands in quotes is read from the one to the other: the opening
// quote belongs to raw, and the closing one to the raw of what follows.
type member struct {
	w0, w1, m0, m1 uint64 // the first 16 bytes of raw, and which of them count
	size           uint32 // of raw
	inside         bool   // the value stands in quotes
	do             action
	more           []byte // what raw has beyond 16 bytes
	raw            []byte
	need           int // bytes that must be there: raw and the longest read ahead
	sink           *sink
	field          *field
}

// stands reports whether m's raw is what stands at i.
func (m *member) stands(text *[windowBytes + windowSlack]byte, i uint32) bool {
	x := uint(i) & windowMask
	if (binary.LittleEndian.Uint64(text[x:x+8])^m.w0)&m.m0|(binary.LittleEndian.Uint64(text[x+8:x+16])^m.w1)&m.m1 != 0 {
		return false
	}
	return len(m.more) == 0 || bytes.HasPrefix(text[x+16:], m.more)
}

type action uint8

const (
	passValue   action = iota // unwanted, anything
	passNumber                // unwanted, a number
	passText                  // unwanted, a string
	readValue                 // wanted, whatever needs a closer look
	takeText                  // wanted, a string
	takeInteger               // wanted, a number
	takeReal
	takeTime // wanted, a string
	endObject
)

const (
	ahead      = 32 // bytes that a member may read after raw
	missesMax  = 64 // from here on only one record in missesPace is tried
	missesPace = 16
	learnPace  = 256 // and one record in so many becomes the new template
	membersMax = 256
)

// record reads the object that begins at i and returns the index after it, or -1.
func (d *jsonDecoder) record(i int) int {
	t := &d.template
	if d.on {
		return d.single(i)
	}
	t.count++
	if t.misses > missesMax && t.count%missesPace != 0 {
		return d.object(d.root, i)
	}
	if len(t.members) > 0 {
		end := d.straight(i)
		if end >= 0 {
			t.misses = max(t.misses-1, 0)
			return end
		}
		d.again()
		if end == atEnd {
			return d.object(d.root, i)
		}
	}
	t.misses = min(t.misses+1, 2*missesMax)
	end := d.object(d.root, i)
	if end >= 0 && (t.misses < 4 || t.count%learnPace == 0) {
		d.learn(d.data[i:end])
	}
	return end
}

// single reads the object that begins at i, and makes a template of it if one
// is wanted.
func (d *jsonDecoder) single(i int) int {
	end := d.object(d.root, i)
	if end >= 0 && d.stale {
		d.stale = false
		d.learn(d.data[i:end])
	}
	return end
}

// again forgets what was read of the record at hand.
func (d *jsonDecoder) again() {
	d.serial++
	d.why = ""
	d.b.Bad = d.b.Bad[:d.bads]
}

// atEnd is the answer of straight where too few bytes follow to look ahead.
const atEnd = -2

// straight reads an object that has the template's shape and returns the index
// after it, or a negative number.
func (d *jsonDecoder) straight(i int) int {
	b, row := d.data, d.row
	for k := range d.template.members {
		s := &d.template.members[k]
		if len(b)-i < s.need {
			return atEnd
		}
		h := b[i : i+16 : len(b)]
		if load(h, 0)&s.m0 != s.w0 || load(h, 8)&s.m1 != s.w1 || len(s.raw) > 16 && !bytes.HasPrefix(b[i:], s.raw) {
			return -1
		}
		i += len(s.raw)
		switch s.do {
		case passText, takeText:
			n := plainText(b[i : i+24])
			if n < 0 {
				if i = d.longText(s, i); i < 0 {
					return -1
				}
				continue
			}
			if s.do == takeText {
				s.sink.setText(row, b[i:i+n])
			}
			i += n
			continue
		case takeInteger:
			w := load(b, i)
			if n := digits8(w); n > 0 && n < 8 && (n == 1 || byte(w) != '0') {
				s.sink.setInt(row, int64(number8(w, n)))
				i += n
				continue
			}
		case takeReal:
			if f, end := fastReal(b, i); end > 0 {
				s.sink.setReal(row, f)
				i = end
				continue
			}
		case takeTime:
			if t, end := s.sink.clock.stamp(b, i); end > 0 && end < len(b) && b[end] == '"' {
				s.sink.setInt(row, int64(t))
				i = end
				continue
			}
		case passValue, passNumber:
			if i = d.skip(i); i < 0 {
				return -1
			}
			continue
		case endObject:
			return i
		}
		if s.inside {
			i--
		}
		if i = d.value(s.field, i); i < 0 {
			return -1
		}
		if s.inside {
			i--
		}
	}
	return -1
}

// longText returns the closing quote of a string that has more than 23
// characters or odd ones.
func (d *jsonDecoder) longText(s *member, i int) int {
	if s.do == takeText {
		return d.value(s.field, i-1) - 1
	}
	end, _ := stringEnd(d.data, i)
	return end
}

// plainText returns the length of a text that ends with a quote within the 24
// bytes of b and has only printable ASCII without escapes before; else -1.
func plainText(b []byte) int {
	n := 0
	m := unplain(load(b, 0))
	if m == 0 {
		n = 8
		if m = unplain(load(b, 8)); m == 0 {
			n = 16
			if m = unplain(load(b, 16)); m == 0 {
				return -1
			}
		}
	}
	n += bits.TrailingZeros64(m) >> 3
	if b[n] != '"' {
		return -1
	}
	return n
}

// unplain marks the bytes of w that are a quote, a backslash, a control
// character or not ASCII.
func unplain(w uint64) uint64 {
	q, s := w^quotes, w^slants
	return ((q-ones)&^q | (s-ones)&^s | (w-spaces)&^w | w) & highs
}

// learn makes the template of a record, an object that was read in full. One
// of an unusual spelling gives none.
func (d *jsonDecoder) learn(rec []byte) {
	t := &d.template
	t.members = t.members[:0]
	whole := d.data
	d.data = rec
	if !d.learnMembers(rec) {
		t.members = t.members[:0]
	}
	d.data = whole
}

func (d *jsonDecoder) learnMembers(rec []byte) bool {
	t := &d.template
	for i, from := 0, 0; ; {
		i = d.space(i + 1) // after { or ,
		if i >= len(rec) || rec[i] != '"' || len(t.members) == membersMax {
			return false
		}
		end, odd := stringEnd(rec, i+1)
		if odd&escapes != 0 || end < 0 {
			return false
		}
		f := d.root.find(rec[i+1 : end])
		if f != nil && t.has(f) {
			f = nil // of two equal keys the first counts
		}
		at := d.space(d.space(end+1) + 1)
		m := t.add(rec, from, at, f)
		if i = d.skip(at); i < 0 || i >= len(rec) {
			return false
		}
		if from = i; m.inside {
			from--
		}
		if rec[i] == '}' && i == len(rec)-1 {
			t.next(endObject).expect(rec[from:])
			return true
		}
		if rec[i] != ',' {
			return false // white space before a separator
		}
	}
}

func (t *template) has(f *field) bool {
	for i := range t.members {
		if t.members[i].field == f {
			return true
		}
	}
	return false
}

// add appends the member of rec whose separator is at from and whose value is
// at at.
func (t *template) add(rec []byte, from, at int, f *field) *member {
	quoted := rec[at] == '"'
	m := t.next(passValue)
	switch {
	case f != nil:
		m.do, m.sink, m.field = f.action(rec[at:]), f.one, f
	case quoted:
		m.do = passText
	case rec[at]-'0' <= 9:
		m.do = passNumber
	}
	if m.inside = quoted && m.do != readValue; m.inside {
		at++
	}
	m.expect(rec[from:at])
	return m
}

// next appends a member, in the memory of an earlier one.
func (t *template) next(do action) *member {
	n := len(t.members)
	if n < cap(t.members) {
		t.members = t.members[:n+1]
	} else {
		t.members = append(t.members, member{})
	}
	m := &t.members[n]
	*m = member{do: do, raw: m.raw}
	return m
}

// expect sets what must stand before the value.
func (m *member) expect(raw []byte) {
	m.raw = append(m.raw[:0], raw...)
	m.size, m.more = uint32(len(raw)), m.raw[min(len(raw), 16):]
	var pad, mask [16]byte
	for i := range copy(pad[:], raw) {
		mask[i] = 0xff
	}
	m.w0, m.w1, m.m0, m.m1 = load(pad[:], 0), load(pad[:], 8), load(mask[:], 0), load(mask[:], 8)
	m.need = max(len(m.raw), 16) + ahead
}

// action returns how the values of a wanted field are read, given what begins
// with one. A number may stand in quotes.
func (f *field) action(raw []byte) action {
	quoted := raw[0] == '"'
	if quoted {
		raw = raw[1:]
	}
	digit := len(raw) > 0 && raw[0]-'0' <= 9
	switch {
	case f.one == nil:
	case f.read == readText && quoted:
		return takeText
	case f.read == readInteger && digit:
		return takeInteger
	case f.read == readReal && digit:
		return takeReal
	case f.read == readTime && quoted && f.one.clock.mode == auto:
		return takeTime
	}
	return readValue
}
