package main

import (
	"context"
	"fmt"
	"time"

	"github.com/windrow/windrow/ingest"
	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema/store"
)

// summary is what `run --once` prints at its end.
type summary struct {
	s             *streams
	store         string
	refs          []store.Ref
	report        ingest.Report
	before, after store.Totals
	took          time.Duration
	once          bool // the run was to end by itself
	stopped       bool // and was stopped before
}

// firstRows is how many rows of each rollup are shown.
const firstRows = 3

// print writes the summary. Sources that could not be read make it fail.
func (m *summary) print(ctx context.Context) error {
	for _, ref := range m.refs {
		for _, c := range ref.Cohorts {
			m.stream(ref, c)
		}
	}
	if m.stopped {
		fmt.Fprintln(m.s.out, "stopped before the end; the next run goes on from here")
	}
	if m.report.Restarts > 0 {
		fmt.Fprintf(m.s.out, "workers were started again %s\n", count(int64(m.report.Restarts), "time"))
	}
	if m.report.Records > 0 && m.once {
		if err := m.rows(ctx); err != nil {
			return err
		}
	}
	for _, p := range m.report.Problems {
		fmt.Fprintf(m.s.err, "windrow: %v\n", p)
	}
	if len(m.report.Problems) > 0 && m.once {
		return errSources
	}
	return nil
}

// stream says what came of one stream's events.
func (m *summary) stream(ref store.Ref, c store.Cohort) {
	a, b := cohortTotals(m.after, c.ID), cohortTotals(m.before, c.ID)
	n := a.Records - b.Records
	switch {
	case n == 0 && len(m.report.Problems) > 0 && a.Records == 0:
		return // the problems say why
	case n == 0 && a.Records == 0:
		fmt.Fprintf(m.s.out, "%s: no events yet\n", ref.Stream.Name)
	case n == 0:
		fmt.Fprintf(m.s.out, "%s: nothing new, already absorbed (%s)\n", ref.Stream.Name, count(a.Records, "event"))
	default:
		fmt.Fprintf(m.s.out, "%s: %s, %s in %s (%s events/s)", ref.Stream.Name, count(n, "event"), size(a.Bytes-b.Bytes), duration(m.took), perSecond(n, m.took))
		if late := a.Late - b.Late; late > 0 {
			fmt.Fprintf(m.s.out, ", %s late", thousands(late))
		}
		if future := a.Future - b.Future; future > 0 {
			fmt.Fprintf(m.s.out, ", %s in the future", thousands(future))
		}
		if b.Records > 0 {
			fmt.Fprintf(m.s.out, "; already absorbed before (%s)", count(b.Records, "event"))
		}
		fmt.Fprintln(m.s.out)
	}
	for _, r := range c.Rollups {
		m.rollup(r)
	}
}

// rollup says what one rollup has.
func (m *summary) rollup(r store.RollupRef) {
	a, b := rollupTotals(m.after, r.ID), rollupTotals(m.before, r.ID)
	fmt.Fprintf(m.s.out, "  %s: %s, %s absorbed, %s filtered out, %s quarantined", r.Rollup.Name, count(a.Rows, "row"),
		thousands(a.Absorbed-b.Absorbed), thousands(a.Filtered-b.Filtered), thousands(a.Quarantined-b.Quarantined))
	if a.FinalBefore != "" {
		fmt.Fprintf(m.s.out, "; final before %s", a.FinalBefore)
	}
	fmt.Fprintln(m.s.out)
}

// rows shows the beginning of each rollup and what to type next.
func (m *summary) rows(ctx context.Context) error {
	db, err := openReader(m.store)
	if err != nil {
		return err
	}
	defer db.Close()
	name := ""
	for _, ref := range m.refs {
		for _, c := range ref.Cohorts {
			for _, r := range c.Rollups {
				name = r.Rollup.Name
				fmt.Fprintf(m.s.out, "\n%s, the first rows:\n", name)
				sql := fmt.Sprintf("SELECT * FROM %s LIMIT %d", quoteName(name), firstRows)
				if _, err := query.Run(ctx, db, query.Query{SQL: sql}, output.Find("table").New(m.s.out, output.Options{})); err != nil {
					return err
				}
			}
		}
	}
	at := ""
	if m.store != "windrow.db" {
		at = " --store " + m.store
	}
	fmt.Fprintf(m.s.out, "\nnext: windrow query%s \"SELECT * FROM %s LIMIT 10\"\n", at, name)
	return nil
}

func cohortTotals(t store.Totals, id int64) store.CohortTotals {
	for _, c := range t.Cohorts {
		if c.ID == id {
			return c
		}
	}
	return store.CohortTotals{}
}

func rollupTotals(t store.Totals, id int64) store.RollupTotals {
	for _, r := range t.Rollups {
		if r.ID == id {
			return r
		}
	}
	return store.RollupTotals{}
}
