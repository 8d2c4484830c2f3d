// Package syntax turns the text of definition files into trees with byte
// positions, and finds the statements in any SQL text. Nothing is resolved
// here: a name is a name, whatever it may mean.
package syntax

import "strings"

// TokenKind is the kind of a Token.
type TokenKind uint8

const (
	EOF     TokenKind = iota
	Ident             // a bare word, keywords included, or a quoted name
	Number            // 12, 0x1f, 1.5e3, 1_000
	String            // 'text'
	Blob              // x'1f'
	Param             // ?, ?1, :name, @name, $name
	Op                // an operator or a mark
	Comment           // -- to the end of the line, or /* ... */
	Broken            // what Lex has reported already
)

// Token is a word of SQL. Its place in the text is [Pos, End).
type Token struct {
	Kind   TokenKind
	Text   string // of a String or quoted Ident without quotes, else as written
	Quoted bool   // an Ident in quotes, which is never a keyword
	Pos    int
	End    int
}

// Is reports whether the token is the keyword (upper case) or operator.
func (t Token) Is(word string) bool {
	switch t.Kind {
	case Op:
		return t.Text == word
	case Ident:
		return !t.Quoted && strings.EqualFold(t.Text, word)
	}
	return false
}

// reserved are the words that are no names unless they are quoted.
var reserved = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`CREATE SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT AS AND OR NOT IN BETWEEN
		LIKE GLOB REGEXP MATCH ESCAPE IS ISNULL NOTNULL NULL TRUE FALSE CASE WHEN THEN ELSE END CAST WITH DISTINCT
		UNION EXCEPT INTERSECT EXISTS JOIN ON COLLATE`) {
		m[w] = true
	}
	return m
}()

// Reserved reports whether the token is a keyword that cannot be a name.
func (t Token) Reserved() bool {
	return t.Kind == Ident && !t.Quoted && reserved[strings.ToUpper(t.Text)]
}

// Error is a mistake in the text, at the bytes [Pos, End).
type Error struct {
	Pos, End int
	Message  string
	Hint     string // the way out; may be empty
}
