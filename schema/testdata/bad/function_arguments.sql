CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT count(*)
FROM TUMBLE(requests, INTERVAL '1 minute')
WHERE substr(host) = 'a' AND abs(host) > 1 AND iif(host, 1, 2) = 1;
