package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"

	"github.com/windrow/windrow/schema/value"
)

// Status is what a store says about itself at one moment.
type Status struct {
	Epoch   int64
	Run     *RunState      // as the run has last written it; nil if none has yet
	Streams []StreamStatus // by id
	Reports []ReportStatus // by name
	// PageSize is in bytes; FreePages, which hold nothing, are among Pages.
	PageSize, Pages, FreePages int64
	// Estimated says that RollupStatus.Disk is no count of pages: the store is
	// too large for one.
	Estimated bool
}

// StreamStatus is one stream and what reads it.
type StreamStatus struct {
	ID      int64
	Name    string
	Delay   time.Duration // of the watermark
	Splits  SplitCounts
	Cohorts []CohortStatus // that have rollups, by id
}

// SplitCounts counts splits; each one is in one of the counts.
type SplitCounts struct {
	Live   int64 // may grow
	Idle   int64 // may grow, but has not for long
	Ended  int64 // nothing will be appended
	Paused int64 // nothing more is read of it for a reason; see SplitStatus.Note
	Gone   int64
}

// Total is how many splits there are.
func (c SplitCounts) Total() int64 { return c.Live + c.Idle + c.Ended + c.Paused + c.Gone }

// CohortStatus is how far the rollups of one cohort are.
type CohortStatus struct {
	ID        int64
	Watermark value.Time // value.MinTime-1 while there is none
	Newest    value.Time // greatest event time absorbed that may move the watermark; value.MinTime-1 if none
	Records   int64
	Late      int64
	Future    int64
	Bytes     int64 // absorbed, uncompressed
	// Splits are those of its stream about which there is something to say: not
	// all of them is absorbed, they may grow, or they have a note; by number. A
	// cohort without attached rollups, which reads nothing, has none.
	Splits  []SplitStatus
	Rollups []RollupStatus // by id
}

// SplitStatus is one split as a cohort sees it.
type SplitStatus struct {
	Number        int64
	Path          string
	Device, Inode uint64
	Start, Size   int64 // as in Split
	Ended         bool
	Idle          bool
	Gone          bool
	Note          string
	Absorbed      int64 // bytes
	Front         int64 // up to here all is absorbed; Start if nothing is
	// FrontTime is the greatest event time before Front; value.MinTime-1 if
	// there is none.
	FrontTime value.Time
}

// Behind is how many bytes are known, and not absorbed.
func (p *SplitStatus) Behind() int64 { return max(0, p.Size-p.Start-p.Absorbed) }

// HoldsBack reports whether the watermark waits for the split.
func (p *SplitStatus) HoldsBack() bool {
	finished := (p.Ended || p.Idle) && p.Size >= 0 && p.Front >= p.Size
	return !p.Gone && !finished
}

// Holder returns the split that holds back the watermark: one without an event
// time in its absorbed front, else the one with the least. It is nil if none does.
func (c *CohortStatus) Holder() *SplitStatus {
	var h *SplitStatus
	for i := range c.Splits {
		p := &c.Splits[i]
		if p.HoldsBack() && (h == nil || p.FrontTime < h.FrontTime) {
			h = p
		}
	}
	return h
}

// RollupStatus is one rollup.
type RollupStatus struct {
	ID           int64
	Name         string
	Attached     bool
	Replaces     string // the rollup whose place it takes when it has caught up; "" for none
	Definition   string
	CompleteFrom string // as text; "" if nothing is missing
	FinalBefore  string // as text; "" while no window is final
	Horizon      string // as text; windows before it have expired; "" for none
	Absorbed     int64
	Filtered     int64
	Quarantined  int64
	Expired      int64
	Rows         int64
	Disk         int64 // bytes of its states; see Status.Estimated
	CPU          time.Duration
	// Missing is what could not be read any more when the rollup was filled.
	MissingSplits, MissingBytes int64
}

// The formats from which on a store says something.
const (
	statusFormat = 2 // of its runs
	ledgerFormat = 3 // of reports and alerts
)

// ReadStatus reads all that a store says about itself, on one snapshot. db is
// one of OpenReader. A store of an older format may be ErrOlder, or only have
// no Reports: see HasReports.
func ReadStatus(ctx context.Context, db *sqlx.DB) (Status, error) {
	var s Status
	err := inspect(ctx, db, func(q *sqlx.Tx) error {
		r := &statusReader{ctx: ctx, q: q, Status: &s}
		for _, step := range []func() error{r.format, r.pages, r.run, r.streams, r.counts, r.cohorts, r.splits, r.rollups, r.coverage, r.reports, r.disk} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Status{}, fmt.Errorf("cannot read the status of the store: %w", err)
	}
	return s, nil
}

// inspect runs f on one snapshot of a reader's connection, with an authorizer
// that lets it count pages as well.
func inspect(ctx context.Context, db *sqlx.DB, f func(*sqlx.Tx) error) (err error) {
	conn, err := db.Connx(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := setAuthorizer(conn, authorizePages); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, setAuthorizer(conn, authorize)) }()
	tx, err := conn.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return f(tx)
}

