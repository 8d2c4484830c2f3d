package store

import (
	"context"
	"database/sql"
)

// Totals are the counts since the store was made.
type Totals struct {
	Cohorts []CohortTotals // by id
	Rollups []RollupTotals // by id; detached ones too
}

// CohortTotals are the counts of the records that a cohort has absorbed.
type CohortTotals struct {
	ID        int64
	Stream    string
	Watermark string // as text; "" while there is none
	Records   int64
	Late      int64
	Future    int64
	Bytes     int64 // of input, uncompressed
}

// RollupTotals are the counts of one rollup. Absorbed, Filtered and
// Quarantined and Expired are records, Rows are rows of its view before HAVING.
type RollupTotals struct {
	ID          int64
	Name        string
	Stream      string
	Cohort      int64
	Attached    bool
	FinalBefore string // as text; "" while no window is final
	Absorbed    int64
	Filtered    int64
	Quarantined int64
	Expired     int64 // came for windows below the horizon
	Rows        int64
	Horizon     string // as text; "" while no window was deleted
}

// Totals reads all counts on one snapshot.
func (s *Store) Totals(ctx context.Context) (Totals, error) {
	var totals Totals
	err := s.read(ctx, "read the counts of", func(t *tx) error {
		if err := t.cohortTotals(&totals); err != nil {
			return err
		}
		return t.rollupTotals(&totals)
	})
	return totals, err
}

func (t *tx) cohortTotals(to *Totals) error {
	return t.all(`SELECT c.id, s.name, c.watermark, coalesce(sum(a.records), 0), coalesce(sum(a.late), 0),
			coalesce(sum(a.future), 0), coalesce(sum(a.hi - a.lo), 0)
		FROM windrow_cohorts c JOIN windrow_streams s ON s.id = c.stream
		LEFT JOIN windrow_range_data a ON a.cohort = c.id GROUP BY c.id ORDER BY c.id`, nil,
		func(scan func(...any) error) error {
			var c CohortTotals
			var mark sql.NullString
			err := scan(&c.ID, &c.Stream, &mark, &c.Records, &c.Late, &c.Future, &c.Bytes)
			c.Watermark = mark.String
			to.Cohorts = append(to.Cohorts, c)
			return err
		})
}

func (t *tx) rollupTotals(to *Totals) error {
	return t.all(`SELECT r.id, r.name, s.name, r.cohort, r.attached, r.final_before, r.absorbed, r.filtered, r.quarantined, r.expired, r.rows, r.horizon
		FROM windrow_rollup_data r JOIN windrow_cohorts c ON c.id = r.cohort JOIN windrow_streams s ON s.id = c.stream
		ORDER BY r.id`, nil,
		func(scan func(...any) error) error {
			var r RollupTotals
			var final, horizon sql.NullString
			err := scan(&r.ID, &r.Name, &r.Stream, &r.Cohort, &r.Attached, &final, &r.Absorbed, &r.Filtered, &r.Quarantined, &r.Expired, &r.Rows, &horizon)
			r.FinalBefore, r.Horizon = final.String, horizon.String
			to.Rollups = append(to.Rollups, r)
			return err
		})
}
