CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT host, cnt(*) AS n FROM TUMBLE(requests, INTERVAL '1 minute') GROUP BY host
ORDER BY n DESC LIMIT 10;
