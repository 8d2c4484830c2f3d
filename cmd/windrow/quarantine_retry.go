package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers"
)

type quarantineRetryCmd struct {
	Files  []string `arg:"" optional:"" name:"file" help:"Definition files, or folders of *.sql files (./windrow.sql)."`
	Rollup string   `placeholder:"NAME" help:"Only the records of one rollup."`
}

// Help implements kong.HelpProvider.
func (quarantineRetryCmd) Help() string {
	return `Tries the records again that rollups could not use: after a new version of Windrow, or with another max_record. What a rollup can use now is added to its windows, and leaves the quarantine, in one transaction; the rest stays. A record of which only the beginning was kept is read from its file, if that is still there. It may be done during a run.

Examples:

	windrow quarantine retry windrow.sql
	windrow quarantine retry --rollup latency_1m pipelines/`
}

const (
	retryBatch  = 500              // records in one transaction
	retryLimit  = 30 * time.Second // for one batch, before a record is taken for one that never ends
	retryMemory = 1 << 30          // bytes; a record that takes more ends the process
)

func (c *quarantineRetryCmd) Run(ctx context.Context, s *streams, g *globals) error {
	db, err := openReader(g.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	defs, err := readToLook(c.Files)
	if err != nil {
		return err
	}
	rollups, err := c.rollups(defs.pipeline)
	if err != nil {
		return err
	}
	if err := workers.LimitMemory(retryMemory); err != nil {
		return err
	}
	st, err := openBeside(ctx, g.Store, store.Options{Durability: defs.pipeline.Settings.Durability})
	if err != nil {
		return err
	}
	defer st.Close()
	for _, ru := range rollups {
		if err := retryRollup(ctx, s.out, db, st, ru, c.Rollup != ""); err != nil {
			return err
		}
	}
	return nil
}

// openBeside opens the store for writing, also beside a run. That may be of an
// older version: the store is brought up to date only where there is none.
func openBeside(ctx context.Context, path string, o store.Options) (*store.Store, error) {
	o.Keep = true
	st, err := store.Open(ctx, path, o)
	if !errors.Is(err, store.ErrOlder) {
		return st, err
	}
	release, locked := lockStore(path)
	if locked != nil {
		return nil, fmt.Errorf("%w; %w", err, locked)
	}
	defer release()
	o.Keep = false
	return store.Open(ctx, path, o)
}

// rollups are those whose records are tried.
func (c *quarantineRetryCmd) rollups(p *schema.Pipeline) ([]*schema.Rollup, error) {
	if c.Rollup == "" {
		return p.Rollups, nil
	}
	ru, err := findDefinition(p, c.Rollup)
	return []*schema.Rollup{ru}, err
}

// findDefinition finds a rollup in the definitions by its name in any case.
func findDefinition(p *schema.Pipeline, name string) (*schema.Rollup, error) {
	var names []string
	for _, ru := range p.Rollups {
		if strings.EqualFold(ru.Name, name) {
			return ru, nil
		}
		names = append(names, ru.Name)
	}
	return nil, fmt.Errorf("no rollup named %s in the definitions; there are %s", name, strings.Join(names, ", "))
}

// retryRollup tries all records that a rollup could not use. One that is not
// in the store under this definition is left alone, unless it was named.
func retryRollup(ctx context.Context, out io.Writer, db *sqlx.DB, st *store.Store, ru *schema.Rollup, named bool) error {
	ref, err := st.Find(ctx, ru)
	var changed *store.ChangedError
	switch {
	case errors.As(err, &changed):
		err = fmt.Errorf("%s: the store holds it under another definition, so its records cannot be tried with this one", ru.Name)
		if !named {
			_, err = fmt.Fprintf(out, "%v\n", err)
		}
		return err
	case err != nil && !named:
		return nil // not in the store yet
	case err != nil:
		return err
	}
	t := &retrial{st: st, ref: ref, sources: &sourceRecords{db: db, stream: ru.Stream}, left: map[string]int64{}}
	defer t.sources.close()
	if err := t.all(ctx); err != nil {
		return fmt.Errorf("%s: %w", ru.Name, err)
	}
	return t.print(out)
}

// retrial is one try of all rejects of a rollup.
type retrial struct {
	st            *store.Store
	ref           store.RollupRef
	sources       *sourceRecords
	tried, usable int64
	left          map[string]int64 // by kind of reason: records that still cannot be used
}

func (t *retrial) all(ctx context.Context) error {
	for after := (store.Position{}); ; {
		rejects, err := t.st.Quarantined(ctx, t.ref.ID, after, retryBatch)
		if err != nil || len(rejects) == 0 {
			return err
		}
		if err := t.batch(ctx, rejects); err != nil {
			return err
		}
		last := rejects[len(rejects)-1]
		after = store.Position{Split: last.Split, Offset: last.Offset}
	}
}

func (t *retrial) batch(ctx context.Context, rejects []store.Reject) error {
	var records []workers.RetryRecord
	for _, r := range rejects {
		record, why := t.sources.record(ctx, r)
		if t.tried++; why != "" {
			t.left[why]++
			continue
		}
		records = append(records, record)
	}
	limited, cancel := context.WithTimeout(ctx, retryLimit)
	defer cancel()
	result, err := workers.Retry(limited, t.ref.Rollup.Stream, t.ref, records)
	if err != nil {
		return err
	}
	for _, r := range result.Left {
		t.left[reasonKind(r.Reason)]++
	}
	if len(result.Taken) == 0 {
		return nil
	}
	if err := t.st.Retry(ctx, &result.RetryCommit); err != nil {
		return err
	}
	t.usable += int64(len(result.Taken))
	return nil
}

// print says how many are usable now, and why the others are not.
func (t *retrial) print(out io.Writer) error {
	var b strings.Builder
	name := t.ref.Rollup.Name
	if t.tried == 0 {
		fmt.Fprintf(&b, "%s: nothing in quarantine\n", name)
	} else {
		fmt.Fprintf(&b, "%s: %s of %s usable now\n", name, thousands(t.usable), count(t.tried, "record"))
	}
	reasons := slices.SortedFunc(maps.Keys(t.left), func(a, b string) int {
		if t.left[a] != t.left[b] {
			return int(t.left[b] - t.left[a])
		}
		return strings.Compare(a, b)
	})
	for _, r := range reasons {
		fmt.Fprintf(&b, "%9s  %s\n", thousands(t.left[r]), shown(r))
	}
	_, err := io.WriteString(out, b.String())
	return err
}
