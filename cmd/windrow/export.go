package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/export"
	"github.com/windrow/windrow/query/output"
)

type exportCmd struct {
	What        string            `arg:"" name:"name" help:"A rollup, or a SELECT."`
	Since       string            `placeholder:"TIME" help:"Only windows that start at this time or later: '2026-03-01', '2026-03-01T12:00:00Z', or '1 hour' before now."`
	Until       string            `placeholder:"TIME" help:"Only windows that start before this time."`
	OnlyFinal   bool              `help:"Only windows that the watermark has passed."`
	PartitionBy string            `placeholder:"day|COLUMN" help:"Make -o a folder with one file for each day, or for each value of a column."`
	Manifest    bool              `help:"Write a manifest too: rows, SHA-256, windows, watermark, statement."`
	Follow      bool              `help:"Go on until Ctrl-C, and append windows as they become final, each once; csv, tsv, ndjson."`
	Param       map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"Value of :NAME in a SELECT; may be repeated."`
	Timeout     time.Duration     `default:"0" placeholder:"TIME" help:"Stop after this time, like 30s or 5m (never)."`
	cellFlags
	outputFlags
}

// Help implements kong.HelpProvider.
func (exportCmd) Help() string {
	return `A rollup is written in the order of its windows, as it is at one moment, also while a run writes the store. With -o the file appears only when it is complete; after an error or Ctrl-C an older one is as it was.

CSV reads back to the last bit: NULL is an empty field, empty text is "".

With --follow FILE.cursor says how far the file is. It may be killed at any moment; the same command goes on where the file is whole.

Examples:

	windrow export latency_1m -o latency.csv
	windrow export latency_1m --since 2026-03-01 --until 2026-04-01 --only-final -o march.csv.zst
	windrow export latency_1m --since '1 hour' --ndjson
	windrow export latency_1m --partition-by day --manifest --format parquet -o latency/
	windrow export latency_1m --follow -o latency.csv
	windrow export latency_1m --delimiter ';' --time-zone Europe/Berlin -o latency.csv
	windrow export "SELECT host, sum(n) AS n FROM latency_1m GROUP BY host" -o hosts.xlsx`
}

func (c *exportCmd) Run(ctx context.Context, s *streams, g *globals) error {
	f, err := c.check(s)
	if err != nil {
		return err
	}
	cells, err := c.cells(f)
	if err != nil {
		return err
	}
	db, err := openReader(g.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	if c.Follow {
		return c.follow(ctx, s, db, f, cells)
	}
	q, err := query.Export{What: c.What, Since: c.Since, Until: c.Until, OnlyFinal: c.OnlyFinal}.Query(ctx, db)
	if err != nil {
		return err
	}
	q.Warn, q.Timeout = s.warn, c.Timeout
	if q.Params == nil {
		q.Params = c.Param
	} else if len(c.Param) > 0 {
		return wrongUsage("--param goes with a SELECT, not with the name of a rollup")
	}
	snapshot, err := query.Open(ctx, db)
	if err != nil {
		return err
	}
	defer snapshot.Close()
	if c.toStdout() {
		_, err := snapshot.Run(ctx, q, f.New(s.out, cells))
		return err
	}
	return c.write(ctx, s, snapshot, q, export.Options{Format: f, Output: cells, PartitionBy: c.PartitionBy, Name: c.name(), Manifest: c.Manifest, Version: buildVersion()})
}

// write writes to files, and says what to a person.
func (c *exportCmd) write(ctx context.Context, s *streams, snapshot *query.Snapshot, q query.Query, o export.Options) error {
	total, err := c.rows(ctx, snapshot)
	if err != nil {
		return err
	}
	bar := newExportBar(s, total)
	o.Progress = bar.show
	sum, err := export.Write(ctx, snapshot, q, c.Output, o)
	bar.end()
	if err != nil || !s.errTerminal() {
		return err
	}
	if c.PartitionBy == "" {
		fmt.Fprintf(s.err, "wrote %s to %s\n", count(sum.Rows, "row"), c.Output)
		return nil
	}
	fmt.Fprintf(s.err, "wrote %s in %s below %s\n", count(sum.Rows, "row"), count(int64(sum.Files), "file"), c.Output)
	return nil
}

// rows returns how many rows there will be, or -1 if that is not known: a
// rollup without limits has those of its states.
func (c *exportCmd) rows(ctx context.Context, snapshot *query.Snapshot) (int64, error) {
	if c.Since != "" || c.Until != "" || c.OnlyFinal {
		return -1, nil
	}
	all, err := snapshot.Rollups(ctx, strings.Trim(c.What, `"`))
	if err != nil || len(all) != 1 {
		return -1, err
	}
	return all[0].Rows, nil
}

// name is that of the files in a folder and in the manifest: the rollup's, or
// export for a SELECT.
func (c *exportCmd) name() string {
	if strings.ContainsAny(strings.Trim(c.What, `"`), " \t\r\n;(/\\:\"") {
		return ""
	}
	return strings.Trim(c.What, `"`)
}

// follow appends windows as they become final. Its end by a signal is a good one.
func (c *exportCmd) follow(ctx context.Context, s *streams, db *sqlx.DB, f *output.Format, cells output.Options) error {
	o := export.FollowOptions{Format: f, Output: cells, Out: s.out, Since: c.Since, Until: c.Until, Say: s.warn}
	if !c.toStdout() {
		o.Path = c.Output
	}
	done, err := export.Follow(ctx, db, c.What, o)
	if err == nil && o.Path != "" && s.errTerminal() {
		fmt.Fprintf(s.err, "wrote %s of %s to %s\n", count(done.Rows, "row"), count(done.Windows, "window"), c.Output)
	}
	return err
}
