package main

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
)

// kind says when two values of a column agree.
type kind int

const (
	isKey      kind = iota // equal texts; rows are in the order of their keys
	isInteger              // equal texts
	isCount                // an integer: the number of values behind the row
	isReal                 // within tolerance
	isQuantile             // within tolerance up to exactCount values, then within sketched
)

type column struct {
	name string
	kind kind
}

// What is allowed between reals, relative to the greater one.
const (
	tolerance = 1e-9
	sketched  = 0.01
)

// exactCount is the number of values up to which a quantile is exact.
const exactCount = 128

// agreement compares two results, CSV with a header, row by row.
type agreement struct {
	columns []column
	names   [2]string // of the two sides, for messages
	exact   bool      // reals are to be equal to the last bit
}

// files compares two files and returns the number of their rows.
func (g *agreement) files(a, b string) (int, error) {
	fa, err := os.Open(a)
	if err != nil {
		return 0, err
	}
	defer fa.Close()
	fb, err := os.Open(b)
	if err != nil {
		return 0, err
	}
	defer fb.Close()
	return g.compare(fa, fb)
}

// compare returns the number of rows, or the first row that differs as an
// error.
func (g *agreement) compare(a, b io.Reader) (int, error) {
	ra, rb := newRows(a, g, 0), newRows(b, g, 1)
	for n := 0; ; n++ {
		okA, err := ra.next()
		if err != nil {
			return n, err
		}
		okB, err := rb.next()
		if err != nil {
			return n, err
		}
		if !okA && !okB {
			return n, nil
		}
		if err := g.row(ra, rb, okA, okB); err != nil {
			return n, err
		}
	}
}

func (g *agreement) row(a, b *rows, okA, okB bool) error {
	keys := g.keys()
	switch order := slices.Compare(a.row[:keys], b.row[:keys]); {
	case !okB, okA && order < 0:
		return fmt.Errorf("%s has a row %q that %s has not", g.names[0], a.row, g.names[1])
	case !okA, order > 0:
		return fmt.Errorf("%s has a row %q that %s has not", g.names[1], b.row, g.names[0])
	}
	count, _ := strconv.Atoi(a.row[slices.IndexFunc(g.columns, func(c column) bool { return c.kind == isCount })])
	for i := keys; i < len(g.columns); i++ {
		if !g.same(g.columns[i].kind, a.row[i], b.row[i], count) {
			return fmt.Errorf("row %q: %s is %s for %s and %s for %s", a.row[:keys], g.columns[i].name, a.row[i], g.names[0], b.row[i], g.names[1])
		}
	}
	return nil
}

// keys is the number of leading key columns.
func (g *agreement) keys() int {
	return slices.IndexFunc(g.columns, func(c column) bool { return c.kind != isKey })
}

func (g *agreement) same(k kind, a, b string, count int) bool {
	if a == b {
		return true
	}
	if g.exact || k == isInteger || k == isCount {
		return false
	}
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	if errA != nil || errB != nil {
		return false
	}
	limit := tolerance
	if k == isQuantile && count > exactCount {
		limit = sketched
	}
	return math.Abs(x-y) <= limit*max(math.Abs(x), math.Abs(y))
}

// rows reads one side.
type rows struct {
	r    *csv.Reader
	g    *agreement
	name string
	row  []string
	last []string // the keys before
	n    int
}

func newRows(r io.Reader, g *agreement, side int) *rows {
	c := csv.NewReader(r)
	c.ReuseRecord, c.FieldsPerRecord = true, len(g.columns)
	return &rows{r: c, g: g, name: g.names[side], row: make([]string, len(g.columns)), last: make([]string, g.keys())}
}

// next reads a row behind the header and reports whether there was one.
func (s *rows) next() (bool, error) {
	if s.n == 0 {
		if _, err := s.r.Read(); err != nil {
			return false, fmt.Errorf("%s: no result: %w", s.name, err)
		}
	}
	row, err := s.r.Read()
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", s.name, err)
	}
	keys := row[:len(s.last)]
	if s.n++; s.n > 1 && slices.CompareFunc(s.last, keys, cmp.Compare) >= 0 {
		return false, fmt.Errorf("%s: row %q is not behind %q", s.name, row, s.last)
	}
	s.row = row
	copy(s.last, keys)
	return true, nil
}
