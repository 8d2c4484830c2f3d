CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP a AS SELECT count(*) FROM TUMBLE(requests);
CREATE ROLLUP b AS SELECT count(*) FROM TUMBLE(requests, sise => INTERVAL '1 hour');
CREATE ROLLUP c AS SELECT count(*) FROM TUMBLE(requests, INTERVAL '1 hour', INTERVAL '1 day');
CREATE ROLLUP d AS SELECT count(*) FROM TUMBLE(requests, INTERVAL '1 day', timezone => 'Europe/Berlin');
