package main

import (
	"context"
	"fmt"
	"path/filepath"
)

// flatRow is Windrow's memory for one length of input and one number of keys.
type flatRow struct {
	title  string
	events int
	rows   int
	pss    int64
}

// flat weighs Windrow on a tenth of the events and on all, and with ever more
// keys.
func (b *bench) flat(ctx context.Context) ([]flatRow, error) {
	var table []flatRow
	for i, f := range []struct {
		title string
		part  int
		query query
	}{
		{"W1 NDJSON", 10, inOrder},
		{"W1 NDJSON", 1, inOrder},
		{"by host and region", 1, query{file: "events.ndjson", keys: []string{"host", "region"}}},
		{"W3, by host and path", 1, manyKeys},
		{"by host, path and bytes", 1, query{file: "events.ndjson", keys: []string{"host", "path", "bytes"}}},
	} {
		part := *b
		part.events = max(1, b.events/f.part)
		row, err := part.weighed(ctx, i, f.query)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.title, err)
		}
		row.title = f.title
		b.say("%-8s %s, %d events: %.0f MB", flatName, row.title, row.events, megabytes(row.pss))
		table = append(table, row)
	}
	return table, nil
}

func (b *bench) weighed(ctx context.Context, i int, q query) (flatRow, error) {
	row := flatRow{events: b.events}
	if err := b.ready(q.file); err != nil {
		return row, err
	}
	c, err := b.enter(ctx, windrow(2), q, filepath.Join(b.work(), fmt.Sprintf("%s-%d", flatName, i)))
	if err != nil {
		return row, err
	}
	if row.pss, err = c.weigh(ctx); err != nil {
		return row, err
	}
	count, err := output(ctx, b.windrow, "query", "--format", "tsv", "--store", filepath.Join(c.dir, "r.db"), "SELECT count(*) AS n FROM r")
	if err != nil {
		return row, err
	}
	_, err = fmt.Sscanf(count, "n\n%d", &row.rows)
	return row, err
}

func megabytes(n int64) float64 { return float64(n) / 1e6 }
