CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT count(*)
FROM TUMBLE(requests, INTERVAL '1 minute')
WHERE latency > 1e400 AND status = 0x10000000000000000;
