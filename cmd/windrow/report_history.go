package main

import (
	"context"
	"errors"
	"time"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/schema/store"
)

// historyFlags are those of report history and alert history.
type historyFlags struct {
	Name  string `arg:"" optional:"" help:"Of this one only."`
	Limit int64  `default:"20" placeholder:"N" help:"The last N; 0 for all (${default})."`
	outputFlags
}

type reportHistoryCmd struct{ historyFlags }

// Help implements kong.HelpProvider.
func (reportHistoryCmd) Help() string {
	return `One line for each target of each issue, the newest first. The store keeps the last 1,000 of each report.

Examples:

	windrow report history
	windrow report history morning --limit 100 --csv
	windrow query "SELECT * FROM windrow_issues WHERE state = 'failed'"`
}

type alertHistoryCmd struct{ historyFlags }

// Help implements kong.HelpProvider.
func (alertHistoryCmd) Help() string {
	return `One line for each target of each event, the newest first. The store keeps the last 1,000 of each alert.

Examples:

	windrow alert history
	windrow alert history too_warm --limit 0 --ndjson`
}

func (c *reportHistoryCmd) Run(ctx context.Context, s *streams, g *globals) error {
	return c.write(ctx, s, g, `SELECT i.report, i.slot, i.revision, CASE WHEN i.by_hand THEN 'by hand' ELSE i.state END AS issue, i.attempts AS failures,
  i.rows, d.target, d.state, coalesce(d.place, d.error) AS result, coalesce(d.ended, i.ended) AS at, i.note
FROM windrow_issues i LEFT JOIN windrow_deliveries d ON d.issue = i.id
WHERE i.kind = 'report' AND (:name = '' OR i.report = :name COLLATE NOCASE) ORDER BY i.id DESC, d.target`)
}

func (c *alertHistoryCmd) Run(ctx context.Context, s *streams, g *globals) error {
	return c.write(ctx, s, g, `SELECT i.report AS alert, i.slot, i.kind, i.record, CASE WHEN i.by_hand THEN 'by hand' ELSE i.state END AS issue, i.attempts AS failures,
  d.target, d.state, coalesce(d.place, d.error) AS result, coalesce(d.ended, i.ended) AS at
FROM windrow_issues i LEFT JOIN windrow_deliveries d ON d.issue = i.id
WHERE i.kind <> 'report' AND (:name = '' OR i.report = :name COLLATE NOCASE) ORDER BY i.id DESC, d.target`)
}

func (c *historyFlags) write(ctx context.Context, s *streams, g *globals, sql string) error {
	if c.Limit < 0 {
		return wrongUsage("--limit cannot be negative")
	}
	db, err := openReader(g.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	err = store.HasReports(ctx, db)
	switch {
	case errors.Is(err, store.ErrOlder):
		return errors.New("the store is of an older format, which has no reports; the next windrow run brings it up to date")
	case err != nil:
		return err
	}
	k, err := c.open(s)
	if err != nil {
		return err
	}
	q := query.Query{SQL: sql, Name: "history", Params: map[string]string{"name": c.Name}, Limit: c.Limit, Timeout: time.Minute}
	r, err := query.Run(ctx, db, q, k.enc)
	if err := k.end(err); err != nil {
		return err
	}
	c.report(s, r.Rows)
	return nil
}
