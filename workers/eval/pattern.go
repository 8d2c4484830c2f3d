package eval

import "bytes"

// maxPattern is the greatest length of a LIKE or GLOB pattern, in bytes.
const maxPattern = 50000

// element is one piece of a pattern that matches one character, or any number
// of them.
type element struct {
	any   bool // any characters, or none
	one   bool // any one character
	set   *charSet
	char  rune // itself, if nothing else is set
	never bool // an escape with nothing after it, a set without end
}

// charSet is the [...] of GLOB.
type charSet struct {
	invert bool
	ranges [][2]rune
}

func (s *charSet) has(c rune) bool {
	for _, r := range s.ranges {
		if c >= r[0] && c <= r[1] {
			return !s.invert
		}
	}
	return s.invert
}

// pattern is a compiled LIKE or GLOB pattern. Beside its elements it has, for
// the usual shapes, the literal text and where it has to stand.
type pattern struct {
	elements []element
	fold     bool // LIKE: letters A to Z match small ones
	shape    shape
	literal  []byte // small letters where fold is set
}

type shape uint8

const (
	general  shape = iota
	exact          // abc
	prefix         // abc%
	suffix         // %abc
	contains       // %abc%
)

// readChar reads a character as SQLite does: whatever follows a byte of 0xc0
// and above belongs to it. It returns 0 at the end and at a NUL.
func readChar(t []byte) (c rune, size int) {
	if len(t) == 0 || t[0] == 0 {
		return 0, 0
	}
	b := t[0]
	if b < 0xc0 {
		return rune(b), 1
	}
	switch {
	case b < 0xe0:
		c = rune(b & 0x1f)
	case b < 0xf0:
		c = rune(b & 0x0f)
	case b < 0xf8:
		c = rune(b & 0x07)
	default:
		c = rune(b & 0x03)
	}
	for size = 1; size < len(t) && t[size]&0xc0 == 0x80; size++ {
		c = c<<6 + rune(t[size]&0x3f)
	}
	if c < 0x80 || uint32(c)&0xfffff800 == 0xd800 {
		c = 0xfffd
	}
	return c, size
}

// charLen is the number of bytes of the first character of t, which is not
// empty.
func charLen(t []byte) int {
	n := 1
	if t[0] >= 0xc0 {
		for n < len(t) && t[n]&0xc0 == 0x80 {
			n++
		}
	}
	return n
}

// newLike compiles a LIKE pattern; escape is 0 for none.
func newLike(t []byte, escape rune) *pattern {
	p := &pattern{fold: true}
	t = upToNUL(t)
	for len(t) > 0 {
		c, n := readChar(t)
		t = t[n:]
		switch {
		case c == escape && escape != 0:
			c, n = readChar(t)
			t = t[n:]
			p.elements = append(p.elements, element{char: c, never: n == 0})
		case c == '%':
			p.elements = append(p.elements, element{any: true})
		case c == '_':
			p.elements = append(p.elements, element{one: true})
		default:
			p.elements = append(p.elements, element{char: c})
		}
	}
	p.find()
	return p
}

// newGlob compiles a GLOB pattern.
func newGlob(t []byte) *pattern {
	p := &pattern{}
	t = upToNUL(t)
	for len(t) > 0 {
		c, n := readChar(t)
		t = t[n:]
		switch c {
		case '*':
			p.elements = append(p.elements, element{any: true})
		case '?':
			p.elements = append(p.elements, element{one: true})
		case '[':
			s, rest, ok := newSet(t)
			t = rest
			p.elements = append(p.elements, element{set: s, never: !ok})
		default:
			p.elements = append(p.elements, element{char: c})
		}
	}
	p.find()
	return p
}

