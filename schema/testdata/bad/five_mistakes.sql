-- Five mistakes, five messages.
CREATE STREAM requests (
  ts      TIMESTAMP,
  host    TXET,
  status  INTEGER,
  latency REAL
) WITH (connector = 'file', path = 'logs/*.ndjson', fromat = 'json');

CREATE ROLLUP latency_1m AS
SELECT window_start, host, avg(latnecy) AS avg_latency, count(*)
FROM TUMBLE(requests, INTERVAL '1 minuet')
WHERE latnecy > 0
GROUP BY window_start, host;

SET flush_interval = 'often';
