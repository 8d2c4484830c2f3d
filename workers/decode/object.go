package decode

// general reads the object that begins at i and returns the index after it, or
// -1. It goes through all members of this level, whether wanted or not, and is
// the twin of walk.
func (d *jsonDecoder) general(n *node, i int) int {
	b := d.data
	i++
	for first := true; ; first = false {
		f, at, end := d.key(n, i, first)
		if i = at; i < 0 || end {
			return i
		}
		if f == nil || f.seen == d.serial {
			i = d.skip(i)
		} else {
			f.seen = d.serial
			i = d.value(f, i)
		}
		if i < 0 {
			return -1
		}
		if i = d.space(i); i == len(b) || b[i] != ',' {
			return d.close(i, '}')
		}
		i++
	}
}

// close expects the bracket that ends an object or array.
func (d *jsonDecoder) close(i int, bracket byte) int {
	switch {
	case i < len(d.data) && d.data[i] == bracket:
		return i + 1
	case bracket == '}':
		return d.fail(i, "',' or '}' is missing")
	}
	return d.fail(i, "',' or ']' is missing")
}

// key reads a member's key and colon and returns the field and the index of
// the value. end reports an empty object; the index is then that after it.
func (d *jsonDecoder) key(n *node, from int, first bool) (f *field, i int, end bool) {
	b := d.data
	i = d.space(from)
	if first && i < len(b) && b[i] == '}' {
		return nil, i + 1, true
	}
	if i == len(b) || b[i] != '"' {
		return nil, d.fail(i, "a key is missing"), false
	}
	shut, odd := stringEnd(b, i+1)
	if shut < 0 {
		return nil, d.failString(i), false
	}
	key := b[i+1 : shut]
	if odd&escapes != 0 {
		var ok bool
		if d.scratch, ok = appendUnescaped(d.scratch[:0], key); !ok {
			return nil, d.fail(i, "a bad escape in a key"), false
		}
		key = d.scratch
	}
	i = d.space(shut + 1)
	if i == len(b) || b[i] != ':' {
		return nil, d.fail(i, "':' is missing"), false
	}
	return n.find(key), d.space(i + 1), false
}

// elements reads the array that begins at i for its wanted elements.
func (d *jsonDecoder) elements(n *node, i int) int {
	b := d.data
	i = d.space(i + 1)
	if i < len(b) && b[i] == ']' {
		return i + 1
	}
	for index := 0; ; index++ {
		if f := n.at(index); f != nil {
			i = d.value(f, d.space(i))
		} else {
			i = d.skip(d.space(i))
		}
		if i < 0 {
			return -1
		}
		if i = d.space(i); i == len(b) || b[i] != ',' {
			return d.close(i, ']')
		}
		i++
	}
}

// nested reads an object or array that wanted paths lead into. If it is not
// JSON on this level, all columns below are bad.
func (d *jsonDecoder) nested(n *node, i int) int {
	bads := len(d.sheet.b.Bad)
	end := -1
	if d.data[i] == '{' {
		end = d.object(n, i)
	} else {
		end = d.elements(n, i)
	}
	if end >= 0 {
		return end
	}
	why := d.why
	d.why = ""
	if end = d.skip(i); end < 0 {
		return -1
	}
	d.sheet.b.Bad = d.sheet.b.Bad[:bads]
	n.each(func(s *sink) { d.bad(s, "its object is not JSON: "+why) })
	return end
}
