CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT window_start, sum(host) AS s, avg(payload ->> '$.x') AS a
FROM TUMBLE(requests, INTERVAL '1 minute')
WHERE host + 1 > 2 AND route + host = '' GROUP BY 1;
