package export

import (
	"strings"

	"github.com/windrow/windrow/query/output"
)

// progressEvery is after how many rows progress is told.
const progressEvery = 4096

// tally passes rows on to an encoder and counts them.
type tally struct {
	output.Encoder
	progress func(rows int64) // may be nil

	columns []string
	vals    []any
	rows    int64
	start   int    // the column window_start, or -1
	least   string // window_start; "" if there was none
	most    string
}

// encoder is the tally as an encoder, which is output.Typed where the encoder
// that it passes on to is.
func (t *tally) encoder(typed bool) output.Encoder {
	if typed {
		return typedTally{t}
	}
	return t
}

type typedTally struct{ *tally }

var (
	_ output.Batched = (*tally)(nil)
	_ output.Typed   = typedTally{}
)

func (t typedTally) Kinds(kinds []output.Kind) { t.Encoder.(output.Typed).Kinds(kinds) }

func (t *tally) Begin(cols []output.Column) error {
	t.columns, t.vals = names(cols), make([]any, len(cols))
	t.start = find(t.columns, windowStart)
	return t.Encoder.Begin(cols)
}

func (t *tally) Row(vals []any) error {
	if t.start >= 0 {
		if s, ok := vals[t.start].(string); ok {
			t.see(s)
		}
	}
	t.count(1)
	return t.Encoder.Row(vals)
}

// Rows implements output.Batched.
func (t *tally) Rows(b *output.Batch) error {
	for i := range b.Len() {
		if t.start < 0 {
			break
		}
		if s, ok := b.TextAt(i, t.start); ok {
			t.see(s)
		}
	}
	t.count(b.Len())
	return output.Feed(t.Encoder, b, t.vals)
}

func (t *tally) count(rows int) {
	before := t.rows / progressEvery
	if t.rows += int64(rows); t.progress != nil && t.rows/progressEvery > before {
		t.progress(t.rows)
	}
}

// see counts a window in. It copies what it keeps.
func (t *tally) see(start string) {
	if t.least == "" || start < t.least {
		t.least = strings.Clone(start)
	}
	if start > t.most {
		t.most = strings.Clone(start)
	}
}

func (t *tally) End() error {
	if t.progress != nil {
		t.progress(t.rows)
	}
	return t.Encoder.End()
}

const windowStart = "window_start"

// find returns the place of a name among names in any case, or -1.
func find(names []string, name string) int {
	for i, n := range names {
		if strings.EqualFold(n, name) {
			return i
		}
	}
	return -1
}

func names(cols []output.Column) []string {
	all := make([]string, len(cols))
	for i, c := range cols {
		all[i] = c.Name
	}
	return all
}
