package store

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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
	chunkMemory
}

var (
	feeds    sync.Map // id -> *feed, for the callbacks of the module
	feedsEnd atomic.Int64
)

func newFeed() *feed {
	f := &feed{id: feedsEnd.Add(1), tables: map[int]bool{}}
	feeds.Store(f.id, f)
	return f
}

// close gives the memory back. No statement may use the feed any more.
func (f *feed) close() {
	feeds.Delete(f.id)
	f.free()
}

// show sets what the tables hold. Nil rows are given when a statement is over,
// so that no memory is kept.
func (f *feed) show(rows Rows, pick []int32) { f.rows, f.pick, f.next = rows, pick, 0 }

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
