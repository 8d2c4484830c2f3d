CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP 速度 AS
	SELECT '日本語' AS 言語, 	hots, count(*) FROM TUMBLE(requests, INTERVAL '1 day') GROUP BY 2;
