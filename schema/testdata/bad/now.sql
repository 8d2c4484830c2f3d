CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT window_start, count(*), random() AS r, datetime('now') AS t
FROM TUMBLE(requests, INTERVAL '1 minute')
WHERE ts > now() AND ts < CURRENT_TIMESTAMP GROUP BY 1;
