-- The stream of the documentation.
CREATE STREAM requests (
  ts       TIMESTAMP,
  host     TEXT NOT NULL,
  route    TEXT PATH '$.request.route',
  status   INTEGER,
  latency  REAL,
  WATERMARK FOR ts AS ts - INTERVAL '5 seconds'
) WITH (connector = 'file', path = 'logs/*.ndjson', format = 'json');

CREATE ROLLUP latency_1m WITH (retention = '30 days') AS
SELECT window_start, host, count(*) AS n, avg(latency) AS avg_latency
FROM TUMBLE(requests, INTERVAL '1 minute')
WHERE status < 500
GROUP BY window_start, host;

SET flush_interval = '500 milliseconds';
SET workers = 2;
SET durability = 'process';
