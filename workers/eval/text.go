package eval

import (
	"bytes"
	"math"

	"github.com/windrow/windrow/schema/value"
)

// maxText is the greatest length of a text that an expression makes, in bytes.
const maxText = 64 << 20

const tooLong = "a text of more than 64 MB"

// Text functions get arguments that are not NULL as text, and count
// characters, not bytes.

// length counts the characters of a text, up to a NUL.
func length(m *machine, a []cell) (cell, bool) {
	return integer(int64(countChars(upToNUL(m.text(a[0]))))), true
}

func countChars(t []byte) int {
	n := 0
	for i := 0; i < len(t); n++ {
		i += wideLen(t[i:])
	}
	return n
}

// wideLen is charLen where a stray continuation byte takes those that follow
// with it.
func wideLen(t []byte) int {
	n := 1
	if t[0] >= 0x80 {
		for n < len(t) && t[n]&0xc0 == 0x80 {
			n++
		}
	}
	return n
}

func lower(m *machine, a []cell) (cell, bool) { return m.mapBytes(a[0], 'A', 'a'-'A') }
func upper(m *machine, a []cell) (cell, bool) { return m.mapBytes(a[0], 'a', -('a' - 'A')) }

// mapBytes moves the 26 letters from first on by diff. Texts without any of
// them are not copied.
func (m *machine) mapBytes(v cell, first byte, diff int) (cell, bool) {
	t := m.text(v)
	at := 0
	for at < len(t) && t[at]-first >= 26 {
		at++
	}
	if at == len(t) {
		return text(t), true
	}
	out := append(m.arena.take(len(t)), t...)
	for i := at; i < len(out); i++ {
		if out[i]-first < 26 {
			out[i] = byte(int(out[i]) + diff)
		}
	}
	return text(out), true
}

const (
	leftEnd = 1 << iota
	rightEnd
)

func ltrim(m *machine, a []cell) (cell, bool) { return m.trim(a, leftEnd) }
func rtrim(m *machine, a []cell) (cell, bool) { return m.trim(a, rightEnd) }
func trim(m *machine, a []cell) (cell, bool)  { return m.trim(a, leftEnd|rightEnd) }

// trim takes the characters of a[1], spaces without it, off the ends.
func (m *machine) trim(a []cell, ends int) (cell, bool) {
	t := m.text(a[0])
	chars := []byte{' '}
	if len(a) > 1 {
		chars = upToNUL(m.text(a[1]))
	}
	if ends&leftEnd != 0 {
		for n := edge(t, chars, bytes.HasPrefix); n > 0; n = edge(t, chars, bytes.HasPrefix) {
			t = t[n:]
		}
	}
	if ends&rightEnd != 0 {
		for n := edge(t, chars, bytes.HasSuffix); n > 0; n = edge(t, chars, bytes.HasSuffix) {
			t = t[:len(t)-n]
		}
	}
	return text(t), true
}

// edge is the length of the character out of chars that t has at an end, or 0.
func edge(t, chars []byte, has func(t, c []byte) bool) int {
	for len(chars) > 0 {
		n := charLen(chars)
		if has(t, chars[:n]) {
			return n
		}
		chars = chars[n:]
	}
	return 0
}

// substr cuts a[2] characters, all without it, from the one numbered a[1] on.
func substr(m *machine, a []cell) (cell, bool) {
	t := upToNUL(m.text(a[0]))
	from, n := asInt(a[1]), int64(math.MaxInt64)
	if len(a) > 2 {
		n = asInt(a[2])
	}
	switch {
	case from < 0:
		from += int64(countChars(t))
		if from < 0 {
			if n < 0 {
				n = 0
			} else {
				n += from
			}
			from = 0
		}
	case from > 0:
		from--
	case n > 0:
		n--
	}
	if n < 0 {
		n = -max(n, -from)
		from -= n
	}
	t = skipChars(t, from)
	return text(t[:len(t)-len(skipChars(t, n))]), true
}

func skipChars(t []byte, n int64) []byte {
	for ; n > 0 && len(t) > 0; n-- {
		t = t[wideLen(t):]
	}
	return t
}

// replace puts a[2] in the place of every a[1] in a[0]. With nothing to look
// for it does not mind if a[2] is NULL.
func replace(m *machine, a []cell) (cell, bool) {
	if a[0].kind == value.KindNull || a[1].kind == value.KindNull {
		return null, true
	}
	t, old := m.text(a[0]), m.text(a[1])
	if len(old) == 0 || old[0] == 0 {
		return text(t), true
	}
	if a[2].kind == value.KindNull {
		return null, true
	}
	with := m.text(a[2])
	count := bytes.Count(t, old)
	if count == 0 {
		return text(t), true
	}
	size := len(t) + count*(len(with)-len(old))
	if size > maxText {
		return null, false
	}
	out := m.arena.take(size)
	for {
		i := bytes.Index(t, old)
		if i < 0 {
			return text(append(out, t...)), true
		}
		out = append(append(out, t[:i]...), with...)
		t = t[i+len(old):]
	}
}

// instr is the number of the first character of a[1] in a[0].
func instr(m *machine, a []cell) (cell, bool) {
	t, sub := m.text(a[0]), m.text(a[1])
	if len(sub) == 0 {
		return one, true
	}
	for at, n := 0, int64(1); at+len(sub) <= len(t); n++ {
		if bytes.HasPrefix(t[at:], sub) {
			return integer(n), true
		}
		at++
		for at < len(t) && t[at]&0xc0 == 0x80 {
			at++
		}
	}
	return zero, true
}

// hex shows the bytes of a text; NULL is the empty text.
func hex(m *machine, a []cell) (cell, bool) {
	const digits = "0123456789ABCDEF"
	t := m.text(a[0])
	if 2*len(t) > maxText {
		return null, false
	}
	out := m.arena.take(2 * len(t))
	for _, c := range t {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return text(out), true
}

// concat joins what is not NULL.
func concat(m *machine, a []cell) (cell, bool) {
	size := 0
	for i := range a {
		a[i] = m.asText(a[i])
		size += len(a[i].t)
	}
	if size > maxText {
		return null, false
	}
	out := m.arena.take(size)
	for i := range a {
		out = append(out, a[i].t...)
	}
	return text(out), true
}

var typeNames = map[value.Kind][]byte{
	value.KindNull: []byte("null"), value.KindInt: []byte("integer"),
	value.KindReal: []byte("real"), value.KindText: []byte("text"),
}

func typeOf(_ *machine, a []cell) (cell, bool) { return text(typeNames[a[0].kind]), true }
