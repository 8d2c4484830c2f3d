package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/ingest"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
)

type verifyCmd struct {
	Name  string   `arg:"" name:"name" help:"A rollup."`
	Files []string `arg:"" optional:"" name:"file" help:"Definition files, or folders of *.sql files (./windrow.sql)."`
}

// Help implements kong.HelpProvider.
func (verifyCmd) Help() string {
	return `Reads again what a rollup has absorbed, as far as the sources still hold it, into a copy of the store that is thrown away, and compares all windows to the last bit. The store itself is only read, during a run as well. What cannot be checked, because files are gone or have changed, is named. It needs room for two copies of the store in the folder for temporary files (TMPDIR).

Examples:

	windrow verify latency_1m
	windrow verify latency_1m pipelines/ --store metrics.db`
}

func (c *verifyCmd) Run(ctx context.Context, s *streams, g *globals) error {
	db, err := openReader(g.Store)
	if err != nil {
		return err
	}
	db.Close()
	defs, err := readToLook(c.Files)
	if err != nil {
		return err
	}
	ru, err := findDefinition(defs.pipeline, c.Name)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "windrow-verify-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	v := &verification{rollup: ru, defs: defs, stored: filepath.Join(dir, "stored.db"), again: filepath.Join(dir, "again.db")}
	if err := v.copy(ctx, g.Store); err != nil {
		return err
	}
	if err := v.replay(ctx, s); err != nil {
		return err
	}
	if err := v.compare(ctx); err != nil {
		return err
	}
	return v.report(ctx, s)
}

// verification compares a rollup with what its sources give again.
type verification struct {
	rollup *schema.Rollup
	defs   *definitions

	stored, again       string // copies of the store: as it is, and with the rollup filled anew
	storedRef, againRef store.RollupRef
	had, has            map[int64][]store.Range // what was absorbed, and what of it could be again
	ingested            ingest.Report
	took                time.Duration

	scope  scope
	result comparison
	dbs    [2]*sqlx.DB // of stored and again, while they are compared
}

// copy makes the copies, and finds out what is to be read again.
func (v *verification) copy(ctx context.Context, from string) error {
	if err := store.Backup(ctx, from, v.stored); err != nil {
		return err
	}
	if err := store.Backup(ctx, v.stored, v.again); err != nil {
		return err
	}
	st, err := store.Open(ctx, v.stored, store.Options{Durability: "process"})
	if err != nil {
		return err
	}
	defer st.Close()
	v.storedRef, err = st.Find(ctx, v.rollup)
	var changed *store.ChangedError
	if errors.As(err, &changed) {
		return fmt.Errorf("cannot verify %s: the store holds it under another definition; name the definition file that it was made with", v.rollup.Name)
	}
	if err != nil {
		return err
	}
	totals, err := st.Totals(ctx)
	if err != nil {
		return err
	}
	v.had, err = st.Ranges(ctx, rollupTotals(totals, v.storedRef.ID).Cohort)
	return err
}

// replay fills the rollup anew in its copy.
func (v *verification) replay(ctx context.Context, s *streams) error {
	st, err := store.Open(ctx, v.again, store.Options{Durability: "process"})
	if err != nil {
		return err
	}
	defer st.Close()
	epoch, err := st.NextEpoch(ctx)
	if err != nil {
		return err
	}
	only := *v.defs.pipeline
	only.Streams, only.Rollups = []*schema.Stream{v.rollup.Stream}, []*schema.Rollup{v.rollup}
	refs, err := st.Register(ctx, &only, store.RegisterOptions{Rebuild: []string{v.rollup.Name}, Discard: math.MaxInt64})
	if err != nil {
		return err
	}
	cohort := refs[0].Cohorts[0]
	v.againRef = cohort.Rollups[0]
	progress, began := newProgress(s), time.Now()
	v.ingested, err = ingest.Once(ctx, ingest.Config{
		Definitions: ingest.Definitions{Files: v.defs.wireFiles(), Env: v.defs.env, Pipeline: &only, Workers: only.Settings.Workers,
			Flush: only.Settings.FlushInterval, Durability: "process"},
		Store: st, Refs: refs, Epoch: epoch, Build: buildVersion(), Within: v.had,
		Command: workerCommand, Log: slog.New(slog.DiscardHandler), Progress: progress.show,
	})
	progress.end()
	v.took = time.Since(began)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	v.has, err = st.Ranges(ctx, cohort.ID)
	return err
}

// errDiffers is the error of a rollup that is not what its sources give.
type errDiffers struct{ text string }

func (e *errDiffers) Error() string { return e.text }

// report says what was checked, and fails if there is a difference.
func (v *verification) report(ctx context.Context, s *streams) error {
	name, r := v.rollup.Name, &v.result
	switch {
	case r.different > v.scope.future:
		return &errDiffers{fmt.Sprintf("%s differs from what its sources give in %s of %s; first\n%s",
			name, thousands(r.different), count(r.rows, "row"), r.first)}
	case r.rows == 0 && v.scope.unchecked > 0:
		return fmt.Errorf("nothing of %s could be checked\n%s", name, strings.TrimRight(v.unchecked(), "\n"))
	}
	fmt.Fprintf(s.out, "%s: %s in %s, the same to the last bit\n", name, count(r.rows-r.different, "row"), count(r.windows, "window"))
	fmt.Fprintf(s.out, "  read again: %s, %s, from %s in %s\n", count(v.ingested.Records, "record"), size(v.scope.bytes), count(v.scope.files, "file"), duration(v.took))
	fmt.Fprint(s.out, v.unchecked())
	return nil
}

// unchecked says what could not be checked, and why; "" if all was.
func (v *verification) unchecked() string {
	var b strings.Builder
	sc := &v.scope
	if sc.unchecked > 0 {
		fmt.Fprintf(&b, "  not checked: %s up to %s, of which events could not be read again\n", count(sc.unchecked, "window"), sc.after[:len("2006-01-02 15:04:05")])
	}
	if v.result.different > 0 {
		fmt.Fprintf(&b, "  not checked: %s that may lack the %s among these events\n", count(v.result.different, "row"), count(sc.future, "event in the future"))
	}
	for i, m := range sc.missing {
		if i == mostLooks {
			fmt.Fprintf(&b, "  and %s more\n", count(int64(len(sc.missing)-i), "file"))
			break
		}
		fmt.Fprintf(&b, "  %s: %s of %s are gone or changed\n", shown(m.path), size(m.bytes), size(m.of))
	}
	return b.String()
}
