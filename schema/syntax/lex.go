package syntax

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lex returns the tokens of a text, comments included, with an EOF at the end.
// It reads all of SQLite's words, so that it can be used on any query.
func Lex(src string) ([]Token, []Error) {
	l := lexer{src: src, force: -1}
	l.run()
	if at := l.swallowed(); at >= 0 {
		l = lexer{src: src, force: at}
		l.run()
	}
	return l.tokens, l.errors
}

type lexer struct {
	src    string
	i      int
	tokens []Token
	errors []Error
	force  int // the quote here is closed at the end of its line; -1 for none
	open   int // the end of a [ that is not closed, so that no later one is; 0 for none
}

// swallowed finds the likely culprit when the last quote of a text is not
// closed: the first text in quotes of that kind that runs over a line end, or
// into a word, for it has probably swallowed what follows. -1 if there is none.
func (l *lexer) swallowed() int {
	n := len(l.tokens)
	if n < 2 || l.tokens[n-2].Kind != Broken {
		return -1
	}
	open := l.tokens[n-2].Pos
	if q := l.src[open]; q != '\'' && q != '"' && q != '`' {
		return -1
	}
	for _, t := range l.tokens[:n-1] {
		text := l.src[t.Pos:t.End]
		if text[0] != l.src[open] {
			continue
		}
		glued := t.End < len(l.src) && wordLen(l.src[t.End:]) > 0 // 'a.json, format = 'json'
		if strings.Contains(text, "\n") || glued {
			return t.Pos
		}
	}
	return -1
}

func (l *lexer) run() {
	for l.i < len(l.src) {
		l.next()
	}
	l.tokens = append(l.tokens, Token{Kind: EOF, Pos: len(l.src), End: len(l.src)})
}

// next reads one token, or the space before it.
func (l *lexer) next() {
	start := l.i
	r, w := utf8.DecodeRuneInString(l.src[start:])
	switch c := l.src[start]; {
	case unicode.IsSpace(r) || r == '\uFEFF' && start == 0:
		l.i += w
	case l.has("--"):
		l.i = l.lineEnd(start)
		l.add(Comment, start, l.src[start:l.i])
	case l.has("/*"):
		l.comment(start)
	case c == '\'':
		l.quoted(String, start, start, '\'')
	case c == '"' || c == '`':
		l.quoted(Ident, start, start, c)
	case c == '[':
		l.bracketed(start)
	case (c == 'x' || c == 'X') && strings.HasPrefix(l.src[start+1:], "'"):
		l.quoted(Blob, start, start+1, '\'')
	case digit(c) || c == '.' && start+1 < len(l.src) && digit(l.src[start+1]):
		l.number(start)
	case strings.IndexByte("?:@$", c) >= 0:
		l.param(start)
	case wordStart(r):
		l.i += wordLen(l.src[start:])
		l.add(Ident, start, l.src[start:l.i])
	case r == utf8.RuneError && w == 1:
		l.notUTF8(start)
	default:
		l.operator(start, w)
	}
}

func (l *lexer) has(prefix string) bool { return strings.HasPrefix(l.src[l.i:], prefix) }

func (l *lexer) add(k TokenKind, start int, text string) {
	l.tokens = append(l.tokens, Token{Kind: k, Text: text, Pos: start, End: l.i})
}

func (l *lexer) broken(start, end int, hint, format string, args ...any) {
	l.errors = append(l.errors, Error{Pos: start, End: end, Message: fmt.Sprintf(format, args...), Hint: hint})
	l.add(Broken, start, l.src[start:l.i])
}

func (l *lexer) lineEnd(from int) int {
	if n := strings.IndexByte(l.src[from:], '\n'); n >= 0 {
		return from + n
	}
	return len(l.src)
}

func (l *lexer) comment(start int) {
	n := strings.Index(l.src[start+2:], "*/")
	if n < 0 {
		l.i = len(l.src)
		l.broken(start, start+2, "", "this comment is not closed with */")
		return
	}
	l.i = start + 2 + n + 2
	l.add(Comment, start, l.src[start:l.i])
}

// quoted reads text whose first quote stands at open; a doubled quote in it
// stands for one.
func (l *lexer) quoted(k TokenKind, start, open int, quote byte) {
	q := string(quote)
	for end := open + 1; ; {
		n := strings.IndexByte(l.src[end:], quote)
		if n < 0 || l.force == start {
			l.unclosed(start, quote)
			return
		}
		end += n + 1
		if end == len(l.src) || l.src[end] != quote {
			l.i = end
			break
		}
		end++
	}
	text := l.src[open+1 : l.i-1]
	if k == Blob && (len(text)%2 != 0 || strings.Trim(text, "0123456789abcdefABCDEF") != "") {
		l.broken(start, l.i, "x'1f2e'", "a blob has two hexadecimal digits for each byte")
		return
	}
	l.add(k, start, strings.ReplaceAll(text, q+q, q))
	l.tokens[len(l.tokens)-1].Quoted = k == Ident
}

