package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// columns are lines of text that are written one below the other. The first
// one has the headings; those that begin with > are right-aligned.
type columns [][]string

// write writes the lines with an indent, two blanks between the columns.
func (c columns) write(w io.Writer, indent string) {
	if len(c) == 0 {
		return
	}
	widths := make([]int, len(c[0]))
	for r, line := range c {
		for i, cell := range line {
			if r == 0 {
				cell = strings.TrimPrefix(cell, ">")
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for r, line := range c {
		var b strings.Builder
		for i, cell := range line {
			right := strings.HasPrefix(c[0][i], ">")
			if r == 0 {
				cell = strings.TrimPrefix(cell, ">")
			}
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if right {
				cell = gap + cell
			} else {
				cell += gap
			}
			b.WriteString("  " + cell)
		}
		fmt.Fprintln(w, strings.TrimRight(indent+b.String()[2:], " "))
	}
}

// shown makes text from outside fit for a terminal: control characters are
// left out.
func shown(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// tail shortens a path to its last n characters.
func tail(path string, n int) string {
	path = shown(path)
	r := []rune(path)
	if len(r) <= n {
		return path
	}
	return "…" + string(r[len(r)-n+1:])
}

// short cuts text after n characters.
func short(s string, n int) string {
	s = shown(s)
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

func orDash(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

// second cuts the fraction of a second off a moment.
func second(s *string) string {
	at, _, _ := strings.Cut(orDash(s), ".")
	return at
}

// clock is the time of day of a moment.
func clock(s string) string { return s[strings.IndexByte(s, ' ')+1:] }

func seconds(f float64) time.Duration { return time.Duration(f * float64(time.Second)) }

// brief writes a number in at most seven characters.
func brief(n int64) string {
	if n < 1_000_000 {
		return thousands(n)
	}
	f, unit := float64(n)/1e6, "M"
	if f >= 1000 {
		f, unit = f/1000, "G"
	}
	return fmt.Sprintf("%.3g %s", f, unit)
}
