package store

import (
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
)

// still returns a clock that stands still.
func still(text string) func() time.Time {
	return func() time.Time { return unstamp(text) }
}

// Each reader's ago() counts from its own clock, also while others are open,
// and on all connections of its pool.
func TestReaderNow(t *testing.T) {
	f := newFixture(t)
	want := map[string]string{"2026-03-02 07:00:00": "2026-03-02 06:00:00", "2031-01-01 00:00:00": "2030-12-31 23:00:00"}
	var wg sync.WaitGroup
	defer wg.Wait()
	for now, ago := range want {
		db := must(OpenReader(f.path, ReaderOptions{Now: still(now)}))(t)
		t.Cleanup(func() { db.Close() })
		for range 8 {
			wg.Go(func() {
				for range 20 {
					if got, err := ask(t, db, "SELECT ago('1 hour')"); got != ago || err != nil {
						t.Errorf("before %s: %s, %v", now, got, err)
					}
				}
			})
		}
	}
	db := must(OpenReader(f.path, ReaderOptions{}))(t)
	defer db.Close()
	if got, err := ask(t, db, "SELECT abs(julianday(ago('1 hour')) - julianday('now', '-1 hour')) < 0.01"); got != "1" || err != nil {
		t.Errorf("the clock's hour: %s, %v", got, err)
	}
}

// A clock that moves is asked anew by each statement.
func TestReaderNowMoves(t *testing.T) {
	f := newFixture(t)
	now := unstamp("2026-03-02 07:00:00")
	db := must(OpenReader(f.path, ReaderOptions{Now: func() time.Time { return now }}))(t)
	defer db.Close()
	for _, want := range []string{"2026-03-02 06:00:00", "2026-03-02 07:00:00"} {
		if got, err := ask(t, db, "SELECT ago('1 hour')"); got != want || err != nil {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
		now = now.Add(time.Hour)
	}
}

// A reader with a clock may do no more than others.
func TestReaderNowIsGuarded(t *testing.T) {
	f := newFixture(t)
	db := must(OpenReader(f.path, ReaderOptions{Now: still("2026-03-02 07:00:00")}))(t)
	defer db.Close()
	for _, denied := range []string{"DELETE FROM windrow_meta", "ATTACH 'x' AS x", "PRAGMA query_only = 0", "SELECT load_extension('x')", "SELECT * FROM dbstat"} {
		if _, err := ask(t, db, denied); err == nil {
			t.Errorf("%s is allowed", denied)
		}
	}
	if s := must(ReadStatus(bg, db))(t); s.Epoch != f.epoch {
		t.Errorf("epoch %d", s.Epoch)
	}
	_, err := OpenReader(f.path+"x", ReaderOptions{Now: still("2026-03-02 07:00:00")})
	wantError(t, err, ErrMissing)
}

// What a clock needs is used again after Close, so that thousands of readers
// one after the other do not fill the memory; not while a statement may still
// ask it.
func TestReaderNowIsReused(t *testing.T) {
	f := newFixture(t)
	open := func() *sqlx.DB { return must(OpenReader(f.path, ReaderOptions{Now: still("2026-03-02 07:00:00")}))(t) }
	idle := func() int {
		idleClocks.Lock()
		defer idleClocks.Unlock()
		return len(idleClocks.list)
	}
	open().Close()
	before := idle()
	for range 50 {
		open().Close()
	}
	if got := idle(); got != before {
		t.Errorf("%d idle clocks, then %d", before, got)
	}
	db := open()
	conn := must(db.Connx(bg))(t)
	db.Close()
	conn.Close()
	if got := idle(); got != before-1 {
		t.Errorf("a clock in use was given back: %d idle, then %d", before, got)
	}
}
