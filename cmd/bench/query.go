package main

import (
	"fmt"
	"strings"
)

// A query is what is asked of the events of one file: per minute and keys,
// count, avg, min and max of the latency and the sum of the bytes of all
// events whose status is below 500.
type query struct {
	file      string   // in the folder of the events
	keys      []string // columns beside the window
	quantiles bool     // also the median and the 99th percentile of the latency
}

func (q query) csv() bool { return strings.HasSuffix(q.file, ".csv") }

// windrowSQL is the query as a pipeline of one rollup, r.
func (q query) windrowSQL(path string) string {
	format := "json"
	if q.csv() {
		format = "csv"
	}
	more := ""
	if q.quantiles {
		more = ", median(latency_ms) AS p50, quantile(latency_ms, 0.99) AS p99"
	}
	keys := strings.Join(q.keys, ", ")
	return fmt.Sprintf(`CREATE STREAM requests (
  ts TIMESTAMP, host TEXT NOT NULL, region TEXT, status INTEGER, latency_ms REAL, bytes INTEGER, path TEXT,
  WATERMARK FOR ts AS ts - INTERVAL '5 seconds'
) WITH (connector = 'file', path = %s, format = '%s');
CREATE ROLLUP r AS
SELECT window_start, %s, count(*) AS n, avg(latency_ms) AS a, min(latency_ms) AS mi, max(latency_ms) AS ma, sum(bytes) AS b%s
FROM TUMBLE(requests, INTERVAL '1 minute') WHERE status < 500 GROUP BY window_start, %s;
`, quote(path), format, keys, more, keys)
}

// duckSQL is the query for DuckDB, with its result in a CSV file, in order of
// the keys or as it comes. DuckDB is told the columns and their types; from
// JSON it is asked for those of the query alone.
func (q query) duckSQL(path, result string, ordered bool) string {
	more, order := "", ""
	if q.quantiles {
		more = ", median(latency_ms) p50, quantile_cont(latency_ms, 0.99) p99"
	}
	by := ordinals(1 + len(q.keys))
	if ordered {
		order = " ORDER BY " + by
	}
	return fmt.Sprintf(`COPY (SELECT time_bucket(INTERVAL '1 minute', ts) w, %s, count(*) n, avg(latency_ms) a, min(latency_ms) mi, max(latency_ms) ma, sum(bytes) b%s
FROM %s WHERE status < 500 GROUP BY %s%s) TO %s (HEADER)`, strings.Join(q.keys, ", "), more, q.duckSource(path), by, order, quote(result))
}

func (q query) duckSource(path string) string {
	if q.csv() {
		return fmt.Sprintf("read_csv(%s, header = true, columns = {ts: 'TIMESTAMP', host: 'VARCHAR', region: 'VARCHAR', status: 'INTEGER', latency_ms: 'DOUBLE', bytes: 'BIGINT', path: 'VARCHAR'})", quote(path))
	}
	keys := ""
	for _, k := range q.keys {
		keys += k + ": 'VARCHAR', "
	}
	return fmt.Sprintf("read_json(%s, format = 'newline_delimited', columns = {ts: 'TIMESTAMP', %sstatus: 'INTEGER', latency_ms: 'DOUBLE', bytes: 'BIGINT'})", quote(path), keys)
}

// table is a table of SQLite for the result, with the primary key that
// Windrow's has.
func (q query) table() string {
	keys := strings.Join(q.keys, ", ")
	return fmt.Sprintf("CREATE TABLE r (w TEXT, %s TEXT, n INTEGER, a REAL, mi REAL, ma REAL, b INTEGER, PRIMARY KEY (w, %s))",
		strings.ReplaceAll(keys, ",", " TEXT,"), keys)
}

// columns are those of the result.
func (q query) columns() []column {
	cols := []column{{"window", isKey}}
	for _, k := range q.keys {
		cols = append(cols, column{k, isKey})
	}
	cols = append(cols, column{"n", isCount}, column{"a", isReal}, column{"mi", isReal}, column{"ma", isReal}, column{"b", isInteger})
	if q.quantiles {
		cols = append(cols, column{"p50", isQuantile}, column{"p99", isQuantile})
	}
	return cols
}

// ordinals is "1, 2, ..., n".
func ordinals(n int) string {
	s := "1"
	for i := 2; i <= n; i++ {
		s += fmt.Sprintf(", %d", i)
	}
	return s
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
