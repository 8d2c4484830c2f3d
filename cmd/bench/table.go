package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// writeTable prints lines of cells in columns, the first line as the header.
// Columns of numbers stand at the right.
func writeTable(out io.Writer, lines [][]string, markdown bool) {
	widths, right := layOut(lines)
	for i, line := range lines {
		writeLine(out, line, widths, right, markdown)
		if i == 0 {
			writeLine(out, rule(widths, right, markdown), widths, right, markdown)
		}
	}
}

// layOut measures the columns.
func layOut(lines [][]string) (widths []int, right []bool) {
	widths, right = make([]int, len(lines[0])), make([]bool, len(lines[0]))
	for c := range widths {
		for i, line := range lines {
			widths[c] = max(widths[c], utf8.RuneCountInString(line[c]))
			if i > 0 && strings.ContainsAny(line[c][:1], "0123456789") {
				right[c] = true
			}
		}
	}
	return widths, right
}

func writeLine(out io.Writer, line []string, widths []int, right []bool, markdown bool) {
	cells := make([]string, len(line))
	for c, text := range line {
		gap := strings.Repeat(" ", widths[c]-utf8.RuneCountInString(text))
		if right[c] {
			cells[c] = gap + text
		} else {
			cells[c] = text + gap
		}
	}
	if markdown {
		fmt.Fprintln(out, "| "+strings.Join(cells, " | ")+" |")
		return
	}
	fmt.Fprintln(out, strings.TrimRight(strings.Join(cells, "  "), " "))
}

// rule is the line below the header.
func rule(widths []int, right []bool, markdown bool) []string {
	line := make([]string, len(widths))
	for c, w := range widths {
		line[c] = strings.Repeat("-", w)
		if markdown && right[c] {
			line[c] = line[c][1:] + ":"
		}
	}
	return line
}

// The comments around what -into replaces.
const (
	tableBegins = "<!-- measured: go run . -into ../../docs/benchmarks.md -->\n"
	tableEnds   = "<!-- end of what was measured -->\n"
)

// between puts text between the two comments of a page.
func between(page, text []byte) ([]byte, error) {
	before, rest, ok := bytes.Cut(page, []byte(tableBegins))
	_, after, ok2 := bytes.Cut(rest, []byte(tableEnds))
	if !ok || !ok2 {
		return nil, errors.New("the two comments around the table are not there")
	}
	return bytes.Join([][]byte{before, []byte(tableBegins), []byte("\n"), text, []byte("\n"), []byte(tableEnds), after}, nil), nil
}

// grouped is a number with commas: 10,000,000.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
