package store

import "fmt"

// countLimit is the size in bytes of the pages in use up to which they are
// counted: that reads all of them, 100 MB in 40 ms.
const countLimit = 100 << 20

// sampleRows is how many rows tell how long the rows of a table are.
const sampleRows = 200

// disk finds out how many bytes the states of each rollup take.
func (r *statusReader) disk() error {
	used := (r.Pages - r.FreePages) * r.PageSize
	if r.Estimated = used > countLimit; r.Estimated {
		return r.estimate(used)
	}
	sizes := map[string]int64{}
	err := r.each("SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE", func(scan func(...any) error) error {
		var name string
		var bytes int64
		err := scan(&name, &bytes)
		sizes[name] = bytes
		return err
	})
	r.eachRollup(func(u *RollupStatus) { u.Disk = sizes[stateTable(u.ID)] })
	return err
}

// estimate deals the bytes in use to the rollups and the quarantine by the
// length of some of their rows. What else is in a store is small.
func (r *statusReader) estimate(used int64) error {
	var all float64
	weights := map[int64]float64{}
	var failed error
	r.eachRollup(func(u *RollupStatus) {
		mean, err := r.meanRow(stateTable(u.ID))
		if err != nil {
			failed = err
		}
		weights[u.ID] = mean * float64(u.Rows)
		all += weights[u.ID]
	})
	if failed != nil {
		return failed
	}
	mean, err := r.meanRow("windrow_quarantine_data")
	if err != nil {
		return err
	}
	r.eachRollup(func(u *RollupStatus) { all += mean * float64(u.Quarantined) })
	r.eachRollup(func(u *RollupStatus) { u.Disk = int64(float64(used) * weights[u.ID] / max(all, 1)) })
	return nil
}

// meanRow returns about how many bytes a row of a table takes.
func (r *statusReader) meanRow(table string) (float64, error) {
	rows, err := r.q.QueryxContext(r.ctx, fmt.Sprintf("SELECT * FROM %s LIMIT %d", table, sampleRows))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n, bytes := 0, 0
	for rows.Next() {
		cells, err := rows.SliceScan()
		if err != nil {
			return 0, err
		}
		n++
		for _, c := range cells {
			bytes += cellBytes(c)
		}
	}
	return float64(bytes) / float64(max(n, 1)), rows.Err()
}

// cellBytes is about how long a value is in a record of SQLite's.
func cellBytes(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) + 1
	case []byte:
		return len(v) + 1
	case float64:
		return 9
	case int64:
		return 4
	}
	return 1
}

func (r *statusReader) eachRollup(f func(*RollupStatus)) {
	for i := range r.Streams {
		for j := range r.Streams[i].Cohorts {
			c := &r.Streams[i].Cohorts[j]
			for k := range c.Rollups {
				f(&c.Rollups[k])
			}
		}
	}
}
