CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT window_start, count(*) COLLATE FANCY AS c, count(*) OVER () AS o
FROM TUMBLE(requests, INTERVAL '1 minute')
;
