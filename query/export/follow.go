package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema/syntax"
)

// FollowOptions of Follow.
type FollowOptions struct {
	Format *output.Format // one of FollowFormats
	Output output.Options

	Path string    // the file; if empty everything goes to Out
	Out  io.Writer // where nothing is remembered: windows come once per call

	// Since and Until are those of query.Export. Since counts only where the
	// file is begun; with Until, Follow ends when all windows before are final
	// and written.
	Since, Until string

	Say func(message string) // is told of what the user should know; may be nil

	Poll  time.Duration // how often to look at the store; 250 ms if 0
	Check time.Duration // how often at most to look for changes of what is written; 5 s if 0
}

// FollowFormats are the names of the formats that a file can grow in.
var FollowFormats = []string{"csv", "tsv", "ndjson"}

// Followed says what a call of Follow has done.
type Followed struct {
	Rows, Windows int64 // written
	Changed       int64 // windows that were in the file already and are different in the store now
}

// Tests lower these.
var (
	pageRows int64 = 100_000          // after so many rows a page ends with its window
	patience       = 30 * time.Second // how long the store may be unreadable: a run that comes up after a crash holds it for a while
)

// Follow appends the windows of a rollup to a file as they become final, each
// one once, until ctx ends, which is no error. What it was about to write then
// it finishes, up to the end of a window.
//
// How far it is lies in a small file beside the file, PATH.cursor, which is
// written after the data is durable. What the file holds beyond it, because
// the process was killed, is cut off by the next call. Where the file has been
// moved, removed or emptied, a new one goes on after it.
//
// A window that late records change after it was written stays in the file as
// it was. Such changes are counted and said, for the newest windows in the
// file.
func Follow(ctx context.Context, db *sqlx.DB, rollup string, o FollowOptions) (Followed, error) {
	f, err := newFollower(ctx, db, rollup, o)
	if err != nil {
		return Followed{}, err
	}
	defer f.release()
	err = f.run(ctx)
	return f.done, err
}

// follower is one call of Follow.
type follower struct {
	db     *sqlx.DB
	o      FollowOptions
	rollup string // as the store spells it
	until  string // as the store writes times; "" for no end
	cursor cursor
	file   *growing // nil for Out

	begun     bool  // the header is written
	revision  int64 // of the rollup when it was last checked
	nextCheck time.Time
	done      Followed
}

func newFollower(ctx context.Context, db *sqlx.DB, what string, o FollowOptions) (*follower, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if !oneName(what) {
		return nil, fmt.Errorf("only a rollup can be followed: a SELECT has no final windows; give the name of a rollup")
	}
	q, err := query.Export{What: what, Since: o.Since, Until: o.Until}.Query(ctx, db)
	if err != nil {
		return nil, err
	}
	f := &follower{db: db, o: o, until: q.Params["until"], revision: -1}
	if f.rollup, err = rollupOf(ctx, db, what); err != nil {
		return nil, err
	}
	f.cursor = newCursor(f.rollup, q.Params["since"], o)
	if o.Path == "" {
		return f, nil
	}
	if f.file, err = openGrowing(o.Path, &f.cursor, f.say); err != nil {
		return nil, err
	}
	f.begun = f.cursor.Size > 0
	return f, nil
}

func (o *FollowOptions) check() error {
	if find(FollowFormats, o.Format.Name) < 0 {
		return fmt.Errorf("a file of format %s cannot grow; to follow take one of %s", o.Format.Name, strings.Join(FollowFormats, ", "))
	}
	if o.Path != "" && compressed(o.Path) {
		return fmt.Errorf("a compressed file cannot grow: to follow take a name without .gz or .zst")
	}
	if o.Poll == 0 {
		o.Poll = 250 * time.Millisecond
	}
	if o.Check == 0 {
		o.Check = 5 * time.Second
	}
	return o.Output.Check()
}

func oneName(s string) bool {
	tokens, _ := syntax.Lex(s)
	return len(tokens) == 2 && tokens[0].Kind == syntax.Ident
}

// rollupOf returns the name of a rollup as the store spells it.
func rollupOf(ctx context.Context, db *sqlx.DB, what string) (string, error) {
	tokens, _ := syntax.Lex(what)
	var found []string
	err := db.SelectContext(ctx, &found, "SELECT name FROM windrow_rollups WHERE name = ? COLLATE NOCASE", tokens[0].Text)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%s is no rollup: only the windows of a rollup become final", what)
	}
	if err != nil {
		return "", err
	}
	var starts int
	err = db.GetContext(ctx, &starts, "SELECT count(*) FROM pragma_table_info(?) WHERE name = 'window_start' COLLATE NOCASE", found[0])
	if err == nil && starts == 0 {
		err = fmt.Errorf("%s shows no window_start: --follow needs it", found[0])
	}
	return found[0], err
}

func (f *follower) release() {
	if f.file != nil {
		f.file.close()
	}
}

func (f *follower) say(format string, args ...any) {
	if f.o.Say != nil {
		f.o.Say(fmt.Sprintf(format, args...))
	}
}

// fatal is an error after which trying again does not help.
type fatal struct{ error }

func (e fatal) Unwrap() error { return e.error }

// run looks at the store again and again.
func (f *follower) run(ctx context.Context) error {
	good := time.Now()
	for ctx.Err() == nil {
		more, err := f.look(ctx)
		var end fatal
		switch {
		case errors.Is(err, errUntil) || ctx.Err() != nil && !errors.As(err, &end):
			return nil
		case errors.As(err, &end):
			return end.error
		case err != nil && time.Since(good) > patience:
			return fmt.Errorf("cannot read the store for %s: %w", patience, err)
		case err == nil:
			good = time.Now()
		}
		if !more {
			wait(ctx, f.o.Poll)
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// errUntil is the end that Until asks for.
var errUntil = errors.New("all windows are written")

// look writes a page of what is final and not written, from one snapshot, and
// says whether there is more.
func (f *follower) look(ctx context.Context) (more bool, err error) {
	s, err := query.Open(ctx, f.db)
	if err != nil {
		return false, err
	}
	defer s.Close()
	found, err := s.Rollups(ctx, f.rollup)
	if err != nil {
		return false, err
	}
	if len(found) == 0 {
		return false, fatal{fmt.Errorf("there is no rollup %s in the store any more", f.rollup)}
	}
	r := found[0]
	to := r.FinalBefore
	last := f.until != "" && to >= f.until
	if last {
		to = f.until
	}
	if to > f.cursor.Before || !f.begun {
		if more, err = f.page(ctx, s, to); err != nil || more {
			return more, err
		}
	}
	if r.Revision != f.revision && (last || !time.Now().Before(f.nextCheck)) {
		if err := f.recheck(ctx, s, r); err != nil {
			return false, err
		}
	}
	if last {
		return false, errUntil
	}
	return false, nil
}

// windowsOf is the statement that gives windows of the rollup.
func (f *follower) windowsOf(from, to string) query.Query {
	return query.Query{
		SQL:    "SELECT * FROM " + quoteName(f.rollup) + " WHERE window_start >= :from AND window_start < :to ORDER BY window_start",
		Name:   "export",
		Params: map[string]string{"from": from, "to": to},
	}
}
