CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT count(*)
FROM TUMBLE(requests, INTERVAL '1 minute')
WHERE CASE WHEN ok THEN ts ELSE 5 END > '2026-01-01' AND coalesce(ts, 'never') > ts AND CAST(ts AS INTEGER) > 1 AND CAST(host AS TIMESTAMP) > ts;
