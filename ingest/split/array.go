package split

import "bytes"

// element tracks strings and brackets inside an element of an array. The zero
// element is outside both. Kinds of brackets are not compared: whoever decodes
// the element does.
type element struct {
	depth    int
	str, esc bool
}

// next returns the index, at or after i, of the ',' or ']' that ends the
// element, or -1 if data ends before.
func (e *element) next(data []byte, i int) int {
	for ; i < len(data); i++ {
		if e.str {
			if i = e.inString(data, i); i < 0 {
				return -1
			}
			continue
		}
		switch data[i] {
		case '"':
			e.str = true
		case '{', '[':
			e.depth++
		case '}':
			e.depth = max(e.depth-1, 0)
		case ']':
			if e.depth == 0 {
				return i
			}
			e.depth--
		case ',':
			if e.depth == 0 {
				return i
			}
		}
	}
	return -1
}

// inString returns the index of the closing quote, or -1.
func (e *element) inString(data []byte, i int) int {
	for ; i < len(data); i++ {
		switch {
		case e.esc:
			e.esc = false
		case data[i] == '\\':
			e.esc = true
		case data[i] == '"':
			e.str = false
			return i
		}
	}
	return -1
}

func cutArray(data []byte) (n int, closed bool) {
	var e element
	for {
		i := e.next(data, n)
		if i < 0 {
			return n, false
		}
		if data[i] == ']' {
			return i, true
		}
		n = i + 1
	}
}

// ElementEnd returns the index of the ',' or ']' that ends the element of an
// array at the front of data, or len(data) if it is the last of the data.
func ElementEnd(data []byte) int {
	var e element
	if i := e.next(data, 0); i >= 0 {
		return i
	}
	return len(data)
}

// blank returns how many bytes of white space at the front of data stand
// before an element.
func (k Kind) blank(data []byte) int {
	if k.form != array {
		return 0
	}
	return len(data) - len(bytes.TrimLeft(data, " \t\r\n"))
}
