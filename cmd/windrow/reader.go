package main

import (
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/schema/store"
)

// openReader opens the store for reading. It never creates one.
func openReader(path string) (*sqlx.DB, error) {
	db, err := store.OpenReader(path, store.ReaderOptions{})
	if errors.Is(err, store.ErrMissing) {
		return nil, fmt.Errorf("no store at %s; run `windrow run FILE` first or name one with --store", path)
	}
	return db, err
}
