CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT window_start, count(*)
FROM TUMBLE(requests, INTERVAL '1 minute')
WHERE count(*) > 5 GROUP BY window_start;