func setAuthorizer(conn *sqlx.Conn, f sqlite.AuthorizerFn) error {
	return conn.Raw(func(c any) error {
		a, ok := c.(sqlite.AuthorizerRegisterer)
		if !ok {
			return errors.New("the driver has no authorizer")
		}
		return a.RegisterAuthorizer(f)
	})
}

// authorizePages allows what authorize does, and to count pages.
func authorizePages(action sqlite.AuthorizerActionCode, arg1, arg2, db, by string) sqlite.AuthorizerReturnCode {
	switch {
	case action == sqlite.AuthRead && arg1 == "dbstat",
		action == sqlite.AuthPragma && arg2 == "" && (arg1 == "page_size" || arg1 == "page_count" || arg1 == "freelist_count"):
		return sqlite.AuthorizerOK
	}
	return authorize(action, arg1, arg2, db, by)
}

// statusReader fills a Status.
type statusReader struct {
	ctx context.Context
	q   *sqlx.Tx
	*Status
	version int // of the store's format
}

func (r *statusReader) get(query string, dest ...any) error {
	return r.q.QueryRowxContext(r.ctx, query).Scan(dest...)
}

// each calls f for each row of a query, with a function that scans it.
func (r *statusReader) each(query string, f func(scan func(...any) error) error, args ...any) error {
	rows, err := r.q.QueryxContext(r.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (r *statusReader) format() error {
	err := r.get("PRAGMA user_version", &r.version)
	if err == nil && r.version < statusFormat {
		err = ErrOlder
	}
	return err
}

func (r *statusReader) pages() error {
	return errors.Join(r.get("PRAGMA page_size", &r.PageSize), r.get("PRAGMA page_count", &r.Pages), r.get("PRAGMA freelist_count", &r.FreePages),
		r.get("SELECT value FROM windrow_meta WHERE name = 'epoch'", &r.Epoch))
}

func (r *statusReader) run() error {
	var run RunState
	var began, seen, ended string
	err := r.get("SELECT epoch, pid, mode, began, seen, coalesce(ended, ''), note FROM windrow_run_data",
		&run.Epoch, &run.PID, &run.Mode, &began, &seen, &ended, &run.Note)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	run.Began, run.Seen, run.Ended = unstamp(began), unstamp(seen), unstamp(ended)
	r.Run = &run
	return r.each(`SELECT cohort, worker, pid, state, began, restarts, reason, records, bytes, rate, memory, cpu
		FROM windrow_worker_data ORDER BY cohort, worker`, func(scan func(...any) error) error {
		var w WorkerState
		var cpu int64
		err := scan(&w.Cohort, &w.Worker, &w.PID, &w.State, &began, &w.Restarts, &w.Reason, &w.Records, &w.Bytes, &w.Rate, &w.Memory, &cpu)
		w.Began, w.CPU = unstamp(began), time.Duration(cpu)*time.Microsecond
		run.Workers = append(run.Workers, w)
		return err
	})
}

// unstamp reads what stamp has written.
func unstamp(text string) time.Time {
	t, ok := value.ParseTime(text, nil)
	if !ok {
		return time.Time{}
	}
	return t.Std()
}

func (r *statusReader) streams() error {
	return r.each("SELECT id, name, delay FROM windrow_streams ORDER BY id", func(scan func(...any) error) error {
		var s StreamStatus
		var delay int64
		err := scan(&s.ID, &s.Name, &delay)
		s.Delay = time.Duration(delay) * time.Microsecond
		r.Streams = append(r.Streams, s)
		return err
	})
}

func (r *statusReader) stream(id int64) *StreamStatus {
	for i := range r.Streams {
		if r.Streams[i].ID == id {
			return &r.Streams[i]
		}
	}
	return &StreamStatus{}
}

func (r *statusReader) cohort(id int64) *CohortStatus {
	for i := range r.Streams {
		for j := range r.Streams[i].Cohorts {
			if c := &r.Streams[i].Cohorts[j]; c.ID == id {
				return c
			}
		}
	}
	return &CohortStatus{}
}

func (r *statusReader) counts() error {
	return r.each(`SELECT stream, sum(gone), sum(NOT gone AND note <> ''), sum(NOT gone AND note = '' AND ended),
			sum(NOT gone AND note = '' AND NOT ended AND idle), sum(NOT gone AND note = '' AND NOT ended AND NOT idle)
		FROM windrow_split_data GROUP BY stream`, func(scan func(...any) error) error {
		var stream int64
		var c SplitCounts
		err := scan(&stream, &c.Gone, &c.Paused, &c.Ended, &c.Idle, &c.Live)
		r.stream(stream).Splits = c
		return err
	})
}
