package eval

import (
	"errors"
	"math"
	"strconv"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// step leads from a JSON value to one of its members.
type step struct {
	label   []byte // of an object; nil for an element of an array
	index   uint64
	fromEnd bool // index counts from behind: 1 is the last
}

var errPath = errors.New("bad JSON path")

// parsePath reads a path like $.a."b c"[0][#-1].
func parsePath(t []byte) ([]step, error) {
	t = upToNUL(t)
	if len(t) == 0 || t[0] != '$' {
		return nil, errPath
	}
	path := []step{}
	for t = t[1:]; len(t) > 0; {
		var s step
		var ok bool
		switch t[0] {
		case '.':
			s, t, ok = parseLabel(t[1:])
		case '[':
			s, t, ok = parseIndex(t[1:])
		}
		if !ok {
			return nil, errPath
		}
		path = append(path, s)
	}
	return path, nil
}

func parseLabel(t []byte) (s step, rest []byte, ok bool) {
	if len(t) > 0 && t[0] == '"' {
		return parseQuoted(t[1:])
	}
	i := 0
	for i < len(t) && t[i] != '.' && t[i] != '[' {
		i++
	}
	return step{label: t[:i:i]}, t[i:], i > 0
}

func parseQuoted(t []byte) (s step, rest []byte, ok bool) {
	for i := 0; i < len(t); i++ {
		switch t[i] {
		case '"':
			return step{label: unescape([]byte{}, t[:i])}, t[i+1:], true
		case '\\':
			i++
		}
	}
	return step{}, nil, false
}

// parseIndex reads 3], #] or #-3] (the first of which is after the last).
func parseIndex(t []byte) (s step, rest []byte, ok bool) {
	if len(t) > 0 && t[0] == '#' {
		s.fromEnd = true
		t = t[1:]
		if len(t) > 0 && t[0] == ']' {
			return s, t[1:], true
		}
		if len(t) == 0 || t[0] != '-' {
			return s, nil, false
		}
		t = t[1:]
	}
	i := 0
	for ; i < len(t) && isDigit(t[i]); i++ {
		if s.index < math.MaxUint32 {
			s.index = s.index*10 + uint64(t[i]-'0')
		}
	}
	if i == 0 || i == len(t) || t[i] != ']' {
		return s, nil, false
	}
	return s, t[i+1:], true
}

// arrowPath reads what may stand right of -> and ->>: a path, an index (from
// the end if negative), a label, or [index].
func (m *machine) arrowPath(v cell) ([]step, error) {
	if v.kind == value.KindInt {
		if v.i < 0 {
			return []step{{index: -uint64(v.i), fromEnd: true}}, nil
		}
		return []step{{index: uint64(v.i)}}, nil
	}
	t := upToNUL(m.text(v))
	switch {
	case len(t) > 0 && t[0] == '$':
		return parsePath(t)
	case len(t) >= 3 && t[0] == '[' && t[len(t)-1] == ']':
		return parsePath(append([]byte{'$'}, t...))
	case isName(t):
		return parsePath(append([]byte("$."), t...))
	}
	return parsePath([]byte(`$."` + string(t) + `"`))
}

// isName reports whether t is made of letters, digits and underscores only.
func isName(t []byte) bool {
	for _, c := range t {
		if !isDigit(c) && (c|0x20)-'a' >= 26 && c != '_' {
			return false
		}
	}
	return true
}

// literalPath reads the path of -> ->> or json_extract when it is a literal;
// known is false if it is none, or NULL.
func literalPath(e *schema.Expr) (path []step, known bool, err error) {
	p := e.Args[1]
	if p.Op != schema.OpLiteral || p.Lit.Kind == value.KindNull {
		return nil, false, nil
	}
	path, err = (&machine{}).pathOf(e, literal(p.Lit))
	return path, true, err
}

func (m *machine) pathOf(e *schema.Expr, v cell) ([]step, error) {
	if e.Op == schema.OpCall {
		return parsePath(m.text(v))
	}
	return m.arrowPath(v)
}

// extract compiles j -> path, j ->> path and json_extract(j, path).
func (c *compiler) extract(e *schema.Expr) scalar {
	doc, at := c.plain(e.Args[0]), c.plain(e.Args[1])
	fixed, known, _ := literalPath(e)
	return func(m *machine, row int32) cell {
		j, p := doc(m, row), at(m, row)
		v, ok := either(j, p)
		if j.kind == value.KindNull || v.kind == value.KindBad {
			return v
		}
		t := m.text(j)
		if !validJSON(t) {
			return m.bad(row, malformed, e)
		}
		if !ok {
			return null
		}
		path := fixed
		if !known {
			var err error
			if path, err = m.pathOf(e, p); err != nil {
				return m.bad(row, "bad JSON path "+strconv.Quote(string(m.text(p))), e)
			}
		}
		found := find(t, path)
		if found == nil {
			return null
		}
		if e.Op == schema.OpArrow {
			return m.jsonText(found)
		}
		return m.jsonValue(found)
	}
}

// jsonText is a JSON value as compact text.
func (m *machine) jsonText(t []byte) cell {
	size := len(t)
	for _, c := range t {
		if c < ' ' {
			size += 5
		}
	}
	return text(compact(m.arena.take(size), t))
}

// jsonValue is a JSON value as SQL: numbers, texts and NULL are themselves,
// true and false are 1 and 0, arrays and objects are JSON text.
func (m *machine) jsonValue(t []byte) cell {
	switch t[0] {
	case '{', '[':
		return m.jsonText(t)
	case '"':
		return text(unescape(m.arena.take(len(t)), t[1:len(t)-1]))
	case 't':
		return one
	case 'f':
		return zero
	case 'n':
		return null
	}
	n := parseReal(t)
	if !n.float {
		if i, f := parseInt(t); f == fits {
			return integer(i)
		}
	}
	return cell{kind: value.KindReal, r: n.real}
}
