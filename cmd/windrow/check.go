package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/windrow/windrow/schema/store"
)

type checkCmd struct {
	Files []string `arg:"" optional:"" name:"file" help:"Definition files, or folders of *.sql files (./windrow.sql)."`
}

// Help implements kong.HelpProvider.
func (checkCmd) Help() string {
	return `Reads the definitions as run does and reports every mistake with its place. It opens no source and no store.

Examples:

	windrow check windrow.sql
	windrow check pipelines/`
}

func (c *checkCmd) Run(ctx context.Context, s *streams, g *globals) error {
	defs, err := readDefinitions(c.Files)
	if err != nil {
		if u := (usageError{}); errors.As(err, &u) {
			u.help = "windrow check"
			return u
		}
		return err
	}
	p := defs.pipeline
	for _, w := range p.Warnings {
		fmt.Fprint(s.err, "warning: "+w.Format())
	}
	if err := checkPlaces(g.Store, defs); err != nil {
		return err
	}
	if err := checkStatements(ctx, defs); err != nil {
		return err
	}
	var names []string
	for _, f := range defs.sources {
		names = append(names, f.Name)
	}
	what := []string{count(int64(len(p.Streams)), "stream"), count(int64(len(p.Rollups)), "rollup")}
	for _, more := range []struct {
		n    int
		unit string
	}{{len(p.Reports), "report"}, {len(p.Alerts), "alert"}} {
		if more.n > 0 {
			what = append(what, count(int64(more.n), more.unit))
		}
	}
	_, err = fmt.Fprintf(s.out, "%s: %s, no mistakes\n", strings.Join(names, ", "), strings.Join(what, ", "))
	return err
}

// checkStatements lets SQLite itself say whether the rollups' views can be read,
// and what of them reports and alerts ask, in a store that is thrown away.
func checkStatements(ctx context.Context, defs *definitions) error {
	dir, err := os.MkdirTemp("", "windrow-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "check.db")
	st, err := store.Open(ctx, path, store.Options{Create: true, Durability: "process"})
	if err != nil {
		return err
	}
	defer st.Close()
	if _, err = st.Register(ctx, defs.pipeline, store.RegisterOptions{}); err != nil {
		return err
	}
	return checkIssued(ctx, path, defs)
}
