CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, q REAL, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE ROLLUP r AS
SELECT window_start,
  quantile(latency, q) AS a,
  quantile(latency, 99) AS b,
  quantile(latency, 99.9) AS c,
  quantile(latency) AS d,
  quantile(latency, '0.99') AS e,
  quantile(latency, '99th') AS f,
  quantile(latency, -0.5) AS g,
  quantile(latency, NULL) AS h,
  quantile(latency, 250) AS i,
  quantile(latency, 1e999) AS j,
  quantile(latency, 0.5 + 0.4) AS k,
  quantile(latency, max(latency)) AS l,
  quantile(0.99, latency) AS m,
  quantile(ts, 0.5) AS n,
  median(host) AS o,
  median(payload) AS p,
  median(latency, 0.5) AS q,
  median(DISTINCT latency) AS r,
  quantile(host, .9) AS r2,
  quantile(latncy, 0.5) AS s,
  quantile(*) AS t,
  quantile(latency, 0.99),
  percentile(latency, 99) AS v,
  quantile(latency, TRUE) AS w,
  quantile(latency, INTERVAL '1 day') AS x
FROM TUMBLE(requests, INTERVAL '1 minute')
WHERE median(latency) > 5
GROUP BY window_start;
