CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS SELECT ts, route FROM requests WHERE status >= 500;
CREATE ROLLUP q AS SELECT window_start, host FROM TUMBLE(requests, INTERVAL '1 minute') GROUP BY 1, 2;
