CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP a AS SELECT count(*) FROM TUMBLE(requests, INTERVAL '1 day') WHERE status < GROUP BY host;
CREATE ROLLUP b AS SELECT count(*) FROM TUMBLE(requests, INTERVAL '1 day') WHERE status NOT 5;
CREATE ROLLUP c AS SELECT count(*) FROM TUMBLE(requests, INTERVAL '1 day') WHERE CASE WHEN ok THEN 1;
CREATE ROLLUP d AS SELECT count(*) FROM TUMBLE(requests, INTERVAL '1 day') WHERE status = 5m;
CREATE ROLLUP e AS SELECT count(*) FROM TUMBLE(requests, INTERVAL '1 day') WHERE status = :code;
