package store

import "strings"

// A cohort is a set of rollups of one stream that have absorbed the same
// ranges. These are the moves between cohorts; all keep that true.

// freshCohort gives the cohort for new rollups of a stream: one of their own
// if the stream has progress, so that they are filled from the start.
func (r *registration) freshCohort(stream int64) (int64, error) {
	var progress bool
	err := r.get(`SELECT EXISTS (SELECT 1 FROM windrow_range_data a JOIN windrow_cohorts c ON c.id = a.cohort WHERE c.stream = ?)`,
		[]any{stream}, &progress)
	if err != nil {
		return 0, err
	}
	if !progress {
		var id int64
		found, err := r.find("SELECT id FROM windrow_cohorts WHERE stream = ? ORDER BY id LIMIT 1", []any{stream}, &id)
		if found || err != nil {
			return id, err
		}
	}
	return r.insert("INSERT INTO windrow_cohorts (stream) VALUES (?)", stream)
}

// integers reads a query of one integer column.
func (t *tx) integers(query string, args ...any) ([]int64, error) {
	var ids []int64
	err := t.all(query, args, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// splitCohorts parts detached rollups from attached ones: their progress ends
// here, and goes on from here should they come back.
func (r *registration) splitCohorts() error {
	mixed, err := r.integers("SELECT cohort FROM windrow_rollup_data GROUP BY cohort HAVING min(attached) < max(attached) ORDER BY 1")
	if err != nil {
		return err
	}
	for _, c := range mixed {
		copied, err := r.insert("INSERT INTO windrow_cohorts (stream, watermark, newest) SELECT stream, watermark, newest FROM windrow_cohorts WHERE id = ?", c)
		if err != nil {
			return err
		}
		_, err = r.exec(`INSERT INTO windrow_range_data (cohort, `+rangeColumns+`)
			SELECT ?2, `+rangeColumns+` FROM windrow_range_data WHERE cohort = ?1`, c, copied)
		if err != nil {
			return err
		}
		_, err = r.exec("UPDATE windrow_rollup_data SET cohort = ?2 WHERE cohort = ?1 AND NOT attached", c, copied)
		if err != nil {
			return err
		}
	}
	return nil
}

// joinCohorts makes one of the attached cohorts of a stream that have caught
// up with each other, so that their input is read once from now on.
func (r *registration) joinCohorts() error {
	for _, s := range r.pipeline.Streams {
		cohorts, err := r.integers(`SELECT DISTINCT c.id FROM windrow_cohorts c JOIN windrow_rollup_data r ON r.cohort = c.id AND r.attached
			WHERE c.stream = ? ORDER BY 1`, r.streams[s])
		if err != nil {
			return err
		}
		for i := 0; i < len(cohorts); i++ {
			for j := len(cohorts) - 1; j > i; j-- {
				joined, err := r.joinIfEqual(cohorts[i], cohorts[j])
				if err != nil {
					return err
				}
				if joined {
					cohorts = append(cohorts[:j], cohorts[j+1:]...)
				}
			}
		}
	}
	return nil
}

func (r *registration) joinIfEqual(a, b int64) (bool, error) {
	const ranges = "SELECT split, lo, hi FROM windrow_range_data WHERE cohort = "
	var equal bool
	err := r.get("SELECT NOT EXISTS ("+ranges+"?1 EXCEPT "+ranges+"?2) AND NOT EXISTS ("+ranges+"?2 EXCEPT "+ranges+"?1)",
		[]any{a, b}, &equal)
	if err != nil || !equal {
		return false, err
	}
	for _, q := range []string{
		moreRecords, strings.NewReplacer("?1", "?2", "?2", "?1").Replace(moreRecords),
		`UPDATE windrow_range_data AS x SET records = y.records FROM windrow_range_data y WHERE x.cohort = ?1
			AND y.cohort = ?2 AND y.split = x.split AND y.lo = x.lo AND y.records > x.records`,
		"UPDATE windrow_rollup_data SET cohort = ?1 WHERE cohort = ?2",
		`UPDATE windrow_cohorts SET (watermark, newest) = (SELECT max(watermark), max(newest) FROM windrow_cohorts WHERE id IN (?1, ?2)) WHERE id = ?1`,
		"DELETE FROM windrow_range_data WHERE cohort = ?2 AND ?1 = ?1",
		"DELETE FROM windrow_cohorts WHERE id = ?2 AND ?1 = ?1",
	} {
		if _, err := r.exec(q, a, b); err != nil {
			return false, err
		}
	}
	return true, nil
}

// moreRecords notes for the rollups of cohort ?1 that cohort ?2 counts more
// records in a range. They differ where one of them, for a split that is gone,
// had to estimate how many are in a part of a range: see Range.without.
const moreRecords = `INSERT INTO windrow_coverage_data (rollup, split, bytes, records)
	SELECT r.id, x.split, 0, y.records - x.records FROM windrow_range_data x
	JOIN windrow_range_data y ON y.cohort = ?2 AND y.split = x.split AND y.lo = x.lo
	JOIN windrow_rollup_data r ON r.cohort = ?1
	WHERE x.cohort = ?1 AND x.records < y.records
	ON CONFLICT DO UPDATE SET records = records + excluded.records`

// alignFinal makes final what the watermark of a joined cohort says, which may
// be above that of some of its rollups before.
func (r *registration) alignFinal() error {
	refs, err := r.refs()
	for _, ref := range refs {
		for _, c := range ref.Cohorts {
			var p progress
			if err == nil {
				p, err = r.progress(c.ID)
			}
			for _, ru := range c.Rollups {
				if w := ru.Rollup.Window; err == nil && p.mark != noTime {
					err = r.finalise(ru.ID, w, w.Start(p.mark))
				}
			}
		}
	}
	return err
}
