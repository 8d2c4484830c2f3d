package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"modernc.org/sqlite/vtab"
)

// feedModule is the virtual table module that shows rows of this process to
// SQLite: temp.windrow_rows_<n> has the columns c0 to c<n-1>, and as rowid the
// number of the row. One INSERT ... SELECT from it is about twice as fast as
// a bind per row.
const feedModule = "windrow_rows"

// feed is what the virtual tables of one connection show at the moment. It is
// changed only between statements, under the store's lock.
type feed struct {
	id     int64
	rows   Rows
	pick   []int32      // the rows to show, ascending; nil for all
	tables map[int]bool // widths for which the connection has a table
}

var (
	feeds    sync.Map // id -> *feed, for module.Create
	feedsEnd atomic.Int64
)

func newFeed() *feed {
	f := &feed{id: feedsEnd.Add(1), tables: map[int]bool{}}
	feeds.Store(f.id, f)
	return f
}

func (f *feed) close() { feeds.Delete(f.id) }

// show sets what the tables hold. Nil rows are given when a statement is over,
// so that no memory is kept.
func (f *feed) show(rows Rows, pick []int32) { f.rows, f.pick = rows, pick }

func feedTable(width int) string { return "temp.windrow_rows_" + strconv.Itoa(width) }

// feedColumns lists the columns of a feed: prefix c0, prefix c1, ...
func feedColumns(width int, prefix string) string {
	var b strings.Builder
	for i := range width {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(prefix + "c" + strconv.Itoa(i))
	}
	return b.String()
}

type module struct{}

var _ vtab.Module = module{}

func (module) Create(ctx vtab.Context, args []string) (vtab.Table, error) {
	if len(args) != 5 {
		return nil, errors.New("BUG: windrow_rows takes the feed and the number of columns")
	}
	id, err := strconv.ParseInt(args[3], 10, 64)
	if err != nil {
		return nil, err
	}
	width, err := strconv.Atoi(strings.TrimSpace(args[4]))
	if err != nil {
		return nil, err
	}
	f, ok := feeds.Load(id)
	if !ok {
		return nil, fmt.Errorf("BUG: no feed %d", id)
	}
	return &table{f.(*feed)}, ctx.Declare("CREATE TABLE x(" + feedColumns(width, "") + ")")
}

func (m module) Connect(ctx vtab.Context, args []string) (vtab.Table, error) {
	return m.Create(ctx, args)
}

type table struct{ feed *feed }

func (t *table) BestIndex(info *vtab.IndexInfo) error {
	info.EstimatedCost, info.EstimatedRows = 1e5, 1e5
	return nil
}
func (t *table) Open() (vtab.Cursor, error) { return &cursor{feed: t.feed}, nil }
func (t *table) Disconnect() error          { return nil }
func (t *table) Destroy() error             { return nil }

// cursor walks over the picked rows.
type cursor struct {
	feed *feed
	rows Rows
	pick []int32
	i, n int
	row  int
}

func (c *cursor) Filter(int, string, []vtab.Value) error {
	c.rows, c.pick, c.i = c.feed.rows, c.feed.pick, 0
	switch {
	case c.rows == nil:
		c.n = 0
	case c.pick != nil:
		c.n = len(c.pick)
	default:
		c.n = c.rows.Len()
	}
	c.seek()
	return nil
}

func (c *cursor) seek() {
	c.row = c.i
	if c.pick != nil && c.i < c.n {
		c.row = int(c.pick[c.i])
	}
}

func (c *cursor) Next() error {
	c.i++
	c.seek()
	return nil
}
func (c *cursor) Eof() bool                          { return c.i >= c.n }
func (c *cursor) Column(col int) (vtab.Value, error) { return c.rows.Cell(c.row, col), nil }
func (c *cursor) Rowid() (int64, error)              { return int64(c.row), nil }
func (c *cursor) Close() error                       { return nil }

// needFeed makes the virtual table for so many columns on the connection.
// s.mu is held.
func (s *Store) needFeed(t *tx, width int) error {
	if s.feed.tables[width] {
		return nil
	}
	err := t.script(fmt.Sprintf("CREATE VIRTUAL TABLE %s USING %s(%d, %d)", feedTable(width), feedModule, s.feed.id, width))
	if err == nil {
		s.feed.tables[width] = true
	}
	return err
}
