package report

import (
	"fmt"
	"time"

	"github.com/windrow/windrow/query/output"
)

// Bounds of what a page shows.
const (
	maxRows    = 2000    // of a section; more are counted
	maxText    = 300     // characters of a cell
	maxTitle   = 2000    // characters of a cell's full text, where it is cut
	maxTitles  = 4 << 20 // bytes of all such texts of a section; further ones are cut only
	maxBlob    = 16      // bytes of a blob
	maxFigures = 6       // a single row of so many columns is shown as figures
)

// section collects what a page shows of one result: the first rows, and the
// columns for charts. It is the encoder of the section; End hands the section
// to the page.
type section struct {
	title  string
	cols   []*column
	rows   [][]any // the first maxRows
	total  int64
	titles int // bytes of long texts that are kept
	done   func(*section) error
}

var _ output.Encoder = (*section)(nil)

func (s *section) Begin(cols []output.Column) error {
	for _, c := range cols {
		s.cols = append(s.cols, newColumn(c.Name))
	}
	return nil
}

func (s *section) Row(vals []any) error {
	for i, v := range vals {
		switch v.(type) {
		case nil, int64, float64, string, []byte:
		default:
			return fmt.Errorf("cannot write a value of type %T", v)
		}
		if s.total < s.points() {
			s.cols[i].add(v)
		}
	}
	if len(s.rows) < maxRows {
		s.rows = append(s.rows, s.keep(vals))
	}
	s.total++
	return nil
}

func (s *section) End() error { return s.done(s) }

// points is how many rows charts are made of.
func (s *section) points() int64 { return int64(min(maxPoints, maxValues/max(1, len(s.cols)))) }

// keep copies a row, without what no cell shows.
func (s *section) keep(vals []any) []any {
	row := make([]any, len(vals))
	for i, v := range vals {
		switch v := v.(type) {
		case string:
			row[i] = s.keepText(v)
		case []byte:
			row[i] = blob{bytes: append([]byte{}, v[:min(len(v), maxBlob)]...), size: len(v)}
		default:
			row[i] = v
		}
	}
	return row
}

// keepText cuts text to what fits into a title, or into a cell if there are
// many long ones.
func (s *section) keepText(text string) string {
	if len(text) <= maxText {
		return text
	}
	most := maxTitle
	if s.titles > maxTitles {
		most = maxText
	}
	short, more := cut(text, most)
	if more {
		short = short + "…"
	}
	s.titles += len(short)
	return short
}

// blob is the beginning of a blob.
type blob struct {
	bytes []byte
	size  int
}

func (b blob) String() string {
	if b.size > len(b.bytes) {
		return fmt.Sprintf("x'%x…' (%d bytes)", b.bytes, b.size)
	}
	return fmt.Sprintf("x'%x'", b.bytes)
}

// charts draws what there is to see, "" for nothing.
func (s *section) charts(zone *time.Location) (drawn string, course bool) {
	if s.total < 2 {
		return "", false
	}
	lines := lineCharts(s.cols)
	if len(lines) > 0 {
		drawn = drawLines(lines, zone)
	} else if c := barCharts(s.cols, zone); c != nil {
		drawn = c.draw()
	}
	if n := s.points(); drawn != "" && s.total > n {
		drawn += fmt.Sprintf("<p class=\"quiet\">Drawn from the first %d rows.</p>\n", n)
	}
	return drawn, len(lines) > 0
}
