package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/query/output"
)

type quarantineShowCmd struct {
	quarantined
	Limit int64 `default:"20" placeholder:"N" help:"So many at most; 0 for all (${default})."`
	outputFlags
}

// Help implements kong.HelpProvider.
func (quarantineShowCmd) Help() string {
	return `Shows the records with their places and reasons, each as far as it was kept: its first 4096 bytes. On a terminal control characters in them are left out.

Examples:

	windrow quarantine show --rollup latency_1m --limit 5
	windrow quarantine show --limit 0 --ndjson -o bad.ndjson`
}

// shownColumns are those of windrow_quarantine that are shown.
var shownColumns = []string{"rollup", "stream", "path", "offset", "reason", "record"}

func (c *quarantineShowCmd) Run(ctx context.Context, s *streams, g *globals) error {
	if c.Limit < 0 {
		return wrongUsage("--limit cannot be negative")
	}
	db, err := openReader(g.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	where, args, err := c.where(ctx, tx)
	if err != nil {
		return err
	}
	if c.outputFlags == (outputFlags{}) && s.outTerminal() {
		c.Format = "line" // records are long
	}
	k, err := c.open(s)
	if err != nil {
		return err
	}
	n, more, err := c.write(ctx, tx, k.enc, where, args, s.outTerminal() && c.toStdout())
	if err := k.end(err); err != nil {
		return err
	}
	if more {
		fmt.Fprintf(s.err, "stopped after %s; --limit 0 shows all\n", count(n, "record"))
	}
	c.report(s, n)
	return nil
}

// write writes the records; clean leaves control characters out.
func (c *quarantineShowCmd) write(ctx context.Context, tx *sqlx.Tx, k output.Encoder, where string, args []any, clean bool) (n int64, more bool, err error) {
	var columns []output.Column
	for _, name := range shownColumns {
		columns = append(columns, output.Column{Name: name})
	}
	if err := k.Begin(columns); err != nil {
		return 0, false, err
	}
	rows, err := tx.QueryxContext(ctx, "SELECT "+strings.Join(shownColumns, ", ")+" FROM windrow_quarantine"+where, args...)
	if err != nil {
		return 0, false, err
	}
	defer rows.Close()
	for rows.Next() {
		if n == c.Limit && c.Limit > 0 {
			return n, true, k.End()
		}
		cells, err := rows.SliceScan()
		if err != nil {
			return n, false, err
		}
		for i, v := range cells {
			if text, ok := v.(string); ok && clean {
				cells[i] = shown(text)
			}
		}
		if err := k.Row(cells); err != nil {
			return n, false, err
		}
		n++
	}
	return n, false, errors.Join(rows.Err(), k.End())
}
