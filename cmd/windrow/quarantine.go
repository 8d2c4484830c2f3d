package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/query/output"
)

type quarantineCmd struct {
	List  quarantineListCmd  `cmd:"" help:"Say which records rollups could not use, by rollup and reason."`
	Show  quarantineShowCmd  `cmd:"" help:"Show these records."`
	Retry quarantineRetryCmd `cmd:"" help:"Try them again."`
}

// quarantined says which records are meant.
type quarantined struct {
	Rollup string `placeholder:"NAME" help:"Only those of one rollup."`
	Stream string `placeholder:"NAME" help:"Only those of one stream."`
}

type quarantineListCmd struct {
	quarantined
	outputFlags
}

// Help implements kong.HelpProvider.
func (quarantineListCmd) Help() string {
	return `A record is in quarantine once for each rollup that could not use it. Values and numbers in reasons are taken together: 'oops' and 'n/a' are one reason.

Examples:

	windrow quarantine list
	windrow quarantine list --rollup latency_1m --json`
}

// cause is a kind of reason for which a rollup could not use records.
type cause struct {
	rollup, reason string
	count          int64
	first, last    position
	sample         string
}

// position is where a record begins.
type position struct {
	split  int64
	path   string
	offset int64
}

func (p position) String() string { return fmt.Sprintf("%s:%d", p.path, p.offset) }

func (c *quarantineListCmd) Run(ctx context.Context, s *streams, g *globals) error {
	db, err := openReader(g.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	causes, err := c.causes(ctx, db)
	if err != nil {
		return err
	}
	if c.outputFlags == (outputFlags{}) && s.outTerminal() {
		return printCauses(s.out, causes)
	}
	k, err := c.open(s)
	if err != nil {
		return err
	}
	if err := k.end(writeCauses(k.enc, causes)); err != nil {
		return err
	}
	c.report(s, int64(len(causes)))
	return nil
}

func writeCauses(k output.Encoder, causes []*cause) error {
	if err := k.Begin([]output.Column{{Name: "rollup"}, {Name: "reason"}, {Name: "count"}, {Name: "first"}, {Name: "last"}, {Name: "sample"}}); err != nil {
		return err
	}
	for _, c := range causes {
		if err := k.Row([]any{c.rollup, c.reason, c.count, c.first.String(), c.last.String(), c.sample}); err != nil {
			return err
		}
	}
	return k.End()
}

// printCauses writes the causes for people: three lines each, below their
// rollup.
func printCauses(w io.Writer, causes []*cause) error {
	if len(causes) == 0 {
		_, err := fmt.Fprintln(w, "no record is in quarantine")
		return err
	}
	var b strings.Builder
	rollup := ""
	for _, c := range causes {
		if c.rollup != rollup {
			rollup = c.rollup
			fmt.Fprintf(&b, "%s\n", shown(rollup))
		}
		fmt.Fprintf(&b, "%9s  %s\n", thousands(c.count), short(c.reason, 88))
		if c.count == 1 {
			fmt.Fprintf(&b, "           at %s\n", tail(c.first.String(), 84))
		} else {
			fmt.Fprintf(&b, "           from %s to %s\n", tail(c.first.String(), 40), tail(c.last.String(), 40))
		}
		fmt.Fprintf(&b, "           %s\n", short(c.sample, 88))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// causes counts the records by rollup and kind of reason, the most frequent
// ones of a rollup first.
func (q *quarantined) causes(ctx context.Context, db *sqlx.DB) ([]*cause, error) {
	tx, err := db.BeginTxx(ctx, nil) // one snapshot
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	where, args, err := q.where(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryxContext(ctx, "SELECT rollup, reason, split, path, offset FROM windrow_quarantine"+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[[2]string]*cause{}
	var causes []*cause
	for rows.Next() {
		var rollup, reason string
		var at position
		if err := rows.Scan(&rollup, &reason, &at.split, &at.path, &at.offset); err != nil {
			return nil, err
		}
		k := [2]string{rollup, reasonKind(reason)}
		c := found[k]
		if c == nil {
			c = &cause{rollup: rollup, reason: k[1], first: at}
			found[k] = c
			causes = append(causes, c)
		}
		c.count, c.last = c.count+1, at
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(causes, func(a, b *cause) int {
		if a.rollup != b.rollup {
			return strings.Compare(a.rollup, b.rollup)
		}
		return int(b.count - a.count)
	})
	return causes, sample(ctx, tx, causes)
}

// sample adds the first record of each cause.
func sample(ctx context.Context, tx *sqlx.Tx, causes []*cause) error {
	for _, c := range causes {
		err := tx.GetContext(ctx, &c.sample, "SELECT record FROM windrow_quarantine WHERE rollup = ? AND split = ? AND offset = ?", c.rollup, c.first.split, c.first.offset)
		if err != nil {
			return err
		}
	}
	return nil
}

// where is the condition that q stands for; naming nothing that exists is a
// mistake.
func (q *quarantined) where(ctx context.Context, tx *sqlx.Tx) (condition string, args []any, err error) {
	var parts []string
	for _, f := range []struct{ flag, name, column, names string }{
		{"rollup", q.Rollup, "rollup", "SELECT name FROM windrow_rollups ORDER BY name"},
		{"stream", q.Stream, "stream", "SELECT name FROM windrow_streams ORDER BY name"},
	} {
		if f.name == "" {
			continue
		}
		var names []string
		if err := tx.SelectContext(ctx, &names, f.names); err != nil {
			return "", nil, err
		}
		i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, f.name) })
		if i < 0 {
			return "", nil, fmt.Errorf("no %s named %s; there are %s", f.flag, f.name, strings.Join(names, ", "))
		}
		parts, args = append(parts, f.column+" = ?"), append(args, names[i])
	}
	if len(parts) > 0 {
		condition = " WHERE " + strings.Join(parts, " AND ")
	}
	return condition + " ORDER BY rollup, split, offset", args, nil
}

var (
	ofColumn   = regexp.MustCompile(`^[^:']+: `)
	quotedText = regexp.MustCompile(`'(?:[^']|'')*'`)
	number     = regexp.MustCompile(`-?\b[0-9][0-9a-zA-Z.+-]*`)
)

// reasonKind takes the values out of a reason: status: '…' is not an INTEGER.
// What stands in quotes in a reason that names no column is part of it.
func reasonKind(reason string) string {
	column := ofColumn.FindString(reason)
	rest := reason[len(column):]
	if column != "" {
		rest = quotedText.ReplaceAllString(rest, "'…'")
	}
	return column + number.ReplaceAllString(rest, "N")
}
