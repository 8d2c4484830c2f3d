CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT window_start, sum(ts) AS s, max(ts) - min(ts) AS span, window_start + INTERVAL '1 hour' AS next
FROM TUMBLE(requests, INTERVAL '1 minute')
WHERE ts + 5 > ts AND ts * 2 > 1 GROUP BY 1;
