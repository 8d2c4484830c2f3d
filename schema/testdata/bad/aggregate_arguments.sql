CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT sum() AS a, avg(latency, 2) AS b, sum(max(latency)) AS c, sum(*) AS d, substr(host) AS e, count(ok) FILTER (WHERE host) AS f, sum(latency) FILTER (WHERE latncy > 1) AS g
FROM TUMBLE(requests, INTERVAL '1 minute')
;
