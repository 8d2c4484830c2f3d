CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP m AS SELECT count(*) FROM TUMBLE(requests, INTERVAL '1 minute');
CREATE ROLLUP h AS SELECT count(*) FROM TUMBLE(m, INTERVAL '1 hour');
