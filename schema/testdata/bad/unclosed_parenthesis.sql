CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT window_start, avg((latency + 1) AS a
FROM TUMBLE(requests, INTERVAL '1 minute')
GROUP BY 1;
