CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT window_start, sum(latncy) / count(*) AS x, avg(latncy * 2) AS y
FROM TUMBLE(requests, INTERVAL '1 minute')
GROUP BY 1;
