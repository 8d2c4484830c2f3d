CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS SELECT count(*) FROM TUMBEL(requests, INTERVAL '1 minute');
CREATE ROLLUP q AS SELECT count(*) FROM HOP(requests, INTERVAL '1 minute', INTERVAL '1 hour');
