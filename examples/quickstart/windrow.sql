-- A pipeline is one file. This one reads the request logs of twelve web servers
-- and keeps two tables of them up to date. Run it, as often as you like:
--     windrow run --once windrow.sql

-- A stream says where the events lie and what they look like. Each column is
-- the JSON key of its name, or what PATH leads to; other keys are ignored.
CREATE STREAM requests (
  ts         TIMESTAMP,
  host       TEXT NOT NULL,
  method     TEXT,
  path       TEXT,
  status     INTEGER,                           -- "200" in quotes is read as 200
  latency_ms REAL,
  bytes      INTEGER,
  country    TEXT PATH '$.client.country',      -- NULL where the record has none
  WATERMARK FOR ts AS ts - INTERVAL '5 seconds' -- what comes later still counts, as late
) WITH (connector = 'file', path = 'logs/*', format = 'json'); -- plain, .gz and .zst alike

-- A rollup is a table of windows: here one row per minute and host.
-- Records that it cannot use (no host, a latency of "n/a") go to quarantine.
CREATE ROLLUP latency_1m AS
SELECT window_start, host,
       count(*)        AS requests,
       avg(latency_ms) AS avg_ms,
       max(latency_ms) AS max_ms
FROM TUMBLE(requests, INTERVAL '1 minute')
WHERE status < 500
GROUP BY window_start, host;

-- Keys may be expressions, and each aggregate may have a filter of its own.
-- This rollup does not name host or latency_ms, so it can use some records
-- that the other one cannot.
CREATE ROLLUP traffic_5m AS
SELECT window_start, country,
       status / 100 AS class,                   -- 2 for 200, 5 for 503
       count(*)     AS requests,
       sum(bytes)   AS bytes,
       count(*) FILTER (WHERE status = 504) AS timeouts
FROM TUMBLE(requests, INTERVAL '5 minutes')
GROUP BY window_start, country, class;
