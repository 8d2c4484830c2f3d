CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT window_start, uper(host) AS h, medain(latency) AS m, count(*)
FROM TUMBLE(requests, INTERVAL '1 minute')
WHERE lenght(host) > 3 GROUP BY 1, 2;
