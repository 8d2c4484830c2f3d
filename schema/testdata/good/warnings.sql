-- Allowed, but probably not meant: each of these gives one warning.
CREATE STREAM s (t TIMESTAMP, a INTEGER, host TEXT) WITH (path = 's.csv');
CREATE ROLLUP r AS
SELECT window_start, sum(a) / count(*) AS mean, 'n' || count(*) + 1 AS label,
       1.0 * sum(a) / count(*) AS fine, a / 2 AS half, ('n' || count(*)) + 1 AS meant
FROM TUMBLE(s, INTERVAL '1 hour')
GROUP BY 1, a / 2;
