package store

import (
	"context"
	"fmt"
)

// freeShare is the part of the file that may be free pages: what comes next
// fills them, and nothing needs to be moved.
const freeShare = 32

// Vacuum gives up to so many free pages back to the file system, in one
// transaction. More says that there is more to give: a few pages always stay.
// The file gets smaller with the checkpoint after it, once no reader needs
// what was there. A store made in format 1 keeps its pages for new rows.
func (s *Store) Vacuum(ctx context.Context, pages int) (more bool, err error) {
	err = s.write(ctx, "give back free pages of", func(t *tx) error {
		spare, err := t.sparePages()
		if err != nil || spare <= 0 {
			return err
		}
		// Each step of the statement frees a page.
		rows, err := s.conn.QueryxContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", min(int64(max(pages, 1)), spare)))
		if err != nil {
			return err
		}
		for rows.Next() {
		}
		if err := rows.Close(); err != nil {
			return err
		}
		if err := rows.Err(); err != nil {
			return err
		}
		spare, err = t.sparePages()
		more = spare > 0
		return err
	})
	return more && err == nil, err
}

// sparePages is how many free pages may be given back.
func (t *tx) sparePages() (int64, error) {
	var mode, pages, free int64
	err := t.get("SELECT auto_vacuum, page_count, freelist_count FROM pragma_auto_vacuum, pragma_page_count, pragma_freelist_count",
		nil, &mode, &pages, &free)
	if mode == 0 {
		return 0, err
	}
	return free - (pages-free)/freeShare, err
}
