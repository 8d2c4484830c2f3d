CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS SELECT x.host, requests.host AS h, count(*) FROM TUMBLE(requests, INTERVAL '1 day') AS t GROUP BY t.host;
