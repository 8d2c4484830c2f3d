package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/windrow/windrow/query"
)

type queryCmd struct {
	SQL     string            `arg:"" optional:"" name:"sql" help:"One statement that only reads; - reads it from standard input."`
	File    string            `short:"f" placeholder:"FILE" help:"Read the statement from FILE."`
	Param   map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"Value of :NAME in the statement; may be repeated."`
	Limit   int64             `placeholder:"N" help:"Stop after N rows."`
	Timeout time.Duration     `default:"10m" placeholder:"TIME" help:"Stop after this time, like 30s or 5m; 0 for never (${default})."`
	outputFlags
}

// Help implements kong.HelpProvider.
func (queryCmd) Help() string {
	return `The statement sees one snapshot of the store, also while a run writes it, and cannot change anything.

Times are text in UTC like '2026-03-01 12:00:00'. ago('1 hour') is a time before now, ts('...') reads any ISO 8601 form.

Examples:

	windrow query "SELECT * FROM latency_1m ORDER BY avg_ms DESC LIMIT 10"
	windrow query "SELECT host, sum(n) FROM latency_1m WHERE window_start >= ago('1 hour') GROUP BY host"
	windrow query --param host=web-1 "SELECT * FROM latency_1m WHERE host = :host" --json
	windrow query -f slow.sql -o slow.csv.gz
	echo "SELECT name, final_before FROM windrow_rollups" | windrow query -`
}

func (c *queryCmd) Run(ctx context.Context, s *streams, g *globals) error {
	q, err := c.query(s.in)
	if err != nil {
		return err
	}
	q.Warn = s.warn
	if c.Limit < 0 || c.Timeout < 0 {
		return wrongUsage("--limit and --timeout cannot be negative")
	}
	db, err := openReader(g.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	k, err := c.open(s)
	if err != nil {
		return err
	}
	r, err := query.Run(ctx, db, q, k.enc)
	if err := k.end(err); err != nil {
		return err
	}
	if r.Truncated {
		fmt.Fprintf(s.err, "stopped after %d rows (--limit)\n", r.Rows)
	}
	c.report(s, r.Rows)
	return nil
}

// query reads the statement from where the flags say.
func (c *queryCmd) query(stdin io.Reader) (query.Query, error) {
	q := query.Query{SQL: c.SQL, Params: c.Param, Limit: c.Limit, Timeout: c.Timeout}
	switch {
	case c.File == "" && c.SQL == "":
		return q, usageError{fmt.Errorf("a statement is missing"), "windrow query"}
	case c.File != "" && c.SQL != "":
		return q, wrongUsage("a statement and -f FILE were given: give one of them")
	case c.File != "" && c.File != "-":
		b, err := os.ReadFile(c.File)
		if err != nil {
			return q, fmt.Errorf("cannot read the statement: %w", err)
		}
		q.SQL, q.Name = string(b), c.File
	case c.File == "-" || c.SQL == "-":
		b, err := io.ReadAll(io.LimitReader(stdin, maxStatement+1))
		if err != nil {
			return q, fmt.Errorf("cannot read the statement from standard input: %w", err)
		}
		q.SQL, q.Name = string(b), "standard input"
	}
	if len(q.SQL) > maxStatement {
		return q, fmt.Errorf("the statement is longer than %d bytes", maxStatement)
	}
	return q, nil
}

// maxStatement is the greatest length of a statement in bytes.
const maxStatement = 1 << 20

func (s *streams) warn(message string) { fmt.Fprintf(s.err, "warning: %s\n", message) }
