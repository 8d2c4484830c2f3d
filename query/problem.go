package query

import (
	"strings"
	"unicode/utf8"

	"github.com/windrow/windrow/schema"
)

// Error is a mistake in a statement. Its text shows the place.
type Error struct{ Problem schema.Problem }

func (e *Error) Error() string { return strings.TrimSuffix(e.Problem.Format(), "\n") }

// problem makes the error for the bytes from pos to end of the statement.
func (st *statement) problem(pos, end int, message, hint string) error {
	pos, end = st.offset+min(pos, len(st.sql)), st.offset+end
	start := strings.LastIndexByte(st.text[:pos], '\n') + 1
	line, _, _ := strings.Cut(st.text[start:], "\n")
	return &Error{schema.Problem{
		File: st.name, Pos: pos, End: max(pos, end),
		Line: strings.Count(st.text[:start], "\n") + 1, Col: utf8.RuneCountInString(st.text[start:pos]) + 1,
		Message: message, Hint: hint, Text: visible(strings.TrimSuffix(line, "\r")),
	}}
}

// visible replaces control characters by spaces, one for one, so that a
// statement in a message cannot steer the terminal and the mark stays right.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, s)
}
