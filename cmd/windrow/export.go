package main

import (
	"context"
	"time"

	"github.com/windrow/windrow/query"
)

type exportCmd struct {
	What      string            `arg:"" name:"name" help:"A rollup, or a SELECT."`
	Since     string            `placeholder:"TIME" help:"Only windows that start at this time or later: '2026-03-01', '2026-03-01T12:00:00Z', or '1 hour' before now."`
	Until     string            `placeholder:"TIME" help:"Only windows that start before this time."`
	OnlyFinal bool              `help:"Only windows that the watermark has passed."`
	Param     map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"Value of :NAME in a SELECT; may be repeated."`
	Timeout   time.Duration     `default:"0" placeholder:"TIME" help:"Stop after this time, like 30s or 5m (never)."`
	outputFlags
}

// Help implements kong.HelpProvider.
func (exportCmd) Help() string {
	return `A rollup is written in the order of its windows, as it is at one moment, also while a run writes the store. With -o the file appears only when it is complete; after an error or Ctrl-C an older one is as it was.

CSV reads back to the last bit: NULL is an empty field, empty text is "".

Examples:

	windrow export latency_1m -o latency.csv
	windrow export latency_1m --since 2026-03-01 --until 2026-04-01 --only-final -o march.csv.zst
	windrow export latency_1m --since '1 hour' --ndjson
	windrow export "SELECT host, sum(n) AS n FROM latency_1m GROUP BY host" -o hosts.md`
}

func (c *exportCmd) Run(ctx context.Context, s *streams, g *globals) error {
	if c.Timeout < 0 {
		return wrongUsage("--timeout cannot be negative")
	}
	db, err := openReader(g.Store)
	if err != nil {
		return err
	}
	defer db.Close()
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
	k, err := c.open(s)
	if err != nil {
		return err
	}
	r, err := query.Run(ctx, db, q, k.enc)
	if err := k.end(err); err != nil {
		return err
	}
	c.report(s, r.Rows)
	return nil
}