// newSet reads a set behind its [; ok is false if it does not end.
func newSet(t []byte) (s *charSet, rest []byte, ok bool) {
	s = &charSet{}
	next := func() rune {
		c, n := readChar(t)
		t = t[n:]
		return c
	}
	c := next()
	if c == '^' {
		s.invert = true
		c = next()
	}
	if c == ']' {
		s.ranges = append(s.ranges, [2]rune{c, c})
		c = next()
	}
	before := rune(0)
	for ; c != 0 && c != ']'; c = next() {
		if c == '-' && len(t) > 0 && t[0] != ']' && before > 0 {
			s.ranges = append(s.ranges, [2]rune{before, next()})
			before = 0
			continue
		}
		s.ranges = append(s.ranges, [2]rune{c, c})
		before = c
	}
	return s, t, c == ']'
}

// find sees whether the pattern has one of the usual shapes.
func (p *pattern) find() {
	e := p.elements
	first, last := len(e) > 0 && e[0].any, len(e) > 1 && e[len(e)-1].any
	if first {
		e = e[1:]
	}
	if last {
		e = e[:len(e)-1]
	}
	var lit []byte
	for _, x := range e {
		if x.any || x.one || x.never || x.set != nil || x.char >= 0x80 {
			return
		}
		lit = append(lit, p.lower(byte(x.char)))
	}
	p.literal = lit
	p.shape = [...]shape{exact, suffix, prefix, contains}[b2i(first)+2*b2i(last)]
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (p *pattern) lower(c byte) byte {
	if p.fold && c-'A' < 26 {
		return c + 'a' - 'A'
	}
	return c
}

// match reports whether the whole of t, up to a NUL, is what p describes.
func (p *pattern) match(t []byte) bool {
	if bytes.IndexByte(t, 0) >= 0 {
		t = upToNUL(t)
	}
	l := len(p.literal)
	switch p.shape {
	case exact:
		return len(t) == l && p.same(t)
	case prefix:
		return len(t) >= l && p.same(t[:l])
	case suffix:
		return len(t) >= l && p.same(t[len(t)-l:])
	case contains:
		return p.within(t)
	}
	return p.walk(t)
}

// same reports whether t, as long as the literal, is the literal.
func (p *pattern) same(t []byte) bool {
	if !p.fold {
		return string(t) == string(p.literal)
	}
	for i, c := range p.literal {
		if d := t[i]; d != c && (d-'A' >= 26 || d+'a'-'A' != c) {
			return false
		}
	}
	return true
}

func (p *pattern) within(t []byte) bool {
	if !p.fold {
		return bytes.Contains(t, p.literal)
	}
	l := len(p.literal)
	if l == 0 {
		return true
	}
	low := p.literal[0]
	up := low
	if low-'a' < 26 {
		up = low - 'a' + 'A'
	}
	for i := 0; i+l <= len(t); i++ {
		if c := t[i]; (c == low || c == up) && p.same(t[i:i+l]) {
			return true
		}
	}
	return false
}

// walk matches element by element. When something does not fit, it goes back
// to the last "any" and lets it take one character more, which is enough.
func (p *pattern) walk(t []byte) bool {
	i, at, back, backAt := 0, 0, -1, 0
	for {
		if i < len(p.elements) && p.elements[i].any {
			back, backAt = i, at
			i++
			continue
		}
		c, n := readChar(t[at:])
		if i == len(p.elements) && n == 0 {
			return true
		}
		if i < len(p.elements) && n > 0 && p.elements[i].fits(c, p.fold) {
			i, at = i+1, at+n
			continue
		}
		if back < 0 || backAt >= len(t) {
			return false
		}
		backAt += charLen(t[backAt:])
		i, at = back+1, backAt
	}
}

func (e *element) fits(c rune, fold bool) bool {
	switch {
	case e.never:
		return false
	case e.one:
		return true
	case e.set != nil:
		return e.set.has(c)
	case c == e.char:
		return true
	}
	return fold && c < 0x80 && e.char < 0x80 && lowerASCII(byte(c)) == lowerASCII(byte(e.char))
}

func lowerASCII(c byte) byte {
	if c-'A' < 26 {
		return c + 'a' - 'A'
	}
	return c
}
