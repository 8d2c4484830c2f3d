package store

import (
	"context"
	_ "embed"
	"fmt"
)

//go:embed migrations/1.sql
var version1 string

//go:embed migrations/2.sql
var version2 string

//go:embed migrations/3.sql
var version3 string

// migrations are the steps from an empty file to the newest format;
// user_version counts those that a file has had. A published step is never
// edited.
var migrations = []string{version1, version2, version3}

// migrate brings the store to the newest format in one transaction. The file
// may be empty, or have been emptied by the roll-back of a killed creation.
func (s *Store) migrate(ctx context.Context, steps []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	begin := "BEGIN IMMEDIATE"
	if s.make {
		// Only the first statement that writes to a file can set this; it waits for
		// other writers as BEGIN IMMEDIATE does.
		begin = "BEGIN; PRAGMA auto_vacuum = INCREMENTAL"
	}
	return fail(s.path, "open", s.transact(ctx, begin, func(t *tx) error {
		var id, version, objects int64
		if err := t.get("PRAGMA application_id", nil, &id); err != nil {
			return err
		}
		if err := t.get("PRAGMA user_version", nil, &version); err != nil {
			return err
		}
		if err := t.get("SELECT count(*) FROM sqlite_schema", nil, &objects); err != nil {
			return err
		}
		if id == 0 && version == 0 && objects == 0 {
			id = applicationID
			if _, err := t.exec(fmt.Sprintf("PRAGMA application_id = %d", id)); err != nil {
				return err
			}
		}
		if version > int64(len(steps)) || id != applicationID {
			return checkHeader(s.path, id, version)
		}
		for i := version; i < int64(len(steps)); i++ {
			if err := t.script(steps[i]); err != nil {
				return fmt.Errorf("step %d to the newest format: %w", i+1, err)
			}
		}
		if version == int64(len(steps)) {
			// SQLite opens a read-only file all the same, and says so at the first write.
			_, err := t.exec("UPDATE windrow_meta SET value = value WHERE 0")
			return err
		}
		_, err := t.exec(fmt.Sprintf("PRAGMA user_version = %d", len(steps)))
		return err
	}))
}
