package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/term"

	"github.com/windrow/windrow/schema/store"
)

type statusCmd struct {
	Watch bool `short:"w" help:"Show it anew each second, until Ctrl-C; with --json one object a line."`
	JSON  bool `name:"json" help:"One object, for programs; docs/operating.md says what is in it."`
}

// Help implements kong.HelpProvider.
func (statusCmd) Help() string {
	return `Says whether a run is working on the store, how far each stream is, what the watermark waits for, what each rollup costs, and what needs a look. It reads the store and asks the system about processes and files; it works during a run as well as after its end.

Examples:

	windrow status
	windrow status --watch
	windrow status --json | jq .well`
}

// watchEvery is the time between two looks of --watch.
const watchEvery = time.Second

func (c *statusCmd) Run(ctx context.Context, s *streams, g *globals) error {
	if c.Watch && !c.JSON && !s.outTerminal() {
		return wrongUsage("--watch draws on a terminal, and this is none; add --json for one object a line")
	}
	db, err := openReader(g.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	if c.Watch {
		return c.watch(ctx, s, g.Store, db)
	}
	r, err := newReport(ctx, g.Store, db)
	switch {
	case err != nil:
		return err
	case c.JSON:
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return r.print(s.out, s.outTerminal() && os.Getenv("NO_COLOR") == "")
}

// watch shows the status again and again until ctx ends, as it does with Ctrl-C.
func (c *statusCmd) watch(ctx context.Context, s *streams, path string, db *sqlx.DB) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for first := true; ; first = false {
		r, err := newReport(ctx, path, db)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case c.JSON:
			err = json.NewEncoder(s.out).Encode(r)
		default:
			err = redraw(s, r, first)
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// redraw writes the status over what is on the terminal, as much as fits.
func redraw(s *streams, r *report, first bool) error {
	var b strings.Builder
	if err := r.print(&b, os.Getenv("NO_COLOR") == ""); err != nil {
		return err
	}
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	if f, ok := s.out.(*os.File); ok {
		if _, height, err := term.GetSize(int(f.Fd())); err == nil && len(lines) >= height && height > 2 {
			more := len(lines) - (height - 2)
			lines = append(lines[:height-2], fmt.Sprintf("… %d more lines; make the window higher", more))
		}
	}
	clear := "\x1b[H"
	if first {
		clear = "\x1b[2J\x1b[H"
	}
	// Each line ends with the erasure of what was there; then that of the rest.
	_, err := fmt.Fprint(s.out, clear+strings.Join(lines, "\x1b[K\n")+"\x1b[K\n\x1b[J")
	return err
}

// newReport looks at the store, the processes and the files.
func newReport(ctx context.Context, path string, db *sqlx.DB) (*report, error) {
	st, err := store.ReadStatus(ctx, db)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	now := time.Now()
	r := &report{At: moment(now), now: now, Streams: []streamReport{}, Rollups: []rollupReport{}, Reports: []scheduledReport{}, Workers: []workerReport{}}
	r.Store = storeReport{Path: path, Bytes: fileSize(path), WALBytes: fileSize(walOf(path)), Pages: st.Pages, FreePages: st.FreePages, PageSize: st.PageSize}
	r.Run = newRunReport(path, st.Run)
	for i := range st.Streams {
		r.addStream(&st, &st.Streams[i])
	}
	for i := range st.Reports {
		r.Reports = append(r.Reports, newScheduledReport(&st.Reports[i]))
	}
	r.judge()
	return r, nil
}

// addStream adds a stream with its rollups and workers.
func (r *report) addStream(st *store.Status, s *store.StreamStatus) {
	out := streamReport{Name: s.Name, DelaySeconds: s.Delay.Seconds(), Progress: []progressReport{}, Splits: splitCounts{
		s.Splits.Total(), s.Splits.Live, s.Splits.Idle, s.Splits.Ended, s.Splits.Paused, s.Splits.Gone}}
	for i := range s.Cohorts {
		c := &s.Cohorts[i]
		r.addRollups(st, s, c)
		r.addWorkers(st.Run, s, c)
		if p := newProgressReport(c, r.now); len(p.Rollups) > 0 {
			out.Progress = append(out.Progress, p)
		}
	}
	r.Streams = append(r.Streams, out)
}

func (r *report) addRollups(st *store.Status, s *store.StreamStatus, c *store.CohortStatus) {
	for _, u := range c.Rollups {
		r.Rollups = append(r.Rollups, rollupReport{Name: u.Name, Stream: s.Name, Cohort: c.ID, Attached: u.Attached, Replaces: text(u.Replaces),
			Rows: u.Rows, Absorbed: u.Absorbed, Filtered: u.Filtered, Quarantined: u.Quarantined, Expired: u.Expired,
			FinalBefore: text(u.FinalBefore), Horizon: text(u.Horizon), CompleteFrom: text(u.CompleteFrom),
			MissingSplits: u.MissingSplits, MissingBytes: u.MissingBytes,
			DiskBytes: u.Disk, DiskEstimated: st.Estimated, CPUSeconds: u.CPU.Seconds()})
	}
}

func (r *report) addWorkers(run *store.RunState, s *store.StreamStatus, c *store.CohortStatus) {
	if run == nil {
		return
	}
	for _, w := range run.Workers {
		if w.Cohort != c.ID {
			continue
		}
		r.Workers = append(r.Workers, workerReport{Stream: s.Name, Cohort: c.ID, Worker: w.Worker, PID: w.PID, Alive: r.Run.State == runRunning && alive(w.PID),
			State: w.State, Began: moment(w.Began), Restarts: w.Restarts, Reason: w.Reason, Records: w.Records, Bytes: w.Bytes,
			Rate: w.Rate, Memory: w.Memory, CPUSeconds: w.CPU.Seconds()})
	}
}

// walOf is the path of a store's -wal file, which is beside the file itself.
func walOf(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path + "-wal"
}

// fileSize is 0 if there is no such file.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
