package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/jmoiron/sqlx"
	"golang.org/x/term"

	"github.com/windrow/windrow/schema/store"
)

type dropCmd struct {
	Name string `arg:"" name:"name" help:"A rollup, a report or an alert."`
	Yes  bool   `short:"y" help:"Do not ask."`
}

// Help implements kong.HelpProvider.
func (dropCmd) Help() string {
	return `Deletes a rollup with all its windows, for ever. A run that computes it must end first, or be told to leave it: take it out of the definition file, and send the run SIGHUP. A rollup that is still in the definitions is filled anew by the next run, as far as the sources go.

Of a report or an alert it deletes what the store knows of it, which is its history; files that it has written stay.

Examples:

	windrow drop latency_old
	windrow drop latency_old --yes --store metrics.db`
}

func (c *dropCmd) Run(ctx context.Context, s *streams, g *globals) error {
	db, err := openReader(g.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	d, err := newDoomed(ctx, db, c.Name)
	if err != nil {
		return err
	}
	pid, running := runningOn(g.Store)
	if running && d.attached {
		return fmt.Errorf("the run of process %d %s %s; end it, or take %s out of the definition file and send it SIGHUP", pid, d.does(), d.name, d.name)
	}
	if err := c.confirm(s, d); err != nil {
		return err
	}
	if !running {
		release, err := lockStore(g.Store)
		if err != nil {
			return err
		}
		defer release()
	}
	if err := d.drop(ctx, g.Store, running); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "dropped %s\n", d)
	return nil
}

// doomed is a rollup that is to be dropped, with its new generation if there
// is one under way, or a report or an alert.
type doomed struct {
	name                       string
	attached                   bool
	report                     bool // or alert
	rows, windows, quarantined int64
}

// String says how much it is.
func (d *doomed) String() string {
	if d.report {
		return fmt.Sprintf("the history of %s: %s", d.name, count(d.rows, "issue"))
	}
	s := fmt.Sprintf("%s: %s in %s", d.name, count(d.rows, "row"), count(d.windows, "window"))
	if d.quarantined > 0 {
		s += fmt.Sprintf(", %s in quarantine", count(d.quarantined, "record"))
	}
	return s
}

// does is what a run does with it.
func (d *doomed) does() string {
	if d.report {
		return "issues"
	}
	return "computes"
}

func newDoomed(ctx context.Context, db *sqlx.DB, name string) (*doomed, error) {
	st, err := store.ReadStatus(ctx, db)
	if err != nil {
		return nil, err
	}
	_, _, u, err := findRollup(&st, name)
	if err != nil {
		for _, r := range st.Reports {
			if strings.EqualFold(r.Name, name) {
				d := &doomed{name: r.Name, attached: r.Attached, report: true}
				return d, db.GetContext(ctx, &d.rows, "SELECT count(*) FROM windrow_issues WHERE report = ? COLLATE NOCASE", r.Name)
			}
		}
		return nil, err
	}
	d := &doomed{name: u.Name}
	for _, s := range st.Streams {
		for _, c := range s.Cohorts {
			for i := range c.Rollups {
				if r := &c.Rollups[i]; r.ID == u.ID || r.Replaces == u.Name {
					if err := d.add(ctx, db, r); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	return d, nil
}

func (d *doomed) add(ctx context.Context, db *sqlx.DB, r *store.RollupStatus) error {
	d.attached = d.attached || r.Attached
	d.rows += r.Rows
	d.quarantined += r.Quarantined
	var windows int64
	err := db.GetContext(ctx, &windows, fmt.Sprintf("SELECT count(DISTINCT window_start) FROM windrow_state_%d", r.ID))
	d.windows = max(d.windows, windows)
	return err
}

var errKept = errors.New("nothing was dropped")

// confirm asks on a terminal; elsewhere --yes must have been given.
func (c *dropCmd) confirm(s *streams, d *doomed) error {
	if c.Yes {
		return nil
	}
	if f, ok := s.in.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return usageError{fmt.Errorf("this deletes %s, for ever; add --yes if it is meant", d), "windrow drop"}
	}
	fmt.Fprintf(s.err, "This deletes %s, for ever.\nType %s to go on: ", d, d.name)
	answer, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil || !strings.EqualFold(strings.TrimSpace(answer), d.name) {
		return errKept
	}
	return nil
}

// freePages is how many pages are given back at a time.
const freePages = 1000

// drop does it, and makes the store's file shorter. A run that is at work does
// that by itself; it may be of an older version.
func (d *doomed) drop(ctx context.Context, path string, running bool) error {
	st, err := store.Open(ctx, path, store.Options{Keep: running})
	if err != nil {
		return err
	}
	defer st.Close()
	drop := st.Drop
	if d.report {
		drop = st.DropReport
	}
	if err := drop(ctx, d.name); err != nil {
		return err
	}
	for more := !running; more; {
		if more, err = st.Vacuum(ctx, freePages); err != nil {
			return err
		}
	}
	return nil
}
