package output

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/windrow/windrow/schema/value"
)

// serialOf returns a spreadsheet's number of a point on the wall clock: days
// since 1899-12-30, of which microseconds are just within reach. Spreadsheets
// do not agree about times before March 1900, and have none after 9999.
func serialOf(wall value.Time) (float64, bool) {
	const (
		zero  = value.Time(-2209161600 * value.Second) // 1899-12-30
		first = zero + 61*value.Time(value.Day)        // 1900-03-01
		last  = 2958466                                // 10000-01-01
	)
	if wall < first {
		return 0, false
	}
	since := int64(wall - zero)
	serial := float64(since/value.Day) + float64(since%value.Day)/float64(value.Day)
	return serial, serial < last
}

func unitsUTF16(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}

func firstLine(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' || i == 4*sheetWide {
			return s[:i]
		}
	}
	return s
}

// appendSheetText appends text as XML. What XML cannot hold is _x0001_, as
// Excel writes it; bytes that are no UTF-8 are U+FFFD.
func appendSheetText(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '&' && c != '<' && c != '>' && c != '_' {
			b = append(b, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == '&':
			b = append(b, "&amp;"...)
		case c == '<':
			b = append(b, "&lt;"...)
		case c == '>':
			b = append(b, "&gt;"...)
		case c == '\r':
			b = append(b, "&#13;"...)
		case c == '_' && isEscape(s[i:]):
			b = append(b, "_x005F_"...)
		case c < ' ' && c != '\t' && c != '\n' || r == 0xfffe || r == 0xffff:
			b = fmt.Appendf(b, "_x%04X_", r)
		case r == utf8.RuneError && size == 1:
			b = append(b, "\ufffd"...)
		default:
			b = append(b, s[i:i+size]...)
		}
		i += size
	}
	return b
}

// isEscape reports whether s begins with what Excel would take for _x0001_.
func isEscape(s string) bool {
	if len(s) < 7 || s[1] != 'x' || s[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(s[2:6], 16, 16)
	return err == nil
}
