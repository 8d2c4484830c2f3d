package schema

import (
	"fmt"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// Problem is one mistake in a definition file, or a warning.
type Problem struct {
	File    string // as given in Source.Name
	Pos     int    // byte offsets in the file
	End     int
	Line    int // from 1
	Col     int // in characters, from 1
	Message string
	Hint    string // the way out; may be empty
	Text    string // the line it stands on, without its line break
	once    string // of problems of a file that are the same mistake; "" for none
}

// Problems are sorted by file, in the order of the files, and position.
type Problems []Problem

// Format returns the problem as it is shown: where, what, the line, a mark
// under the place, the hint. It ends in a line break.
func (p Problem) Format() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s\n", p.File, p.Line, p.Col, printable(p.Message))
	line, before, length := p.window()
	fmt.Fprintf(&b, "  %s\n  %s%s\n", printable(line), blank(line[:before]), strings.Repeat("^", marks(line[before:before+length])))
	if p.Hint != "" {
		fmt.Fprintf(&b, "  %s\n", printable(p.Hint))
	}
	return b.String()
}

// Format returns all problems as they are shown, one after the other.
func (ps Problems) Format() string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.Format())
	}
	return b.String()
}

// Err returns the problems as one error, or nil if there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return problemsError{ps}
}

type problemsError struct{ Problems }

func (e problemsError) Error() string { return strings.TrimSuffix(e.Format(), "\n") }

// maxShown is the greatest length of a shown line, in bytes: of longer ones
// only the part around the mark is shown.
const maxShown = 160

// window returns the part of the line to show and, in it, the place to mark.
func (p Problem) window() (line string, before, length int) {
	line = p.Text
	before = min(p.bytesBefore(), len(line))
	length = max(0, min(p.End-p.Pos, len(line)-before))
	if len(line) <= maxShown {
		return line, before, length
	}
	from, to := 0, len(line)
	if before > maxShown/2 {
		from = edge(line, before-maxShown/2)
	}
	if to > from+maxShown {
		to = edge(line, from+maxShown)
	}
	return line[from:to], before - from, max(0, min(length, to-before))
}

// bytesBefore returns how many bytes of the line stand before the place.
func (p Problem) bytesBefore() int {
	n := 0
	for i := 1; i < p.Col && n < len(p.Text); i++ {
		_, w := utf8.DecodeRuneInString(p.Text[n:])
		n += w
	}
	return n
}

// edge moves i to the front of the character that it is in. A byte that is
// no UTF-8 is a character of its own.
func edge(s string, i int) int {
	for j := i; j > max(0, i-utf8.UTFMax) && j < len(s); j-- {
		if _, w := utf8.DecodeRuneInString(s[j:]); utf8.RuneStart(s[j]) && j+w > i {
			return j
		}
	}
	return i
}

// blank returns spaces as wide as s; tabs stay.
func blank(s string) string {
	var b strings.Builder
	for _, r := range printable(s) {
		if r == '\t' {
			b.WriteByte('\t')
			continue
		}
		b.WriteString(strings.Repeat(" ", widths.RuneWidth(r)))
	}
	return b.String()
}

// marks returns how many ^ stand under s.
func marks(s string) int {
	return max(1, widths.StringWidth(printable(strings.TrimRight(s, " \t\r"))))
}

// widths are those of characters on a terminal, wherever the program runs.
var widths = &runewidth.Condition{StrictEmojiNeutral: true}

// printable replaces what a terminal would obey instead of showing it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && !unicode.IsPrint(r) && !unicode.IsSpace(r) || r == '\r' || r == '\v' || r == '\f' {
			return '\uFFFD'
		}
		return r
	}, s)
}

// NewProblem is a mistake in the bytes from pos to end of a definition file, for
// who finds one that Load cannot.
func NewProblem(file, text string, pos, end int, message, hint string) Problem {
	p := Problem{File: file, Pos: pos, End: end, Message: message, Hint: hint}
	p.locate(text)
	return p
}

// locate fills in line, column and text from the file's text.
func (p *Problem) locate(text string) {
	p.Pos = edge(text, max(0, min(p.Pos, len(text))))
	p.End = max(p.Pos, min(p.End, len(text)))
	start := strings.LastIndexByte(text[:p.Pos], '\n') + 1
	p.Line = strings.Count(text[:start], "\n") + 1
	p.Col = utf8.RuneCountInString(text[start:p.Pos]) + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	p.Text = strings.TrimSuffix(line, "\r")
}

// finish sorts the problems and leaves out repetitions of one mistake; order
// gives each file's rank.
func (ps Problems) finish(order map[string]int) Problems {
	sort.SliceStable(ps, func(i, j int) bool {
		if a, b := order[ps[i].File], order[ps[j].File]; a != b {
			return a < b
		}
		return ps[i].Pos < ps[j].Pos
	})
	type place struct {
		file     string
		pos, end int
		once     string
	}
	seen := map[place]bool{}
	var out Problems
	for _, p := range ps {
		k := place{p.File, p.Pos, p.End, p.once}
		if p.once != "" {
			k.pos, k.end = 0, 0
		}
		if !seen[k] {
			out = append(out, p)
		}
		seen[k] = true
	}
	return out
}
