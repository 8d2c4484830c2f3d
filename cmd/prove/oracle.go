package main

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// oracle holds the events as they were meant, in SQLite, with one column per
// rollup that says whether it can use the record and two with its window.
type oracle struct {
	db      *sql.DB
	rollups []rollup
	total   int64
}

// computed is the one computed column of the streams.
const computed = "d INTEGER AS (n * 3 + 1)"

func newOracle(ctx context.Context, events []event, rollups []rollup) (*oracle, error) {
	if err := registerAggregates(); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	o := &oracle{db: db, rollups: rollups, total: int64(len(events))}
	if err := o.fill(ctx, events); err != nil {
		db.Close()
		return nil, err
	}
	return o, nil
}

func (o *oracle) close() { o.db.Close() }

func (o *oracle) fill(ctx context.Context, events []event) error {
	var defs, marks []string
	for _, c := range columns {
		defs = append(defs, c.name+" "+c.typ.sqlite())
	}
	defs = append(defs, "event_order INTEGER")
	for i := range o.rollups {
		defs = append(defs, fmt.Sprintf("usable_%d INTEGER, start_%d TEXT, end_%d TEXT", i, i, i))
	}
	if _, err := o.db.ExecContext(ctx, "CREATE TABLE events ("+strings.Join(defs, ", ")+", "+computed+")"); err != nil {
		return err
	}
	for range len(columns) + 1 + 3*len(o.rollups) {
		marks = append(marks, "?")
	}
	tx, err := o.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	insert, err := tx.PrepareContext(ctx, "INSERT INTO events VALUES ("+strings.Join(marks, ", ")+")")
	if err != nil {
		return err
	}
	order := eventOrder(events)
	for i := range events {
		if _, err := insert.ExecContext(ctx, o.row(&events[i], order[i])...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// row is an event as it is stored; cells that are bad are NULL, in rows that
// no rollup that names them can use.
func (o *oracle) row(e *event, order int) []any {
	var row []any
	for _, c := range e.cells {
		if _, isBad := c.(bad); isBad {
			c = nil
		}
		row = append(row, stored(c))
	}
	row = append(row, order)
	for i := range o.rollups {
		q := &o.rollups[i]
		if !usable(e, q.names()) {
			row = append(row, 0, nil, nil)
			continue
		}
		from, to := q.size.bounds(e.cells[0].(moment))
		row = append(row, 1, from.Format(q.size.layout()), to.Format(q.size.layout()))
	}
	return row
}

// eventOrder ranks events by time, file and place.
func eventOrder(events []event) []int {
	index := make([]int, len(events))
	for i := range index {
		index[i] = i
	}
	at := func(e *event) moment { m, _ := e.cells[0].(moment); return m }
	slices.SortFunc(index, func(i, j int) int {
		a, b := &events[i], &events[j]
		return cmp.Or(cmp.Compare(at(a), at(b)), cmp.Compare(a.file, b.file), cmp.Compare(a.order, b.order))
	})
	order := make([]int, len(events))
	for rank, i := range index {
		order[i] = rank
	}
	return order
}

// from is the source that stands for the rollup's windows.
func (o *oracle) from(i int) string {
	return fmt.Sprintf("(SELECT *, start_%d AS window_start, end_%d AS window_end FROM events WHERE usable_%d)", i, i, i)
}

// rows computes the rollup.
func (o *oracle) rows(ctx context.Context, i int) (table, error) {
	return readTable(ctx, o.db, o.rollups[i].query(o.from(i), translate))
}

// counts are a rollup's counters.
type counts struct{ absorbed, filtered, quarantined, expired int64 }

func (o *oracle) counts(ctx context.Context, i int) (counts, error) {
	where := "TRUE"
	if w := o.rollups[i].where; w != "" {
		where = "(" + w + ") IS TRUE"
	}
	var usable int64
	var c counts
	err := o.db.QueryRowContext(ctx, "SELECT count(*), count(*) FILTER (WHERE "+where+") FROM "+o.from(i)).Scan(&usable, &c.absorbed)
	c.filtered, c.quarantined = usable-c.absorbed, o.total-usable
	return c, err
}
