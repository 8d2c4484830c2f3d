CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT window_start, host, upper(route) AS u, count(*)
FROM TUMBLE(requests, INTERVAL '1 minute')
GROUP BY window_start, host
HAVING status > 5 AND route <> '';
