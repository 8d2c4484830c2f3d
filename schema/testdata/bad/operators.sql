CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT window_start, count(*)
FROM TUMBLE(requests, INTERVAL '1 minute')
WHERE host REGEXP 'a' AND host = 'a' COLLATE NOCASE AND host LIKE 'a' ESCAPE 'ab' AND x'12' = 1;