func (l *lexer) unclosed(start int, quote byte) {
	l.i = len(l.src)
	if l.force == start {
		l.i = l.lineEnd(start)
	}
	what := "text"
	if quote != '\'' {
		what = "name in quotes"
	}
	l.broken(start, min(l.lineEnd(start), start+1), "", "this %s is not closed with %c", what, quote)
}

func (l *lexer) bracketed(start int) {
	n := -1
	if l.open == 0 {
		n = strings.IndexByte(l.src[start:], ']')
	}
	if n < 0 {
		l.open = start + 1
		l.i = start + 1
		l.broken(start, start+1, "", "this [ is not closed with ]")
		return
	}
	l.i = start + n + 1
	l.add(Ident, start, l.src[start+1:l.i-1])
	l.tokens[len(l.tokens)-1].Quoted = true
}

func (l *lexer) number(start int) {
	s := l.src
	if strings.HasPrefix(s[start:], "0x") || strings.HasPrefix(s[start:], "0X") {
		l.i = start + 2
		l.digits(hexDigit)
	} else {
		l.digits(digit)
		if l.i < len(s) && s[l.i] == '.' {
			l.i++
			l.digits(digit)
		}
		l.exponent()
	}
	end := l.i
	if n := wordLen(s[end:]); n > 0 {
		l.i += n
	}
	if l.i > end || end == start+2 && s[end-1]|32 == 'x' || s[end-1] == '_' {
		l.broken(start, l.i, "", "%s is not a number", s[start:l.i])
		return
	}
	l.add(Number, start, s[start:l.i])
}

func (l *lexer) digits(ok func(byte) bool) {
	for l.i < len(l.src) && (ok(l.src[l.i]) || l.src[l.i] == '_' && ok(l.src[l.i-1])) {
		l.i++
	}
}

func (l *lexer) exponent() {
	s, i := l.src, l.i
	if i >= len(s) || s[i]|32 != 'e' {
		return
	}
	if i++; i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	if i < len(s) && digit(s[i]) {
		l.i = i
		l.digits(digit)
	}
}

func (l *lexer) param(start int) {
	l.i++
	l.i += wordLen(l.src[l.i:])
	if l.i == start+1 && l.src[start] != '?' {
		hint := ""
		if l.src[start] == '$' {
			hint = "a path stands in quotes: '$.a.b'"
		}
		l.broken(start, l.i, hint, "%q does not belong here", l.src[start:l.i])
		return
	}
	l.add(Param, start, l.src[start:l.i])
}

// notUTF8 reads all the bytes here that are no UTF-8.
func (l *lexer) notUTF8(start int) {
	for l.i < len(l.src) {
		if r, w := utf8.DecodeRuneInString(l.src[l.i:]); r != utf8.RuneError || w != 1 {
			break
		}
		l.i++
	}
	l.broken(start, l.i, "save the file as UTF-8", "the file is not UTF-8 here")
}

// operators are tried in this order: longer ones first.
var operators = []string{"->>", "->", "||", "<>", "<=", ">=", "==", "!=", "<<", ">>", "=>",
	"+", "-", "*", "/", "%", "=", "<", ">", "&", "|", "~", "(", ")", ",", ".", ";"}

// curly are the quotes of word processors.
const curly = "‘’‚‛′´“”„″«»"

func (l *lexer) operator(start, width int) {
	for _, op := range operators {
		if l.has(op) {
			l.i += len(op)
			l.add(Op, start, op)
			return
		}
	}
	l.i += width
	hint := ""
	if c := l.src[start:l.i]; strings.Contains(curly, c) {
		hint = "text stands in straight quotes: 'text'"
		if n := strings.IndexAny(l.src[l.i:l.lineEnd(start)], curly); n >= 0 { // up to the closing one
			_, w := utf8.DecodeRuneInString(l.src[l.i+n:])
			l.i += n + w
		}
	}
	l.broken(start, start+width, hint, "%q does not belong here", l.src[start:start+width])
}

func digit(c byte) bool    { return c >= '0' && c <= '9' }
func hexDigit(c byte) bool { return digit(c) || c|32 >= 'a' && c|32 <= 'f' }

func wordStart(r rune) bool {
	return r == '_' || r > 127 && (unicode.IsLetter(r) || unicode.IsMark(r)) || r|32 >= 'a' && r|32 <= 'z' && r < 128
}

// wordLen returns the number of bytes of the word characters in front of s.
func wordLen(s string) int {
	for i, r := range s {
		if !wordStart(r) && r != '$' && !(r >= '0' && r <= '9') && !(r > 127 && unicode.IsDigit(r)) {
			return i
		}
	}
	return len(s)
}
