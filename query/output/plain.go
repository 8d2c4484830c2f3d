package output

import (
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// null is how formats made for people show NULL.
const null = "NULL"

// appendPlain appends a value as people shall read it. Control characters in
// text are made visible, which also keeps records from steering a terminal.
func appendPlain(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, null...), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case float64:
		return appendReal(b, v), nil
	case string:
		return appendVisible(b, v), nil
	case []byte:
		return append(appendHex(append(b, "x'"...), v), '\''), nil
	}
	return b, fmt.Errorf("cannot write a value of type %T", v)
}

// appendVisible appends s with control characters, characters that change the
// direction of writing, and bytes that are no UTF-8 as \n, \x1b, \u202e.
func appendVisible(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < 0x7f {
			b = append(b, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case c < utf8.RuneSelf:
			b = appendControl(b, c)
		case r == utf8.RuneError && size == 1:
			b = append(b, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
		case hidden(r):
			b = fmt.Appendf(b, "\\u%04x", r)
		default:
			b = append(b, s[i:i+size]...)
		}
		i += size
	}
	return b
}

func appendControl(b []byte, c byte) []byte {
	switch c {
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
}

// hidden reports whether a character is a control, a line separator, or an
// invisible format character other than the joiners that scripts need.
func hidden(r rune) bool {
	if r == 0x200c || r == 0x200d {
		return false
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029
}

func isNumber(v any) bool {
	switch v.(type) {
	case int64, float64:
		return true
	}
	return false
}
