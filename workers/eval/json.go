package eval

import (
	"bytes"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may lie within each other, as in
// SQLite.
const maxDepth = 1000

const malformed = "malformed JSON"

// jsonReader walks over a JSON text. It knows the JSON of RFC 8259, and like
// SQLite takes control characters in strings.
type jsonReader struct {
	t     []byte
	i     int
	depth int
}

// validJSON reports whether the whole of t is one JSON value.
func validJSON(t []byte) bool {
	r := jsonReader{t: t}
	r.space()
	if !r.value() {
		return false
	}
	r.space()
	return r.i == len(t)
}

func (r *jsonReader) space() {
	for r.i < len(r.t) {
		switch r.t[r.i] {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return
		}
	}
}

func (r *jsonReader) peek() byte {
	if r.i < len(r.t) {
		return r.t[r.i]
	}
	return 0
}

// value skips a value; false if there is none.
func (r *jsonReader) value() bool {
	switch c := r.peek(); c {
	case '{':
		return r.members('}', true)
	case '[':
		return r.members(']', false)
	case '"':
		return r.str()
	case 't':
		return r.word("true")
	case 'f':
		return r.word("false")
	case 'n':
		return r.word("null")
	default:
		return r.number()
	}
}

func (r *jsonReader) word(w string) bool {
	if !bytes.HasPrefix(r.t[r.i:], []byte(w)) {
		return false
	}
	r.i += len(w)
	return true
}

// members skips an array or an object.
func (r *jsonReader) members(end byte, labels bool) bool {
	r.depth++
	if r.depth > maxDepth {
		return false
	}
	r.i++
	r.space()
	if r.peek() == end {
		r.i++
		r.depth--
		return true
	}
	for {
		if labels && !r.label() || !r.value() {
			return false
		}
		r.space()
		c := r.peek()
		r.i++
		if c == end {
			r.depth--
			return true
		}
		if c != ',' {
			return false
		}
		r.space()
	}
}

// label skips a label and its colon.
func (r *jsonReader) label() bool {
	if r.peek() != '"' || !r.str() {
		return false
	}
	r.space()
	if r.peek() != ':' {
		return false
	}
	r.i++
	r.space()
	return true
}

func (r *jsonReader) str() bool {
	for r.i++; r.i < len(r.t); r.i++ {
		switch r.t[r.i] {
		case '"':
			r.i++
			return true
		case 0:
			return false
		case '\\':
			r.i++
			if !r.escape() {
				return false
			}
		}
	}
	return false
}

// escape stands behind the backslash and stops at the last byte it looked at.
func (r *jsonReader) escape() bool {
	switch r.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		if r.i+4 >= len(r.t) {
			return false
		}
		_, ok := hex4(r.t[r.i+1:])
		r.i += 4
		return ok
	}
	return false
}

func hex4(t []byte) (v rune, ok bool) {
	for _, c := range t[:4] {
		v <<= 4
		switch {
		case isDigit(c):
			v |= rune(c - '0')
		case (c|0x20)-'a' < 6:
			v |= rune((c|0x20)-'a') + 10
		default:
			return 0, false
		}
	}
	return v, true
}

func (r *jsonReader) number() bool {
	if r.peek() == '-' {
		r.i++
	}
	if r.peek() == '0' {
		r.i++
	} else if !r.digits() {
		return false
	}
	if r.peek() == '.' {
		r.i++
		if !r.digits() {
			return false
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.i++
		if c := r.peek(); c == '+' || c == '-' {
			r.i++
		}
		return r.digits()
	}
	return true
}

func (r *jsonReader) digits() bool {
	start := r.i
	for isDigit(r.peek()) {
		r.i++
	}
	return r.i > start
}

// find returns the value at a path in a valid JSON text; nil if there is none.
func find(t []byte, path []step) []byte {
	r := jsonReader{t: t}
	r.space()
	for _, s := range path {
		if !r.enter(s) {
			return nil
		}
	}
	start := r.i
	r.value()
	return t[start:r.i]
}

// enter goes to the member that a step leads to.
func (r *jsonReader) enter(s step) bool {
	r.depth = 0
	if s.label == nil {
		return r.peek() == '[' && r.element(s)
	}
	if r.peek() != '{' {
		return false
	}
	for r.first(); r.peek() == '"'; r.next() {
		start := r.i
		r.str()
		label := r.t[start+1 : r.i-1]
		r.space()
		r.i++
		r.space()
		if sameLabel(label, s.label) {
			return true
		}
		r.value()
	}
	return false
}

// first goes to the first member, next from behind one to the following.
func (r *jsonReader) first() {
	r.i++
	r.space()
}

func (r *jsonReader) next() {
	r.space()
	if r.peek() == ',' {
		r.i++
		r.space()
	}
}

func (r *jsonReader) element(s step) bool {
	index := s.index
	if s.fromEnd {
		ahead := *r
		n := uint64(0)
		for ahead.first(); ahead.peek() != ']'; ahead.next() {
			ahead.value()
			n++
		}
		if index > n {
			return false
		}
		index = n - index
	}
	for r.first(); r.peek() != ']'; r.next() {
		if index == 0 {
			return true
		}
		index--
		r.value()
	}
	return false
}

// sameLabel compares a label as it stands in the text with a key.
func sameLabel(label, key []byte) bool {
	if bytes.IndexByte(label, '\\') < 0 {
		return string(label) == string(key)
	}
	return string(unescape(nil, label)) == string(key)
}

// unescape appends the text that the inside of a JSON string stands for.
func unescape(b, s []byte) []byte {
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 || i+1 == len(s) {
			return append(b, s...)
		}
		b = append(b, s[:i]...)
		c := s[i+1]
		s = s[i+2:]
		switch c {
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			b, s = unescapeUnicode(b, s)
		default:
			b = append(b, c)
		}
	}
}

// unescapeUnicode stands behind \u. Half of a surrogate pair is written as if
// it were a character, as SQLite does.
func unescapeUnicode(b, s []byte) (out, rest []byte) {
	if len(s) < 4 {
		return b, nil
	}
	v, _ := hex4(s)
	s = s[4:]
	if v&^0x3ff == 0xd800 && len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
		if low, ok := hex4(s[2:]); ok && low&^0x3ff == 0xdc00 {
			return utf8.AppendRune(b, v&0x3ff<<10+low&0x3ff+0x10000), s[6:]
		}
	}
	if v&^0x7ff == 0xd800 {
		return append(b, byte(0xe0|v>>12), byte(0x80|v>>6&0x3f), byte(0x80|v&0x3f)), s
	}
	return utf8.AppendRune(b, v), s
}

// compact appends a valid JSON value without the spaces between its parts, and
// with control characters in strings escaped.
func compact(b, t []byte) []byte {
	inside := false
	for i := 0; i < len(t); i++ {
		c := t[i]
		switch {
		case inside && c == '\\':
			b = append(b, c)
			i++
			c = t[i]
		case c == '"':
			inside = !inside
		case !inside && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			continue
		case c < ' ':
			b = appendControl(b, c)
			continue
		}
		b = append(b, c)
	}
	return b
}

func appendControl(b []byte, c byte) []byte {
	const short = "btn\x00fr"
	if c >= '\b' && c <= '\r' && c != '\v' {
		return append(b, '\\', short[c-'\b'])
	}
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', '0', '0', '0'+c>>4, digits[c&15])
}
