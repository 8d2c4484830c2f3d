CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT window_start, hots, count(*)
FROM TUMBLE(requests, INTERVAL '1 minute')
WHERE stauts < 500 AND hots <> ''
GROUP BY window_start, hots;
