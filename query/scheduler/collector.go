package scheduler

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema/store"
)

// collector is an encoder that keeps the rows of an alert, one of each
// identity.
type collector struct {
	keys []string // columns by which a row is known; none for all without numbers
	name string   // of the alert
	o    output.Options
	cols []output.Column
	at   []int // of keys
	seen map[string]bool
	// What is known comes first: an alert with too many rows does not announce
	// others each time.
	known       map[string]bool
	still, rows []found
	more        int // rows that were not kept
}

func newCollector(j *job, known []store.AlertRow) *collector {
	c := &collector{keys: j.options.Key, name: j.name, o: j.output(), known: map[string]bool{}}
	for _, r := range known {
		c.known[r.Key] = true
	}
	return c
}

// moreKey is the identity of the row that counts others.
const moreKey = `{"more_rows":true}`

// all returns the rows, and one that counts those that are too many.
func (c *collector) all() []found {
	room := max(0, maxRows-len(c.still))
	more := c.more + max(0, len(c.rows)-room)
	rows := append(c.still, c.rows[:min(room, len(c.rows))]...)
	if more > 0 {
		rows = append(rows, found{moreKey, fmt.Appendf(nil, `{"more_rows":%d}`, more)})
	}
	return rows
}

var _ output.Encoder = (*collector)(nil)

func (c *collector) Begin(cols []output.Column) error {
	c.cols, c.at, c.seen = cols, nil, map[string]bool{}
	for _, k := range c.keys {
		i := find(cols, k)
		if i < 0 {
			return unfit{fmt.Errorf("the option key of the alert %s names the column %s, which its statement does not give", c.name, k)}
		}
		c.at = append(c.at, i)
	}
	return nil
}

func find(cols []output.Column, name string) int {
	for i, c := range cols {
		if strings.EqualFold(c.Name, name) {
			return i
		}
	}
	return -1
}

func (c *collector) Row(vals []any) error {
	at := c.at
	if c.keys == nil {
		at = identity(vals)
	}
	key, err := c.object(at, vals, output.Options{}) // never in another zone
	if err != nil || c.seen[string(key)] {
		return err
	}
	if !c.known[string(key)] && len(c.rows) == maxRows {
		c.more++
		return nil
	}
	all := make([]int, len(vals))
	for i := range all {
		all[i] = i
	}
	row, err := c.object(all, vals, c.o)
	c.seen[string(key)] = true
	if c.known[string(key)] {
		c.still = append(c.still, found{string(key), row})
	} else {
		c.rows = append(c.rows, found{string(key), row})
	}
	return err
}

func (c *collector) End() error { return nil }

// identity returns the columns that are neither numbers nor NULL.
func identity(vals []any) []int {
	var at []int
	for i, v := range vals {
		switch v.(type) {
		case string, []byte:
			at = append(at, i)
		}
	}
	return at
}

// object writes some columns of a row as one JSON object.
func (c *collector) object(at []int, vals []any, o output.Options) ([]byte, error) {
	var b bytes.Buffer
	enc := output.Find("ndjson").New(&b, o)
	cols, row := make([]output.Column, len(at)), make([]any, len(at))
	for i, k := range at {
		cols[i], row[i] = c.cols[k], vals[k]
	}
	err := enc.Begin(cols)
	if err == nil {
		err = enc.Row(row)
	}
	if err == nil {
		err = enc.End()
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
