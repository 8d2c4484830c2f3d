package store

import (
	"database/sql"
	"time"

	"github.com/windrow/windrow/schema/value"
)

// cohorts reads those that have rollups.
func (r *statusReader) cohorts() error {
	return r.each(`SELECT c.stream, c.id, coalesce(c.watermark, ''), c.newest, coalesce(sum(a.records), 0), coalesce(sum(a.late), 0),
			coalesce(sum(a.future), 0), coalesce(sum(a.hi - a.lo), 0)
		FROM windrow_cohorts c LEFT JOIN windrow_range_data a ON a.cohort = c.id
		WHERE EXISTS (SELECT 1 FROM windrow_rollup_data o WHERE o.cohort = c.id) GROUP BY c.id ORDER BY c.id`,
		func(scan func(...any) error) error {
			var c CohortStatus
			var stream int64
			var mark string
			var newest sql.NullInt64
			err := scan(&stream, &c.ID, &mark, &newest, &c.Records, &c.Late, &c.Future, &c.Bytes)
			c.Watermark, c.Newest = value.MinTime-1, timeOrNone(newest)
			if t, ok := value.ParseTime(mark, nil); ok {
				c.Watermark = t
			}
			s := r.stream(stream)
			s.Cohorts = append(s.Cohorts, c)
			return err
		})
}

func timeOrNone(t sql.NullInt64) value.Time {
	if !t.Valid {
		return value.MinTime - 1
	}
	return value.Time(t.Int64)
}

// splits reads those about which there is something to say, as each cohort
// that reads them sees them.
func (r *statusReader) splits() error {
	return r.each(`WITH seen AS (
			SELECT c.id AS cohort, p.number, p.path, p.device, p.inode, p.start, p.size, p.ended, p.idle, p.gone, p.note,
				coalesce(sum(a.hi - a.lo), 0) AS absorbed,
				coalesce(max(a.hi) FILTER (WHERE a.lo <= p.start AND a.hi > p.start), p.start) AS front,
				max(a.max_time) FILTER (WHERE a.lo <= p.start AND a.hi > p.start) AS front_time
			FROM windrow_cohorts c
			JOIN windrow_split_data p ON p.stream = c.stream
			LEFT JOIN windrow_range_data a ON a.cohort = c.id AND a.split = p.number
			WHERE EXISTS (SELECT 1 FROM windrow_rollup_data o WHERE o.cohort = c.id AND o.attached)
			GROUP BY c.id, p.number)
		SELECT * FROM seen WHERE NOT gone AND NOT ended OR note <> '' OR size < 0 OR absorbed < size - start ORDER BY cohort, number`,
		func(scan func(...any) error) error {
			var p SplitStatus
			var cohort, device, inode int64
			var front sql.NullInt64
			err := scan(&cohort, &p.Number, &p.Path, &device, &inode, &p.Start, &p.Size, &p.Ended, &p.Idle, &p.Gone, &p.Note,
				&p.Absorbed, &p.Front, &front)
			p.Device, p.Inode, p.FrontTime = uint64(device), uint64(inode), timeOrNone(front)
			c := r.cohort(cohort)
			c.Splits = append(c.Splits, p)
			return err
		})
}

func (r *statusReader) rollups() error {
	return r.each(`SELECT r.cohort, r.id, r.name, r.attached, coalesce(o.name, ''), r.definition, coalesce(r.complete_from, ''),
			coalesce(r.final_before, ''), coalesce(r.horizon, ''), r.absorbed, r.filtered, r.quarantined, r.expired, r.rows, r.cpu
		FROM windrow_rollup_data r LEFT JOIN windrow_rollup_data o ON o.id = r.replaces ORDER BY r.id`,
		func(scan func(...any) error) error {
			var u RollupStatus
			var cohort, cpu int64
			err := scan(&cohort, &u.ID, &u.Name, &u.Attached, &u.Replaces, &u.Definition, &u.CompleteFrom,
				&u.FinalBefore, &u.Horizon, &u.Absorbed, &u.Filtered, &u.Quarantined, &u.Expired, &u.Rows, &cpu)
			u.CPU = time.Duration(cpu) * time.Microsecond
			c := r.cohort(cohort)
			c.Rollups = append(c.Rollups, u)
			return err
		})
}

// coverage counts what could not be read any more when a rollup was filled.
func (r *statusReader) coverage() error {
	missing := map[string][2]int64{}
	err := r.each("SELECT rollup, count(*), coalesce(sum(bytes), 0) FROM windrow_coverage GROUP BY rollup", func(scan func(...any) error) error {
		var name string
		var splits, bytes int64
		err := scan(&name, &splits, &bytes)
		missing[name] = [2]int64{splits, bytes}
		return err
	})
	r.eachRollup(func(u *RollupStatus) { u.MissingSplits, u.MissingBytes = missing[u.Name][0], missing[u.Name][1] })
	return err
}
