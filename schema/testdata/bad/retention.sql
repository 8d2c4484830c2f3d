CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r WITH (retention = 'forever', retain = 1) AS SELECT count(*) FROM TUMBLE(requests, INTERVAL '1 day');
