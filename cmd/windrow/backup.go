package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/windrow/windrow/schema/store"
)

type backupCmd struct {
	File string `arg:"" name:"file" help:"The copy; there must be no file of that name."`
}

// Help implements kong.HelpProvider.
func (backupCmd) Help() string {
	return `Copies the store as it is at one moment, also while a run writes it, into one file that is a store itself. FILE appears when it is complete.

Examples:

	windrow backup windrow-monday.db
	windrow backup --store metrics.db /backup/metrics.db && windrow status --store /backup/metrics.db`
}

func (c *backupCmd) Run(ctx context.Context, s *streams, g *globals) error {
	db, err := openReader(g.Store)
	if err != nil {
		return err
	}
	db.Close()
	err = store.Backup(ctx, g.Store, c.File)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("there is a %s already; choose another name, or remove it", c.File)
	case err != nil:
		return err
	}
	if s.errTerminal() {
		fmt.Fprintf(s.err, "wrote %s to %s\n", size(fileSize(c.File)), c.File)
	}
	return nil
}
