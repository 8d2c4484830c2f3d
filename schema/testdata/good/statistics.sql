CREATE STREAM s (
  t TIMESTAMP,
  k INT,
  x DOUBLE PRECISION,
  n INTEGER,
  who TEXT,
  fast BOOLEAN AS (x < 0.5),
  kx REAL AS (x * k),
  slow INTEGER AS (NOT fast)
) WITH (path = 's.jsonl', timestamp_format = 'epoch_ms', timezone = 'Europe/Berlin');

CREATE ROLLUP daily AS
SELECT window_start, k, first(who) AS f, last(x) AS l, var_samp(x) AS v, stddev_pop(n) AS sd,
       variance(x) AS v2, var_pop(x), stddev(x) AS dev, sum(n), sum(x), avg(n) AS a, min(who), max(n), sum(slow) AS slow,
       max(kx) AS kx, count(x) AS c, count() AS rows, (max(n) - min(n)) * 1.0 / count(*) AS spread
FROM TUMBLE(s, INTERVAL '1 day')
GROUP BY k, window_start;

CREATE ROLLUP weekly AS SELECT count(*) FROM TUMBLE(s, t, INTERVAL '1 week');

CREATE ROLLUP fine AS
SELECT window_start, typeof(x) AS kind, x AS x, iif(x > 1, n, x) AS mixed, who || '!' AS loud, count(*) AS "select", t AS t
FROM TUMBLE(s, INTERVAL '250 ms')
WHERE t > '2026-03-01 10:00' AND fast IS NOT FALSE AND n IN (1, '2', 3)
GROUP BY window_start, typeof(x), x, iif(x > 1, n, x), loud, t
HAVING NOT (max(t) < '2026-03-01 10:30Z');
